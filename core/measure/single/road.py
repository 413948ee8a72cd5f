"""ROAD: removal whose holes are filled from their neighbours, so that they look less like holes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from core import Heat
from core.explain.base import Tick
from core.measure.single.base import Card, Curve, Measure, Measured
from core.measure.single.imputation import NOISE, Imputer
from core.measure.single.order import coldest_first, flat_notes, hottest_first
from core.measure.single.trial import Scores, Trial

PERCENTS = tuple(range(10, 100, 10))
"""Of the pixels that are removed."""


def removed_count(pixels: int, percent: int) -> int:
    """Return how many pixels are removed: exactly the percentage, one of them staying at least."""
    return min(round(pixels * percent / 100), pixels - 1)


def road(shown: Heat, trial: Trial, tick: Tick) -> Measured:
    """Compare what is left of the class without the coldest and without the hottest pixels."""
    imputer = trial.once(
        lambda: Imputer(trial.prepared.batch[0].cpu().numpy(), trial.settings.seed),
        "imputer",
        trial.settings.seed,
    )
    orders = (hottest_first(shown), coldest_first(shown))
    counts = [removed_count(shown.size, percent) for percent in PERCENTS]
    wanted = [order[:count] for order in orders for count in counts]

    def imputed(start: int, stop: int) -> Tensor:
        pictures = [_imputed(imputer, pixels, trial) for pixels in wanted[start:stop]]
        return torch.stack(pictures)

    scores = trial.scores(len(wanted), imputed, tick, "imputed picture")
    half = len(counts)
    hot = Scores(scores.logits[:half], scores.probabilities[:half])
    cold = Scores(scores.logits[half:], scores.probabilities[half:])
    shares = np.array(counts, np.float64) / shown.size
    along = "share of pixels removed"
    return Measured(
        value=float((cold.probabilities - hot.probabilities).mean() / 2),
        passes=len(wanted),
        curves=(
            Curve("probability, hottest removed", along, shares, hot.probabilities),
            Curve("probability, coldest removed", along, shares, cold.probabilities),
            Curve("logit, hottest removed", along, shares, hot.logits),
            Curve("logit, coldest removed", along, shares, cold.logits),
        ),
        details={
            "hottest removed": float(hot.probabilities.mean()),
            "coldest removed": float(cold.probabilities.mean()),
            "logit": float((cold.logits - hot.logits).mean() / 2),
        },
        notes=flat_notes(shown),
    )


def _imputed(imputer: Imputer, removed: npt.NDArray[np.int64], trial: Trial) -> Tensor:
    return torch.from_numpy(imputer(removed)).to(trial.prepared.batch.device)


ROAD = Measure(
    name="road",
    title="ROAD",
    sentence="Do the hottest pixels matter more than the coldest, once their holes are filled?",
    paper="Rong et al. 2022 (ROAD); combined as in the grad-cam package",
    link="https://arxiv.org/abs/2202.00449",
    better="higher",
    low=-0.5,
    high=0.5,
    card=Card(
        definition=(
            "10 to 90 % of the pixels are removed, once from the hottest on and once from the "
            "coldest on, and filled by noisy linear imputation. The value is half the difference "
            "of the class's mean probabilities, coldest removed minus hottest removed."
        ),
        base=(
            "A removed pixel is the weighted mean of its eight neighbours, 1/6 over an edge and "
            f"1/12 over a corner, plus noise of standard deviation {NOISE:g} in the normalised "
            "picture."
        ),
        units="Difference of probabilities, -0.5 to 0.5; 0 is a map that orders nothing.",
        seed="The noise comes from the seed; one field of noise serves all maps of a picture.",
        ties=(
            "Exactly the stated number of pixels is removed. Pixels of equal heat go row by row in "
            "both orders, so that a flat map has the value 0."
        ),
        not_shown=(
            "Large filled regions are smooth, and their outline can still be seen: the shape of "
            "the hole may give the class away. Models that are surer of themselves reach larger "
            "values."
        ),
        elsewhere=(
            "grad-cam cuts at a percentile: a flat map loses all of its pixels at every "
            "percentage, and a map with many zeros loses more than is stated. Its noise has no "
            "seed, and its score is the logit unless another target is given.",
            "Quantus (0.6) spreads a one-channel map over three colours and takes places among "
            "all colours for places of pixels: too few pixels go, or it fails. Of several batches "
            "it counts the first one only. It reports how many predictions stay right, not "
            "probabilities.",
        ),
    ),
    compute=road,
    passes=lambda settings: 2 * len(PERCENTS),
)
