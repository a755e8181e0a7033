"""Makes the embedded model: captioned clips by program, a video autoencoder, a transformer, and their export."""
