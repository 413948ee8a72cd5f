"""`python -m core dissect`: what single units of a model's layers respond to, in words."""

from __future__ import annotations

import argparse

from core.commands.engine_option import ALONE, add_engine, read_shard
from core.commands.installation import ready
from core.requests.flags import add_dissection
from core.requests.given import place

KINDS = ("png", "svg")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_dissection(parser)
    add = parser.add_argument
    add(
        "--out",
        type=place,
        required=True,
        metavar="DIR",
        help="folder for descriptions.csv, args.json, summary.json, figures, and checks.csv with "
        "--check",
    )
    add(
        "--threshold",
        type=float,
        metavar="X",
        help="also count units above this similarity; it means something only within one word "
        "list, layer and encoder",
    )
    add(
        "--allow-download",
        action="store_true",
        help="fetch what is not on disk: weights of CLIP, published pictures",
    )
    add(
        "--check",
        action="append",
        default=[],
        metavar="PICTURE",
        help="also test, for a picture or a folder of them, whether the predicted class rests on "
        "its concepts: their channels are set to 0, and random ones beside; several times",
    )
    add(
        "--shard",
        default=ALONE,
        type=read_shard,
        metavar="I/N",
        help="show only every N-th block of 128 probe pictures from the I-th on (1/4, 2/4, ...), "
        "for several machines, and leave tables in --out; the command merge joins such folders, "
        "and dissect without --shard in the joined one makes the words, which compare all pictures",
    )
    add_engine(parser)
    add("--figures", choices=KINDS, default=KINDS[0], help="kind of the figures' files")


def run(args: argparse.Namespace) -> int:
    """Dissect, write the files.

    Raises:
        SeeWhyError: something asked for cannot be had.
    """
    ready()
    from core.commands.dissect_work import write_dissection, write_share

    return (write_dissection if args.shard == ALONE else write_share)(args, args.out)
