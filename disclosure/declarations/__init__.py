"""What files declare of themselves without proof, read from bounded parsers."""
