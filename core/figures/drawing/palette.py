"""Every colour of SeeWhy, and the colour scales as tables for Plotly and Pillow alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import matplotlib as mpl
import numpy as np

from core import Pixels
from core.errors import BadOption


@dataclass(frozen=True, slots=True)
class Scale:
    """A colour scale.

    Attributes:
        name: what the person picks and what the address holds.
        source: name of the colour map in matplotlib.
        note: one phrase for the person who chooses.
        signed: whether its middle stands for zero.
    """

    name: str
    source: str
    note: str
    signed: bool = False


_ALL = (
    Scale("inferno", "inferno", "even steps, dark to bright"),
    Scale("viridis", "viridis", "even steps, reads in most colour blindness"),
    Scale("magma", "magma", "even steps, dark to pale"),
    Scale("cividis", "cividis", "even steps, made for colour blindness"),
    Scale("grey", "gray", "even steps, for print"),
    Scale("turbo", "turbo", "rainbow with smoother steps"),
    Scale("jet", "jet", "rainbow as in many papers, uneven steps mislead the eye"),
    Scale("blue-red", "RdBu_r", "for signed values: blue against, red for", signed=True),
)
SCALES: Mapping[str, Scale] = {scale.name: scale for scale in _ALL}
DEFAULT = "inferno"
DIVERGING = "blue-red"

ACCENT = "#d9480f"
BAR = "#d9480f"
BAR_REST = "#b9b2a6"
TRACK = "rgba(128, 128, 128, 0.18)"
CONTOUR = "#ffffff"
CONTOUR_HALO = "#000000"
SPEAKS_FOR = "#ffff00"
SPEAKS_AGAINST = "#4cc9f0"
HIDDEN = "#000000"
QUIET = "#7c7a76"  # lines; no text, as no grey is read on a white and on a black ground
CLEAR = "rgba(0, 0, 0, 0)"

# Blue, yellow and vermilion of Okabe and Ito 2008. Of their colours these three stay furthest apart
# when laid thinly over any grey, for eyes without red, green or blue cones, and none of them
# vanishes there, as white does on snow and black at night.
ONLY_FIRST = "#0072b2"
BOTH = "#f0e442"
ONLY_SECOND = "#d55e00"

SERIES = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00")
"""Colours of bars and boxes, in order: Okabe and Ito without yellow, which is faint on white."""
CATEGORIES = (
    *SERIES,
    *("#882255", "#44aa99", "#999933", "#332288", "#ddcc77", "#117733", "#aa4499", "#88ccee"),
)
"""Colours of categories of concepts: those of series, then muted ones of Tol 2021."""
COUNTS = "viridis"
"""The scale of how many methods mark a pixel."""
MATRIX = "viridis"
"""The scale of values in [0, 1] in a matrix."""
UNDEFINED = "rgba(128, 128, 128, 0.38)"
BAND = "rgba(128, 128, 128, 0.28)"

PAPER = "#ffffff"
INK = "#1f1d1a"
PAPER_QUIET = "#66645f"
PAPER_GRID = "#e3e0da"
"""Ground, text, quiet text and lines of files, which have no theme.

Quiet text has a contrast of 5.9 on the ground, and of 4.9 on `TRACK` above it.
"""


def sequential() -> tuple[str, ...]:
    """Return the names of the scales for values in [0, 1]."""
    return tuple(name for name, scale in SCALES.items() if not scale.signed)


def get(name: str) -> Scale:
    """Return the scale of that name.

    Raises:
        BadOption: no such scale.
    """
    if name not in SCALES:
        raise BadOption(f"{name!r} is not a colour scale: choose one of {', '.join(SCALES)}.")
    return SCALES[name]


@cache
def lookup(name: str) -> Pixels:
    """Return the scale as a table.

    Args:
        name: one of `SCALES`.

    Returns:
        uint8 (256, 3), RGB, from the lowest value to the highest; read-only.

    Raises:
        BadOption: no such scale.
    """
    colours = mpl.colormaps[get(name).source](np.arange(256), bytes=True)
    table: Pixels = np.ascontiguousarray(colours[:, :3], dtype=np.uint8)
    table.flags.writeable = False
    return table


@cache
def stops(name: str, count: int = 33) -> tuple[tuple[float, str], ...]:
    """Return the scale as Plotly wants it: `count` pairs of a place in [0, 1] and `rgb(r, g, b)`.

    Not `#rrggbb`: Streamlit takes `#000003`, where some scales begin, for a colour of its theme.

    Raises:
        BadOption: no such scale.
    """
    table = lookup(name)
    places = np.linspace(0.0, 1.0, count)
    rows = table[np.rint(places * 255).astype(int)]
    return tuple(
        (float(place), "rgb({}, {}, {})".format(*row.tolist()))
        for place, row in zip(places, rows, strict=True)
    )


def levels(name: str, count: int, lowest: float = 0.0) -> tuple[str, ...]:
    """Return `count` colours of a scale as `rgb(r, g, b)`, evenly from low to high.

    Args:
        name: of the scale.
        count: at least 1; a single colour is the highest.
        lowest: where on the scale the first one is, in [0, 1).
    """
    places = np.linspace(255.0, 255.0 * lowest, count)[::-1]
    rows = lookup(name)[np.rint(places).astype(int)]
    return tuple("rgb({}, {}, {})".format(*row.tolist()) for row in rows)


def series(number: int) -> str:
    """Return the colour of a series, counted from 0; they come again when all are used."""
    return SERIES[number % len(SERIES)]


def text_on(name: str, share: float) -> str:
    """Return black or white, whichever is easier to read on a colour of a scale.

    Args:
        name: of the scale.
        share: place on it in [0, 1].

    Source: relative luminance and contrast, Web Content Accessibility Guidelines 2.1; black wins
    from a luminance of 0.179 on.
    """
    encoded = lookup(name)[round(min(max(share, 0.0), 1.0) * 255)] / 255.0
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    luminance = float(linear @ [0.2126, 0.7152, 0.0722])
    return CONTOUR_HALO if luminance > 0.179 else CONTOUR
