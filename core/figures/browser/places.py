"""Where the panels of a figure stand, in pixels and in Plotly's shares."""

from __future__ import annotations

from dataclasses import dataclass

from core.figures import PHONE

GAP = 14
HEAD, LARGE_HEAD = 46, 62
"""Pixels of the two lines above a panel, and of those for a projector."""
FOOT = 62
TALLEST = 640
LEAST = 200
"""Pixels that the words above a panel have at least, where a row is wide enough."""

Domain = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Frame:
    """Places of all panels, in pixels of a figure that is `width` wide; `foot` is below them.

    `room` is the width for what is written above and in a panel: a narrow picture leaves more.
    `head` is above each panel.
    """

    width: float
    height: float
    panel_width: float
    panel_height: float
    per_row: int
    room: float
    foot: float = FOOT
    head: float = HEAD

    def domain(self, index: int) -> Domain:
        """Return the shares of the figure that cell `index` covers, across and upwards."""
        row, column = divmod(index, self.per_row)
        left = column * (self.room + GAP)
        top = row * (self.panel_height + self.head) + self.head
        # The bottom margin is outside Plotly's paper, so shares are of what is left.
        tall = self.height - self.foot
        across = (left / self.width, min(1.0, (left + self.panel_width) / self.width))
        return across, (max(0.0, 1 - (top + self.panel_height) / tall), 1 - top / tall)


def per_row_for(width: float) -> int:
    """Return how many panels stand in a row by default in a figure `width` pixels wide."""
    return 1 if width < PHONE else 3


def frame_of(
    count: int,
    per_row: int,
    size: tuple[int, int],
    width: float,
    foot: float = FOOT,
    head: float = HEAD,
) -> Frame:
    """Place `count` panels of a picture of `size` (width, height) in a figure."""
    cell = (width - GAP * (per_row - 1)) / per_row
    ratio = size[1] / size[0]
    tall = min(cell * ratio, TALLEST)
    rows = -(-count // per_row)
    height = rows * (tall + head) + foot
    wide = min(cell, tall / ratio)
    return Frame(width, height, wide, tall, per_row, max(wide, min(cell, LEAST)), foot, head)
