"""What the verification service costs beside the work that it does."""
