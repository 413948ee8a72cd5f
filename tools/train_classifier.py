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
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from core.models.embedded import small_resnet
from tools.pictures import read_parquet

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
PLAN = "40:8,48:4,64:3"
"""Side of the pictures and epochs at it: small pictures first, which cost less."""


def augmented(
    pictures: npt.NDArray[np.uint8], side: int, scale: tuple[float, float], rng: torch.Generator
) -> Tensor:
    """A batch of random crops and flips with mild changes of light, one draw per picture.

    Args:
        pictures: uint8 (N, 64, 64, 3).
        side: side of the result in pixels.
        scale: smallest and largest side of the crop as a share of the picture's.
        rng: source of every random number.

    Returns:
        float32 (N, 3, side, side), normalised for the network, channels last in memory.
    """
    count = len(pictures)
    batch = torch.from_numpy(pictures).permute(0, 3, 1, 2).float().div_(255)
    gain = 1 + 0.25 * (torch.rand(count, 1, 1, 1, generator=rng) * 2 - 1)
    shift = 0.1 * (torch.rand(count, 1, 1, 1, generator=rng) * 2 - 1)
    batch = ((batch - MEAN) * gain + shift) / STD
    zoom = torch.empty(count, 1).uniform_(*scale, generator=rng)
    aspect = torch.empty(count, 1).uniform_(-0.15, 0.15, generator=rng).exp()
    size = torch.cat([zoom * aspect, zoom / aspect], 1).clamp_(max=1.1)
    room = (1.1 - size).clamp_(min=0)
    centre = room * (torch.rand(count, 2, generator=rng) * 2 - 1)
    flip = torch.where(torch.rand(count, generator=rng) < 0.5, -1.0, 1.0)
    theta = torch.zeros(count, 2, 3)
    theta[:, 0, 0], theta[:, 1, 1] = size[:, 0] * flip, size[:, 1]
    theta[:, :, 2] = centre
    grid = functional.affine_grid(theta, [count, 3, side, side], align_corners=False)
    moved = functional.grid_sample(batch, grid, padding_mode="reflection", align_corners=False)
    return moved.contiguous(memory_format=torch.channels_last)


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
        batch = (
            torch.from_numpy(np.ascontiguousarray(pictures[start : start + 500]))
            .permute(0, 3, 1, 2)
            .float()
            / 255
        )
        batch = ((batch - MEAN) / STD).to(device, memory_format=torch.channels_last)
        with torch.autocast(device.type, torch.bfloat16):
            ranked = model(batch).float().topk(5).indices.cpu()
        hits = ranked == torch.from_numpy(labels[start : start + 500])[:, None]
        top1, top5 = top1 + int(hits[:, 0].sum()), top5 + int(hits.sum())
    return top1 / len(labels), top5 / len(labels)


def weight_groups(model: nn.Module, decay: float) -> list[dict[str, Any]]:
    """Weight decay on weights only, none on biases and normalisation."""
    params = list(model.parameters())
    return [
        {"params": [p for p in params if p.ndim > 1], "weight_decay": decay},
        {"params": [p for p in params if p.ndim <= 1], "weight_decay": 0.0},
    ]


