"""Coverage-guided fuzzing of the parsers that are our own; see README.md beside this file."""
