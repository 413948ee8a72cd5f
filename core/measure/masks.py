"""From an explanation to the pixels that it marks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from core import Heat, Mask
from core.errors import BadOption
from core.explain import methods
from core.explain.base import Explanation
from core.explain.scaling import Size, resized
from core.imports.lazy import library
from core.measure.memo import once
from core.requests.studies import TOP, Rule, Sign

PARTS = 5
"""Superpixels that LIME marks by default."""


@dataclass(frozen=True, slots=True, eq=False)
class Marked:
    """The pixels that one explanation marks.

    Attributes:
        mask: bool (h, w).
        notes: sentences for the person, for example that nothing is marked.
    """

    mask: Mask
    notes: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """Marked pixels as a share of all, in [0, 1]."""
        return float(self.mask.mean())


def has_superpixels(explanation: Explanation) -> bool:
    """Return whether the explanation weighs superpixels, as LIME does."""
    return explanation.superpixels is not None


def marks_superpixels(label: str) -> bool:
    """Return whether the method of that label weighs superpixels; its map need not be there."""
    method = methods.get(methods.parse_label(label)[0])
    return any(option.name == "segments" for option in method.options)


def default_rule(
    explanation: Explanation, top: float = TOP, superpixels: int = PARTS, sign: Sign = "positive"
) -> Rule:
    """Return the usual rule: the top percent of a map, the heaviest superpixels of LIME."""
    return usual_rule(top, superpixels, sign, of_superpixels=has_superpixels(explanation))


def usual_rule(
    top: float = TOP,
    superpixels: int = PARTS,
    sign: Sign = "positive",
    *,
    of_superpixels: bool,
) -> Rule:
    """Return the usual rule of a map with or without superpixels."""
    return Rule("superpixels", superpixels, sign) if of_superpixels else Rule("top", top)


def size_of(explanation: Explanation) -> Size:
    """Return the size at which the explanation is exact: of its superpixels, else of its map."""
    parts = explanation.superpixels
    height, width = explanation.shown.shape if parts is None else parts.segments.shape
    return height, width


def common_size(*explanations: Explanation) -> Size:
    """Return the size at which explanations are compared: the largest of theirs."""
    sizes = [size_of(each) for each in explanations]
    return max(height for height, _ in sizes), max(width for _, width in sizes)


def marked(explanation: Explanation, rule: Rule, size: Size | None = None) -> Marked:
    """Apply a rule to an explanation.

    Args:
        explanation: a finished map.
        rule: `superpixels` needs an explanation that has some.
        size: of the result; the explanation's own when None.

    Raises:
        BadOption: the rule needs superpixels and the explanation has none.
    """
    size = size or size_of(explanation)
    if rule.kind == "superpixels":
        return _superpixels(explanation, rule, size)
    if rule.kind == "top":
        return _highest(_order(explanation.shown, size), rule.amount)
    shown = resized(explanation.shown, size)
    if float(shown.max()) == float(shown.min()):
        return Marked(np.zeros(size, bool), ("The map is the same everywhere: nothing is marked.",))
    level = rule.amount
    if rule.kind == "otsu":
        level = float(library("skimage.filters").threshold_otsu(shown))
    mask = shown > level if rule.kind == "otsu" else (shown >= level) & (shown > shown.min())
    notes = () if mask.any() else (f"No pixel reaches {level:g}: nothing is marked.",)
    return Marked(mask, notes)


def entry_order(values: Heat) -> npt.NDArray[np.int64]:
    """Return at which place each pixel enters a growing top mask.

    Args:
        values: float32 (h, w).

    Returns:
        int64 (h, w): 0 for the highest pixel, ties by position row by row; pixels at the map's
        minimum never enter and have the place h * w.
    """
    flat = values.ravel()
    order = np.argsort(-flat, kind="stable")
    places = np.empty(flat.size, np.int64)
    places[order] = np.arange(flat.size)
    places[flat == flat.min()] = flat.size
    return places.reshape(values.shape)


def _order(shown: Heat, size: Size) -> npt.NDArray[np.int64]:
    """Sort a map's pixels once: a threshold that moves asks for it again and again."""
    return once("order", size, lambda: entry_order(resized(shown, size)), shown)


def _highest(order: npt.NDArray[np.int64], percent: float) -> Marked:
    """Mark the pixels that enter first."""
    count = round(order.size * percent / 100)
    mask: Mask = order < count
    marked_count = int(mask.sum())
    if not marked_count:
        return Marked(mask, ("The map is the same everywhere: nothing is marked.",))
    if marked_count < count:
        share = 100 * marked_count / order.size
        note = f"Only {share:.1f} % of the pixels are above the map's minimum: these are marked."
        return Marked(mask, (note,))
    return Marked(mask)


def _superpixels(explanation: Explanation, rule: Rule, size: Size) -> Marked:
    """Mark the heaviest superpixels."""
    parts = explanation.superpixels
    if parts is None:
        title = methods.title_of(explanation.label)
        raise BadOption(f"{title} has no superpixels: choose a share of its pixels.")
    chosen = parts.fit.top(int(rule.amount), rule.sign)
    mask = np.isin(parts.segments, chosen)
    if mask.shape != size:
        nearest = Image.fromarray(mask).resize((size[1], size[0]), Image.Resampling.NEAREST)
        mask = np.asarray(nearest)
    notes: tuple[str, ...] = ()
    if not chosen:
        notes = ("No superpixel supports the class, so nothing is marked.",)
    elif len(chosen) < rule.amount:
        notes = (f"Only {len(chosen)} superpixels support the class; all of them are marked.",)
    return Marked(mask, notes)
