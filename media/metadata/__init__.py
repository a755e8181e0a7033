"""The fields of a file that say something of it: read from any container within bounds, written into a few."""

from .fields import Field, FileLabels, Metadata
from .reading import metadata
from .writing import Keep

__all__ = ["Field", "FileLabels", "Keep", "Metadata", "metadata"]
