"""Which pictures a report shows: all of few, of many those that say most, drawn when they come."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from core.explain.base import Explanation
from core.explain.methods import title_of
from core.export.record import Explained
from core.export.thumbs import thumb_uris
from core.figures.drawing.overlay import OverlayLook
from core.measure.agreement import Pair
from core.measure.single import table as measures
from core.measure.study import Row, key_of, pair_title
from core.measure.trust import TrustRow

SHOWN = 60
"""Pictures in a report at most."""
WORST = 10
"""Of them those that have the worst value of a measure, at most."""
THUMB, SMALL = 300, 180
"""Longest side of a picture in the report in pixels, and of the best and worst maps."""


@dataclass(frozen=True, slots=True)
class Section:
    """One picture on the page.

    Attributes:
        name: of the picture.
        error: why it failed, or empty; nothing else is known then.
        prediction: the first guesses in words.
        flag: why it deserves a second look, or empty.
        figures: address and caption of the picture and of each overlay.
        pairs: cells of each pair.
        notes: sentences.
    """

    name: str
    error: str = ""
    prediction: str = ""
    flag: str = ""
    figures: Sequence[tuple[str, str]] = ()
    pairs: Sequence[Sequence[str]] = ()
    notes: Sequence[str] = ()


Shown = tuple[Explained, Sequence[Pair]]
"""Results of a picture, and the pairs of its maps."""


@dataclass(frozen=True, slots=True)
class _End:
    """The best or the worst map of a measure and method so far.

    Attributes:
        value: of the measure.
        place, picture: whose map it is.
        address: returns the map, small.
    """

    value: float
    place: int
    picture: str
    address: Callable[[], str]


class Shortlist:
    """Sections of the pictures that are shown, and nothing of the others.

    Of more than `SHOWN` pictures: those whose methods agree most, those whose methods agree least,
    and those with the worst value of each measure and method.

    Attributes:
        labels, layers: of all maps, in order.
    """

    def __init__(self, look: OverlayLook | None = None) -> None:
        """Start empty; `look` says how overlays are drawn."""
        self._look = look or OverlayLook()
        self._sections: dict[int, Callable[[], Section]] = {}
        self.labels: dict[str, None] = {}
        self.layers: dict[str, None] = {}
        self._means: dict[int, float] = {}
        self._ends: dict[tuple[str, str, str], _End] = {}

    def add(
        self,
        place: int,
        maps: Sequence[Explanation],
        row: Row,
        shown: Callable[[], Shown],
        values: Sequence[TrustRow] = (),
        *,
        later: bool = False,
    ) -> None:
        """Look at the next picture.

        Args:
            place: of its row among all.
            maps: of it; their arrays are not looked at.
            row: of it.
            shown: returns what is drawn.
            values: of measures of its maps.
            later: whether it is drawn only when the page is made, and read again for that.
        """
        for each in maps:
            self.labels[each.label] = None
            if each.layer:
                self.layers[each.layer] = None
        for value in values:
            self._compare(place, shown, value, later=later)
        self._means[place] = row.mean
        if len(self._means) > SHOWN:
            kept = self._kept()
            self._means = {at: mean for at, mean in self._means.items() if at in kept}
            self._sections = {at: each for at, each in self._sections.items() if at in kept}
        if place in self._means:
            self._sections[place] = _drawn(lambda: self._section(row, *shown()), later=later)

    @property
    def places(self) -> list[int]:
        """Places of the pictures that are shown, in order."""
        return sorted(self._sections)

    @property
    def identity(self) -> str:
        """What is shown and how it is drawn, in one text."""
        ends = [(key, end.value, end.place) for key, end in self._ends.items()]
        return repr((self._look, self.places, list(self.labels), list(self.layers), ends))

    @property
    def sections(self) -> Mapping[int, Section]:
        """What is shown of each, by its place; drawn where it was left for later."""
        return {at: self._sections[at]() for at in self.places}

    def draw(self, picture: str, method: str) -> str:
        """Return the address of the best or worst map of a method, which is of this picture."""
        for (_, label, _), end in self._ends.items():
            if (label, end.picture) == (method, picture):
                return end.address()
        return ""

    def _kept(self) -> set[int]:
        """Return the places of the pictures that are shown, of those that were so far and one."""
        worst: list[int] = []
        for (name, _, side), end in self._ends.items():
            if side == ("low" if measures.get(name).better == "higher" else "high"):
                worst.append(end.place)
        worst = [at for at in dict.fromkeys(worst) if at in self._means][:WORST]
        each = (SHOWN - len(worst)) // 2
        ranked = sorted(self._means, key=lambda at: (_rank(self._means[at]), at))
        return {*worst, *ranked[:each], *ranked[len(ranked) - each :]}

    def _compare(
        self, place: int, shown: Callable[[], Shown], row: TrustRow, *, later: bool
    ) -> None:
        """Keep a map where it is the best or the worst of its measure, as `summaries` finds it."""
        if not math.isfinite(row.value):
            return

        def address() -> str:
            explained, _ = shown()
            made = [each for each in explained.explanations if each.label == row.method]
            return thumb_uris(explained.prepared, made[-1:], self._look, SMALL)[1]

        drawn: Callable[[], str] | None = None
        for side in ("low", "high"):
            end = self._ends.get((row.measure, row.method, side))
            if end is not None:
                better = row.value < end.value if side == "low" else row.value >= end.value
                if not better:
                    continue
            drawn = drawn or _drawn(address, later=later)
            found = _End(row.value, place, row.picture, drawn)
            self._ends[row.measure, row.method, side] = found

    def _section(self, row: Row, explained: Explained, pairs: Sequence[Pair]) -> Section:
        maps = explained.explanations
        addresses = thumb_uris(explained.prepared, maps, self._look, THUMB)
        titles = (
            f"{title_of(each.label)}, {each.class_name}, {each.seconds:.2f} s" for each in maps
        )
        captions = ("Picture", *titles)
        return Section(
            row.name,
            prediction=_prediction(explained, row),
            figures=list(zip(addresses, captions, strict=True)),
            pairs=[_cells(pair) for pair in pairs],
            notes=[note for pair in pairs for note in pair.notes],
        )


T = TypeVar("T")


def _drawn(draw: Callable[[], T], *, later: bool) -> Callable[[], T]:
    """Return what gives the drawing, which is made now or later."""
    if later:
        return draw
    made = draw()
    return lambda: made


def _rank(mean: float) -> float:
    """Return the mean IoU to rank by; what is undefined counts as the least."""
    return mean if math.isfinite(mean) else -1.0


def _prediction(explained: Explained, row: Row) -> str:
    guesses = ", ".join(f"{g.name} {g.probability:.1%}" for g in explained.predictions[:3])
    if row.right is None:
        return guesses
    return f"{guesses}; {'right' if row.right else 'wrong'}, true class {row.truth}"


def _cells(pair: Pair) -> tuple[str, ...]:
    values = map(_number, (pair.iou, pair.dice, pair.spearman, pair.chance))
    return pair_title(key_of(pair)), *values, " to ".join(map(_number, pair.band))


def _number(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else "not defined"
