"""What the trainings of small models on pictures of 64 x 64 pixels share."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)


def augmented(
    pictures: npt.NDArray[np.uint8],
    side: int,
    scale: tuple[float, float],
    rng: torch.Generator,
    light: tuple[float, float] = (0.25, 0.1),
) -> Tensor:
    """A batch of random crops and flips with mild changes of light, one draw per picture.

    Args:
        pictures: uint8 (N, 64, 64, 3).
        side: side of the result in pixels.
        scale: smallest and largest side of the crop as a share of the picture's.
        rng: source of every random number.
        light: largest change of contrast, as a share, and of brightness, of [0, 1].

    Returns:
        float32 (N, 3, side, side), normalised for the network, channels last in memory.
    """
    count = len(pictures)
    batch = torch.from_numpy(pictures).permute(0, 3, 1, 2).float().div_(255)
    gain = 1 + light[0] * (torch.rand(count, 1, 1, 1, generator=rng) * 2 - 1)
    shift = light[1] * (torch.rand(count, 1, 1, 1, generator=rng) * 2 - 1)
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


def shifted(pictures: npt.NDArray[np.uint8], rng: torch.Generator, most: int = 6) -> Tensor:
    """A batch of random flips and shifts by whole pixels, edges reflected: nothing is blurred.

    Crops that are resampled are softer and larger than the whole pictures that a model is shown
    in use; a few epochs with these at the end close the gap.

    Args:
        pictures: uint8 (N, H, W, 3).
        rng: source of every random number.
        most: largest shift along each side in pixels.

    Returns:
        As `whole`, channels last in memory.
    """
    tall, wide = pictures.shape[1:3]
    padded = np.pad(pictures, ((0, 0), (most, most), (most, most), (0, 0)), mode="reflect")
    offsets = torch.randint(0, 2 * most + 1, (len(pictures), 2), generator=rng).tolist()
    flips = (torch.rand(len(pictures), generator=rng) < 0.5).tolist()
    moved = np.empty_like(pictures)
    for row, ((down, right), flip) in enumerate(zip(offsets, flips, strict=True)):
        window = padded[row, down : down + tall, right : right + wide]
        moved[row] = window[:, ::-1] if flip else window
    return whole(moved).contiguous(memory_format=torch.channels_last)


def whole(pictures: npt.NDArray[np.uint8]) -> Tensor:
    """Whole pictures, uint8 (N, 64, 64, 3), normalised: float32 (N, 3, 64, 64)."""
    rows = torch.from_numpy(np.ascontiguousarray(pictures))
    return (rows.permute(0, 3, 1, 2).float() / 255 - MEAN) / STD


def weight_groups(model: nn.Module, decay: float) -> list[dict[str, Any]]:
    """Weight decay on weights only, none on biases and normalisation."""
    params = list(model.parameters())
    return [
        {"params": [p for p in params if p.ndim > 1], "weight_decay": decay},
        {"params": [p for p in params if p.ndim <= 1], "weight_decay": 0.0},
    ]


def half_precision(model: nn.Module) -> dict[str, Tensor]:
    """The state dict as it is shipped: fp16, without the counters of batch normalisation."""
    return {
        name: value.detach().cpu().half().contiguous()
        for name, value in model.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }


def sides(plan: str) -> list[int]:
    """Read a plan such as `40:8,64:3` into the side of each epoch's pictures."""
    parts = [part.split(":") for part in plan.split(",")]
    return [int(side) for side, epochs in parts for _ in range(int(epochs))]


def parser_for(description: str | None, plan: str) -> argparse.ArgumentParser:
    """Return a parser of what every training is told: files, plan, rates, seed."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    paths = {
        "--data": "Parquet file with image and label",
        "--val": "Parquet file to measure on after every epoch",
        "--out": "run folder: checkpoint, log, weights",
    }
    for name, text in paths.items():
        parser.add_argument(name, type=Path, required=True, help=text)
    parser.add_argument("--plan", type=sides, default=plan, help=f"side:epochs,... ({plan})")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--rate", type=float, default=0.2, help="peak learning rate")
    parser.add_argument("--decay", type=float, default=5e-4)
    parser.add_argument("--ema", type=float, default=0.999)
    parser.add_argument(
        "--smallest", type=float, default=0.7, help="smallest crop, as a share of the side"
    )
    parser.add_argument("--seed", type=int, default=0)
    return parser


class Run:
    """A training run: the network, its moving average, and the files of its folder.

    Args:
        model: the network; a moving average of its weights is kept beside it.
        args: of `parser_for`.
        steps: of an epoch.
    """

    def __init__(self, model: nn.Module, args: argparse.Namespace, steps: int) -> None:
        self.args, self.steps, self.epoch = args, steps, 0
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = model.to(self.device).to(memory_format=torch.channels_last)
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

    def update(self, loss: Tensor, longest: float | None = None) -> float:
        """Take one step down the loss and return it.

        Args:
            loss: of one batch.
            longest: length to which the gradient is cut; None cuts nothing.
        """
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        if longest is not None:
            nn.utils.clip_grad_norm_(self.model.parameters(), longest)
        self.optimizer.step()
        self.schedule.step()
        self.ema.update_parameters(self.model)
        return loss.item()

    def log(self, row: dict[str, Any]) -> None:
        """Add a line to the run's log."""
        with (self.args.out / "log.jsonl").open("a") as log:
            log.write(json.dumps(row) + "\n")
