"""A figure with everything in it larger, for those who sit far away."""

from __future__ import annotations

from typing import Any

from core.figures.browser.figure import Figure

_PIXELS = {
    *("size", "height", "l", "r", "t", "b"),
    *("xshift", "yshift", "entrywidth", "standoff", "ticklabelstandoff"),
}
"""Names of properties in pixels, apart from the widths of lines."""


def enlarged(figure: Figure, factor: float) -> Figure:
    """Return a figure with words, margins and height that many times as large.

    Draw it for a width that is as many times smaller: what is counted in pixels then fits again.

    Args:
        figure: with axes; not changed.
        factor: how many times as large.
    """
    made = Figure()
    made.data = [_scaled(trace, factor) for trace in figure.data]
    made.layout = _scaled(figure.layout, factor)
    return made


def _scaled(value: Any, factor: float) -> Any:  # noqa: ANN401  # a tree of properties
    if isinstance(value, dict):
        return {name: _sized(name, each, factor) for name, each in value.items()}
    if isinstance(value, list):
        return [_scaled(each, factor) for each in value]
    return value


def _sized(name: str, value: Any, factor: float) -> Any:  # noqa: ANN401  # likewise
    if name in _PIXELS and isinstance(value, int | float):
        return round(value * factor) if isinstance(value, int) else value * factor
    return _scaled(value, factor)
