"""Integrated gradients: the gradient on the whole way from an empty picture to this one."""

from __future__ import annotations

from collections.abc import Mapping

from core.explain.base_pictures import base_picture
from core.explain.families import GRADIENT
from core.explain.gradients.scored import (
    Scored,
    differentiating,
    rows_at_once,
    summed,
    unless_rounding,
)
from core.explain.input_method import Found, InputMethod, InputTask
from core.imports.lazy import library
from core.models.classifier import Classifier
from core.requests.measures import BASES
from core.requests.options import Option, Value

ENDS = 2
"""Passes over the base and the picture themselves."""
CLOSE = 0.05
"""Share of a score by which a sum may miss it before more steps are recommended."""


def integrated_gradients(task: InputTask) -> Found:
    """Return the sum over colours of (x - b) * mean of dy/dx from the base b to x, signed.

    The mean is Gauss and Legendre's quadrature, as captum takes it.

    Source: Sundararajan, Taly and Yan 2017, eq. 1.
    """
    steps, name = int(task.options["steps"]), str(task.options["base"])
    base = base_picture(task.classifier, task.batch, name).detach()
    ends = [task.classifier.logits(batch) for batch in (task.batch, base)]
    scored = Scored(task, steps)
    with differentiating():
        parts = (
            library("captum.attr")
            .IntegratedGradients(scored)
            .attribute(
                task.batch.detach(),
                baselines=base,
                target=task.class_index,
                n_steps=steps,
                internal_batch_size=rows_at_once(task.classifier),
            )
        )
    score, base_score = (float(logits[0, task.class_index]) for logits in ends)
    heat = summed(parts)
    total = float(heat.sum(dtype="float64"))
    note = (
        f"The values add up to {total:.4g}; the score of the picture "
        f"less that of the base ({BASES[name]}) is {score - base_score:.4g}."
    )
    if abs(total - (score - base_score)) > CLOSE * abs(score - base_score):
        note += " More steps come closer."
    found = Found(heat, ends[0], scored.passes + ENDS, (note,))
    return unless_rounding(found, parts.abs().sum())


def _passes(classifier: Classifier, options: Mapping[str, Value]) -> int:
    return int(options["steps"]) + ENDS


INTEGRATED_GRADIENTS = InputMethod(
    name="integrated-gradients",
    title="Integrated Gradients",
    sentence="Adds up gradients on the way from an empty picture: shares that sum to the score.",
    paper="Sundararajan, Taly and Yan 2017, eq. 1: (x - b) * integral of dy/dx from b to x",
    link="https://arxiv.org/abs/1703.01365",
    family=GRADIENT,
    fine=True,
    compute=integrated_gradients,
    passes=_passes,
    options=(
        Option("steps", 50, "Pictures on the way; more come closer to the integral.", 2, 1000),
        Option("base", "mean", "The empty picture: mean, blur or black.", choices=tuple(BASES)),
    ),
    signed=True,
)
