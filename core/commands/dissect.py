"""`python -m core dissect`: what single units of a model's layers respond to, in words."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.commands.dissect_options import BUILT_IN, Wanted
from core.commands.installation import ready
from core.commands.options import add_model, add_seed, words
from core.errors import BadOption

SIMILARITIES = ("soft_wpmi", "wpmi", "rank_reorder", "cos_similarity", "cos_similarity_cubed")
POOLS = ("mean", "max")
KINDS = ("png", "svg")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_model(parser, fit="crop")
    add = parser.add_argument
    add(
        "--layers",
        default="",
        metavar="PATHS",
        help="comma-separated module paths such as layer3,layer4,fc; default: last spatial layer",
    )
    add(
        "--probes",
        default=BUILT_IN,
        metavar="SET",
        help="pictures to show: builtin (the default), a folder, a ZIP or Parquet file, cifar100, "
        "dtd or imagenette",
    )
    add(
        "--words",
        default=BUILT_IN,
        metavar="FILE",
        help="a file with one a line; builtin (the default): those that the encoder was taught, "
        "else SeeWhy's list; seewhy: SeeWhy's list",
    )
    add(
        "--encoder",
        default="embedded",
        metavar="NAME",
        help="embedded (the default) or open_clip:MODEL/PRETRAINED, e.g. open_clip:ViT-B-16/openai",
    )
    add("--similarity", choices=SIMILARITIES, default=SIMILARITIES[0], help="default soft_wpmi")
    add(
        "--pool",
        choices=POOLS,
        default=POOLS[0],
        help="over a layer's places; of a class token its own value is taken; default mean",
    )
    add(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder for descriptions.csv, args.json, summary.json and figures",
    )
    add("--top-words", type=int, default=5, metavar="N", help="words of each unit, default 5")
    add(
        "--draws",
        type=int,
        default=1000,
        metavar="N",
        help="random draws for the significance, at least; default 1000, wide layers get more",
    )
    add_seed(parser)
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
    if args.weights is not None and not args.model:
        raise BadOption("--weights needs --model with the architecture, for example resnet18.")
    wanted = Wanted(
        model=args.model,
        weights=args.weights,
        names=args.labels,
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
