"""Attention weighted by its gradient: what of it raises the class's score."""

from __future__ import annotations

import torch
from torch import Tensor

from core.explain.attention.tokens import limits, tokens_of
from core.explain.attention.watching import Watching
from core.explain.families import ATTENTION
from core.explain.gradients.scored import differentiating
from core.explain.input_method import Found, InputMethod, InputTask


def relevance(layers: list[tuple[Tensor, Tensor]]) -> Tensor:
    """Return how much each token matters to each, (T, T).

    Args:
        layers: attention and the score's gradient for it, (heads, T, T) each, the first layer
            first.

    Source: Chefer, Gur and Wolf 2021 (Generic attention-model explainability), eq. 5 and 6:
    R = I, then R = R + A' R in each layer with A' the mean over heads of ReLU(gradient * A).
    """
    attention, _ = layers[0]
    matters = torch.eye(attention.shape[-1], dtype=attention.dtype, device=attention.device)
    for attention, slope in layers:
        matters = matters + (slope * attention).clamp(min=0).mean(dim=0) @ matters
    return matters


def attention_gradient(task: InputTask) -> Found:
    """Return the rows of the relevance that the score reads, over the patches, float32 (gh, gw)."""
    tokens = tokens_of(task.classifier)
    task.tick(0.1, "forward")
    with differentiating("attention"), torch.enable_grad():
        with Watching(wanted=tokens.places) as watching:
            logits = task.classifier.scores(task.batch)
        tokens.check(watching)
        task.tick(0.5, "gradient")
        slopes = torch.autograd.grad(
            logits[0, task.class_index],
            [watching.leaves[place] for place in tokens.places],
            allow_unused=True,
            materialize_grads=True,
        )
    rows, notes = tokens.read_by(slopes[-1])
    attention = [watching.seen[place][0] for place in tokens.places]
    matters = relevance([(a, slope[0]) for a, slope in zip(attention, slopes, strict=True)])
    heat = tokens.heat(matters[rows].mean(dim=0))
    return Found(heat, logits.detach(), notes=notes)


ATTENTION_GRADIENT = InputMethod(
    name="attention-gradient",
    title="Attention Gradient",
    sentence="Follows the attention that raises the class score from layer to layer to patches.",
    paper="Chefer, Gur and Wolf 2021, eq. 5-6: R = R + mean over heads of ReLU(dy/dA * A) R",
    link="https://arxiv.org/abs/2103.15679",
    family=ATTENTION,
    compute=attention_gradient,
    limits=limits,
)
