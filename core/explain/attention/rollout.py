"""Attention rollout: attention of all layers, multiplied."""

from __future__ import annotations

import torch
from torch import Tensor

from core.explain.attention.tokens import limits, tokens_of
from core.explain.attention.watching import Watching
from core.explain.families import ATTENTION
from core.explain.gradients.scored import differentiating
from core.explain.input_method import Found, InputMethod, InputTask

CLASSLESS = "Attention Rollout knows no class: it is the same map for every class."


def rolled_out(layers: list[Tensor]) -> Tensor:
    """Return how much of each token flows into each, (T, T); rows add up to 1.

    Args:
        layers: attention of each layer, the mean over its heads, (T, T), the first layer first.

    Source: Abnar and Zuidema 2020, section 3: A' = 0.5 A + 0.5 I, and the product over layers.
    """
    identity = torch.eye(len(layers[0]), dtype=layers[0].dtype, device=layers[0].device)
    flow = identity
    for attention in layers:
        flow = (0.5 * attention + 0.5 * identity) @ flow
    return flow


def attention_rollout(task: InputTask) -> Found:
    """Return the rows of the rollout that the score reads, over the patches, float32 (gh, gw)."""
    tokens = tokens_of(task.classifier)
    last = tokens.places[-1]
    task.tick(0.1, "forward")
    with differentiating("attention"), torch.enable_grad():
        with Watching(wanted=(last,), keep=lambda attention: attention[0].mean(dim=0)) as watching:
            logits = task.classifier.scores(task.batch)
        tokens.check(watching)
        (slope,) = torch.autograd.grad(
            logits[0, task.class_index],
            watching.leaves[last],
            allow_unused=True,
            materialize_grads=True,
        )
    task.tick(0.9, "product of the layers")
    rows, notes = tokens.read_by(slope)
    flow = rolled_out([watching.seen[place] for place in tokens.places])
    heat = tokens.heat(flow[rows].mean(dim=0))
    return Found(heat, logits.detach(), notes=(CLASSLESS, *notes))


ATTENTION_ROLLOUT = InputMethod(
    name="attention-rollout",
    title="Attention Rollout",
    sentence="Multiplies the attention of all layers: which patches flow into the class token.",
    paper="Abnar and Zuidema 2020, section 3: product over layers of 0.5 A + 0.5 I",
    link="https://arxiv.org/abs/2005.00928",
    family=ATTENTION,
    compute=attention_rollout,
    limits=limits,
)
