"""How overlays are drawn: options of every command that writes some."""

from __future__ import annotations

import argparse

from core.commands.engine_option import read_shard

MOST_AT_ONCE = 256
"""Pictures in one pass at most."""


def add_drawing(parser: argparse.ArgumentParser, overlays: str = "webp") -> None:
    """Add how overlays are drawn, and in which form they are written if nothing is said.

    Args:
        parser: of the command.
        overlays: their form if nothing is said.
    """
    add = parser.add_argument
    add(
        "--overlays",
        choices=("png", "webp", "jpeg", "none"),
        default=overlays,
        help="files of overlays: png as large as the picture, webp and jpeg at most 1024 pixels a "
        f"side at quality 85; default {overlays}",
    )
    add(
        "--shard",
        default=(1, 1),
        type=read_shard,
        metavar="I/N",
        help="of all pictures only each N-th from the I-th on (1/4, 2/4, ...), for several "
        "machines; the command merge joins their folders",
    )
    add(
        "--batch",
        default=1,
        type=_batch,
        metavar="N",
        help="pictures whose predictions and gradients come from one pass (1): on a GPU 8 or more "
        "take less time; numbers differ by rounding, at most 1e-5 of a map's peak",
    )
    add(
        "--arrays",
        choices=("npz", "none"),
        default="npz",
        help="raw values of the maps; without them a later run that needs a map computes it again",
    )
    add(
        "--scale",
        default="inferno",
        metavar="NAME",
        help="colours: inferno (default), viridis, magma, cividis, grey, turbo, jet",
    )
    add("--opacity", type=float, default=0.5, metavar="X", help="opacity of the colours, 0 to 1")
    add("--contour", type=float, metavar="X", help="draw a contour at this value, 0 to 1")


def _batch(text: str) -> int:
    """Read a number of pictures.

    Raises:
        ArgumentTypeError: it is none.
    """
    if text.isdecimal() and 1 <= int(text) <= MOST_AT_ONCE:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no number of pictures: give 1 to {MOST_AT_ONCE}")
