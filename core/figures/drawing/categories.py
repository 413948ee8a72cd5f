"""Colours of categories of concepts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from zlib import crc32

from core.figures.drawing import palette

OTHER = "other"
"""Concepts without a category."""
NAMED = (
    "animals",
    "textures",
    "plants",
    "clothing",
    "landscapes",
    "vehicles",
    "food",
    "buildings",
    "materials",
    "rooms",
    "tools",
    "actions",
    "parts",
    "colours",
)
"""Categories of SeeWhy's words, each with the colour at its place in `palette.CATEGORIES`."""


def colour_of(category: str) -> str:
    """Return the colour of a category: by its name alone, so it is the same in all charts."""
    if category in NAMED:
        return palette.CATEGORIES[NAMED.index(category)]
    return palette.CATEGORIES[crc32(category.encode()) % len(palette.CATEGORIES)]


def category_colours(
    concepts: Sequence[str], categories: Mapping[str, str]
) -> tuple[list[str], dict[str, str]]:
    """Give each concept the colour of its category, and a quiet one where it has none.

    Args:
        concepts: that are shown.
        categories: of the concepts that have one.

    Returns:
        A colour for each concept, and the colours by category, the most frequent first, for the
        legend; empty where there are no categories at all.
    """
    kinds = [categories.get(concept, OTHER) for concept in concepts]
    counts = Counter(kind for kind in kinds if kind != OTHER)
    ranked = sorted(counts, key=lambda kind: (-counts[kind], kind))
    legend = {kind: colour_of(kind) for kind in ranked}
    if not categories:
        return [palette.BAR] * len(kinds), {}
    if OTHER in kinds:
        legend[OTHER] = palette.BAR_REST
    return [legend[kind] for kind in kinds], legend
