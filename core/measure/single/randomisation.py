"""Randomisation: a map that stays when the model's weights become random explains no model."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import accumulate

import numpy as np

from core import Heat
from core.explain.base import Tick
from core.explain.ranks import ranks
from core.measure.overlap import pearson, ssim
from core.measure.single.base import UNDEFINED, Card, Curve, Measure, Measured
from core.measure.single.order import is_flat
from core.measure.single.trial import Trial
from core.models.classifier import Classifier
from core.models.random_weights import randomise

Paths = tuple[str, ...]


def stages_of(classifier: Classifier, count: int) -> tuple[Paths, ...]:
    """Return the modules whose weights become random at each stage, from the head down.

    Args:
        classifier: the model.
        count: of the stages at most.

    Returns:
        Module paths; the head by itself, then groups of about as many modules each.
    """
    modules = classifier.weighted[::-1]
    head = tuple(path for path in modules if path in classifier.heads) or modules[:1]
    rest = [path for path in modules if path not in head]
    groups = np.array_split(np.arange(len(rest)), max(1, min(count - 1, len(rest))))
    if count == 1:
        return (modules,)
    return (head, *(tuple(rest[at] for at in group) for group in groups if len(group)))


def with_random_weights(classifier: Classifier, paths: Paths, seed: int) -> Classifier:
    """Return the same network with the weights of some modules random; it shares none."""
    named = f"{classifier.digest} {seed} {' '.join(paths)}"
    digest = hashlib.sha256(named.encode()).hexdigest()
    return classifier.reweighted(lambda model: randomise(model, paths, seed), digest)


def randomisation(shown: Heat, trial: Trial, tick: Tick) -> Measured:
    """Compare the map with those of networks that become more and more random."""
    stages = stages_of(trial.classifier, trial.settings.stages)
    down = [tuple(paths) for paths in accumulate(stages, lambda done, more: (*done, *more))]
    up = [tuple(paths) for paths in accumulate(stages[::-1], lambda done, more: (*done, *more))]
    maps: dict[str, Heat] = {}
    total = len(down) + len(up) - 1
    for name, cascade in (("head down", down), ("input up", up[:-1])):
        for number, paths in enumerate(cascade):
            tick(len(maps) / total, f"random weights, {name}, {number + 1} of {len(cascade)}")
            twin = with_random_weights(trial.classifier, paths, trial.settings.seed)
            maps[f"{name} {number + 1}"] = trial.explained(classifier=twin).shown
    last = maps[f"head down {len(down)}"]
    falling = [maps[f"head down {number + 1}"] for number in range(len(down))]
    rising = [*(maps[f"input up {number + 1}"] for number in range(len(up) - 1)), last]
    return _compared(shown, stages, falling, rising, maps)


def _compared(
    shown: Heat,
    stages: tuple[Paths, ...],
    falling: Sequence[Heat],
    rising: Sequence[Heat],
    maps: dict[str, Heat],
) -> Measured:
    own = ranks(shown)
    correlations, likenesses = [], []
    for made in (falling, rising):
        correlations.append(np.array([pearson(own, ranks(each)) for each in made], np.float64))
        likenesses.append(np.array([ssim(shown, each) for each in made], np.float64))
    numbers = np.arange(1, len(stages) + 1, dtype=np.float64)
    reached = [paths[-1] or "the model itself" for paths in stages]
    # From the input up a stage ends at its module nearest to the head.
    ends = [paths[0] or "the model itself" for paths in stages[::-1]]
    curves = []
    for name, labels, rho, alike in (
        ("head down", reached, correlations[0], likenesses[0]),
        ("input up", ends, correlations[1], likenesses[1]),
    ):
        along = f"stages of random weights, {name}"
        curves += [
            Curve(f"Spearman, {name}", along, numbers, rho, tuple(labels)),
            Curve(f"SSIM, {name}", along, numbers, alike, tuple(labels)),
        ]
    details = {
        "spread": _spread(correlations[0]),
        "input up": _mean(correlations[1]),
        "input up, spread": _spread(correlations[1]),
        "head alone": float(correlations[0][0]),
        "all random": float(correlations[0][-1]),
        "SSIM": _mean(likenesses[0]),
        "SSIM, input up": _mean(likenesses[1]),
        "SSIM, head alone": float(likenesses[0][0]),
        "SSIM, all random": float(likenesses[0][-1]),
    }
    return Measured(
        value=_mean(correlations[0]),
        curves=tuple(curves),
        details=details,
        notes=_notes(shown, list(maps.values())),
        maps=maps,
    )


def _notes(shown: Heat, made: Sequence[Heat]) -> tuple[str, ...]:
    if is_flat(shown):
        return ("The map is the same everywhere: nothing can be compared with it.",)
    flat = sum(map(is_flat, made))
    if not flat:
        return ()
    return (f"{flat} of {len(made)} maps of random networks are flat and have no correlation.",)


def _mean(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else UNDEFINED


def _spread(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(known.std()) if known.size else UNDEFINED


RANDOMISATION = Measure(
    name="randomisation",
    title="Random weights",
    sentence="Does the map change when the model's weights become random?",
    paper="Adebayo et al. 2018 (sanity checks), in both orders",
    link="https://arxiv.org/abs/1810.03292",
    better="lower",
    low=-1.0,
    high=1.0,
    card=Card(
        definition=(
            "The weights become random stage by stage, once from the head down and once from the "
            "input up, and the map is made again each time. The value is the mean Spearman "
            "correlation of those maps with the original from the head down; the other order, the "
            "head alone, all weights, SSIM and the spread over the stages stand beside it."
        ),
        base="The map itself, as it is shown: negative heat cut off, scaled to 0 to 1.",
        units="Rank correlation, -1 to 1; near 0 is right, far below 0 is no better than that.",
        seed=(
            "The numbers of a module come from the seed and its path; every map has the same "
            "random networks. Weights start as He et al. 2015 say, norms pass on what they get."
        ),
        ties="Pixels of equal heat share their mean rank. A flat map has no correlation.",
        not_shown=(
            "A coarse map changes much by chance alone: one picture says little, so look at the "
            "spread and at many pictures, and do not rank methods by it. A map that changes may "
            "still be wrong."
        ),
        elsewhere=(
            "Quantus (MPRT) takes absolute values and scales by the maximum unless told not to, "
            "which decides its numbers. It gives every layer the same seed, and that to the "
            "generator of the whole process.",
        ),
    ),
    compute=randomisation,
    needs=("explain",),
    explanations=lambda settings: 2 * settings.stages - 1,
    doubt=(
        "The map changes too little when the weights become random: it shows the picture, not the "
        "model."
    ),
)
