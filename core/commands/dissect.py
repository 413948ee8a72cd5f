"""`python -m core dissect`: what single units of a model's layers respond to, in words."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.commands.dissect_options import Wanted
from core.commands.installation import ready
from core.errors import BadOption
from core.requests.command_line import words
from core.requests.flags import add_dissection

KINDS = ("png", "svg")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_dissection(parser)
    add = parser.add_argument
    add(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder for descriptions.csv, args.json, summary.json and figures",
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
    add("--figures", choices=KINDS, default=KINDS[0], help="kind of the figures' files")


def run(args: argparse.Namespace) -> int:
    """Dissect, write the files.

    Raises:
        SeeWhyError: something asked for cannot be had.
    """
    if args.weights and not args.model:
        raise BadOption("--weights needs --model with the architecture, for example resnet18.")
    wanted = Wanted(
        model=args.model,
        weights=Path(args.weights) if args.weights else None,
        names=Path(args.labels) if args.labels else None,
        device=args.device,
        fit=args.fit,
        layers=words(args.layers),
        probes=args.probes,
        words=args.words,
        encoder=args.encoder,
        similarity=args.similarity,
        pool=args.pool,
        top_words=args.top_words,
        draws=args.draws,
        seed=args.seed,
        threshold=args.threshold,
        allow_download=args.allow_download,
        figures=args.figures,
    )
    ready()
    from core.commands.dissect_work import write_dissection

    return write_dissection(wanted, args.out)
