"""Finding units of a dissection by a word, a number, or the address of one unit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.concepts.result.dissection import Dissection
from core.concepts.result.units import Units

Order = Literal["similarity", "number", "activation", "margin"]
ORDERS: dict[Order, str] = {
    "similarity": "similarity",
    "margin": "margin over the next word",
    "activation": "mean answer",
    "number": "number",
}
"""How units are ranked, in words for a person."""
Values = npt.NDArray[np.float64]
UnitKey = tuple[str, int]
"""A layer's path and a unit's number."""


def address(layer: str, number: int) -> str:
    """Return what finds exactly one unit."""
    return f"{layer}/{number}"


def one_unit(dissection: Dissection, text: str) -> UnitKey | None:
    """Return the unit whose `address` a text is, None for any other text."""
    path, slash, number = text.strip().rpartition("/")
    if not slash or not re.fullmatch(r"\d{1,9}", number):
        return None
    for units in dissection.layers:
        if units.layer == path and int(number) < len(units):
            return path, int(number)
    return None


def find_units(
    dissection: Dissection,
    text: str,
    layers: Sequence[str] = (),
    order: Order = "similarity",
    *,
    only_labelled: bool = False,
) -> tuple[UnitKey, ...]:
    """Return the units that a text means, the best first.

    Args:
        dissection: where to look.
        text: a number; an address; a word or a part of one, found among all kept words of a
            unit, best words before others; empty for all units.
        layers: paths to look in; all when empty.
        order: among units that fit alike.
        only_labelled: leave out units that no word describes better than chance.
    """
    text = " ".join(text.lower().split())
    single = one_unit(dissection, text) or one_unit(dissection, text.replace(" ", "/"))
    if single is not None:
        return (single,)
    fits = _fits(dissection.words, text)
    rows: list[tuple[float, float, int, str, int]] = []
    for depth, units in enumerate(dissection.layers):
        if layers and units.layer not in layers:
            continue
        ranks, values = _ranks(units, text, fits), _values(units, order)
        matching = np.isfinite(ranks) & (units.labelled if only_labelled else True)
        rows += [
            (float(ranks[unit]), -float(values[unit]), depth, units.layer, unit)
            for unit in matching.nonzero()[0].tolist()
        ]
    rows.sort()
    return tuple((layer, unit) for *_, layer, unit in rows)


def _fits(words: Sequence[str], text: str) -> Values:
    """Say for each word how well it fits: 0 the same, 1 a word of it, 2 a part, inf not at all."""
    ranks = np.full(len(words), np.inf)
    for index, word in enumerate(map(str.lower, words)):
        if text and text in word:
            ranks[index] = 0 if word == text else 1 if text in word.split() else 2
    return ranks


def _ranks(units: Units, text: str, fits: Values) -> Values:
    """Say for each unit how well it fits; a word that is not its best counts for less."""
    if not text:
        return np.zeros(len(units))
    if text.isdecimal():
        numbers = np.arange(len(units))
        return np.where(numbers == int(text[:9]), 0.0, np.inf)
    ranks = fits[units.words] + 3.0 * np.arange(units.words.shape[1])
    return np.where(units.inactive, np.inf, ranks.min(1))


def _values(units: Units, order: Order) -> Values:
    """Return what a higher value of puts a unit further to the front; inactive units come last."""
    if order == "number":
        return -np.arange(len(units), dtype=np.float64)
    values = {
        "similarity": units.similarities[:, 0],
        "margin": units.margins[:, 0],
        "activation": units.means,
    }[order].astype(np.float64)
    return np.where(units.inactive | ~np.isfinite(values), -np.inf, values)
