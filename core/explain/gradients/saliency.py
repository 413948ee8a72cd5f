"""Saliency: how strongly the score answers to each pixel."""

from __future__ import annotations

from core.explain.families import GRADIENT
from core.explain.gradients.scored import Scored, differentiating, strongest, unless_rounding
from core.explain.input_method import Found, InputMethod, InputTask
from core.imports.lazy import library


def saliency(task: InputTask) -> Found:
    """Return max over colours of |dy/dx|, float32 (h, w), y the class's logit.

    x is the normalised picture, so that a unit is a standard deviation of its colour.

    Source: Simonyan, Vedaldi and Zisserman 2014, section 3.1.
    """
    scored = Scored(task)
    batch = task.batch.detach().clone().requires_grad_()
    with differentiating():
        explainer = library("captum.attr").Saliency(scored)
        gradient = explainer.attribute(batch, target=task.class_index, abs=False)
    found = Found(strongest(gradient), scored.logits)
    return unless_rounding(found, gradient.abs().sum())


SALIENCY = InputMethod(
    name="saliency",
    title="Saliency",
    sentence="Shows how strongly the class score answers to a small change of each pixel.",
    paper="Simonyan, Vedaldi and Zisserman 2014, section 3.1: max over colours of |dy/dx|",
    link="https://arxiv.org/abs/1312.6034",
    family=GRADIENT,
    fine=True,
    compute=saliency,
)
