"""How a class split over the answers to one question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core.classroom.choices import is_right
from core.classroom.room import Answer


@dataclass(frozen=True, slots=True)
class Tally:
    """One answer.

    Attributes:
        label: what was answered.
        count: by how many.
        right: whether it is the right one; None where there is none.
        names: who gave it, in the order of joining.
    """

    label: str
    count: int
    right: bool | None
    names: tuple[str, ...]


def tally(
    answers: Sequence[Answer], part: str, offered: Sequence[str], right: str
) -> tuple[Tally, ...]:
    """Count the answers to one part of a screen.

    Args:
        answers: to the screen.
        part: which.
        offered: answers that stand there even where nobody gave them, in order.
        right: the right one; empty where there is none.

    Returns:
        What was offered, then whatever else was answered, the most frequent first.
    """
    given = [answer for answer in answers if answer.part == part]
    spelled = {label.casefold(): label for label in (*(a.value for a in given), *offered, right)}
    named = [(spelled[answer.value.casefold()], answer.student.name) for answer in given]
    counts = Counter(label for label, _ in named)
    labels = dict.fromkeys((*offered, *(label for label, _ in counts.most_common())))
    if right and not any(is_right(label, right) for label in labels):
        labels[right] = None
    return tuple(
        Tally(
            label,
            counts[label],
            is_right(label, right) if right else None,
            tuple(name for given_label, name in named if given_label == label),
        )
        for label in labels
    )
