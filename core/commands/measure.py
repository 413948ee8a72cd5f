"""`python -m core measure`: how far maps can be trusted, in numbers beside controls."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.commands.installation import ready
from core.requests.command_line import measured_study_from
from core.requests.flags import add_measures, add_study, add_truth


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments: all of `explain`, and what is measured."""
    add_study(parser)
    add_measures(parser)
    add_truth(parser)
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder for measures.csv, .json and .html, made where it is missing; what it already "
        "holds of the same request is not measured again",
    )


def run(args: argparse.Namespace) -> int:
    """Measure the maps of each picture.

    Raises:
        SeeWhyError: nothing could be done; faults of single pictures are printed instead.
    """
    ready(torchvision=False)
    from core.commands.measure_work import write_measures
    from core.commands.names import Names
    from core.work.resources import Resources

    resources = Resources()
    return write_measures(measured_study_from(args, Names(resources)), resources, args.out)
