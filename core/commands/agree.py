"""`python -m core agree`: how far methods agree on many pictures, with a report."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.commands.drawing_options import add_drawing
from core.commands.installation import ready
from core.requests.command_line import agreement_from
from core.requests.flags import add_agreement, add_study


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments: all of `explain`, and what a map marks."""
    add_study(parser)
    add_agreement(parser)
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder for the report, the table and everything that explain writes; what it "
        "already holds of the same request is not computed again",
    )
    add_drawing(parser)


def run(args: argparse.Namespace) -> int:
    """Explain, compare, write the report.

    Raises:
        SeeWhyError: nothing could be done; faults of single pictures are printed instead.
    """
    ready(torchvision=False)
    from core.commands.agree_work import write_agreement
    from core.commands.names import Names
    from core.figures.drawing.overlay import OverlayLook
    from core.work.resources import Resources

    resources = Resources()
    request = agreement_from(args, Names(resources))
    look = OverlayLook(args.scale, args.opacity, args.contour)
    return write_agreement(request, resources, args.out, look)
