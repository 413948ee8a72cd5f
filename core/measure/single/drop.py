"""Average drop and increase: what the class becomes when the map lies over the picture."""

from __future__ import annotations

import torch

from core import Heat
from core.explain.base import Tick
from core.measure.single.base import UNDEFINED, Card, Measure, Measured
from core.measure.single.order import digest_of
from core.measure.single.trial import Scores, Trial


def masked_scores(shown: Heat, trial: Trial) -> Scores:
    """Return the scores of the picture times its map, one row; both measures share them."""

    def run() -> Scores:
        mask = torch.from_numpy(shown).to(trial.prepared.batch.device)
        masked = trial.prepared.batch * mask
        return trial.scores(1, lambda start, stop: masked)

    return trial.once(run, "masked", digest_of(shown))


def _details(before: Scores, after: Scores) -> dict[str, float]:
    return {
        "probability": float(before.probabilities[0]),
        "masked probability": float(after.probabilities[0]),
        "logit": float(before.logits[0]),
        "masked logit": float(after.logits[0]),
    }


def average_drop(shown: Heat, trial: Trial, tick: Tick) -> Measured:
    """Return which share of its probability the class loses."""
    before, after = trial.original, masked_scores(shown, trial)
    whole, left = float(before.probabilities[0]), float(after.probabilities[0])
    notes: tuple[str, ...] = ()
    if whole == 0:
        notes = ("The class has probability 0 to begin with: there is nothing to lose.",)
    value = max(whole - left, 0.0) / whole if whole else UNDEFINED
    return Measured(value, passes=2, details=_details(before, after), notes=notes)


def increase(shown: Heat, trial: Trial, tick: Tick) -> Measured:
    """Return whether the class gains: 1 or 0."""
    before, after = trial.original, masked_scores(shown, trial)
    value = float(after.probabilities[0] > before.probabilities[0])
    return Measured(value, passes=2, details=_details(before, after))


_BASE = "The model's mean colour: the normalised picture is multiplied by the map in [0, 1]."
_TIES = "They play no part; a map of 1 everywhere loses nothing."
_MEAN = "The mean over pictures is the published number."
_ELSEWHERE = (
    "grad-cam's DropInConfidence is the drop itself, not divided by the probability, and of the "
    "logit unless another target is given.",
    "torch-cam divides by the score plus 1e-7, which may be a negative logit where nobody asks for "
    "a softmax.",
    "xplique scales the map's absolute values: evidence against the class counts as evidence for "
    "it.",
)

AVERAGE_DROP = Measure(
    name="average-drop",
    title="Average drop",
    sentence="Which share of its probability does the class lose under the map?",
    paper="Chattopadhay et al. 2018 (Grad-CAM++)",
    link="https://arxiv.org/abs/1710.11063",
    better="lower",
    low=0.0,
    high=1.0,
    card=Card(
        definition=(
            "max(0, p - m) / p, p being the class's probability for the picture and m that for the "
            f"picture times its map. {_MEAN}"
        ),
        base=_BASE,
        units="Share of the probability, 0 to 1 (papers print per cent).",
        seed="Nothing is random.",
        ties=_TIES,
        not_shown="A map that covers the whole picture wins: look at its size too.",
        elsewhere=_ELSEWHERE,
    ),
    compute=average_drop,
    passes=lambda settings: 2,
    shared=lambda settings: 1,
)

INCREASE = Measure(
    name="increase",
    title="Increase in confidence",
    sentence="Is the model surer of the class when the map hides the rest?",
    paper="Chattopadhay et al. 2018 (Grad-CAM++)",
    link="https://arxiv.org/abs/1710.11063",
    better="higher",
    low=0.0,
    high=1.0,
    card=Card(
        definition=(
            "1 where the class's probability for the picture times its map is above that for the "
            f"picture, else 0. {_MEAN}"
        ),
        base=_BASE,
        units="0 or 1; over pictures, the share of them.",
        seed="Nothing is random.",
        ties=_TIES,
        not_shown=(
            "Whether the gain is large. A class that is certain already can hardly gain, so that "
            "sure models have low values."
        ),
        elsewhere=("grad-cam compares logits unless another target is given.",),
    ),
    compute=increase,
    yes_no=True,
    passes=lambda settings: 2,
    shared=lambda settings: 1,
)
