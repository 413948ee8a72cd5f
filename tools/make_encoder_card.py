"""Put a trained image-text encoder into the product: its weights and its card.

    python -m tools.make_encoder_card --run RUN --train train.parquet --data val.parquet \
        --classes classes.tsv

Calibrates the encoder on training pictures, writes `assets/encoders/embedded.safetensors` and
`embedded.json` beside it. Every figure on the card is measured here, on the file that is shipped.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save

from core.concepts.encoders import embedded_network
from core.concepts.encoders.embedded import (
    CARD,
    COVARIANCE_KEY,
    MEAN_KEY,
    SCALE_KEY,
    TITLE,
    EmbeddedEncoder,
    load,
)
from core.concepts.run.similarity import soft_wpmi
from core.models.checkpoint import StateDict
from tools.captions import built_in
from tools.evaluate_encoder import Exam, exam_of, measure, printed
from tools.lessons import Pixels
from tools.pictures import read_parquet
from tools.recovery import hits, recovery

DATA = (
    "Photographs of ImageNet (Russakovsky et al. 2015, doi.org/10.1007/s11263-015-0816-y) reduced "
    "to 64 x 64 pixels, 202 classes in the manner of Tiny ImageNet (Stanford CS231n 2015)."
)
TERMS = (
    "ImageNet gives its pictures for non-commercial research and education. No picture is in "
    "these files; use the weights in the same spirit."
)

REFERENCE = 10_000
"""Training pictures over which cosines are calibrated."""
CENTRE = 0.22
"""About where the cosines of CLIP lie."""
USUAL = 0.03
"""About how far the cosines of CLIP spread."""
SPREADS = (0.01, 0.015, 0.02, USUAL, 0.045, 0.07, 0.1, 0.15)
"""Candidates for what one standard deviation becomes."""
TIED = 0.02
"""Candidates that differ by less are told apart by chance."""
LARGEST = 12_000_000
"""Bytes that weights and card may have together."""
NOTE = (
    "It was trained on 202 kinds of things in photographs of 64 x 64 pixels, so it knows their "
    "names, what kinds of things they are, colours and simple patterns, and little else."
)


def facts_of(run: Path) -> dict[str, Any]:
    """Return what the loader needs to know of a run, not yet calibrated."""
    known = json.loads((run / "words.json").read_text("utf-8"))
    return {
        "id": "embedded",
        "title": TITLE,
        "note": NOTE,
        "input_size": embedded_network.INPUT_SIZE,
        "tower": {
            "channels": embedded_network.CHANNELS,
            "blocks": embedded_network.BLOCKS,
            "width": embedded_network.WIDTH,
        },
        **known,
    }


def encoder_of(facts: dict[str, Any], state: Mapping[str, torch.Tensor]) -> EmbeddedEncoder:
    """Return the encoder of weights that are not shipped yet."""
    plain: StateDict = OrderedDict((key, value.float()) for key, value in state.items())
    return EmbeddedEncoder(facts, plain, "0" * 64, torch.device("cpu"))


def calibrated(run: Path, facts: dict[str, Any], pictures: Pixels) -> dict[str, torch.Tensor]:
    """Return the weights with mean and covariance of the embeddings of training pictures.

    Scores of the result spread by `USUAL`.
    """
    width = embedded_network.WIDTH
    state = load_file(run / "weights.safetensors") | {
        MEAN_KEY: torch.zeros(width),
        COVARIANCE_KEY: torch.eye(width),
        SCALE_KEY: torch.tensor([CENTRE, USUAL]),
    }
    embedded = encoder_of(facts, state).pictures(list(pictures)).astype(np.float64)
    mean, covariance = embedded.mean(0), np.cov(embedded, rowvar=False)
    return state | {
        MEAN_KEY: torch.from_numpy(mean.astype(np.float32)),
        COVARIANCE_KEY: torch.from_numpy(covariance.astype(np.float32)),
    }


def chosen_spread(encoder: EmbeddedEncoder, exam: Exam) -> float:
    """Choose how far apart scores lie: CLIP-Dissect must tell words apart by them.

    Every second class decides, so that the others can be reported as not chosen for. Of nearly
    equal candidates the one nearest to CLIP's is taken.

    Args:
        encoder: whose scores spread by `USUAL`.
        exam: held-out pictures.
    """
    deciding = np.arange(0, exam.taught.classes, 2)
    units = torch.from_numpy(exam.logits[:, deciding])
    scores = encoder.scores(exam.embedded, encoder.words(encoder.vocabulary.words))
    z = (scores - CENTRE) / USUAL
    quality = {}
    for spread in SPREADS:
        P = torch.from_numpy(CENTRE + spread * z)  # noqa: N806
        names = hits(soft_wpmi(P[:, : exam.taught.classes], units).numpy(), deciding)
        every = hits(soft_wpmi(P, units).numpy(), deciding)
        quality[spread] = float(np.mean([*names, *every]))
        print(f"spread {spread}: names {names[0]:.3f} {names[1]:.3f}, all {every[0]:.3f}")
    best = max(quality.values())
    good = [spread for spread in SPREADS if quality[spread] > best - TIED]
    return min(good, key=lambda spread: abs(np.log(spread / USUAL)))


def other_classes(encoder: EmbeddedEncoder, exam: Exam) -> dict[str, float]:
    """Measure the classes that did not decide on the spread, among all class names."""
    count = exam.taught.classes
    rest = np.arange(1, count, 2)
    scores = encoder.scores(exam.embedded, encoder.words(exam.taught.words[:count]))
    return recovery(scores, exam.logits[:, rest], rest)


def write(facts: dict[str, Any], card: Path = CARD) -> None:
    """Write the card."""
    text = json.dumps(facts, indent=1, ensure_ascii=False)
    card.write_text(text + "\n", encoding="utf-8")


def main() -> None:
    """Read the command line, calibrate, write, measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--run", type=Path, required=True, help="folder of the training run")
    parser.add_argument("--train", type=Path, required=True, help="pictures to calibrate on")
    parser.add_argument("--data", type=Path, required=True, help="held-out pictures to measure on")
    parser.add_argument("--classes", type=Path, required=True, help="table: label, id, names")
    parser.add_argument("--card", type=Path, default=CARD, help="where to write the card")
    parser.add_argument("--pictures", type=int, help="use so many of either, for a trial")
    args = parser.parse_args()
    taught, facts = built_in(args.classes), facts_of(args.run)
    if tuple(facts["words"][: len(taught.words)]) != taught.words:
        raise SystemExit(f"{args.run} was trained on other words than those of {args.classes}.")
    pictures, labels = read_parquet(args.data, count=args.pictures)
    reference, _ = read_parquet(args.train, count=min(REFERENCE, args.pictures or REFERENCE))
    state, weights = calibrated(args.run, facts, reference), args.card.with_suffix(".safetensors")
    exam = exam_of(encoder_of(facts, state), pictures, labels, taught)
    facts["centre"], facts["spread"] = CENTRE, chosen_spread(encoder_of(facts, state), exam)
    state[SCALE_KEY] = torch.tensor([CENTRE, facts["spread"]])
    args.card.parent.mkdir(parents=True, exist_ok=True)
    weights.write_bytes(save(state))
    facts["file"] = weights.name
    facts["sha256"] = hashlib.sha256(weights.read_bytes()).hexdigest()
    write(facts, args.card)
    encoder = load(card=args.card)
    found = measure(encoder, exam)
    found["fc_other_classes"] = other_classes(encoder, exam)
    facts |= {
        "figures": found,
        "measured_on": f"{len(labels)} held-out pictures, with tools/evaluate_encoder.py",
        "data": DATA,
        "terms": TERMS,
        "recipe": json.loads((args.run / "recipe.json").read_text("utf-8")),
    }
    write(facts, args.card)
    size = weights.stat().st_size + args.card.stat().st_size
    if size > LARGEST:
        raise SystemExit(f"Weights and card have {size} bytes, more than {LARGEST}.")
    print(f"{args.card}, {size / 1e6:.1f} MB\n{printed(found)}")


if __name__ == "__main__":
    main()
