"""What provenance costs and what it finds."""
