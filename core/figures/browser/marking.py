"""A picture on which a person marks the object."""

from __future__ import annotations

import numpy as np

from core import Mask, Pixels
from core.figures.browser import panels
from core.figures.browser.figure import Figure
from core.figures.browser.places import frame_of
from core.figures.drawing import palette

LONGEST, PLACES = 640, 24
"""Pixels of the picture in the browser, and unseen points along its longer side.

Plotly selects points: without any it tells nobody what was drawn.
"""
THICK = 2.0
FOOT = 8


def marking(pixels: Pixels, width: float, mask: Mask | None = None, key: str = "") -> Figure:
    """Draw a picture that answers to boxes and loops.

    Args:
        pixels: uint8 (H, W, 3).
        width: of the figure in the browser, in pixels.
        mask: bool (H, W), what is marked now; its edge is drawn.
        key: of the picture.
    """
    tall, wide = pixels.shape[:2]
    frame = frame_of(1, 1, (wide, tall), width, FOOT)
    figure = Figure()
    panels.add_picture(figure, panels.under(pixels, LONGEST, (wide, tall)), 1)
    step = max(wide, tall) / PLACES
    across, down = np.meshgrid(np.arange(step / 2, wide, step), np.arange(step / 2, tall, step))
    figure.add(
        "scatter",
        x=across.ravel(),
        y=down.ravel(),
        mode="markers",
        marker={"color": palette.CLEAR, "size": 1},
        hoverinfo="skip",
        showlegend=False,
        **panels.axes_of(1),
    )
    if mask is not None:
        edge = np.asarray(mask, np.float32)
        panels.add_outline(figure, 1, edge, 0.5, (0, 0, wide, tall), THICK)
    panels.place(figure, 0, frame.domain(0), (wide, tall))
    panels.behave(figure, frame, key)
    panels.add_head(figure, 1, "The object", "draw a loop around it, or a box", frame.room)
    figure.layout["dragmode"] = "lasso"
    return figure
