"""`python -m core methods`: the table of methods, with what each does and its paper."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING

from core.commands.entry_point import OK
from core.commands.installation import ready

if TYPE_CHECKING:
    from core.explain.base import Method


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments: there are none."""


def run(args: argparse.Namespace) -> int:
    """Print each family, and the name, smoothing suffixes, sentence and paper of its methods."""
    ready()
    from core.explain.families import FAMILIES
    from core.explain.methods import METHODS

    for family in FAMILIES:
        of_family = [method for method in METHODS.values() if method.family is family]
        if of_family:
            print(textwrap.fill(f"{family.title}: {family.shows} {family.hides}", 100), end="\n\n")
        _list(of_family)
    return OK


def _list(methods: Iterable[Method]) -> None:
    for method in methods:
        suffixes = ", ".join(f"+{smooth}" for smooth in method.smooths if smooth != "none")
        print(f"{method.name}  ({method.title}{f'; {suffixes}' if suffixes else ''})")
        for text in (method.sentence, f"{method.paper} {method.link}"):
            print(textwrap.fill(text, 96, initial_indent="    ", subsequent_indent="    "))
        print()
