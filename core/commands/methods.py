"""`python -m core methods`: the table of methods, with what each does and its paper."""

from __future__ import annotations

import argparse
import textwrap

from core.commands.entry_point import OK
from core.commands.installation import ready


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments: there are none."""


def run(args: argparse.Namespace) -> int:
    """Print each method's name, smoothing suffixes, sentence and paper."""
    ready()
    from core.explain.methods import METHODS

    for method in METHODS.values():
        suffixes = ", ".join(f"+{smooth}" for smooth in method.smooths if smooth != "none")
        print(f"{method.name}  ({method.title}{f'; {suffixes}' if suffixes else ''})")
        for text in (method.sentence, f"{method.paper} {method.link}"):
            print(textwrap.fill(text, 96, initial_indent="    ", subsequent_indent="    "))
    return OK
