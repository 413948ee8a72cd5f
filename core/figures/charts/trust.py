"""Numbers along which the trust in maps is measured, of several methods at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A curve of one method, or of a control.

    Attributes:
        name: for people.
        x: float64 (n,), rising.
        y: float64 (n,); NaN where not defined.
        control: whether it is a map that knows no model, drawn quietly.
        points: whether single points are drawn, and no line.
        place: of the method among all on the page, whose colour it keeps in every chart; None for
            that of the curve in its chart.
    """

    name: str
    x: Values
    y: Values
    control: bool = False
    points: bool = False
    place: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Curves of several maps in one chart.

    Attributes:
        title: of the chart.
        lines: the methods in their order, then the controls.
        along: what x is.
        what: what y is.
        limits: lowest and highest y; None to follow the numbers.
        at: x of the step that is looked at, or None.
        percent: whether x is a share that is written in percent.
        ticks: names of the places 1, 2, ... of x where it counts; else empty.
    """

    title: str
    lines: tuple[Line, ...]
    along: str
    what: str
    limits: tuple[float, float] | None = None
    at: float | None = None
    percent: bool = False
    ticks: tuple[str, ...] = ()

    def place(self, number: int) -> int:
        """Return the place that gives the colour of the curve of that number."""
        place = self.lines[number].place
        return number if place is None else place

    @property
    def range(self) -> tuple[float, float]:
        """Lowest and highest y that is drawn."""
        if self.limits is not None:
            return self.limits
        known = [line.y[np.isfinite(line.y)] for line in self.lines]
        values = np.concatenate([*known, np.zeros(1)])
        room = 0.04 * max(float(np.ptp(values)), 1e-9)
        return float(values.min()) - room, float(values.max()) + room
