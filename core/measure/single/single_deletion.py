"""Single deletion: does the class lose most where one cell of most heat is removed?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from core import Heat
from core.explain.base import Tick
from core.explain.ranks import ranks
from core.measure.overlap import pearson
from core.measure.single.base import Card, Curve, Measure, Measured
from core.measure.single.bases import base_of
from core.measure.single.trial import Numbers, Trial

CELLS = 4
"""Rows and columns of cells."""
BASE = "mean"


def cells_of(size: tuple[int, int]) -> npt.NDArray[np.int64]:
    """Return the number of each pixel's cell, int64 (h, w), row by row from 0 to 15."""
    down, right = (np.arange(side) * CELLS // side for side in size)
    cells: npt.NDArray[np.int64] = down[:, None] * CELLS + right[None, :]
    return cells


def single_deletion(shown: Heat, trial: Trial, tick: Tick) -> Measured:
    """Compare the heat of cells with what the class's logit loses without them."""
    cells = cells_of(trial.size)
    drops = trial.once(lambda: _drops(trial, cells, tick), "single deletion")
    sums = np.bincount(cells.ravel(), trial.signed(shown).ravel(), CELLS * CELLS)
    heat: Numbers = np.asarray(sums, np.float64)
    notes: tuple[str, ...] = ()
    value = pearson(ranks(_rounded(heat)), ranks(drops))
    if np.isnan(value):
        notes = ("All cells have the same heat, or the class does not change: no rank to compare.",)
    numbers = np.arange(1, CELLS * CELLS + 1, dtype=np.float64)
    names = tuple(f"row {cell // CELLS + 1}, column {cell % CELLS + 1}" for cell in range(16))
    return Measured(
        value=value,
        passes=CELLS * CELLS + 1,
        curves=(
            Curve("heat of the cell", "cell", numbers, heat, names),
            Curve("drop of the logit", "cell", numbers, drops, names),
        ),
        details={"largest drop": float(drops.max()), "mean drop": float(drops.mean())},
        notes=notes,
    )


def _rounded(sums: Numbers) -> Numbers:
    """Sums that differ by rounding alone are equal: a flat map has no rank."""
    return np.asarray(np.round(sums / max(float(np.abs(sums).max()), 1e-30), 9), np.float64)


def _drops(trial: Trial, cells: npt.NDArray[np.int64], tick: Tick) -> Numbers:
    """Return by how much the logit falls without each cell, float64 (16,)."""
    picture, base = trial.prepared.batch, base_of(trial, BASE)
    places = torch.from_numpy(cells).to(picture.device)

    def without(start: int, stop: int) -> Tensor:
        gone = torch.arange(start, stop, device=picture.device).view(-1, 1, 1, 1)
        return torch.where(places == gone, base, picture)

    scores = trial.scores(CELLS * CELLS, without, tick, "cell")
    return np.asarray(trial.original.logits[0] - scores.logits, np.float64)


SINGLE_DELETION = Measure(
    name="single-deletion",
    title="Single deletion",
    sentence="Does the class score drop most where the map is hottest?",
    paper="Hesse et al. 2024 (IDSDS), without its fine-tuning",
    link="https://arxiv.org/abs/2407.11910",
    better="higher",
    low=-1.0,
    high=1.0,
    card=Card(
        definition=(
            "The picture is cut into 4 x 4 cells. Each is removed by itself, and the drop of the "
            "class's logit is compared with the heat of the cell, summed with its signs where the "
            "method has signs, by Spearman's rank correlation."
        ),
        base="The model's mean colour (0 after normalisation), as in the protocol.",
        units="Rank correlation, -1 to 1; 0 is no relation.",
        seed="Nothing is random.",
        ties="Cells of equal heat share their mean rank. A flat map has no value.",
        not_shown=(
            "Only 16 numbers are compared: what is right within a cell is not seen, and two cells "
            "that stand in for each other both seem to matter little."
        ),
        elsewhere=(
            "The published protocol first fine-tunes the model on pictures with one cell removed; "
            "here the model is as it is.",
        ),
    ),
    compute=single_deletion,
    passes=lambda settings: CELLS * CELLS + 1,
    shared=lambda settings: CELLS * CELLS + 1,
    doubt=(
        "Only 16 cells are compared, so that good maps fail often: look at deletion and insertion "
        "too."
    ),
)
