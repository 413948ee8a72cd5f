"""Class names: by index, and from what a person types to an index."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import TypeVar

from core.errors import BadLabels, UnknownClass

_SHOWN = 5

Name = TypeVar("Name")


def in_order(entries: Iterable[tuple[int, Name]], file: str) -> list[Name]:
    """Return the names of numbered classes, in the order of the logits.

    Args:
        entries: index and name of each class, in any order.
        file: from which they are, for messages.

    Raises:
        BadLabels: an index is there twice, or one below the highest is not; which one is said.
    """
    names: dict[int, Name] = {}
    for index, name in entries:
        if index in names:
            raise BadLabels(
                f"{file} has two names for class {index} ({names[index]!r} and {name!r}): give "
                "one for each."
            )
        names[index] = name
    lowest = min(names, default=0)
    if lowest < 0:
        raise BadLabels(f"{file} names the class {lowest}: count the classes from 0.")
    absent = next((index for index in range(len(names)) if index not in names), None)
    if absent is None:
        return [names[index] for index in range(len(names))]
    if set(names) == set(range(1, len(names) + 1)):
        raise BadLabels(f"{file} counts its classes from 1: the first class is 0, so count from 0.")
    raise BadLabels(
        f"{file} has no name for class {absent}, and one for class {max(names)}: give one for each "
        "class from 0."
    )


def spelled(name: str) -> str:
    """Return a name in the one spelling in which names are compared."""
    return " ".join(name.casefold().replace("_", " ").split())


def find_index(text: str, names: Sequence[str]) -> int:
    """Return the index of a class.

    Args:
        text: an index, a name in any case, or a part that only one name has.
        names: by index.

    Raises:
        UnknownClass: no such class, or several; the message lists the nearest.
    """
    plain = spelled(text)
    lower = [spelled(name) for name in names]
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
