"""`python -m core summarize`: what the units of one or two models stand for, as JSON."""

from __future__ import annotations

import argparse
import json
import math
from typing import TYPE_CHECKING

from core.commands.entry_point import OK
from core.errors import BadOption
from core.requests.given import place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.concepts.result.label_table import Label


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add = parser.add_argument
    add("files", nargs="+", type=place, metavar="CSV", help="one or two tables of descriptions")
    add("--top", type=int, default=50, metavar="N", help="most frequent concepts, default 50")
    add(
        "--threshold",
        type=float,
        default=0.16,
        metavar="X",
        help="similarity above which a unit counts as labelled, default 0.16; it means something "
        "only within one word list",
    )


def run(args: argparse.Namespace) -> int:
    """Print the summary.

    Raises:
        SeeWhyError: a file cannot be read, or an option is out of range.
    """
    if len(args.files) > 2:
        raise BadOption(f"{len(args.files)} files were given: one, or two to compare.")
    if args.top < 1:
        raise BadOption(f"--top is {args.top}: give 1 or more.")
    from core.concepts.result import label_table

    print(
        json.dumps(
            summary([label_table.read(path) for path in args.files], args.top, args.threshold),
            allow_nan=False,
        )
    )
    return OK


def summary(files: Sequence[Sequence[Label]], count: int, threshold: float) -> dict[str, object]:
    """Return what is printed.

    Args:
        files: units of one or two models.
        count: most frequent concepts.
        threshold: similarity above which a unit counts as labelled.
    """
    from core.concepts.result.summary import counts_of, shared

    report: dict[str, object] = {"files": [_one(units, count, threshold) for units in files]}
    if len(files) == 2:
        both = shared(counts_of(files[0]), counts_of(files[1]), count)
        report |= {
            "shared_top": both.top,
            # Of two tables without a single concept there is none, and JSON knows no NaN.
            "jaccard": None if math.isnan(both.jaccard) else both.jaccard,
            "histogram_overlap": both.overlap,
            "jsd_bits": both.divergence,
        }
    return report


def _one(units: Sequence[Label], count: int, threshold: float) -> dict[str, object]:
    from core.concepts.result.summary import counts_of, entropy, layer_of, layers_of, top

    whole, counts = layer_of(units, threshold), counts_of(units)
    ranked = top(counts, count)
    return {
        "neurons": whole.neurons,
        "distinct": whole.distinct,
        "labelled": whole.labelled,
        "entropy_nats": entropy(counts),
        "layers": {
            name: {"neurons": one.neurons, "distinct": one.distinct, "labelled": one.labelled}
            for name, one in layers_of(units, threshold).items()
        },
        "top": [list(pair) for pair in ranked.ranked],
        "tied_at_the_end": ranked.tied,
    }
