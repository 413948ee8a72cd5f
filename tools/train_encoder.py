"""Train the embedded image-text encoder.

    python -m tools.train_encoder --data train.parquet --val val.parquet --classes classes.tsv \
        --out RUN

The run folder keeps `checkpoint.pt` (written after every epoch; a second start goes on from
there), `log.jsonl` (a line per epoch) and, at the end, `weights.safetensors` in fp16 with
`words.json` and `recipe.json`; `tools.make_encoder_card` puts these into the product.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from core.concepts.encoders.embedded_network import MiniEncoder
from tools.captions import HOLDS, built_in
from tools.lessons import NONE, Labels, Lessons, Pixels, measured
from tools.pictures import SIDE, read_parquet
from tools.training import Run, augmented, half_precision, parser_for, shifted, whole

PLAN = "40:6,48:4,64:2"
"""Side of the pictures and epochs at it: small pictures first, which cost less."""
DRAWN = 16
"""Pictures of a batch that are drawn or recoloured."""
SHARPNESS = 12.0
"""What cosines are multiplied by before the sigmoid of each word."""
CONTRAST = 16.0
"""The same before the softmax over the class names."""
SHARE = 0.1
"""Weight of the sum over words beside the softmax."""
LIGHT = (0.1, 0.04)
"""Largest change of contrast and brightness: the words for them were measured before."""
CHECKED = 5
"""One of so many held-out pictures is looked at after each epoch."""


class Pupil(nn.Module):
    """The encoder with what only its training needs: how likely each word is beforehand.

    Args:
        lessons: give the words and how often they hold.
        encoder: of as many words; the full one when not given.
    """

    def __init__(self, lessons: Lessons, encoder: MiniEncoder | None = None) -> None:
        super().__init__()
        self.encoder = encoder or MiniEncoder(len(lessons.words))
        share = torch.from_numpy(lessons.priors).float()
        # With the weights of the lessons, so that training begins with no opinion.
        self.bias = nn.Parameter(0.5 * torch.logit(share))

    def forward(self, batch: Tensor) -> Tensor:
        """Return the cosines of pictures (N, 3, h, w) and all words, float32 (N, words)."""
        with torch.autocast(batch.device.type, torch.bfloat16):
            embedded = self.encoder.image(batch)
        return functional.normalize(embedded.float(), dim=1) @ self.encoder.all_words().T


def loss_of(
    cosines: Tensor,
    bias: Tensor,
    known: Tensor,
    weights: Tensor,
    chosen: Tensor,
    choices: Sequence[slice],
) -> Tensor:
    """How wrong cosines are: yes or no for every word, and a choice where only one can hold.

    Source: the sigmoid loss of Zhai et al. 2023 (SigLIP) over all words, each weighed, plus the
    image-to-text half of the contrastive loss of Radford et al. 2021 (CLIP), fig. 3, with one
    caption a class and one a kind of patch.

    Args:
        cosines: float32 (N, words).
        bias: float32 (words,).
        known: int8 (N, words), 1 where a word holds.
        weights: float32 (N, words), 0 where nothing is known.
        chosen: int64 (N,), the place of the word that was chosen, or `NONE`.
        choices: the places to choose from.
    """
    logits = SHARPNESS * cosines + bias
    each = functional.binary_cross_entropy_with_logits(
        logits, (known == HOLDS).float(), weight=weights, reduction="none"
    )
    wrong = SHARE * each.sum(1).mean()
    for places in choices:
        own = (chosen >= places.start) & (chosen < places.stop)
        wrong = wrong + functional.cross_entropy(
            CONTRAST * cosines[:, places],
            torch.where(own, chosen - places.start, NONE),
            ignore_index=NONE,
            label_smoothing=0.1,
            reduction="sum",
        ) / len(chosen)
    return wrong


class EncoderRun(Run):
    """The training of an encoder."""

    def one_epoch(self, pictures: Pixels, lessons: Lessons, side: int) -> float:
        """Train on every picture once, and on drawn ones, and return the mean loss."""
        pupil = self.model
        assert isinstance(pupil, Pupil)
        seed = self.args.seed * 1000 + self.epoch
        rng, drawing = torch.Generator().manual_seed(seed), np.random.default_rng(seed)
        order = torch.randperm(len(pictures), generator=rng).numpy()
        size = self.args.batch - DRAWN
        started, total = time.perf_counter(), 0.0
        pupil.train()
        for step in range(self.steps):
            rows = np.sort(order[step * size : (step + 1) * size])
            photos = pictures[rows]
            drawn, known_drawn, kinds = lessons.drawn(photos, DRAWN, drawing)
            known = np.concatenate([lessons.photos(rows), known_drawn])
            chosen = np.concatenate([lessons.labels[rows], kinds])
            both = np.concatenate([photos, drawn])
            # At full size as in use: sharp and whole, with the words that were measured on them.
            full = side == SIDE
            crops = (self.args.smallest, 1.0)
            batch = shifted(both, rng) if full else augmented(both, side, crops, rng, LIGHT)
            loss = loss_of(
                pupil(batch.to(self.device)),
                pupil.bias,
                torch.from_numpy(known).to(self.device),
                lessons.weights(known, DRAWN).to(self.device),
                torch.from_numpy(chosen).to(self.device),
                lessons.choices,
            )
            # Nothing bounds the gradient where an embedding is short.
            total += self.update(loss, longest=5.0)
            if step % 50 == 0:
                seconds = time.perf_counter() - started
                print(
                    f"{self.epoch} {step}/{self.steps} {loss.item():.3f} {seconds:.0f} s",
                    flush=True,
                )
        self.epoch += 1
        return total / self.steps


@torch.inference_mode()
def accuracy(
    pupil: nn.Module, pictures: Pixels, labels: Labels, classes: int, device: torch.device
) -> tuple[float, float]:
    """Return how often the class's name is the nearest, or one of the five nearest, in [0, 1]."""
    pupil.eval()
    hits = []
    for start in range(0, len(labels), 500):
        batch = whole(pictures[start : start + 500])
        cosines = pupil(batch.to(device, memory_format=torch.channels_last))
        ranked = cosines[:, :classes].topk(5).indices.cpu().numpy()
        hits.append(ranked == labels[start : start + 500, None])
    found: npt.NDArray[np.bool_] = np.concatenate(hits)
    return float(found[:, 0].mean()), float(found.any(1).mean())


