"""Which concepts drive errors more often than right answers, and which drive one class only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.measure.audit.places import FEWEST
from core.measure.audit.rates import LEVEL, Rate, false_discovery, fisher, fishers
from core.measure.audit.rows import AuditRow

DRIVERS = 5
"""Concepts of a picture that count as its drivers: those with the largest shares of evidence."""
LEAST = 0.01
"""Share of the evidence that a driver has at least."""
OFTEN, SELDOM = 0.5, 0.05
"""Share of a class's pictures that its own concept drives, and of others at most."""


@dataclass(frozen=True, slots=True)
class Drivers:
    """Where the evidence for a class comes from.

    Attributes:
        concepts: words with their share of the evidence that supports the class, in [0, 1], the
            largest first; channels without a label left out.
    """

    concepts: tuple[tuple[str, float], ...]

    @property
    def driving(self) -> tuple[str, ...]:
        """The concepts that count as drivers."""
        return tuple(word for word, share in self.concepts[:DRIVERS] if share >= LEAST)


@dataclass(frozen=True, slots=True)
class ErrorConcept:
    """One concept, in errors and in right answers.

    Attributes:
        concept: the word.
        errors: errors that it drives, of all errors.
        right: right answers that it drives, of all right answers.
        odds: ratio of the odds, with 1/2 added to each count; above 1 where it drives errors more.
        p: of Fisher's exact test, two-sided.
        q: false discovery rate over all concepts.
    """

    concept: str
    errors: Rate
    right: Rate
    odds: float
    p: float
    q: float = 1.0

    @property
    def drives_errors(self) -> bool:
        """Whether it drives errors more often than right answers, beyond chance."""
        return self.q <= LEVEL and self.odds > 1


@dataclass(frozen=True, slots=True)
class ClassConcept:
    """A concept that drives one predicted class and hardly another.

    Attributes:
        concept: the word.
        guess: index of the class.
        inside: pictures of the class that it drives.
        outside: other pictures that it drives.
        p: of Fisher's exact test that it drives the class more.
        q: false discovery rate over all classes and concepts.
    """

    concept: str
    guess: int
    inside: Rate
    outside: Rate
    p: float
    q: float = 1.0


def error_concepts(rows: Sequence[AuditRow]) -> tuple[ErrorConcept, ...]:
    """Test every concept; the surest first.

    Args:
        rows: of all pictures; those without a known class or without evidence do not count.
    """
    known = [row for row in rows if row.is_known and row.concepts is not None]
    wrong = Counter(word for row in known if row.is_wrong for word in row.concepts or ())
    right = Counter(word for row in known if row.is_right for word in row.concepts or ())
    errors = sum(row.is_wrong for row in known)
    if not errors or errors == len(known):
        return ()  # nothing to compare with
    made = []
    for word in sorted({*wrong, *right}):
        one, two = Rate(wrong[word], errors), Rate(right[word], len(known) - errors)
        made.append(ErrorConcept(word, one, two, *fisher(one, two)))
    q = false_discovery([each.p for each in made])
    judged = [replace(each, q=float(value)) for each, value in zip(made, q, strict=True)]
    return tuple(sorted(judged, key=lambda each: (each.p, -each.odds, each.concept)))


def class_concepts(rows: Sequence[AuditRow]) -> tuple[ClassConcept, ...]:
    """Return the concepts that drive one class only, the surest first.

    Args:
        rows: of all pictures; those without evidence do not count.
    """
    known = [row for row in rows if row.concepts is not None]
    sizes = Counter(row.guess for row in known)
    every = Counter(word for row in known for word in row.concepts or ())
    own = Counter((row.guess, word) for row in known for word in row.concepts or ())
    kept = [
        (
            guess,
            word,
            Rate(count, sizes[guess]),
            Rate(every[word] - count, len(known) - sizes[guess]),
        )
        for (guess, word), count in sorted(own.items())
        if sizes[guess] >= FEWEST and len(known) - sizes[guess] >= FEWEST
    ]
    # The others would not be reported with any p-value: they count as tests without effect.
    p = np.ones(len(kept))
    few = [
        at
        for at, (*_, inside, outside) in enumerate(kept)
        if inside.value >= OFTEN and outside.value <= SELDOM
    ]
    p[few] = fishers([kept[at][2] for at in few], [kept[at][3] for at in few])
    made = [
        ClassConcept(word, guess, inside, outside, float(value))
        for (guess, word, inside, outside), value in zip(kept, p, strict=True)
    ]
    q = false_discovery([each.p for each in made])
    judged = [replace(each, q=float(value)) for each, value in zip(made, q, strict=True)]
    only = [each for each in judged if each.q <= LEVEL]
    return tuple(sorted(only, key=lambda each: (each.p, each.guess, each.concept)))
