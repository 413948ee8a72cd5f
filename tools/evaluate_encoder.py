"""Measure an image-text encoder on labelled pictures.

    python -m tools.evaluate_encoder --data val.parquet --classes classes.tsv [--encoder embedded]

Prints, each beside a control in which the pictures are shuffled: how often the class's name is the
nearest word (top-1, top-5), mean average precision of the broader words, area under the curve
(AUC) of colours, textures and drawn patterns, and how often CLIP-Dissect finds the class names of
the embedded classifier's last layer. The figures on the encoder's card come from here.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, roc_auc_score

from core.concepts.encoders import load
from core.concepts.encoders.encoder import Encoder, Matrix
from tools import looks, patches
from tools.captions import HOLDS, NOT, UNKNOWN, Captions, Table, built_in
from tools.lessons import Labels, Pixels
from tools.pictures import read_parquet
from tools.recovery import SEED, beside, hits, last_layer, recovery, share_true, shuffled

DRAWN = 30
"""Patches of each kind."""

Score = Callable[[npt.NDArray[np.bool_], Matrix], float]


def zero_shot(cosines: Matrix, labels: Labels) -> dict[str, float]:
    """Measure the choice among the class names.

    Args:
        cosines: float32 (pictures, classes).
        labels: int64 (pictures,).
    """
    control = np.mean([hits(cosines, labels[order]) for order in shuffled(len(labels))], axis=0)
    return beside(hits(cosines, labels), control)


def each_word(
    cosines: Matrix, known: Table, words: Sequence[str], score: Score, name: str
) -> dict[str, Any]:
    """Measure every word by itself, on the pictures for which it is known.

    Args:
        cosines: float32 (pictures, words).
        known: int8 (pictures, words).
        words: in the order of the columns.
        score: of bool (pictures,) and float32 (pictures,).
        name: of the score.

    Returns:
        The mean over words, of the control too, and each word's; words that hold for all
        pictures or for none are left out.
    """
    order = shuffled(len(known))[0]
    found, control = {}, []
    for place, word in enumerate(words):
        rows = known[:, place] != UNKNOWN
        holds = known[rows, place] == HOLDS
        if holds.any() and not holds.all():
            found[word] = round(score(holds, cosines[rows, place]), 4)
            control.append(score(holds, cosines[order][rows, place]))
    return {
        "words": len(found),
        name: round(float(np.mean(list(found.values()))), 4),
        f"control_{name}": round(float(np.mean(control)), 4),
        "each": found,
    }


def patch_set(words: Sequence[str]) -> tuple[Pixels, Table]:
    """Draw patches of every kind that no training drew.

    Returns:
        uint8 (N, 64, 64, 3) and what is known of `words`, int8 (N, words).
    """
    rng = np.random.default_rng(SEED)
    drawn = [patches.draw(rng, kind) for kind in patches.WORDS for _ in range(DRAWN)]
    known = np.full((len(drawn), len(words)), NOT, np.int8)
    for row, patch in enumerate(drawn):
        for names, value in ((patch.unsure, UNKNOWN), (patch.words, HOLDS)):
            known[row, [words.index(name) for name in names if name in words]] = value
    return np.stack([patch.pixels for patch in drawn]), known


@dataclass(frozen=True, slots=True, eq=False)
class Exam:
    """Held-out pictures as everybody sees them.

    Attributes:
        labels: int64 (N,), their classes.
        taught: names and broader words of the classes.
        seen: int8 (N, measured words), what is measured on them.
        embedded: float32 (N, E), by the encoder.
        logits: float32 (N, classes), by the embedded classifier.
    """

    labels: Labels
    taught: Captions
    seen: Table
    embedded: Matrix
    logits: Matrix


def exam_of(encoder: Encoder, pictures: Pixels, labels: Labels, taught: Captions) -> Exam:
    """Show pictures, uint8 (N, 64, 64, 3) RGB, to the encoder and to the classifier."""
    embedded = encoder.pictures(list(pictures))
    return Exam(labels, taught, looks.measured(pictures), embedded, last_layer(pictures))


def measure(encoder: Encoder, exam: Exam) -> dict[str, Any]:
    """Measure everything that goes onto a card."""
    of_pictures, labels, taught, seen = exam.embedded, exam.labels, exam.taught, exam.seen
    of_words = encoder.words(taught.words)
    count = taught.classes
    colours = len(looks.COLOURS)
    of_looks = of_pictures @ encoder.words(looks.WORDS).T
    patterns, known = patch_set(patches.WORDS)
    of_patterns = encoder.pictures(list(patterns)) @ encoder.words(patches.WORDS).T
    cosines = of_pictures @ of_words.T
    auc, precision = "mean_auc", "mean_average_precision"
    found: dict[str, Any] = {
        "zero_shot": zero_shot(cosines[:, :count], labels),
        "broader": each_word(
            cosines[:, count:],
            taught.holds[labels, count:],
            taught.words[count:],
            average_precision_score,
            precision,
        ),
        "colours": each_word(
            of_looks[:, :colours], seen[:, :colours], looks.COLOURS, roc_auc_score, auc
        ),
        "textures": each_word(
            of_looks[:, colours:], seen[:, colours:], looks.TEXTURES, roc_auc_score, auc
        ),
        "drawn": each_word(of_patterns, known, patches.WORDS, roc_auc_score, auc),
    }
    logits, truth = exam.logits, np.arange(count)
    of_names = encoder.scores(of_pictures, of_words[:count])
    found["fc"] = recovery(of_names, logits, truth)
    # The page offers every word, which is harder.
    everything = (*taught.words, *looks.WORDS, *patches.WORDS)
    of_all = encoder.scores(of_pictures, encoder.words(everything))
    holds = np.zeros((count, len(everything)), np.int8)
    holds[:, : len(taught.words)] = taught.holds
    found["fc_all_words"] = {
        "words": len(everything),
        **recovery(of_all, logits, truth),
        **share_true(of_all, logits, holds),
    }
    return found


def printed(found: Mapping[str, Any]) -> str:
    """Return the figures as text, without those of single words."""
    short = {
        name: {key: value for key, value in part.items() if key != "each"}
        for name, part in found.items()
    }
    return "\n".join(f"{name:13s} {json.dumps(part)}" for name, part in short.items())


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="Parquet file: image, label")
    parser.add_argument("--classes", type=Path, required=True, help="table: label, id, names")
    parser.add_argument("--encoder", default=load.EMBEDDED, help="as the product names it")
    parser.add_argument("--pictures", type=int, help="use so many, evenly spread, for a trial")
    parser.add_argument("--each", action="store_true", help="print the figures of every word too")
    args = parser.parse_args()
    pictures, labels = read_parquet(args.data, count=args.pictures)
    encoder = load.load(args.encoder)
    found = measure(encoder, exam_of(encoder, pictures, labels, built_in(args.classes)))
    print(f"{encoder.title}, {encoder.id}, on {len(labels)} pictures")
    print(json.dumps(found, indent=1) if args.each else printed(found))


if __name__ == "__main__":
    main()
