"""The only place that opens, decodes or writes video."""
