"""Choices of several methods that make sense together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.explain import CLASSICS
from core.explain.abilities import Abilities
from core.explain.families import FAMILIES
from core.explain.methods import METHODS

CHEAP = 8
"""Passes up to which a map is cheap."""
EVERYTHING = Abilities({}, {})


@dataclass(frozen=True, slots=True)
class Preset:
    """Methods that are chosen together.

    Attributes:
        name: in one word.
        title: on a button.
        help: what they are good for, in one sentence.
        methods: names, in the order of the table.
    """

    name: str
    title: str
    help: str
    methods: tuple[str, ...]


def presets(able: Abilities = EVERYTHING) -> tuple[Preset, ...]:
    """Return the presets, without the methods that a model cannot do.

    Args:
        able: what the model can do; nothing is known of it by default, and then no method is
            refused and none is known to be cheap.
    """
    possible = [name for name in METHODS if name not in able.refusals]
    firsts = [
        next((name for name in possible if METHODS[name].family is family), None)
        for family in FAMILIES
    ]
    cheap = [name for name in possible if able.passes.get(name, CHEAP + 1) <= CHEAP]
    return (
        _preset("classics", "The classics", "What papers compare most often.", CLASSICS, possible),
        _preset(
            "families",
            "One of each family",
            "Methods that work in different ways: where they agree, it is not their common fault.",
            firsts,
            possible,
        ),
        _preset(
            "cheap",
            "All cheap ones",
            f"Every method that takes at most {CHEAP} passes through the model.",
            cheap,
            possible,
        ),
    )


def _preset(
    name: str, title: str, help: str, wanted: Sequence[str | None], possible: Sequence[str]
) -> Preset:
    return Preset(name, title, help, tuple(each for each in possible if each in wanted))
