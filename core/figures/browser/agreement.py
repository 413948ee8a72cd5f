"""Where explanations of one picture agree, and how far."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from core import Mask, Pixels
from core.figures.browser import charts
from core.figures.browser.panels import add_head, add_picture, axes_of, behave, over, place, under
from core.figures.browser.places import frame_of
from core.figures.browser.predictions import percent
from core.figures.drawing import palette
from core.figures.drawing.overlay import Box
from core.figures.drawing.pictures import layer_uri, pale_grey

Codes = npt.NDArray[np.uint8]
Values = npt.NDArray[np.float64]

LONGEST = 768
"""Of the picture in the browser, in pixels."""
FINEST = 112
"""Places a side that answer to the mouse."""
OPACITY = 0.62
DIMMEST = 0.22
"""Where the colours of counts begin on their scale: below, they are as dark as many pictures."""
PLACE = "<br>x %{x:.0f}, y %{y:.0f}<extra></extra>"
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
) -> go.Figure:
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
    room = width - charts.SYMBOL - charts.breadth("only  · 100.0 %")
    one, two = (charts.fitted(title, room) for title in titles)
    names = (f"only {one}", "both", f"only {two}")
    colours = (palette.ONLY_FIRST, palette.BOTH, palette.ONLY_SECOND)
    figure = _laid(pixels, box, codes, colours, names, width, picture_key)
    # Words for each place, because Plotly's hover texts cannot look a number up.
    layer = figure.data[2]
    layer.text = np.array(["neither", *names])[layer.z]
    layer.hovertemplate = "%{text}" + PLACE
    add_head(figure, 1, f"{titles[0]} and {titles[1]}", SEEN, width - BUTTONS)
    return figure


def consensus(
    pixels: Pixels, box: Box, counts: Codes, methods: int, width: float, picture_key: str = ""
) -> go.Figure:
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
    figure.data[2].hovertemplate = f"marked by %{{z}} of {methods}{PLACE}"
    add_head(figure, 1, f"Marked by how many of {methods}", SEEN, width - BUTTONS)
    return figure


def _laid(
    pixels: Pixels, box: Box, codes: Codes, colours: Sequence[str], names: Sequence[str],
    width: float, key: str,
) -> go.Figure:  # fmt: skip
    """Lay flat colours over the grey picture, with their shares in the legend.

    What is seen is one PNG with a palette: a few KB at any size, drawn by the browser as it is,
    so a slider redraws at once. What the mouse finds is a coarser unseen heat map.
    """
    tall, wide = pixels.shape[:2]
    longest = [f"{name} · 100.0 %" for name in names]
    foot = charts.lines_of(longest, width) * charts.LINE + 16
    frame = frame_of(1, 1, (wide, tall), width, foot)
    figure = go.Figure()
    add_picture(figure, under(pale_grey(pixels), LONGEST), 1, 1.0, hover=False)
    layer = {"source": layer_uri(codes, colours), **over(codes.shape, box)}
    add_picture(figure, layer, 1, OPACITY, hover=False)
    step = -(-max(codes.shape) // FINEST)
    coarse = np.ascontiguousarray(codes[step // 2 :: step, step // 2 :: step])
    figure.add_trace(
        go.Heatmap(z=coarse, **over(coarse.shape, box), opacity=0, showscale=False, **axes_of(1))
    )
    shares = np.bincount(codes.ravel(), minlength=len(names) + 1) / codes.size
    for name, colour, share in zip(names, colours, shares[1:].tolist(), strict=True):
        text = percent(share) if share else "0 %"
        figure.add_trace(charts.swatch(colour, f"{name} · {text}", **axes_of(1)))
    place(figure, 0, frame.domain(0), (wide, tall))
    behave(figure, frame.height, width, foot, key)
    charts.legend(figure, longest, width, yref="container", y=0, yanchor="bottom")
    figure.update_layout(margin={"autoexpand": False})
    return figure


def curves(
    percents: Sequence[float], curve: Values, level: Values, low: Values, high: Values,
    at: float | None, width: float,
) -> go.Figure:  # fmt: skip
    """Draw how the overlap of two maps depends on the threshold.

    Args:
        percents: thresholds, rising, in percent of the pixels.
        curve: float64 (n,), the IoU in [0, 1]; NaN where not defined.
        level: float64 (n,), the IoU by chance.
        low: float64 (n,), lower end of its 95 % band.
        high: float64 (n,), upper end.
        at: the threshold in use, or None.
        width: of the figure in the browser, in pixels.
    """
    names = ("IoU", "by chance", "95 % of random shifts")
    room = width - charts.LEFT - charts.RIGHT
    head = charts.lines_of(names, room) * charts.LINE + 12
    across = np.asarray(percents, np.float64)
    figure = go.Figure()
    band = _band(across, low, high)
    figure.add_scatter(
        x=band[0], y=band[1], mode="lines", line={"width": 0}, fill="toself",
        fillcolor=palette.BAND, name=names[2], hoverinfo="skip", legendrank=3,
    )  # fmt: skip
    figure.add_scatter(
        x=across, y=level, mode="lines", line={"color": palette.QUIET, "dash": "dash", "width": 2},
        name=names[1], hoverinfo="skip", legendrank=2,
    )  # fmt: skip
    figure.add_scatter(
        x=across, y=curve, mode="lines+markers", line={"color": palette.ACCENT, "width": 2.4},
        # A value between two gaps has no line.
        marker={"size": 4}, name=names[0], legendrank=1, connectgaps=False, cliponaxis=False,
        hoverinfo="skip",
    )  # fmt: skip
    # The mouse reads an unseen trace: it has no gaps, over which Plotly takes the next value.
    figure.add_scatter(
        x=across, y=np.nan_to_num(np.where(np.isfinite(curve), curve, level)), mode="markers",
        marker={"color": palette.CLEAR}, showlegend=False,
        text=[_told(*each) for each in zip(curve, level, low, high, strict=True)],
        hovertemplate="%{text}<extra></extra>",
    )  # fmt: skip
    if not np.isfinite(curve).any():
        charts.word(figure, "not defined: neither map marks a pixel")
    if at is not None:
        figure.add_vline(x=at, line={"color": palette.QUIET, "width": 1.2})
        right = at > (across[0] + across[-1]) / 2
        figure.add_annotation(
            x=at, y=1, yref="paper", yanchor="top", xanchor="right" if right else "left",
            text=f" {at:g} % ", showarrow=False, font={"size": charts.WORDS}, borderpad=3,
        )  # fmt: skip
    figure.update_layout(
        xaxis=charts.axis(
            "highest pixels marked in each map, in percent", range=[0, across[-1]],
            showgrid=False, unifiedhovertitle={"text": "highest %{x} % of the pixels"},
            showspikes=False,
        ),
        yaxis=charts.share_axis(),
    )  # fmt: skip
    charts.add_side(figure, charts.IOU)
    margin = {"l": charts.LEFT, "r": charts.RIGHT, "t": head, "b": 48}
    charts.finish(figure, head + 280 + 48, margin)
    figure.update_layout(hovermode="x unified")
    charts.legend(figure, names, room, yref="container", y=1, yanchor="top")
    return figure


def _told(curve: float, level: float, low: float, high: float) -> str:
    value, chance, least, most = (charts.defined(each) for each in (curve, level, low, high))
    if not np.isfinite(level):
        return f"IoU {value}"
    return f"IoU {value}<br>by chance {chance}, 95 % from {least} to {most}"


def _band(
    across: Values, low: Values, high: Values
) -> tuple[list[float | None], list[float | None]]:
    """Return the outline of a band, one closed shape for each run without NaN."""
    known = np.flatnonzero(np.isfinite(low) & np.isfinite(high))
    xs: list[float | None] = []
    ys: list[float | None] = []
    for run in np.split(known, np.flatnonzero(np.diff(known) > 1) + 1):
        if len(run):
            xs += [*across[run].tolist(), *across[run[::-1]].tolist(), None]
            ys += [*low[run].tolist(), *high[run[::-1]].tolist(), None]
    return xs, ys
