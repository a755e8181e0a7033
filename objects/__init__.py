"""The store of media: files of checks, pictures, uploads and stamped films, under keys that the service makes.

    objects = opened(settings())
    objects.put_file(f"media/{check_id}", Path("clip.mp4"), "video/mp4")
    objects.fetch_to(f"media/{check_id}", Path("work/clip.mp4"))

A folder, or a bucket of S3, GCS or Azure: whoever asks sees no difference but `presigned_put`, which a folder has
not. Knows keys and bytes; does not know what they are of, nor for how long they are kept.
"""

from .arriving import Arriving, Piece
from .browsing import Listed, Place, Wanted, browsed
from .objects import MOST_READ, Objects, opened

__all__ = ["MOST_READ", "Arriving", "Listed", "Objects", "Piece", "Place", "Wanted", "browsed", "opened"]
