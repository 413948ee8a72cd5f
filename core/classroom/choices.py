"""What there is to guess from: the model's own first classes, and one that is true or near."""

from __future__ import annotations

import random
from collections.abc import Sequence

from core.classroom.lesson import View

COUNT = 4
"""Classes to choose from."""


def choices(
    guessed: Sequence[str], true: Sequence[str], given: Sequence[str], seed: str
) -> tuple[str, ...]:
    """Return class names to guess from, in an order that tells nothing.

    Args:
        guessed: the model's classes, the likeliest first.
        true: names of what the picture shows; empty where nobody knows.
        given: what the lesson gives to choose from; the model's first class is added.
        seed: equal ones give the same order.

    Returns:
        What was given, or `COUNT` names: the model's first, a true one, then its next ones.
    """
    first = guessed[:1]
    wanted = [*given, *first] if given else [*first, *true[:1], *guessed]
    named = list(dict.fromkeys(wanted))
    if not given:
        named = named[:COUNT]
    random.Random(f"{seed} {'|'.join(sorted(named))}").shuffle(named)  # noqa: S311 - no secret
    return tuple(named)


def seed_of(view: View) -> str:
    """Return what is the same for everybody who looks at a view."""
    return "|".join(f"{name}={value}" for name, value in view.parameters)


def is_right(answer: str, name: str) -> bool:
    """Return whether a guess is the model's class, in any case."""
    return answer.strip().casefold() == name.strip().casefold()
