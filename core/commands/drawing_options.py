"""How overlays are drawn: options of every command that writes some."""

from __future__ import annotations

import argparse


def add_drawing(parser: argparse.ArgumentParser) -> None:
    """Add how overlays are drawn."""
    add = parser.add_argument
    add(
        "--scale",
        default="inferno",
        metavar="NAME",
        help="colours: inferno (default), viridis, magma, cividis, grey, turbo, jet",
    )
    add("--opacity", type=float, default=0.5, metavar="X", help="opacity of the colours, 0 to 1")
    add("--contour", type=float, metavar="X", help="draw a contour at this value, 0 to 1")
