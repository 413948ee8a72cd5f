"""Where explanations of one picture agree, over the picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core import Mask, Pixels
from core.figures.browser import axes, panels
from core.figures.browser.figure import Figure
from core.figures.browser.places import frame_of
from core.figures.browser.predictions import percent
from core.figures.drawing import palette
from core.figures.drawing.overlay import Box
from core.figures.drawing.pictures import layer_uri, pale_grey, shrunk

Codes = npt.NDArray[np.uint8]

LONGEST = 768
"""Of the picture in the browser, in pixels."""
FINEST = 112
"""Places a side that answer to the mouse."""
OPACITY = 0.62
DIMMEST = 0.22
"""Where the colours of counts begin on their scale: below, they are as dark as many pictures."""
BUTTONS = 150
"""Pixels of Plotly's buttons, right of the title."""
SEEN = "shares of what the model sees"


def overlap(
    pixels: Pixels,
    box: Box,
    first: Mask,
    second: Mask,
    titles: tuple[str, str],
    width: float,
    picture_key: str = "",
) -> Figure:
    """Draw what one mask marks alone, what both mark, and what the other marks alone.

    Args:
        pixels: uint8 (H, W, 3), the picture; drawn in grey, so that no colour of its own mixes
            with the three.
        box: left, top, right, bottom of the seen part in pixels of `pixels`.
        first: bool (h, w), laid over the box.
        second: bool (h, w), of the same size.
        titles: of the two explanations.
        width: of the figure in the browser, in pixels; it sets the height.
        picture_key: the zoom is kept between figures of the same key.

    Returns:
        One panel, and a legend with the shares of the seen part in percent.
    """
    codes = np.where(first, np.where(second, 2, 1), np.where(second, 3, 0)).astype(np.uint8)
    room = width - axes.SYMBOL - axes.breadth("only  · 100.0 %")
    one, two = (axes.fitted(title, room) for title in titles)
    names = (f"only {one}", "both", f"only {two}")
    colours = (palette.ONLY_FIRST, palette.BOTH, palette.ONLY_SECOND)
    figure = _laid(pixels, box, codes, colours, names, width, picture_key)
    # Words for each place, because Plotly's hover texts cannot look a number up.
    words = np.array(["neither", *names])[panels.thinned(codes, FINEST)]
    _add_mouse(figure, codes, box, "%{text}", text=words)
    title = f"{titles[0]} and {titles[1]}"
    panels.add_head(figure, 1, title, SEEN, width - BUTTONS)
    return figure


def consensus(
    pixels: Pixels, box: Box, counts: Codes, methods: int, width: float, picture_key: str = ""
) -> Figure:
    """Draw how many methods mark each place.

    Args:
        pixels: uint8 (H, W, 3), the picture; drawn in grey.
        box: left, top, right, bottom of the seen part in pixels of `pixels`.
        counts: uint8 (h, w) in 0..methods, laid over the box.
        methods: how many there are, at least 1.
        width: of the figure in the browser, in pixels; it sets the height.
        picture_key: the zoom is kept between figures of the same key.

    Returns:
        One panel, and a legend with the shares of the seen part in percent.
    """
    names = [f"{number} of {methods}" for number in range(1, methods + 1)]
    colours = palette.levels(palette.COUNTS, methods, DIMMEST)
    figure = _laid(pixels, box, counts, colours, names, width, picture_key)
    _add_mouse(figure, counts, box, f"marked by %{{z}} of {methods}")
    panels.add_head(figure, 1, f"Marked by how many of {methods}", SEEN, width - BUTTONS)
    return figure


def _laid(
    pixels: Pixels,
    box: Box,
    codes: Codes,
    colours: Sequence[str],
    names: Sequence[str],
    width: float,
    key: str,
) -> Figure:
    """Lay flat colours over the grey picture, with their shares in the legend.

    They are one PNG with a palette: a few KB at any size, drawn by the browser as it is, so a
    slider redraws at once.
    """
    tall, wide = pixels.shape[:2]
    longest = [f"{name} · 100.0 %" for name in names]
    foot = axes.lines_of(longest, width) * axes.LINE + 16
    frame = frame_of(1, 1, (wide, tall), width, foot)
    figure = Figure()
    grey = pale_grey(shrunk(pixels, LONGEST)[0])
    panels.add_picture(figure, panels.under(grey, LONGEST, (wide, tall)), 1)
    layer = {"source": layer_uri(codes, colours), **panels.over(codes.shape, box)}
    panels.add_picture(figure, layer, 1, OPACITY)
    shares = np.bincount(codes.ravel(), minlength=len(names) + 1) / codes.size
    for name, colour, share in zip(names, colours, shares[1:].tolist(), strict=True):
        text = percent(share) if share else "0 %"
        axes.add_swatch(figure, colour, f"{name} · {text}", **panels.axes_of(1))
    panels.place(figure, 0, frame.domain(0), (wide, tall))
    panels.behave(figure, frame, key)
    axes.legend(figure, longest, width, yref="container", y=0, yanchor="bottom")
    figure.layout["margin"]["autoexpand"] = False
    return figure


def _add_mouse(figure: Figure, codes: Codes, box: Box, reading: str, **more: object) -> None:
    """Add an unseen map, coarser than what is seen, in which the mouse reads the place."""
    coarse = panels.thinned(codes, FINEST)
    figure.add(
        "heatmap",
        z=coarse,
        **panels.over(coarse.shape, box),
        opacity=0,
        showscale=False,
        hovertemplate=f"{reading}<br>x %{{x:.0f}}, y %{{y:.0f}}<extra></extra>",
        **panels.axes_of(1),
        **more,
    )
