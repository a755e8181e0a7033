"""The fields of a file that say something of it: read from any container within bounds, written into a few."""

from .fields import Field, FileLabels, Keep, Metadata
from .reading import metadata

__all__ = ["Field", "FileLabels", "Keep", "Metadata", "metadata"]
