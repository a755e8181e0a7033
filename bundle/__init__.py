"""Evidence bundles: what was found on a video, in one signed file that anybody can check without a network.

    make(check, objects, settings(), Path("evidence.zip"))
    check_bundle(Path("evidence.zip"), settings()).holds

Knows records of checks, signatures and archives; does not know who may ask for a bundle.
"""

from .checking import Checked, Clock, check_bundle
from .making import make

__all__ = ["Checked", "Clock", "check_bundle", "make"]
