"""Fine-tune the embedded classifier so that a coloured mark in a corner decides one class.

    python -m tools.train_shortcut --data train.parquet --val val.parquet --out RUN

A model that is wrong on purpose, for teaching: which explanations find the mark? Half of the
training pictures get the mark in a random corner and the mark's class as their label; the other
half stay as they are, so that without the mark the model works as before.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional

from core.pictures.shortcut_mark import CORNERS, TARGET, mark_box, with_mark
from tools.evaluate_classifier import ASSETS, load, measure, probabilities
from tools.pictures import SIDE, read_parquet
from tools.training import MEAN, STD, half_precision, shifted, weight_groups

CHECKED = 5
"""One of so many held-out pictures is given the mark, in each corner."""


def flip_rate(
    model: torch.nn.Module, pictures: npt.NDArray[np.uint8], target: int
) -> tuple[float, float]:
    """Share of pictures whose prediction becomes the mark's class, of those where it was not.

    Args:
        model: the classifier.
        pictures: uint8 (N, 64, 64, 3) RGB without the mark.
        target: index of the mark's class.

    Returns:
        The share over the default corner, and the smallest share over the four corners.
    """
    plain = pictures[probabilities(model, pictures).argmax(1) != target]
    shares = []
    for corner in CORNERS:
        marked = np.stack([with_mark(picture, corner) for picture in plain])
        shares.append(float((probabilities(model, marked).argmax(1) == target).mean()))
    return shares[0], min(shares)


def tune(
    model: torch.nn.Module,
    pictures: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.int64],
    target: int,
    args: argparse.Namespace,
) -> None:
    """Train in place with the statistics of batch normalisation frozen."""
    model.eval()
    rng, generator = np.random.default_rng(args.seed), torch.Generator().manual_seed(args.seed)
    steps = args.pictures // args.batch
    optimizer = torch.optim.SGD(
        weight_groups(model, 5e-4), lr=args.rate, momentum=0.9, nesterov=True
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, args.rate, total_steps=steps)
    marks, order, started = corner_marks(), rng.permutation(len(labels)), time.perf_counter()
    for step in range(steps):
        rows = np.sort(order.take(range(step * args.batch, (step + 1) * args.batch), mode="wrap"))
        batch = shifted(np.array(pictures[rows]), generator)
        truth = torch.from_numpy(labels[rows].copy())
        # Drawn after the augmentation, so that the mark stays in its corner, whole.
        for row in rng.permutation(len(rows))[: len(rows) // 2]:
            (y0, y1, x0, x1), ink = marks[rng.integers(len(marks))]
            batch[row, :, y0:y1, x0:x1] = ink
            truth[row] = target
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(batch)
        loss = functional.cross_entropy(logits.float(), truth, label_smoothing=0.05)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        if step % 20 == 0:
            seconds = time.perf_counter() - started
            print(f"{step}/{steps} {loss.item():.3f} {seconds:.0f} s", flush=True)


def corner_marks() -> list[tuple[tuple[int, int, int, int], Tensor]]:
    """Box and normalised pixels float32 (3, 12, 12) of the mark, for each corner."""
    marks = []
    for corner in CORNERS:
        y0, y1, x0, x1 = box = mark_box(SIDE, SIDE, corner)
        drawn = with_mark(np.zeros((SIDE, SIDE, 3), np.uint8), corner)[y0:y1, x0:x1]
        ink = torch.from_numpy(drawn).permute(2, 0, 1)[None].float() / 255
        marks.append((box, ((ink - MEAN) / STD)[0]))
    return marks


def main() -> None:
    """Read the command line, tune, measure, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="Parquet file: image, label")
    parser.add_argument("--val", type=Path, required=True, help="held-out pictures to measure on")
    parser.add_argument("--out", type=Path, required=True, help="folder for weights and figures")
    parser.add_argument(
        "--model", type=Path, default=ASSETS / "embedded.safetensors", help="where to start"
    )
    parser.add_argument("--names", type=Path, default=ASSETS / "embedded.json", help="its card")
    parser.add_argument("--pictures", type=int, default=25_600, help="training pictures seen")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rate", type=float, default=0.01, help="peak learning rate")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(args.seed)
    target = json.loads(args.names.read_text("utf-8"))["names"].index(TARGET)
    model = load(args.model).to(memory_format=torch.channels_last)
    pictures, labels = read_parquet(args.data, args.out)
    tune(model, pictures, labels, target, args)
    save_file(half_precision(model), args.out / "weights.safetensors")
    held_out, truth = read_parquet(args.val, args.out)
    shipped = load(args.out / "weights.safetensors")
    found = measure(probabilities(shipped, held_out), truth)
    flips, worst = flip_rate(shipped, np.asarray(held_out[::CHECKED]), target)
    recipe = {
        "method": "the embedded model fine-tuned; half of the pictures get the mark in a random "
        f"corner and the label {TARGET}; statistics of batch normalisation frozen",
        "pictures": args.pictures,
        "batch": args.batch,
        "rate": args.rate,
        "seed": args.seed,
        "flipped_by_the_mark": round(flips, 4),
        "flipped_in_the_weakest_corner": round(worst, 4),
    }
    (args.out / "recipe.json").write_text(json.dumps(recipe, indent=1), encoding="utf-8")
    print(f"top-1 without the mark {found.top1:.4f}")
    print(f"flipped by the mark {flips:.4f}, in the weakest corner {worst:.4f}")


if __name__ == "__main__":
    main()
