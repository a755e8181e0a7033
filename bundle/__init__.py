"""Evidence bundles: what was found on a video, in one signed file that anybody can check without a network.

    make(check, objects, settings(), Path("evidence.zip"))
    keep(check, objects, settings())  # beside the check's pictures: made once, for whoever asks next
    check_bundle(Path("evidence.zip"), settings()).holds

Knows records of checks, signatures and archives; does not know who may ask for a bundle.
"""

from .checking import Checked, Clock, check_bundle
from .keeping import keep, may_sign, place_of
from .making import Made, make

__all__ = ["Checked", "Clock", "Made", "check_bundle", "keep", "make", "may_sign", "place_of"]
