"""`python -m countermark` is `countermark`."""

from .cli import main

if __name__ == "__main__":
    main()
