"""What content looks like: hashes of pictures, how near two videos are, and which records may be the same."""
