"""Labels that machines read: what is written into a file, and what is kept of what an input declared."""
