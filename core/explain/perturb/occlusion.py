"""Occlusion: how much the probability drops while one part of the picture is hidden."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import numpy as np
import torch

from core.errors import BadOption
from core.explain.families import PERTURBATION
from core.explain.input_method import Found, InputMethod, InputTask
from core.explain.perturb.composition import Composer, base_view, check_fill, filled
from core.explain.perturb.input_answers import answers_of
from core.explain.perturb.lime_fit import is_flat
from core.explain.perturb.sample_cache import superpixels_of
from core.explain.perturb.superpixels import Superpixels
from core.models.classifier import Classifier
from core.requests.flags import SEGMENTS
from core.requests.maps import Segmentation, SuperpixelsRequest
from core.requests.options import Option, Value

WINDOW = "window"
USUAL = 100
"""Superpixels that are expected while nobody has counted them."""
FLAT = "Hiding no part of the picture changes the probability of the class."
Box = tuple[int, int, int, int]
"""Top, left, bottom, right."""


def windows(size: tuple[int, int], window: float, stride: float) -> tuple[Box, ...]:
    """Return where a sliding window lies, row by row; the last ones may be cut at the border.

    Args:
        size: height and width of the picture.
        window: side of the window in percent of each side.
        stride: step from one to the next, likewise.

    Raises:
        BadOption: pixels between two windows would never be hidden.
    """
    if stride > window:
        raise BadOption(
            f"stride is {stride:g} and window {window:g}: give a stride of the window at most."
        )
    places = []
    for side in size:
        long, step = (max(1, round(side * percent / 100)) for percent in (window, stride))
        count = 1 + max(0, -(-(side - long) // step))
        places.append([(at * step, min(side, at * step + long)) for at in range(count)])
    return tuple((t, left, b, right) for (t, b), (left, right) in product(*places))


def occlusion(task: InputTask) -> Found:
    """Return how much the probability drops when a pixel is hidden, signed.

    With a sliding window a pixel gets the mean over the windows that hide it, float32 (h, w) at
    the model's input size; with superpixels the drop of its own one, at their size.

    Source: Zeiler and Fergus 2014, section 4.2.
    """
    check_fill(str(task.options["fill"]))
    by_window = task.options["parts"] == WINDOW
    heat, passes = _by_window(task) if by_window else _by_superpixel(task)
    notes = () if heat.any() else (FLAT,)
    return Found(heat, task.classifier.logits(task.batch), passes + 1, notes)


def _by_window(task: InputTask) -> tuple[np.ndarray, int]:
    classifier, batch = task.classifier, task.batch
    height, width = batch.shape[-2:]
    window, stride = float(task.options["window"]), float(task.options["stride"])
    boxes, fill = windows((height, width), window, stride), str(task.options["fill"])
    view = task.subject.prepared.view
    whole = Superpixels(np.zeros((height, width), np.int32), 1, "", "")
    off = torch.from_numpy(filled(view, whole, fill)).permute(2, 0, 1)[None]
    hidden = classifier.normalise(off.float() / 255).to(batch.device)

    def pictures(start: int, stop: int) -> torch.Tensor:
        made = batch.repeat(stop - start, 1, 1, 1)
        for number in range(max(start, 1), stop):  # the first is the picture itself
            top, left, bottom, right = boxes[number - 1]
            part = hidden[0, :, top:bottom, left:right]
            made[number - start, :, top:bottom, left:right] = part
        return made

    answers, passes = answers_of(
        task, 1 + len(boxes), pictures, "windows", window=window, stride=stride, fill=fill
    )
    total, times = np.zeros((height, width)), np.zeros((height, width))
    if not is_flat(answers):
        for (top, left, bottom, right), answer in zip(boxes, answers[1:], strict=True):
            total[top:bottom, left:right] += answers[0] - answer
            times[top:bottom, left:right] += 1
    return (total / np.maximum(times, 1)).astype(np.float32), passes


def _by_superpixel(task: InputTask) -> tuple[np.ndarray, int]:
    classifier, request, subject = task.classifier, task.request, task.subject
    asked = SuperpixelsRequest(
        picture=request.picture,
        model=request.model,
        fit=request.fit,
        segmentation=Segmentation(algorithm=str(task.options["parts"])),
    )
    parts, fill = superpixels_of(asked, subject), str(task.options["fill"])
    view = base_view(subject.prepared, classifier.input_size)
    compose = Composer(classifier, view, filled(view, parts, fill), parts)
    rows = np.concatenate([np.zeros((1, parts.count)), np.eye(parts.count)]) == 0
    shown = rows.astype(np.uint8)
    answers, passes = answers_of(
        task,
        1 + parts.count,
        lambda start, stop: compose(shown[start:stop]),
        "superpixels",
        segments=parts.digest,
        fill=fill,
    )
    drops = np.zeros(parts.count) if is_flat(answers) else answers[0] - answers[1:]
    heat: np.ndarray = drops.astype(np.float32)[parts.segments]
    return heat, passes


def _passes(classifier: Classifier, options: Mapping[str, Value]) -> int:
    if options["parts"] == WINDOW:
        window, stride = float(options["window"]), float(options["stride"])
        return 2 + len(windows(classifier.input_size, window, stride))
    return 2 + (Segmentation().cells ** 2 if options["parts"] == "grid" else USUAL)


OCCLUSION = InputMethod(
    name="occlusion",
    title="Occlusion",
    sentence="Hides one part of the picture after the other: a part is warm where that costs most.",
    paper="Zeiler and Fergus 2014, section 4.2: p(picture) - p(picture with the part hidden)",
    link="https://arxiv.org/abs/1311.2901",
    family=PERTURBATION,
    compute=occlusion,
    passes=_passes,
    uses_precision=True,
    options=(
        Option(
            "parts",
            WINDOW,
            "What is hidden at a time: a sliding window, or superpixels found by an algorithm.",
            choices=(WINDOW, *SEGMENTS),
        ),
        Option("window", 14.0, "Side of the window in percent of the picture's.", 2, 60),
        Option("stride", 7.0, "Step of the window in percent of the picture's side.", 1, 60),
        Option("fill", "mean", "What replaces a hidden part: mean, blur or a colour."),
    ),
    signed=True,
)
