"""SmoothGrad: the mean gradient of noisy copies."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from core.explain.families import GRADIENT
from core.explain.gradients.scored import (
    Scored,
    differentiating,
    rows_at_once,
    strongest,
    unless_rounding,
)
from core.explain.input_method import Found, InputMethod, InputTask
from core.imports.lazy import library
from core.models.classifier import Classifier
from core.requests.options import Option, Value

FLAT = "The picture is flat: no noise was added, so this is the map of Saliency."


def smoothgrad(task: InputTask) -> Found:
    """Return max over colours of |mean over n noisy copies of dy/dx|, float32 (h, w).

    The noise is Gaussian; its standard deviation is a share of the range of the normalised
    picture. More samples begin with the same ones. It is drawn here and not by captum, whose
    noise comes from the generator that all threads share.

    Source: Smilkov et al. 2017, section 3, with the gradient of the class's logit.
    """
    samples, level = int(task.options["samples"]), float(task.options["noise"])
    batch = task.batch.detach()
    deviation = level * float(batch.max() - batch.min())
    scored = Scored(task, samples)
    explainer = library("captum.attr").Saliency(scored)
    total, rows = torch.zeros_like(batch), rows_at_once(task.classifier)
    for start in range(0, samples, rows):
        shape = (min(rows, samples - start), *batch.shape[1:])
        noise = torch.from_numpy(task.rng.standard_normal(shape).astype(np.float32))
        # Plane by plane, as captum lays its copies: convolutions round otherwise in another order,
        # which flips a ReLU here and there and moves single pixels by half a percent.
        noisy = (batch + deviation * noise.to(batch.device)).contiguous().requires_grad_()
        with differentiating():
            slopes = explainer.attribute(noisy, target=task.class_index, abs=False)
        total += slopes.sum(dim=0, keepdim=True)
    gradient = total / samples
    notes = () if deviation else (FLAT,)
    logits = task.classifier.logits(batch)
    found = Found(strongest(gradient), logits, scored.passes + 1, notes)
    return unless_rounding(found, gradient.abs().sum())


def _passes(classifier: Classifier, options: Mapping[str, Value]) -> int:
    return int(options["samples"]) + 1


SMOOTHGRAD = InputMethod(
    name="smoothgrad",
    title="SmoothGrad",
    sentence="Averages the gradients of noisy copies of the picture, which calms their noise.",
    paper="Smilkov et al. 2017, section 3: mean of dy/dx over copies with Gaussian noise",
    link="https://arxiv.org/abs/1706.03825",
    family=GRADIENT,
    fine=True,
    compute=smoothgrad,
    passes=_passes,
    options=(
        Option("samples", 50, "Noisy copies; more are smoother.", 1, 1000),
        Option("noise", 0.15, "Standard deviation of the noise as a share of the range.", 0.0, 1.0),
    ),
)