class Run:
    """A training run: the network, its moving average, and the files of its folder."""

    def __init__(self, args: argparse.Namespace, classes: int, steps: int) -> None:
        self.args, self.steps, self.epoch = args, steps, 0
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        model = small_resnet(classes)
        if args.start:
            known = {name: value.float() for name, value in load_file(args.start).items()}
            model.load_state_dict(known, strict=False)  # counters of batch norms are not shipped
        self.model = model.to(self.device, memory_format=torch.channels_last)
        average = get_ema_multi_avg_fn(args.ema)  # type: ignore[no-untyped-call]
        self.ema = AveragedModel(self.model, multi_avg_fn=average, use_buffers=True)
        self.optimizer = torch.optim.SGD(
            weight_groups(self.model, args.decay), lr=args.rate, momentum=0.9, nesterov=True
        )
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer,
            args.rate,
            total_steps=len(args.plan) * steps,
            pct_start=0.2,
            final_div_factor=1e3,
            cycle_momentum=False,
        )

    def _parts(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "ema": self.ema,
            "optimizer": self.optimizer,
            "schedule": self.schedule,
        }

    def resume(self) -> None:
        """Go on from the checkpoint, if there is one."""
        path = self.args.out / "checkpoint.pt"
        if path.exists():
            kept = torch.load(path, map_location=self.device, weights_only=True)
            for name, part in self._parts().items():
                part.load_state_dict(kept[name])
            self.epoch = kept["epoch"]

    def save(self) -> None:
        """Write the checkpoint, whole or not at all."""
        path = self.args.out / "checkpoint.pt"
        state = {name: part.state_dict() for name, part in self._parts().items()}
        torch.save({**state, "epoch": self.epoch}, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)

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
            batch = augmented(pictures[rows], side, (self.args.smallest, 1.0), rng)
            with torch.autocast(self.device.type, torch.bfloat16):
                logits = self.model(batch.to(self.device))
            truth = torch.from_numpy(labels[rows]).to(self.device)
            loss = functional.cross_entropy(logits.float(), truth, label_smoothing=0.1)
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimizer.step()
            self.schedule.step()
            self.ema.update_parameters(self.model)
            total += loss.item()
            if step % 50 == 0:
                seconds = time.perf_counter() - started
                print(
                    f"{self.epoch} {step}/{self.steps} {loss.item():.3f} {seconds:.0f} s",
                    flush=True,
                )
        self.epoch += 1
        return total / self.steps


def half_precision(model: nn.Module) -> dict[str, Tensor]:
    """The state dict as it is shipped: fp16, without the counters of batch normalisation."""
    return {
        name: value.detach().cpu().half().contiguous()
        for name, value in model.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }


def sides(plan: str) -> list[int]:
    """Read a plan such as `PLAN` into the side of each epoch's pictures."""
    parts = [part.split(":") for part in plan.split(",")]
    return [int(side) for side, epochs in parts for _ in range(int(epochs))]


def train(args: argparse.Namespace) -> None:
    """Run what is left of the schedule, then write the weights."""
    torch.manual_seed(args.seed)
    kept_pictures, labels = read_parquet(args.data, args.out)
    pictures = np.asarray(kept_pictures)
    val_pictures, val_labels = read_parquet(args.val, args.out)
    run = Run(args, int(labels.max()) + 1, len(labels) // args.batch)
    run.resume()
    while run.epoch < len(args.plan):
        started = time.perf_counter()
        side = args.plan[run.epoch]
        loss = run.one_epoch(pictures, labels, side)
        top1, top5 = accuracy(run.ema, val_pictures, val_labels, run.device)
        row = {"epoch": run.epoch, "side": side, "loss": loss, "top1": top1, "top5": top5}
        row["seconds"] = round(time.perf_counter() - started, 1)
        with (args.out / "log.jsonl").open("a") as log:
            log.write(json.dumps(row) + "\n")
        run.save()
    save_file(half_precision(run.ema.module), args.out / "weights.safetensors")
    recipe = {
        "method": "SGD with Nesterov momentum 0.9, one-cycle learning rate, label smoothing 0.1, "
        "random crops, flips and changes of light, moving average of the weights, bf16 autocast",
        "sides": args.plan, "batch": args.batch, "rate": args.rate, "decay": args.decay,
        "ema": args.ema, "smallest_crop": args.smallest, "seed": args.seed,
        "started_from": "trained weights" if args.start else "random weights",
        "epochs": len(args.plan), "pictures": len(labels),
    }  # fmt: skip
    (args.out / "recipe.json").write_text(json.dumps(recipe, indent=1), encoding="utf-8")


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    paths = {
        "--data": "Parquet file with image and label",
        "--val": "Parquet file to measure on after every epoch",
        "--out": "run folder: checkpoint, log, weights",
    }
    for name, text in paths.items():
        parser.add_argument(name, type=Path, required=True, help=text)
    parser.add_argument("--plan", type=sides, default=PLAN, help=f"side:epochs,... ({PLAN})")
    parser.add_argument("--start", type=Path, help="weights to start from instead of random ones")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--rate", type=float, default=0.2, help="peak learning rate")
    parser.add_argument("--decay", type=float, default=5e-4)
    parser.add_argument("--ema", type=float, default=0.999)
    parser.add_argument(
        "--smallest", type=float, default=0.7, help="smallest crop, as a share of the side"
    )
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    train(args)


if __name__ == "__main__":
    main()
