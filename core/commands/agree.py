"""`python -m core agree`: how far methods agree on many pictures, with a report."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from core.commands.installation import ready
from core.commands.options import add_drawing, add_explaining, choices
from core.measure import COMPARED


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments: all of `explain`, and what a map marks."""
    add_explaining(parser)
    parser.set_defaults(methods=",".join(COMPARED))
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder for the report, the table and everything that explain writes; what it "
        "already holds of the same request is not computed again",
    )
    parser.add_argument(
        "--top",
        type=float,
        default=10.0,
        metavar="PERCENT",
        help="of its pixels that a map marks, default 10; LIME marks --superpixels instead",
    )
    add_drawing(parser)


def run(args: argparse.Namespace) -> int:
    """Explain, compare, write the report.

    Raises:
        SeeWhyError: nothing could be done; faults of single pictures are printed instead.
    """
    wanted = choices(args)
    if "lime" in wanted.methods:
        # What is outlined is what is compared: superpixels that speak for the class.
        wanted = replace(wanted, options={"sign": "positive", **wanted.options})
    ready(torchvision=False)
    from core.commands.agree_work import write_agreement
    from core.figures.drawing.overlay import OverlayLook

    return write_agreement(
        wanted, args.out, OverlayLook(args.scale, args.opacity, args.contour), args.top
    )
