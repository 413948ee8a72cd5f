"""Colours of categories of concepts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from core.figures.drawing import palette

OTHER = "other"


def category_colours(
    concepts: Sequence[str], categories: Mapping[str, str]
) -> tuple[list[str], dict[str, str]]:
    """Give the most frequent categories a colour each, and all others a quiet one.

    Args:
        concepts: that are shown.
        categories: of the concepts that have one.

    Returns:
        A colour for each concept, and the colours by category, for the legend; empty where no
        concept has a category.
    """
    kinds = [categories.get(concept, OTHER) for concept in concepts]
    counts = Counter(kind for kind in kinds if kind != OTHER)
    ranked = sorted(counts, key=lambda kind: (-counts[kind], kind))[: len(palette.SERIES)]
    legend = {kind: palette.series(number) for number, kind in enumerate(ranked)}
    if not legend:
        return [palette.BAR] * len(kinds), {}
    if len(legend) < len(set(kinds)):
        legend[OTHER] = palette.BAR_REST
    return [legend.get(kind, palette.BAR_REST) for kind in kinds], legend
