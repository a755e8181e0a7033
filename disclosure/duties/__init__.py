"""What laws ask of a file, as dated data, and what a file shows of it."""
