"""What figures of panels share: the picture in its own pixels, heads, axes, behaviour."""

from __future__ import annotations

import html
import textwrap
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from core import Heat, Pixels
from core.figures import PHONE
from core.figures.browser.figure import Figure, Properties
from core.figures.browser.places import Domain, Frame
from core.figures.charts.maps import ColourBar
from core.figures.drawing import palette
from core.figures.drawing.contours import level_line
from core.figures.drawing.overlay import Box
from core.figures.drawing.pictures import data_uri
from core.files.names import shorten

Value = TypeVar("Value", bound=np.generic)

MODEBAR = {"bgcolor": palette.CLEAR, "color": palette.QUIET, "activecolor": palette.ACCENT}
WAITING = 0.25
"""Opacity of the picture in a panel that waits."""
LETTER = 7.6
"""Average width of a character of a title in pixels."""
SPACING = 1.3
"""Height of a line of text, as a share of its size."""


def under(pixels: Pixels, longest: int, size: tuple[int, int] | None = None) -> Properties:
    """Return a picture as the properties of an image trace that covers the whole panel.

    Args:
        pixels: uint8 (H, W, 3).
        longest: the longest side that is sent, in pixels.
        size: (width, height) of the panel in its own pixels; that of `pixels` when None.
    """
    source, (wide, tall) = data_uri(pixels, longest)
    across, down = size or (pixels.shape[1], pixels.shape[0])
    return {"source": source, **over((tall, wide), (0, 0, across, down))}


def over(shape: tuple[int, ...], box: Box) -> dict[str, float]:
    """Return where the cells of a trace lie that covers a part of the picture.

    Args:
        shape: (rows, columns) of the cells.
        box: left, top, right, bottom of the part, in pixels of the picture.
    """
    dx, dy = (box[2] - box[0]) / shape[1], (box[3] - box[1]) / shape[0]
    return {"dx": dx, "dy": dy, "x0": box[0] + dx / 2, "y0": box[1] + dy / 2}


