"""LIME's figure as data: three pictures of superpixels, and the weights as bars."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from core import Heat, Pixels, Segments
from core.explain.perturb.lime_trust import Interval
from core.figures.charts.maps import ColourBar
from core.figures.drawing import palette
from core.figures.drawing.outlines import divided, outlined
from core.figures.drawing.overlay import DIM, Box
from core.figures.drawing.tint import Weights, place_of, tinted

TITLES = ("Superpixels", "What counts most", "Weight of each superpixel")
MOST_NUMBERS = 12
"""Superpixels whose number is written on the picture."""
FOR, AGAINST = (
    "rgb({}, {}, {})".format(*palette.lookup(palette.DIVERGING)[at].tolist()) for at in (225, 30)
)
FAINT = 0.45
"""Opacity of bars whose superpixels are not outlined."""
SHADE = 0.5
"""Of it that is left while another bar is picked."""


@dataclass(frozen=True, slots=True, eq=False)
class LimeView:
    """What is known so far.

    Attributes:
        pixels: uint8 (H, W, 3), the picture.
        box: (x0, y0, x1, y1) of the part that the model saw, in pixels of the picture.
        segments: int32 (S, S) over the box; None while superpixels are being found.
        weights: float64, one per superpixel; None before the first fit.
        chosen: numbers of the superpixels that are outlined.
        lit: number of the superpixel that a person picked, or None.
        details: a quiet line above each of the three panels.
        waiting: what stands in the panels that are still to come.
    """

    pixels: Pixels
    box: tuple[int, int, int, int]
    segments: Segments | None = None
    weights: Weights | None = None
    chosen: tuple[int, ...] = ()
    lit: int | None = None
    details: tuple[str, str, str] = ("", "", "")
    waiting: str = ""

    @property
    def bar(self) -> ColourBar:
        """What the tint means: symmetric around 0, and as far as the largest weight."""
        peak = 0.0 if self.weights is None else float(np.abs(self.weights).max(initial=0.0))
        limits = (-(peak or 1.0), peak or 1.0)
        return ColourBar(palette.DIVERGING, limits, ("against", "for the class"))

    @property
    def numbers(self) -> tuple[tuple[int, float, float], ...]:
        """Superpixels whose number is written, each with its place in pixels of the picture."""
        if self.weights is None or self.segments is None:
            return ()
        left, top, right, bottom = self.box
        written = self.chosen[:MOST_NUMBERS]
        places = [place_of(self.segments, each) for each in written]
        return tuple(
            (number, left + across * (right - left), top + down * (bottom - top))
            for number, (across, down) in zip(written, places, strict=True)
        )

    @property
    def light(self) -> tuple[Heat, Box] | None:
        """The picked superpixel, whose outline is drawn at 0.5 and closed at the edge, if any.

        Returns:
            float32 (h, w), 1 inside, and the box over which it lies.
        """
        if self.segments is None or self.lit is None:
            return None
        inside = self.segments == self.lit
        across = (self.box[2] - self.box[0]) / inside.shape[1]
        down = (self.box[3] - self.box[1]) / inside.shape[0]
        box = self.box[0] - across, self.box[1] - down, self.box[2] + across, self.box[3] + down
        return np.pad(inside, 1).astype(np.float32), box


@dataclass(frozen=True, slots=True)
class LimeLook:
    """How it is drawn; none of it changes what was computed.

    Attributes:
        borders: whether the first panel shows all superpixels.
        hide_rest: whether the second panel is black outside of the outlines.
        opacity: of the strongest tint, in [0, 1].
    """

    borders: bool = True
    hide_rest: bool = False
    opacity: float = 0.75


@dataclass(frozen=True, slots=True, eq=False)
class WeightBars:
    """The heaviest superpixels, each with its number; red for the class, blue against.

    Attributes:
        weights: float64, one per superpixel; None before the first fit.
        order: numbers by falling absolute weight.
        outlined: numbers of the superpixels that are outlined; the others are faint.
        interval: drawn as whiskers.
        rows: bars at most; they set the height.
        lit: number of the picked superpixel.
    """

    weights: Weights | None
    order: tuple[int, ...] = ()
    outlined: tuple[int, ...] = ()
    interval: Interval | None = None
    rows: int = 12
    lit: int | None = None

    @property
    def shown(self) -> list[int]:
        """Numbers of the superpixels with a bar, from top to bottom."""
        return list(self.order[: self.rows]) if self.weights is not None else []

    @property
    def values(self) -> Weights:
        """Lengths of the bars."""
        return np.zeros(0) if self.weights is None else self.weights[self.shown]

    @property
    def colours(self) -> list[str]:
        """Of the bars."""
        return [FOR if value >= 0 else AGAINST for value in self.values]

    @property
    def opacities(self) -> list[float]:
        """Full for what is outlined; what a person picked puts all others in the shade."""
        return [
            (1.0 if number in self.outlined or number == self.lit else FAINT)
            * (1.0 if self.lit in (None, number) else SHADE)
            for number in self.shown
        ]

    @property
    def whiskers(self) -> tuple[Weights, Weights] | None:
        """How far the interval reaches below and above each value, if there is one."""
        if self.interval is None:
            return None
        low, high = self.interval.low[self.shown], self.interval.high[self.shown]
        return np.maximum(0.0, self.values - low), np.maximum(0.0, high - self.values)


def drawn(
    view: LimeView, look: LimeLook, longest: int
) -> tuple[Pixels, tuple[Pixels | None, Pixels | None, Pixels | None]]:
    """Draw the three panels.

    Args:
        view: what to draw.
        look: how.
        longest: pixels of the longer side; small pictures are made larger, else the lines on them
            are coarse.

    Returns:
        The picture alone, and the panels, None for what is still to come; all uint8 (h, w, 3).
    """
    small, box = _resized(view, longest)
    return small, _panels(view, look, small, box)


def _resized(view: LimeView, longest: int) -> tuple[Pixels, Box]:
    """The picture at the size that is drawn, and the seen part in its pixels."""
    image = Image.fromarray(view.pixels)
    share = longest / max(image.size)
    size = (max(1, round(image.width * share)), max(1, round(image.height * share)))
    image = image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    across, down = image.width / view.pixels.shape[1], image.height / view.pixels.shape[0]
    left, top, right, bottom = view.box
    return np.asarray(image), (left * across, top * down, right * across, bottom * down)


def _panels(
    view: LimeView, look: LimeLook, small: Pixels, box: Box
) -> tuple[Pixels, Pixels | None, Pixels | None]:
    if view.segments is None:
        return small, None, None
    first = divided(small, view.segments, box) if look.borders else small
    if view.lit is not None:
        first = _dimmed_but(first, view.segments, view.lit, box)
    if view.weights is None:
        return first, None, None
    lines = outlined(small, view.segments, view.weights, view.chosen, box, hide_rest=look.hide_rest)
    return first, lines, tinted(small, view.segments, view.weights, box, look.opacity)


def _dimmed_but(pixels: Pixels, segments: Segments, number: int, box: Box) -> Pixels:
    """Dim everything but one superpixel."""
    left, top, right, bottom = (round(side) for side in box)
    keep = Image.new("L", (pixels.shape[1], pixels.shape[0]))
    inside = Image.fromarray((segments == number).astype(np.uint8) * 255)
    keep.paste(inside.resize((max(1, right - left), max(1, bottom - top))), (left, top))
    picture = Image.fromarray(pixels)
    dark = Image.blend(Image.new("RGB", picture.size), picture, DIM)
    return np.asarray(Image.composite(picture, dark, keep))
