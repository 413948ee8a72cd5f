"""How often a model is right: over all pictures, class by class, and what it takes for what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core.measure.audit.rates import Rate
from core.measure.audit.rows import TOP, AuditRow


@dataclass(frozen=True, slots=True)
class OfClass:
    """One class.

    Attributes:
        index: of the class.
        recall: its pictures that are taken for it, of all of its pictures.
        precision: its pictures among all that are taken for it.
    """

    index: int
    recall: Rate
    precision: Rate


@dataclass(frozen=True, slots=True)
class Confusion:
    """One class that is taken for another.

    Attributes:
        truth, guess: indices of the classes.
        of_class: how often, of the pictures of the true class.
        of_errors: how often, of all errors.
    """

    truth: int
    guess: int
    of_class: Rate
    of_errors: Rate


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How often a model is right.

    Attributes:
        top1: whose most probable class is the true one.
        top5: whose true class is among the five most probable.
        commonest: what would be right if the commonest true class were said every time.
        classes: those with pictures or guesses, by index.
        confusions: the commonest first.
    """

    top1: Rate
    top5: Rate
    commonest: Rate
    classes: tuple[OfClass, ...]
    confusions: tuple[Confusion, ...]


def accuracy(rows: Sequence[AuditRow]) -> Accuracy:
    """Count; pictures without a known class do not count.

    Args:
        rows: of all pictures.
    """
    known = [row for row in rows if row.is_known]
    there, said = Counter(r.truth for r in known), Counter(r.guess for r in known)
    right = Counter(row.truth for row in known if row.is_right)
    wrong = Counter((row.truth, row.guess) for row in known if row.is_wrong)
    errors = sum(wrong.values())
    classes = tuple(
        OfClass(index, Rate(right[index], there[index]), Rate(right[index], said[index]))
        for index in sorted({*there, *said})
    )
    ranked = sorted(wrong.items(), key=lambda item: (-item[1], item[0]))
    return Accuracy(
        top1=Rate(sum(right.values()), len(known)),
        top5=Rate(sum(1 <= row.rank <= TOP for row in known), len(known)),
        commonest=Rate(max(there.values(), default=0), len(known)),
        classes=classes,
        confusions=tuple(
            Confusion(truth, guess, Rate(count, there[truth]), Rate(count, errors))
            for (truth, guess), count in ranked
        ),
    )


def worst_errors(rows: Sequence[AuditRow], most: int) -> tuple[int, ...]:
    """Return the places of the errors whose true class gets the least probability, worst first."""
    wrong = [at for at, row in enumerate(rows) if row.is_wrong]
    return tuple(sorted(wrong, key=lambda at: (-rows[at].loss, at))[:most])


def surest_errors(rows: Sequence[AuditRow], most: int) -> tuple[int, ...]:
    """Return the places of the errors in which the model is most confident, the surest first."""
    wrong = [at for at, row in enumerate(rows) if row.is_wrong]
    return tuple(sorted(wrong, key=lambda at: (-rows[at].confidence, at))[:most])
