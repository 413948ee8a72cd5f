"""A step of a method as a row of small pictures."""

from __future__ import annotations

import numpy as np

from core.explain.how.steps import FEW, Step, Tile
from core.figures import PHONE
from core.figures.browser import panels
from core.figures.browser.figure import Figure
from core.figures.browser.places import frame_of
from core.figures.drawing import palette
from core.figures.drawing.outlines import divided

WIDEST = 880
"""Pixels of a row; its pictures stay small on a wide screen."""
LONGEST = 256
FINEST = 96
FOOT = 4


def row(step: Step, size: tuple[int, int], width: float) -> Figure:
    """Draw the pictures of a step beside each other, in two columns on a phone.

    Args:
        step: what to draw.
        size: height and width of what the model sees.
        width: of the figure in the browser, in pixels.
    """
    high, wide = size
    frame = frame_of(
        len(step.tiles), 2 if width < PHONE else FEW, (wide, high), min(width, WIDEST), FOOT
    )
    figure = Figure()
    for index, tile in enumerate(step.tiles):
        number = index + 1
        panels.add_head(figure, number, tile.title, tile.detail, frame.room)
        panels.place(figure, index, frame.domain(index), (wide, high))
        _add(figure, number, tile, (wide, high))
    panels.behave(figure, frame, step.title)
    figure.layout |= {"width": round(frame.width), "dragmode": False}
    return figure


def _add(figure: Figure, number: int, tile: Tile, size: tuple[int, int]) -> None:
    """Draw one picture, or one map in the colours of its own range."""
    if tile.pixels is not None:
        pixels = tile.pixels
        if tile.segments is not None:
            pixels = divided(pixels, tile.segments, (0, 0, *pixels.shape[1::-1]))
        panels.add_picture(figure, panels.under(pixels, LONGEST, size), number)
    if tile.heat is None:
        return
    values = panels.thinned(tile.heat, FINEST)
    low, high = 0.0 if tile.heat.min() >= 0 else float(values.min()), float(values.max())
    if tile.signed:
        high = float(np.abs(values).max())
        low = -high
    elif low == 0.0 and float(values.min()) > 0.5 * high:  # far from 0, where nothing would show
        low = float(values.min())
    figure.add(
        "heatmap",
        z=values,
        **panels.over(values.shape, (0, 0, *size)),
        colorscale=palette.stops(palette.DIVERGING if tile.signed else palette.DEFAULT),
        zmin=low,
        zmax=high if high > low else low + 1,
        showscale=False,
        hovertemplate="%{z:.3g}<extra></extra>",
        **panels.axes_of(number),
    )
