"""Class names: from what a person types to an index."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from core.errors import UnknownClass

_SHOWN = 5


def find_index(text: str, names: Sequence[str]) -> int:
    """Return the index of a class.

    Args:
        text: an index, a name in any case, or a part that only one name has.
        names: by index.

    Raises:
        UnknownClass: no such class, or several; the message lists the nearest.
    """
    plain = " ".join(text.casefold().replace("_", " ").split())
    lower = [" ".join(name.casefold().replace("_", " ").split()) for name in names]
    same = [index for index, name in enumerate(lower) if name == plain]
    if len(same) == 1:
        return same[0]
    if plain.isdecimal():
        if int(plain) < len(names):
            return int(plain)
        raise UnknownClass(f"Unknown class {plain}: give an index from 0 to {len(names) - 1}.")
    if plain == "auto":
        raise UnknownClass("The class 'auto' needs a picture: give an index or a name.")
    inside = same or [index for index, name in enumerate(lower) if plain and plain in name]
    if len(inside) == 1:
        return inside[0]
    if inside:
        raise UnknownClass(f"{text!r} matches several classes: {_listed(inside, names)}.")
    near = get_close_matches(plain, lower, n=_SHOWN, cutoff=0.5)
    if near:
        places = [lower.index(name) for name in near]
        raise UnknownClass(f"Unknown class {text!r}: the nearest are {_listed(places, names)}.")
    raise UnknownClass(
        f"Unknown class {text!r}: give an index from 0 to {len(names) - 1} or a name such as "
        f"{names[0]}."
    )


def _listed(places: Sequence[int], names: Sequence[str]) -> str:
    shown = ", ".join(f"{names[i]} ({i})" for i in places[:_SHOWN])
    more = len(places) - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown
