"""Deletion and insertion: how fast a class goes when the hottest pixels go, and comes with them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from core import Heat
from core.explain.base import Tick
from core.measure.single.base import Card, Curve, Measure, Measured
from core.measure.single.bases import base_of, base_scores
from core.measure.single.order import flat_notes, hottest_first, ranks_of
from core.measure.single.trial import Scores, Trial
from core.requests.measures import BASES, MeasureSettings

KNOWN = 0.5
"""Share of its probability from which on a class counts as still known without any pixel."""


def counts_of(pixels: int, steps: int) -> tuple[int, ...]:
    """Return how many pixels are changed after each step, from 0 to all of them.

    After step i of n, round(i P / n) of P pixels; a count that comes twice is one step.
    """
    return tuple(dict.fromkeys(round(step * pixels / steps) for step in range(steps + 1)))


def changed(picture: Tensor, base: Tensor, ranks: Tensor, counts: Sequence[int]) -> Tensor:
    """Return pictures whose first pixels, in some order, are those of a base.

    Args:
        picture: float32 (1, C, h, w).
        base: the same shape.
        ranks: int64 (h, w), from `ranks_of`.
        counts: of the pixels that are the base's, one for each picture.

    Returns:
        float32 (len(counts), C, h, w).
    """
    limits = torch.tensor(counts, device=ranks.device).view(-1, 1, 1, 1)
    return torch.where(ranks < limits, base, picture)


def at_share(shown: Heat, trial: Trial, share: float, *, deletes: bool = True) -> Tensor:
    """Return the picture with a share of its hottest pixels changed, as a slider shows it.

    Args:
        shown: float32 (h, w).
        trial: of the picture.
        share: in [0, 1].
        deletes: whether pixels become the base's; else those of the base become the picture's.

    Returns:
        float32 (1, C, h, w), normalised.
    """
    ranks = ranks_of(hottest_first(shown), trial.prepared.batch)
    picture, base = trial.prepared.batch, base_of(trial, trial.settings.base)
    before, after = (picture, base) if deletes else (base, picture)
    return changed(before, after, ranks, [round(share * shown.size)])


def walk(shown: Heat, trial: Trial, counts: Sequence[int], tick: Tick, *, deletes: bool) -> Scores:
    """Return the scores of the picture while its hottest pixels are changed.

    Args:
        shown: float32 (h, w).
        trial: of the picture; both ends of the walk are shared by all of its maps.
        counts: changed pixels at each step, from 0 to all.
        tick: told the share done.
        deletes: whether pixels become the base's; else those of the base become the picture's.

    Returns:
        One row for each count.
    """
    picture, base = trial.prepared.batch, base_of(trial, trial.settings.base)
    ends = [trial.original, _base_scores(trial)]
    before, after = (picture, base) if deletes else (base, picture)
    first, last = ends if deletes else ends[::-1]
    ranks, between = ranks_of(hottest_first(shown), picture), counts[1:-1]
    parts = [first]
    if between:
        stage = f"{'deletion' if deletes else 'insertion'}: picture"
        parts.append(
            trial.scores(
                len(between),
                lambda start, stop: changed(before, after, ranks, between[start:stop]),
                tick,
                stage,
            )
        )
    return Scores.joined([*parts, last])


def _measured(shown: Heat, trial: Trial, tick: Tick, *, deletes: bool) -> Measured:
    counts = counts_of(shown.size, trial.settings.steps)
    scores = walk(shown, trial, counts, tick, deletes=deletes)
    shares = np.array(counts, np.float64) / shown.size
    along = f"share of pixels {'deleted' if deletes else 'inserted'}"
    curve = Curve("probability", along, shares, scores.probabilities)
    logits = Curve("logit", along, shares, scores.logits)
    return Measured(
        value=curve.area,
        passes=len(counts),
        curves=(curve, logits),
        details={
            "logit area": logits.area,
            "probability": float(trial.original.probabilities[0]),
            "probability of the base": float(_base_scores(trial).probabilities[0]),
        },
        notes=(*flat_notes(shown), *_base_notes(trial)),
    )


def _base_scores(trial: Trial) -> Scores:
    return base_scores(trial, trial.settings.base)


def _base_notes(trial: Trial) -> tuple[str, ...]:
    """Return a note where the class outlives the removal of everything."""
    before, after = trial.original.probabilities[0], _base_scores(trial).probabilities[0]
    if after < KNOWN * before:
        return ()
    base = trial.settings.base
    return (
        f"With every pixel removed ({BASES[base]}) the class still has probability {after:.2f}: "
        "the curve can hardly tell maps apart, so choose another base.",
    )


def deletion(shown: Heat, trial: Trial, tick: Tick) -> Measured:
    """Measure how fast the class goes."""
    return _measured(shown, trial, tick, deletes=True)


def insertion(shown: Heat, trial: Trial, tick: Tick) -> Measured:
    """Measure how fast the class comes."""
    return _measured(shown, trial, tick, deletes=False)


def _passes(settings: MeasureSettings) -> int:
    return settings.steps + 1


def _shared(settings: MeasureSettings) -> int:
    return 2  # the picture and its base


_BASE = f"As set: {', '.join(f'{name} ({words})' for name, words in BASES.items())}."
_ELSEWHERE = (
    "RISE itself deletes to the mean colour (0 after normalisation, which is grey and not black) "
    "and inserts into the blurred picture; with these bases and 28 steps of 1792 pixels the "
    "numbers are equal.",
    "torch-cam changes the same number of pixels in every step but the last, 20 steps, to the "
    "mean colour in both curves, and takes logits where nobody asks for a softmax.",
    "xplique takes logits and ten steps, and averages the curves of a batch before the area.",
)

DELETION = Measure(
    name="deletion",
    title="Deletion",
    sentence="How fast does the class go when the hottest pixels are removed first?",
    paper="Petsiuk et al. 2018 (RISE)",
    link="https://arxiv.org/abs/1806.07421",
    better="lower",
    low=0.0,
    high=1.0,
    card=Card(
        definition=(
            "Pixels are removed from the hottest on; after step i of n, round(i P / n) of P pixels "
            "are gone. The value is the area under the class's probability over the share of "
            "removed pixels, by trapezoids; the area under the logit stands beside it."
        ),
        base=_BASE,
        units="Mean probability, 0 to 1; the logit's area has the logit's units.",
        seed="Nothing is random.",
        ties="Pixels of equal heat go row by row.",
        not_shown=(
            "Pictures with holes are unlike those that the model learned from: the class may go "
            "because of the holes. Compare with the random map, and look at another base. Models "
            "that are surer of themselves have larger areas, so compare maps, not models."
        ),
        elsewhere=_ELSEWHERE,
    ),
    compute=deletion,
    passes=_passes,
    shared=_shared,
)

INSERTION = Measure(
    name="insertion",
    title="Insertion",
    sentence="How fast does the class come when the hottest pixels are put in first?",
    paper="Petsiuk et al. 2018 (RISE)",
    link="https://arxiv.org/abs/1806.07421",
    better="higher",
    low=0.0,
    high=1.0,
    card=Card(
        definition=(
            "The base gets the picture's pixels from the hottest on; after step i of n, "
            "round(i P / n) of P pixels are there. The value is the area under the class's "
            "probability over the share of pixels, by trapezoids; the area under the logit stands "
            "beside it."
        ),
        base=_BASE,
        units="Mean probability, 0 to 1; the logit's area has the logit's units.",
        seed="Nothing is random.",
        ties="Pixels of equal heat come row by row.",
        not_shown=(
            "A blurred base still shows the coarse picture: what the model reads there is there "
            "from the start, whatever the map says. Smooth maps are favoured, because they insert "
            "whole regions."
        ),
        elsewhere=_ELSEWHERE,
    ),
    compute=insertion,
    passes=_passes,
    shared=_shared,
)
