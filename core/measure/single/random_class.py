"""Random class: a map that is the same for another class does not explain this one."""

from __future__ import annotations

import numpy as np

from core import Heat
from core.explain.base import Tick
from core.explain.ranks import ranks
from core.measure.overlap import pearson, ssim
from core.measure.single.base import UNDEFINED, Card, Measure, Measured
from core.measure.single.order import is_flat
from core.measure.single.trial import Trial


def other_class(count: int, class_index: int, seed: int) -> int:
    """Return the index of another class of `count`, every one of them as likely."""
    drawn = int(np.random.default_rng(seed).integers(count - 1))
    return drawn + (drawn >= class_index)


def random_class(shown: Heat, trial: Trial, tick: Tick) -> Measured:
    """Compare the map with that of another class."""
    count = len(trial.classifier.names)
    if count == 1:
        return Measured(UNDEFINED, notes=("The model has one class only.",))
    other = other_class(count, trial.class_index, trial.settings.seed)
    made = trial.explained(other).shown
    notes: tuple[str, ...] = ()
    if is_flat(shown) or is_flat(made):
        whose = "The map" if is_flat(shown) else "The other class's map"
        notes = (f"{whose} is the same everywhere: nothing can be compared.",)
    return Measured(
        value=pearson(ranks(shown), ranks(made)),
        details={"SSIM": ssim(shown, made), "class": float(other)},
        notes=notes,
        maps={trial.classifier.names[other]: made},
    )


RANDOM_CLASS = Measure(
    name="random-class",
    title="Another class",
    sentence="Is the map of another class a different one?",
    paper="Sixt et al. 2020 (random logit)",
    link="https://arxiv.org/abs/1912.09818",
    better="lower",
    low=-1.0,
    high=1.0,
    card=Card(
        definition=(
            "The map is made again for another class of the model; the value is the Spearman "
            "correlation of the two, and their SSIM stands beside it."
        ),
        base="The map itself, as it is shown: negative heat cut off, scaled to 0 to 1.",
        units="Rank correlation, -1 to 1; near 1 the class does not matter.",
        seed="The other class is drawn by the seed, every class being as likely.",
        ties="Pixels of equal heat share their mean rank. A flat map has no value.",
        not_shown=(
            "Classes that look alike may rightly have like maps. Methods that never ask for a "
            "class, as EigenCAM, have the value 1."
        ),
        elsewhere=("Quantus seeds the generator of the whole process and reports SSIM only.",),
    ),
    compute=random_class,
    needs=("explain",),
    explanations=lambda settings: 1,
    doubt=(
        "The map is nearly the same for another class: unless the two look alike, it does not say "
        "why this class was chosen."
    ),
)
