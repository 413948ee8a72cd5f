"""How overlays are drawn: options of every command that writes some."""

from __future__ import annotations

import argparse


def add_drawing(parser: argparse.ArgumentParser, overlays: str = "webp") -> None:
    """Add how overlays are drawn, and in which form they are written if nothing is said."""
    add = parser.add_argument
    add(
        "--overlays",
        choices=("png", "webp", "jpeg", "none"),
        default=overlays,
        help="files of overlays: png as large as the picture, webp and jpeg at most 1024 pixels a "
        f"side at quality 85; default {overlays}",
    )
    add(
        "--arrays",
        choices=("npz", "none"),
        default="npz",
        help="raw values of the maps; without them a later run computes the maps again",
    )
    add(
        "--scale",
        default="inferno",
        metavar="NAME",
        help="colours: inferno (default), viridis, magma, cividis, grey, turbo, jet",
    )
    add("--opacity", type=float, default=0.5, metavar="X", help="opacity of the colours, 0 to 1")
    add("--contour", type=float, metavar="X", help="draw a contour at this value, 0 to 1")
