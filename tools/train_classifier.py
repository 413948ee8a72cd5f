"""Train the embedded classifier.

    python -m tools.train_classifier --data train.parquet --val val.parquet --out RUN

The run folder keeps `checkpoint.pt` (written after every epoch; a second start goes on from
there), `log.jsonl` (a line per epoch) and, at the end, `weights.safetensors` in fp16 with
`recipe.json`; `tools.make_card` puts these into the product.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional

from core.models.embedded import small_resnet
from tools.pictures import read_parquet
from tools.training import Run, augmented, half_precision, parser_for, shifted, whole

PLAN = "40:8,48:4,64:3"
"""Side of the pictures and epochs at it: small pictures first, which cost less."""


@torch.inference_mode()
def accuracy(
    model: nn.Module,
    pictures: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.int64],
    device: torch.device,
) -> tuple[float, float]:
    """Top-1 and top-5 accuracy in [0, 1] on whole pictures."""
    model.eval()
    top1 = top5 = 0
    for start in range(0, len(labels), 500):
        batch = whole(pictures[start : start + 500])
        batch = batch.to(device, memory_format=torch.channels_last)
        with torch.autocast(device.type, torch.bfloat16):
            ranked = model(batch).float().topk(5).indices.cpu()
        hits = ranked == torch.from_numpy(labels[start : start + 500])[:, None]
        top1, top5 = top1 + int(hits[:, 0].sum()), top5 + int(hits.sum())
    return top1 / len(labels), top5 / len(labels)


class ClassifierRun(Run):
    """The training of a classifier with one label a picture."""

    def one_epoch(
        self, pictures: npt.NDArray[np.uint8], labels: npt.NDArray[np.int64], side: int
    ) -> float:
        """Train on every picture once and return the mean loss."""
        rng = torch.Generator().manual_seed(self.args.seed * 1000 + self.epoch)
        order = torch.randperm(len(labels), generator=rng).numpy()
        started, total = time.perf_counter(), 0.0
        self.model.train()
        for step in range(self.steps):
            rows = np.sort(order[step * self.args.batch : (step + 1) * self.args.batch])
            if self.args.sharp:
                batch = shifted(pictures[rows], rng)
            else:
                batch = augmented(pictures[rows], side, (self.args.smallest, 1.0), rng)
            with torch.autocast(self.device.type, torch.bfloat16):
                logits = self.model(batch.to(self.device))
            truth = torch.from_numpy(labels[rows]).to(self.device)
            loss = functional.cross_entropy(logits.float(), truth, label_smoothing=0.1)
            total += self.update(loss)
            if step % 50 == 0:
                seconds = time.perf_counter() - started
                print(
                    f"{self.epoch} {step}/{self.steps} {loss.item():.3f} {seconds:.0f} s",
                    flush=True,
                )
        self.epoch += 1
        return total / self.steps


def network(classes: int, start: Path | None) -> nn.Module:
    """Build the classifier, with random weights or those of a file."""
    model: nn.Module = small_resnet(classes)
    if start:
        known = {name: value.float() for name, value in load_file(start).items()}
        model.load_state_dict(known, strict=False)  # counters of batch norms are not shipped
    return model


def train(args: argparse.Namespace) -> None:
    """Run what is left of the schedule, then write the weights."""
    torch.manual_seed(args.seed)
    kept_pictures, labels = read_parquet(args.data, args.out)
    pictures = np.asarray(kept_pictures)
    val_pictures, val_labels = read_parquet(args.val, args.out)
    model = network(int(labels.max()) + 1, args.start)
    run = ClassifierRun(model, args, len(labels) // args.batch)
    run.resume()
    while run.epoch < len(args.plan):
        started = time.perf_counter()
        side = args.plan[run.epoch]
        loss = run.one_epoch(pictures, labels, side)
        top1, top5 = accuracy(run.ema, val_pictures, val_labels, run.device)
        row = {"epoch": run.epoch, "side": side, "loss": loss, "top1": top1, "top5": top5}
        row["seconds"] = round(time.perf_counter() - started, 1)
        run.log(row)
        run.save()
    save_file(half_precision(run.ema.module), args.out / "weights.safetensors")
    changes = "flips and shifts" if args.sharp else "random crops, flips and changes of light"
    recipe = {
        "method": "SGD with Nesterov momentum 0.9, one-cycle learning rate, label smoothing 0.1, "
        f"{changes}, moving average of the weights, bf16 autocast",
        "sides": args.plan,
        "batch": args.batch,
        "rate": args.rate,
        "decay": args.decay,
        "ema": args.ema,
        "smallest_crop": args.smallest,
        "seed": args.seed,
        "started_from": "trained weights" if args.start else "random weights",
        "epochs": len(args.plan),
        "pictures": len(labels),
    }
    (args.out / "recipe.json").write_text(json.dumps(recipe, indent=1), encoding="utf-8")


def main() -> None:
    """Read the command line and train."""
    parser = parser_for(__doc__, PLAN)
    parser.add_argument("--start", type=Path, help="weights to start from instead of random ones")
    parser.add_argument(
        "--sharp", action="store_true", help="flips and shifts by whole pixels instead of crops"
    )
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    train(args)


if __name__ == "__main__":
    main()
