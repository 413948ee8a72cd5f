"""`python -m core methods`: the table of methods, with what each does, its paper and settings."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from core.commands.entry_point import OK
from core.commands.installation import ready

if TYPE_CHECKING:
    from core.explain.base import Method


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments: there are none."""


def run(args: argparse.Namespace) -> int:
    """Print each family, and the name, suffixes, sentence, paper and settings of its methods."""
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
            print(_indented(text, 4))
        for line in _settings(method):
            print(line)
        print()


def _settings(method: Method) -> Iterator[str]:
    """Return how a method's settings are given, and each with its default and its range."""
    from core.requests.settings_text import spelled
    from core.requests.studies import KERNEL_SHAP, LIME

    if not method.options:
        return
    if method.name in (LIME, KERNEL_SHAP):
        shared = "" if method.name == LIME else f", the same as of {LIME}"
        yield _indented(
            f"--lime NAME=VALUE{shared}; `explain` and `measure` outline superpixels of any sign "
            "unless told otherwise:",
            4,
        )
    else:
        yield _indented(f"--option {method.name}.NAME=VALUE:", 4)
    for option in method.options:
        default = spelled(option, option.default)
        allowed = f"{option.range}. " if option.range else ""
        yield _indented(f"{option.name}={default}  {allowed}{option.help}", 6)


def _indented(text: str, by: int) -> str:
    return textwrap.fill(
        text,
        96,
        initial_indent=" " * by,
        subsequent_indent=" " * by,
        break_long_words=False,
        break_on_hyphens=False,
    )