def thinned(values: npt.NDArray[Value], finest: int) -> npt.NDArray[Value]:
    """Return every n-th of the values (h, w), at most `finest` a side: exact ones, fewer bytes."""
    step = -(-max(values.shape) // finest)
    return np.ascontiguousarray(values[step // 2 :: step, step // 2 :: step])


def axes_of(number: int) -> dict[str, str]:
    """Return the names of a panel's axes; panels count from 1."""
    suffix = "" if number == 1 else str(number)
    return {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}"}


def add_picture(
    figure: Figure, picture: Properties, number: int, opacity: float = 1.0, *, hover: bool = False
) -> None:
    """Add a picture from `under` to a panel; with `hover` the mouse reads its pixels' colours."""
    template = "x %{x:.0f}, y %{y:.0f}<br>red, green, blue %{color}<extra></extra>"
    how = {"hovertemplate": template} if hover else {"hoverinfo": "skip"}
    figure.add("image", **picture, **how, **axes_of(number), opacity=opacity)


def add_outline(
    figure: Figure, number: int, values: Heat, level: float, box: Box, width: float
) -> None:
    """Add the line where values equal a level, light on a dark halo.

    Args:
        figure: changed in place.
        number: of the panel.
        values: float32 (h, w), laid over the box.
        level: of the line.
        box: left, top, right, bottom of the part, in pixels of the picture.
        width: of the line in pixels.
    """
    across, down = level_line(values, level, box)
    for colour, wide in ((palette.CONTOUR_HALO, width + 2), (palette.CONTOUR, width)):
        figure.add(
            "scatter",
            x=across,
            y=down,
            mode="lines",
            line={"color": colour, "width": wide},
            hoverinfo="skip",
            showlegend=False,
            **axes_of(number),
        )


def add_head(
    figure: Figure,
    number: int,
    title: str,
    detail: str,
    width: float,
    *,
    large: bool = False,
    **more: object,
) -> None:
    """Write the title and the quiet line above a panel, cut to `width` in pixels."""
    type_size, quiet_size = (24, 19) if large else (14, 12)  # as `places` has room
    room = max(5, int(width / LETTER * 14 / type_size))
    title, detail = shorten(title, room), shorten(detail, int(room * 1.2))
    quiet = f"<span style='font-size:{quiet_size}px;color:{palette.QUIET}'>"
    figure.annotate(
        **_domain_of(number),
        x=0,
        y=1,
        xanchor="left",
        yanchor="bottom",
        align="left",
        borderpad=0,
        yshift=2,
        text=f"<b>{html.escape(title)}</b><br>{quiet}{html.escape(detail) or '&nbsp;'}</span>",
        font={"size": type_size},
        **more,
    )


def add_word(figure: Figure, number: int, word: str, frame: Frame) -> None:
    """Write a word in the middle of a panel; from the left edge of one that it is too wide for.

    In a low panel it is smaller, and what does not fit there is left out.
    """
    size = 14
    lines = textwrap.wrap(word, max(5, min(34, int(frame.room / LETTER))))
    if len(lines) * size * SPACING > frame.panel_height:
        size = 12
        fitting = max(1, int(frame.panel_height / (size * SPACING)))
        broadest = max(5, int(frame.room / LETTER * 14 / size))
        lines = textwrap.wrap(word, broadest, max_lines=fitting, placeholder=" …")
    broad = max(map(len, lines), default=0) * LETTER * size / 14 > frame.panel_width
    figure.annotate(
        **_domain_of(number),
        x=0 if broad else 0.5,
        y=0.5,
        xanchor="left" if broad else "center",
        align="left" if broad else "center",
        text="<br>".join(map(html.escape, lines)),
        font={"size": size},
    )


def place(figure: Figure, index: int, domain: Domain, size: tuple[int, int]) -> None:
    """Give panel `index`, from 0, its place and link its axes to the first panel's.

    Args:
        figure: changed in place.
        index: of the panel.
        domain: shares of the figure that the panel covers.
        size: (width, height) of the picture, the range of the axes.
    """
    suffix, axes = "" if index == 0 else str(index + 1), axes_of(index + 1)
    plain = {"visible": False, "showgrid": False, "zeroline": False, "constrain": "domain"}
    links = ({}, {"scaleanchor": "x"}) if index == 0 else ({"matches": "x"}, {"matches": "y"})
    ranges = [0, size[0]], [size[1], 0]
    anchors = axes["yaxis"], axes["xaxis"]
    for letter, link, part, ends, anchor in zip("xy", links, domain, ranges, anchors, strict=True):
        figure.layout[f"{letter}axis{suffix}"] = {
            **plain,
            **link,
            "domain": list(part),
            "range": ends,
            "anchor": anchor,
        }


def add_scale(figure: Figure, frame: Frame, bar: ColourBar, *, large: bool = False) -> None:
    """Add the colour scale of all maps below the panels, with a word at each end."""
    length = min(280.0, frame.width / 2)  # the buttons stand in the same line
    for text, at, side in (
        (bar.ends[0], 0.0, "left"),
        (bar.ends[1], length / frame.width, "right"),
    ):
        figure.annotate(
            xref="paper",
            yref="paper",
            x=at,
            y=0,
            xanchor=side,
            yanchor="top",
            yshift=-26,
            text=text,
            font={"size": 18 if large else 12},
            borderpad=0,
        )
    figure.layout["coloraxis"] = {
        "colorscale": palette.stops(bar.scale),
        "cmin": bar.limits[0],
        "cmax": bar.limits[1],
        "colorbar": {
            "orientation": "h",
            "thickness": 10,
            "lenmode": "pixels",
            "len": length,
            "x": 0,
            "xanchor": "left",
            "xpad": 0,
            "y": 0,
            "yanchor": "top",
            "ypad": 12,
            "showticklabels": False,
            "outlinewidth": 0,
        },
    }


def behave(figure: Figure, frame: Frame, key: str) -> None:
    """Set the size, the see-through ground and what the mouse does in panels of pictures.

    On a phone a finger moves the page, not the picture.

    Args:
        figure: changed in place.
        frame: of the panels.
        key: the zoom is kept between figures of the same key.
    """
    figure.layout |= {
        "height": round(frame.height),
        "margin": {"l": 0, "r": 0, "t": 0, "b": frame.foot},
        "dragmode": False if frame.width < PHONE else "zoom",
        "hovermode": "closest",
        "uirevision": key,
        "modebar": MODEBAR,
        "plot_bgcolor": palette.CLEAR,
        "paper_bgcolor": palette.CLEAR,
    }


def _domain_of(number: int) -> dict[str, str]:
    """Return what an annotation is placed by that counts in shares of a panel."""
    axes = axes_of(number)
    return {"xref": f"{axes['xaxis']} domain", "yref": f"{axes['yaxis']} domain"}
