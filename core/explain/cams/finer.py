"""Finer-CAM: the map of what tells a class from others, the most similar or chosen ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from core.errors import BadOption
from core.explain.cams.engine import Task, Weighed
from core.explain.cams.gradient import (
    Objective,
    apply_formula,
    class_logit,
    differentiate,
    unless_rounding,
)
from core.explain.cams.layer_method import LayerMethod
from core.requests.options import Option

Probabilities = Callable[[torch.Tensor], torch.Tensor]
"""From logits (1, K) to probabilities (1, K), by the model's activation."""
ALONE = "The model has one class and so none to compare with: this is the map of Grad-CAM."
AGAINST = "against"
"""Option of methods that tell a class from others: which these are."""


def nearest_classes(logits: torch.Tensor, index: int, number: int) -> list[int]:
    """Return the classes whose logits lie nearest to that of class `index`, nearest first."""
    order = (logits[0] - logits[0, index]).abs().argsort(stable=True).tolist()
    return [other for other in order if other != index][:number]


def chosen_classes(text: str, index: int, number: int) -> list[int]:
    """Return the classes that are named to compare with, without the explained one.

    Args:
        text: indices with commas between them; empty where none are named.
        index: of the explained class.
        number: of the model's classes.

    Raises:
        BadOption: something is no index of a class, or only the explained class is named.
    """
    if not text.strip():
        return []
    words = [word.strip() for word in text.split(",")]
    for word in words:
        if not (word.isascii() and word.isdigit() and int(word) < number):
            raise BadOption(
                f"{AGAINST} names the class {word!r:.20}: give indices from 0 to {number - 1}."
            )
    others = [other for other in dict.fromkeys(map(int, words)) if other != index]
    if not others:
        raise BadOption(f"{AGAINST} names only the explained class {index}: name another one.")
    return others


def distinction(
    class_index: int,
    strength: float,
    activated: Probabilities,
    compare: int = 1,
    others: Sequence[int] = (),
) -> Objective:
    """Return the objective that is how far a logit lies above those of other classes.

    Of one other class d it is y_c - strength * y_d, of several the mean of these gaps, each with
    the probability of its class as the weight.

    Args:
        class_index: the class c.
        strength: how much of the other logits is taken off.
        activated: gives the probabilities.
        compare: how many of the most similar classes to compare with.
        others: classes to compare with in their place.

    Source: Zhang et al. 2025 (Finer-CAM); weighted by probability as in the grad-cam package.
    """

    def objective(logits: torch.Tensor) -> torch.Tensor:
        against = list(others) or nearest_classes(logits.detach(), class_index, compare)
        gaps = logits[0, class_index] - strength * logits[0, against]
        if len(against) == 1:  # whatever its probability, which may be next to nothing
            return gaps[0]
        shares = activated(logits)[0, against]
        return (shares * gaps).sum() / (shares.sum() + 1e-9)

    return objective


def finer_engine(task: Task) -> Weighed:
    """Weigh channels as Grad-CAM does, by the gap to the other classes."""
    index, names, options = task.class_index, task.classifier.names, task.options
    others = chosen_classes(str(options[AGAINST]), index, len(names))
    alone = len(names) == 1
    objective = (
        class_logit(index)
        if alone
        else distinction(
            index,
            float(options["strength"]),
            task.classifier.activated,
            int(options["compare"]),
            others,
        )
    )
    maps, gradients, logits = differentiate(task.split, task.batch, objective, task.tick)
    notes = [ALONE] if alone else []
    notes += [f"What speaks for {names[index]} and not for {names[one]}." for one in others]
    weighed = Weighed(apply_formula("GradCAM", maps, gradients), logits, notes=tuple(notes))
    return unless_rounding(weighed, maps, gradients)


FINER_CAM = LayerMethod(
    name="finer-cam",
    title="Finer-CAM",
    sentence=(
        "Grad-CAM of the gap to other classes: what tells this class from its neighbours, or from "
        "the class to compare with."
    ),
    paper="Zhang et al. 2025: Grad-CAM of y_c - strength * y_d, averaged over similar classes d",
    link="https://arxiv.org/abs/2501.11309",
    engine=finer_engine,
    options=(
        Option("compare", 3, "How many of the most similar classes to compare with.", 1, 20),
        Option(AGAINST, "", "Indices of classes to compare with in place of the similar ones."),
        Option("strength", 1.0, "How much of the other classes' scores is taken off.", 0.0, 2.0),
    ),
    signed=True,
)
