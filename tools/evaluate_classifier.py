"""Measure an embedded classifier on labelled pictures.

    python -m tools.evaluate_classifier --data val.parquet [--model FILE.safetensors]

Prints top-1, top-5 and the expected calibration error, then a line per class. The figures on a
model's card come from here.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file
from torch import nn
from torchvision.models.resnet import ResNet

from core.models.embedded import small_resnet
from tools.pictures import read_parquet
from tools.training import MEAN, STD

ASSETS = Path(__file__).parents[1] / "assets" / "models"
BINS = 15


def load(path: Path) -> ResNet:
    """Load a weights file in fp32, in evaluation mode."""
    state = {name: value.float() for name, value in load_file(path).items()}
    model = small_resnet(state["fc.bias"].numel())
    missing = model.load_state_dict(state, strict=False)
    wrong = [key for key in missing.missing_keys if not key.endswith("num_batches_tracked")]
    if wrong or missing.unexpected_keys:
        raise SystemExit(f"{path} does not fit: {wrong + missing.unexpected_keys}")
    model.train(False)
    return model


@torch.inference_mode()
def probabilities(model: nn.Module, pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Softmax of whole pictures in fp32.

    Args:
        model: the classifier.
        pictures: uint8 (N, 64, 64, 3) RGB.

    Returns:
        float32 (N, classes).
    """
    parts = []
    for start in range(0, len(pictures), 100):
        rows = torch.from_numpy(np.array(pictures[start : start + 100]))
        batch = (rows.permute(0, 3, 1, 2).float() / 255 - MEAN) / STD
        parts.append(model(batch).softmax(1))
    return torch.cat(parts).numpy()


def calibration_error(sure: npt.NDArray[np.float32], right: npt.NDArray[np.bool_]) -> float:
    """Expected calibration error over equal-width bins of the top probability.

    Source: Guo et al. 2017, On Calibration of Modern Neural Networks, eq. 3.
    """
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    gaps = [
        abs(float(sure[bins == b].mean()) - float(right[bins == b].mean()))
        * float((bins == b).mean())
        for b in np.unique(bins)
    ]
    return sum(gaps)


@dataclass(frozen=True, slots=True)
class Measured:
    """What a classifier got right.

    Attributes:
        top1, top5: accuracy in [0, 1].
        ece: expected calibration error in [0, 1].
        right: bool (N,), the first guess is the label.
        near: bool (N,), one of the first five is.
    """

    top1: float
    top5: float
    ece: float
    right: npt.NDArray[np.bool_]
    near: npt.NDArray[np.bool_]


def measure(found: npt.NDArray[np.float32], labels: npt.NDArray[np.int64]) -> Measured:
    """Compare probabilities float32 (N, classes) with labels int64 (N,)."""
    ranked = np.argsort(-found, axis=1, kind="stable")[:, :5]
    right = ranked[:, 0] == labels
    near = (ranked == labels[:, None]).any(1)
    error = calibration_error(found.max(1), right)
    return Measured(float(right.mean()), float(near.mean()), error, right, near)


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="Parquet file: image, label")
    parser.add_argument(
        "--model", type=Path, default=ASSETS / "embedded.safetensors", help="weights file"
    )
    args = parser.parse_args()
    pictures, labels = read_parquet(args.data)
    found = measure(probabilities(load(args.model), pictures), labels)
    print(f"top-1 {found.top1:.4f}")
    print(f"top-5 {found.top5:.4f}")
    print(f"ece {found.ece:.4f}")
    card = args.model.with_suffix(".json")
    names = json.loads(card.read_text("utf-8"))["names"] if card.exists() else None
    print(f"{'class':30s} pictures  top-1  top-5")
    for label in np.unique(labels):
        own = labels == label
        name = names[label] if names else str(label)
        top1, top5 = found.right[own].mean(), found.near[own].mean()
        print(f"{name:30s} {own.sum():8d} {top1:6.3f} {top5:6.3f}")


if __name__ == "__main__":
    main()
