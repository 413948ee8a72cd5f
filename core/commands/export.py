"""`python -m core export`: finished maps in the files of other programs."""

from __future__ import annotations

import argparse
import re

from core.commands.installation import ready
from core.export.formats.kinds import FORMATS
from core.requests.given import place
from core.requests.studies import TOP

SUPERPIXELS = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add = parser.add_argument
    add("folder", type=place, metavar="DIR", help="folder that explain, agree or measure wrote")
    add(
        "--format",
        choices=[each.name for each in FORMATS],
        required=True,
        help="; ".join(f"{each.name}: {each.use}" for each in FORMATS),
    )
    add(
        "--out",
        type=place,
        required=True,
        metavar="PATH",
        help="file (coco, npz) or folder (virelay, fiftyone)",
    )
    add(
        "--pictures",
        type=place,
        nargs="+",
        default=[],
        metavar="PICTURE",
        help="virelay and fiftyone: the pictures that were explained, or a folder of them",
    )
    add(
        "--size",
        type=_size,
        metavar="WIDTHxHEIGHT",
        help="virelay: pixels of all pictures and maps, which have one size in its files; default "
        "that of the first, to which others are resized",
    )
    add(
        "--top",
        type=float,
        metavar="PERCENT",
        help=f"coco: share of its pixels that a map marks, default {TOP:g}",
    )
    add(
        "--superpixels",
        type=int,
        metavar="N",
        help=f"coco: superpixels that LIME marks, default {SUPERPIXELS}",
    )


def _size(text: str) -> tuple[int, int]:
    """Return height and width of `640x480`, or of `224`, which is square.

    Raises:
        ArgumentTypeError: it is neither.
    """
    found = re.fullmatch(r"(\d{1,6})(?:x(\d{1,6}))?", text, re.ASCII)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is no size: give 224 or 640x480")
    width = int(found[1])
    return int(found[2] or width), width


def run(args: argparse.Namespace) -> int:
    """Write the files.

    Raises:
        SeeWhyError: nothing could be written; faults of single pictures are printed instead.
    """
    ready(torchvision=False)
    from core.commands.export_work import Export, write_export

    return write_export(
        Export(
            folder=args.folder,
            format=args.format,
            out=args.out,
            pictures=tuple(args.pictures),
            top=args.top,
            superpixels=args.superpixels,
            size=args.size,
        )
    )
