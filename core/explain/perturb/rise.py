"""RISE: the mean of random masks, each weighed by the answer to the picture seen through it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core import Heat
from core.explain.families import PERTURBATION
from core.explain.input_method import Found, InputMethod, InputTask
from core.explain.perturb.input_answers import answers_of
from core.explain.perturb.lime_fit import is_flat
from core.explain.superpixel_weights import Vector
from core.models.classifier import Classifier
from core.requests.options import Option, Value

FLAT = "No mask changes the probability of the class."


@dataclass(frozen=True, slots=True, eq=False)
class Masks:
    """Random masks that are made when they are needed; more of them begin with the same.

    Attributes:
        grids: bool (N, s, s), where a cell shows the picture.
        tops, lefts: int64 (N,), how far each enlarged grid is shifted.
        down, across: float64 (long, s), which enlarge a grid's rows and columns.
        size: height and width of a mask.
    """

    grids: np.ndarray
    tops: np.ndarray
    lefts: np.ndarray
    down: Vector
    across: Vector
    size: tuple[int, int]

    def __call__(self, start: int, stop: int) -> Tensor:
        """Return some of the masks, float32 (N, 1, h, w) in [0, 1]."""
        high, wide = self.size
        tops = self.tops[start:stop, None] + np.arange(high)
        lefts = self.lefts[start:stop, None] + np.arange(wide)
        left = torch.from_numpy(self.down[tops].astype(np.float32))
        right = torch.from_numpy(self.across[lefts].astype(np.float32))
        grids = torch.from_numpy(self.grids[start:stop].astype(np.float32))
        return (left @ grids @ right.transpose(1, 2))[:, None]

    def weighed(self, weights: Vector) -> Heat:
        """Return the sum of the first masks, each by its weight, float32 (h, w).

        Enlarging is linear: grids with the same shift are added up before they are enlarged.
        """
        high, wide = self.size
        sums: dict[tuple[int, int], Vector] = defaultdict(lambda: np.zeros(self.grids.shape[1:]))
        for number, weight in enumerate(weights):
            sums[int(self.tops[number]), int(self.lefts[number])] += weight * self.grids[number]
        heat = np.zeros(self.size)
        for (top, left), grid in sums.items():
            heat += self.down[top : top + high] @ grid @ self.across[left : left + wide].T
        return heat.astype(np.float32)


def masks_of(seed: int, count: int, cells: int, keep: float, size: tuple[int, int]) -> Masks:
    """Draw masks as RISE does.

    Args:
        seed: of the draws.
        count: masks.
        cells: rows and columns of the small grid.
        keep: probability that a cell shows the picture.
        size: height and width of the picture.

    Source: Petsiuk et al. 2018, section 3.2: a grid of s x s is enlarged, bilinear, to (s + 1)
        times the size of a cell, and cut at a random shift below that size.
    """
    drawn = np.random.RandomState(seed).random_sample((count, cells * cells + 2))
    high, wide = (math.ceil(side / cells) for side in size)
    return Masks(
        grids=(drawn[:, :-2] < keep).reshape(count, cells, cells),
        tops=(drawn[:, -2] * high).astype(np.int64),
        lefts=(drawn[:, -1] * wide).astype(np.int64),
        down=_enlarging(cells, (cells + 1) * high),
        across=_enlarging(cells, (cells + 1) * wide),
        size=size,
    )


def _enlarging(short: int, long: int) -> Vector:
    """Return bilinear enlargement as a matrix, float64 (long, short); the ends are mirrored."""
    at = (np.arange(long) + 0.5) * short / long - 0.5
    at = np.abs(at)
    at = np.where(at > short - 1, 2 * (short - 1) - at, at)
    matrix: Vector = np.maximum(0, 1 - np.abs(at[:, None] - np.arange(short)))
    return matrix


def answered(task: InputTask) -> tuple[Masks, Vector, int]:
    """Return the masks, the probability of the class behind each, and the passes that it took."""
    count, cells = int(task.options["masks"]), int(task.options["cells"])
    keep, batch = float(task.options["keep"]), task.batch
    height, width = batch.shape[-2:]
    masks = masks_of(task.request.seed, count, cells, keep, (height, width))
    answers, passes = answers_of(
        task,
        count,
        lambda start, stop: batch * masks(start, stop).to(batch.device),
        "masks",
        cells=cells,
        keep=keep,
        seed=task.request.seed,
    )
    return masks, answers, passes


def rise(task: InputTask) -> Found:
    """Return the mean of masks weighed by probabilities, float32 (h, w), over the share shown.

    Source: Petsiuk et al. 2018, eq. 6.
    """
    masks, answers, passes = answered(task)
    logits = task.classifier.logits(task.batch)
    if is_flat(answers):
        return Found(np.zeros(masks.size, np.float32), logits, passes + 1, (FLAT,))
    share = len(answers) * float(task.options["keep"])
    return Found(masks.weighed(answers / share), logits, passes + 1)


def _passes(classifier: Classifier, options: Mapping[str, Value]) -> int:
    return int(options["masks"]) + 1


RISE = InputMethod(
    name="rise",
    title="RISE",
    sentence="Looks through thousands of random masks: a pixel is warm where seeing it helps.",
    paper="Petsiuk et al. 2018, eq. 6: sum of p(mask) * mask / (N * keep)",
    link="https://arxiv.org/abs/1806.07421",
    family=PERTURBATION,
    compute=rise,
    passes=_passes,
    uses_precision=True,
    options=(
        Option("masks", 8000, "Random masks; more give less noise.", 100, 20_000),
        Option("cells", 7, "Rows and columns of a mask before it is enlarged.", 2, 16),
        Option("keep", 0.5, "Probability that a cell shows the picture.", 0.05, 0.95),
    ),
)