def write(run: EncoderRun, lessons: Lessons) -> None:
    """Write what the product needs: the averaged weights, the words, the recipe."""
    args = run.args
    pupil = run.ema.module
    assert isinstance(pupil, Pupil)
    save_file(half_precision(pupil.encoder), args.out / "weights.safetensors")
    words = {
        "words": lessons.words,
        "categories": [lessons.categories[word] for word in lessons.words],
        "aliases": lessons.captions.aliases,
        "pictures": lessons.counts().tolist(),
    }
    recipe = {
        "method": "SGD with Nesterov momentum 0.9, one-cycle learning rate, weighed sigmoid loss "
        "over all words, softmax over class names and over kinds of drawn patterns with label "
        "smoothing 0.1, random crops, flips and slight changes of light (at full size flips and "
        "shifts by whole pixels), drawn and recoloured pictures in every batch, moving average "
        "of the weights, bf16 autocast",
        "sides": args.plan,
        "batch": args.batch,
        "drawn": DRAWN,
        "rate": args.rate,
        "decay": args.decay,
        "ema": args.ema,
        "smallest_crop": args.smallest,
        "seed": args.seed,
        "started_from": "random weights",
        "epochs": run.epoch,
        "pictures": len(lessons.labels),
    }
    for name, content in (("words", words), ("recipe", recipe)):
        text = json.dumps(content, indent=1, ensure_ascii=False)
        (args.out / f"{name}.json").write_text(text, encoding="utf-8")


def train(args: argparse.Namespace) -> None:
    """Run what is left of the schedule, then write the weights."""
    torch.manual_seed(args.seed)
    pictures, labels = read_parquet(args.data, args.out, args.pictures)
    lessons = Lessons(built_in(args.classes), measured(pictures, args.out), labels)
    if args.pictures is None:
        lessons.check()
    val_pictures, val_labels = read_parquet(args.val, args.out)
    shown = np.array(val_pictures[::CHECKED]), val_labels[::CHECKED]
    pictures = np.asarray(pictures)
    run = EncoderRun(Pupil(lessons), args, len(labels) // (args.batch - DRAWN))
    run.resume()
    while run.epoch < len(args.plan):
        started, side = time.perf_counter(), args.plan[run.epoch]
        loss = run.one_epoch(pictures, lessons, side)
        top1, top5 = accuracy(run.ema.module, *shown, lessons.captions.classes, run.device)
        row = {"epoch": run.epoch, "side": side, "loss": loss, "top1": top1, "top5": top5}
        row["seconds"] = round(time.perf_counter() - started, 1)
        run.log(row)
        run.save()
    write(run, lessons)


def main() -> None:
    """Read the command line and train."""
    parser = parser_for(__doc__, PLAN)
    parser.add_argument(
        "--classes", type=Path, required=True, help="table: label, WordNet id, names"
    )
    parser.add_argument("--pictures", type=int, help="use so many training pictures, for a trial")
    # Short enough that nothing of the smaller pictures is left in the statistics at the end.
    parser.set_defaults(ema=0.995)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    train(args)


if __name__ == "__main__":
    main()
