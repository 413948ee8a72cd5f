"""Input times gradient: what each pixel adds to the score, to first order."""

from __future__ import annotations

from core.explain.families import GRADIENT
from core.explain.gradients.scored import Scored, differentiating, summed, unless_rounding
from core.explain.input_method import Found, InputMethod, InputTask
from core.imports.lazy import library


def input_x_gradient(task: InputTask) -> Found:
    """Return the sum over colours of x * dy/dx, float32 (h, w), signed.

    x is normalised: a pixel of the model's mean colour counts as 0 whatever its gradient is.

    Source: Shrikumar et al. 2016, section 3.2.
    """
    scored = Scored(task)
    batch = task.batch.detach().clone().requires_grad_()
    with differentiating():
        explainer = library("captum.attr").InputXGradient(scored)
        product = explainer.attribute(batch, target=task.class_index).detach()
    found = Found(summed(product), scored.logits)
    return unless_rounding(found, product.abs().sum())


INPUT_X_GRADIENT = InputMethod(
    name="input-x-gradient",
    title="Input x Gradient",
    sentence="Multiplies each pixel with its gradient: what it adds to the class score, roughly.",
    paper="Shrikumar et al. 2016, section 3.2: sum over colours of x * dy/dx",
    link="https://arxiv.org/abs/1605.01713",
    family=GRADIENT,
    fine=True,
    compute=input_x_gradient,
    signed=True,
)
