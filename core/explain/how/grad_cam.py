"""Grad-CAM step by step: channels, their weights, the sum, the ReLU."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from core.explain import scaling
from core.explain.base import Subject, Tick
from core.explain.cams.gradient import class_logit, differentiate
from core.explain.cams.smoothing import Maps
from core.explain.how.steps import FEW, Step, Steps, Tile, signed
from core.explain.superpixel_weights import Vector
from core.requests.maps import AnyMap

EVEN = 1e-5
"""Share of the largest weight by which gradients of one channel differ by rounding alone."""


def grad_cam_steps(request: AnyMap, subject: Subject, tick: Tick) -> Steps:
    """Return the steps of a map at the first of its layers, without smoothing.

    Source: Selvaraju et al. 2017, eq. 1-2.
    """
    classifier = subject.classifier
    path = (request.layers or (classifier.default_layer,))[0]
    split = classifier.split(path)
    maps, gradients, _ = differentiate(
        split, subject.prepared.batch, class_logit(request.target), tick
    )
    weights = gradients.mean((1, 2), dtype=np.float64)
    worth = weights * maps.sum((1, 2), dtype=np.float64)
    first = np.argsort(-np.abs(worth), kind="stable")[:FEW]
    summed = np.einsum("k,kij->ij", weights, maps).astype(np.float32)
    count, (high, wide), name = len(maps), maps.shape[1:], classifier.names[request.target]
    below = float(np.mean(summed < 0))
    channels = tuple(
        Tile(f"channel {at}", f"mean {signed(float(maps[at].mean()))}", heat=maps[at], signed=True)
        for at in first
    )
    spread = np.ptp(gradients, axis=(1, 2)).max()
    is_even = bool(spread <= EVEN * np.abs(weights).max())
    slopes = _weighted(weights, maps) if is_even else _gradients(weights, gradients, first)
    even = "It is the same at every place here. " if is_even else ""
    largest = " The largest weights of active channels, each times its channel:" if is_even else ""
    few = np.einsum("k,kij->ij", weights[first], maps[first]).astype(np.float32)
    shown = scaling.shown([summed], classifier.input_size)
    steps = (
        Step(
            "Channels",
            f"Layer {path} gives {count:,} channels of {high} x {wide} places. These count most "
            f"here, by weight times activation.",
            channels,
        ),
        Step(
            "Weights",
            f"The gradient of the score of {name} says at each place how the score changes with "
            f"the channel; its mean is the channel's weight. {even}"
            f"{int((weights > 0).sum()):,} channels speak for {name}, "
            f"{int((weights < 0).sum()):,} against it.{largest}",
            slopes,
        ),
        Step(
            "Sum",
            "Each channel times its weight, added up. The sum runs from "
            f"{signed(float(summed.min()))} to {signed(float(summed.max()))}.",
            (
                Tile(f"these {len(first)} channels", heat=few, signed=True),
                Tile(f"all {count:,} channels", heat=summed, signed=True),
            ),
        ),
        Step(
            "ReLU",
            f"Negative places, {below:.0%} of them, become 0. The rest is scaled to 0 to 1 and "
            "enlarged to the picture.",
            (
                Tile("cut off at 0", heat=np.maximum(summed, 0)),
                Tile("the map", heat=shown),
            ),
        ),
    )
    return Steps(classifier.input_size, steps)


def _gradients(weights: Vector, gradients: Maps, chosen: Iterable[int]) -> tuple[Tile, ...]:
    """Return the gradients of chosen channels, whose means are the weights."""
    return tuple(
        Tile(f"channel {at}", f"weight {signed(weights[at])}", heat=gradients[at], signed=True)
        for at in chosen
    )


def _weighted(weights: Vector, maps: Maps) -> tuple[Tile, ...]:
    """Return channels times their weights: a gradient that is the same everywhere shows nothing.

    Channels that are 0 everywhere come last, however large their weights are.
    """
    size = np.where(np.any(maps != 0, axis=(1, 2)), np.abs(weights), -1.0)
    return tuple(
        Tile(
            f"channel {at}",
            f"weight {signed(weights[at])}",
            heat=np.asarray(weights[at] * maps[at], np.float32),
            signed=True,
        )
        for at in np.argsort(-size, kind="stable")[:FEW]
    )
