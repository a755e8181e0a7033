"""Captioned clips, rendered by program: what the embedded model is taught by, and measured against."""
