"""RISE step by step: masks, answers, the weighed sum, the map."""

from __future__ import annotations

import numpy as np

from core import Heat, Pixels
from core.errors import BadOption
from core.explain import scaling
from core.explain.base import Subject, Tick
from core.explain.how.steps import FEW, Step, Steps, Tile
from core.explain.input_method import InputTask
from core.explain.perturb.rise import RISE, answered
from core.requests.maps import AnyMap, MapRequest
from core.requests.options import fill_defaults

EARLY = 100
"""Masks of the first, noisy sum."""


def rise_steps(request: AnyMap, subject: Subject, tick: Tick) -> Steps:
    """Return the steps of a map, from answers that are kept where they are there.

    Raises:
        BadOption: a request for another method.

    Source: Petsiuk et al. 2018, eq. 6.
    """
    if not isinstance(request, MapRequest):
        raise BadOption(f"These are the steps of RISE, not of {request.method}.")
    options = fill_defaults(RISE.options, dict(request.options))
    classifier, prepared = subject.classifier, subject.prepared
    rng = np.random.RandomState(request.seed)
    task = InputTask(
        classifier, prepared.batch, request.target, options, rng, tick, request, subject
    )
    masks, answers, _ = answered(task)
    keep, cells, name = float(options["keep"]), options["cells"], classifier.names[request.target]
    order = np.argsort(answers, kind="stable")
    shown = (*order[::-1][: FEW // 2], *order[: FEW // 2])
    blank = np.array(classifier.preprocess.mean) * 255

    def mask(at: int) -> Heat:
        return np.asarray(masks(at, at + 1)[0, 0].numpy(), np.float32)

    def seen(at: int) -> Pixels:
        through = blank + (prepared.view - blank) * mask(at)[..., None]
        pixels: Pixels = np.clip(np.round(through), 0, 255).astype(np.uint8)
        return pixels

    heat = masks.weighed(answers / (len(answers) * keep))
    early = masks.weighed(answers[:EARLY] / (min(EARLY, len(answers)) * keep))
    steps = (
        Step(
            "Masks",
            f"{len(answers):,} random grids of {cells} x {cells} cells, each cell shown with "
            f"probability {keep:g}, are enlarged and shifted. Two that helped most and two that "
            "helped least:",
            tuple(Tile(f"mask {at}", heat=mask(int(at))) for at in shown),
        ),
        Step(
            "Answers",
            f"The model looks through each. Its probability of {name} runs from "
            f"{answers.min():.3f} to {answers.max():.3f}, with a mean of {answers.mean():.3f}.",
            tuple(
                Tile(f"mask {at}", f"probability {answers[at]:.3f}", pixels=seen(int(at)))
                for at in shown
            ),
        ),
        Step(
            "Sum",
            "Each mask times its answer, added up and divided by the number of masks and by "
            f"{keep:g}: the mean answer over the masks that show a place. It runs from "
            f"{heat.min():.3f} to {heat.max():.3f}.",
            (
                Tile(f"the first {min(EARLY, len(answers)):,} masks", heat=early),
                Tile(f"all {len(answers):,} masks", heat=heat),
            ),
        ),
        Step(
            "Map",
            "The lowest value becomes 0 and the highest 1. What is left of the differences between "
            "places is the map; fewer masks leave more noise.",
            (
                Tile("the map", heat=scaling.shown([heat], classifier.input_size)),
                Tile("what the model sees", pixels=prepared.view),
            ),
        ),
    )
    return Steps(classifier.input_size, steps)
