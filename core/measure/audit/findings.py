"""All that an audit finds out, from the rows of its pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.measure.audit.calibration import Calibration, calibration
from core.measure.audit.classes import Accuracy, accuracy, surest_errors, worst_errors
from core.measure.audit.concepts import (
    ClassConcept,
    ErrorConcept,
    class_concepts,
    error_concepts,
)
from core.measure.audit.corners import AlikeCorner, alike_corners
from core.measure.audit.duplicates import Copies, copies
from core.measure.audit.places import CENTRE, FEWEST, MOST, Look, Need, looks
from core.measure.audit.rows import AuditRow


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A place that may decide a class.

    Attributes:
        index: of the class that is predicted.
        place: number among `PLACES`.
        look: how much the maps of the class lie there; None where maps did not point there.
        alike: how alike the place is within the class; empty where it is not.
        need: what covering it does; None where too few pictures have that prediction.
    """

    index: int
    place: int
    look: Look | None
    alike: tuple[AlikeCorner, ...]
    need: Need | None = None

    @property
    def is_used(self) -> bool:
        """Whether the class hangs on the place, as far as covering it can tell."""
        return self.need is not None and self.need.is_needed


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """What an audit finds out.

    Attributes:
        rows: one a picture.
        names: of the classes, by index.
        accuracy, calibration: over pictures whose class is known.
        looks: of predicted classes with enough pictures, place by place.
        tested: predicted classes with enough pictures to be tested for shortcuts.
        guessed: predicted classes in all.
        shortcuts: places that may decide a class, those that it hangs on first.
        errors: concepts that drive errors or right answers; empty without a dissection.
        classes: concepts that drive one class only; empty without a dissection.
        copies: copies among the pictures.
        worst, surest: places of errors among the rows, as `worst_errors`, `surest_errors`.
        seed: of all that is drawn.
    """

    rows: Sequence[AuditRow]
    names: Sequence[str]
    accuracy: Accuracy
    calibration: Calibration
    looks: tuple[Look, ...]
    tested: int
    guessed: int
    shortcuts: tuple[Shortcut, ...]
    errors: tuple[ErrorConcept, ...]
    classes: tuple[ClassConcept, ...]
    copies: tuple[Copies, ...]
    worst: tuple[int, ...]
    surest: tuple[int, ...]
    seed: int

    @property
    def known(self) -> int:
        """Pictures whose true class is known."""
        return self.accuracy.top1.of

    @property
    def chosen(self) -> tuple[int, ...]:
        """Places of the errors that are looked at closely, each once."""
        return tuple(dict.fromkeys((*self.worst, *self.surest)))

    @property
    def used(self) -> tuple[Shortcut, ...]:
        """The shortcuts that a class hangs on."""
        return tuple(each for each in self.shortcuts if each.is_used)


def findings(rows: Sequence[AuditRow], names: Sequence[str], worst: int, seed: int = 0) -> Findings:
    """Find out all that needs no model; what covering places does is asked next.

    Args:
        rows: one a picture.
        names: of the classes, by index.
        worst: how many errors of each kind are looked at closely.
        seed: of all that is drawn.
    """
    looked, sizes = looks(rows), Counter(row.guess for row in rows)
    return Findings(
        rows=rows,
        names=names,
        accuracy=accuracy(rows),
        calibration=calibration(rows, seed),
        looks=looked,
        tested=sum(FEWEST <= count <= len(rows) - FEWEST for count in sizes.values()),
        guessed=len(sizes),
        shortcuts=suspects(looked, alike_corners(rows, seed)),
        errors=error_concepts(rows),
        classes=class_concepts(rows),
        copies=copies(rows),
        worst=worst_errors(rows, worst),
        surest=surest_errors(rows, worst),
        seed=seed,
    )


def suspects(looked: Sequence[Look], alike: Sequence[AlikeCorner]) -> tuple[Shortcut, ...]:
    """Return the places that one class alone looks at, and corners that are alike within one.

    The centre is left out: that is where objects lie.
    """
    alone = {
        (each.guess, each.place): each for each in looked if each.is_alone and each.place != CENTRE
    }
    same: dict[tuple[int, int], list[AlikeCorner]] = {}
    for each in alike:
        same.setdefault((each.index, each.place), []).append(each)
    keys = dict.fromkeys([*alone, *same])
    return tuple(
        Shortcut(index, place, alone.get((index, place)), tuple(same.get((index, place), ())))
        for index, place in keys
    )


def covered_rows(rows: Sequence[AuditRow], guess: int, seed: int) -> tuple[int, ...]:
    """Return the places of the pictures in which a class's places are covered, rising.

    Args:
        rows: of all pictures.
        guess: the predicted class.
        seed: of the draw, where there are more than are covered.

    Returns:
        At most `MOST`; none where the class has fewer than `FEWEST`.
    """
    places = [at for at, row in enumerate(rows) if row.guess == guess]
    if len(places) < FEWEST:
        return ()
    if len(places) > MOST:
        rng = np.random.default_rng([seed, guess])
        places = sorted(rng.choice(places, MOST, replace=False).tolist())
    return tuple(places)
