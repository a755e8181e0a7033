"""The fields of a file that say something of it: read from any container within bounds, written into a few."""
