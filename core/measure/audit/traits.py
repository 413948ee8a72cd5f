"""What an audit keeps of a picture and of its first map: no pixels that could be looked at."""

from __future__ import annotations

from dataclasses import dataclass

from core import Heat, Pixels
from core.measure.audit.duplicates import fingerprint
from core.measure.audit.places import shares_of
from core.measure.audit.rows import Fingerprint, Shares


@dataclass(frozen=True, slots=True, eq=False)
class Traits:
    """What is read from pixels and heat, once.

    Attributes:
        fingerprint: to find copies.
        places: float32 (9,), share of the map's heat in each of `PLACES`; None for a map without.
    """

    fingerprint: Fingerprint
    places: Shares | None


def traits_of(pixels: Pixels, box: tuple[int, int, int, int], shown: Heat) -> Traits:
    """Return the traits of a picture.

    Args:
        pixels: uint8 (H, W, 3), the picture.
        box: left, top, right, bottom of what the model saw, in pixels.
        shown: float32 (h, w), 0 or more: the map of the predicted class.
    """
    left, top, right, bottom = box
    return Traits(fingerprint(pixels, pixels[top:bottom, left:right]), shares_of(shown))
