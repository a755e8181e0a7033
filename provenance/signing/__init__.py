"""Writes manifests: what they say, what they take over, who signs and when. Reads none but to check its own work."""
