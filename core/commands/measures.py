"""`python -m core measures`: the table of measures, with what each asks and its paper."""

from __future__ import annotations

import argparse
import textwrap

from core.commands.entry_point import OK
from core.commands.installation import ready


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments: there are none."""


def run(args: argparse.Namespace) -> int:
    """Print each measure's name, which direction speaks for a map, sentence, card and paper."""
    ready()
    from core.measure.single.table import MEASURES

    for measure in MEASURES.values():
        print(f"{measure.name}  ({measure.title}; {measure.better} is better)")
        card = measure.card
        texts = (
            measure.sentence,
            card.definition,
            card.not_shown,
            f"{measure.paper} {measure.link}",
        )
        for text in texts:
            print(textwrap.fill(text, 96, initial_indent="    ", subsequent_indent="    "))
    return OK
