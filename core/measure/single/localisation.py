"""Whether the heat lies on the object, where somebody says where the object is."""

from __future__ import annotations

import numpy as np
from PIL import Image

from core import Heat, Mask
from core.explain.base import Tick
from core.imports.lazy import library
from core.measure import overlap
from core.measure.chance import chance
from core.measure.single.base import UNDEFINED, Card, Measure, Measured
from core.measure.single.order import hottest_first, is_flat
from core.measure.single.trial import Trial
from core.models.input import Prepared

Place = tuple[int, int]
"""(row, column) of a pixel."""

_EMPTY = "The truth mask is empty here: there is no object to find."
_FLAT = "The map is the same everywhere: it points nowhere."


def fitted(mask: Mask, prepared: Prepared) -> Mask:
    """Return the part of a truth mask that the model sees, at its input size.

    Args:
        mask: bool (H, W), of the whole picture at any resolution.
        prepared: the picture as the model sees it.

    Returns:
        bool (h, w); each pixel is that of the nearest place.
    """
    height, width = prepared.picture.pixels.shape[:2]
    down, right = mask.shape[0] / height, mask.shape[1] / width
    x0, y0, x1, y1 = prepared.box
    size = prepared.view.shape[1], prepared.view.shape[0]
    part = Image.fromarray(np.ascontiguousarray(mask, np.uint8)).resize(
        size, Image.Resampling.NEAREST, box=(x0 * right, y0 * down, x1 * right, y1 * down)
    )
    return np.asarray(part).astype(bool)


def near(truth: Mask, tolerance: int) -> Mask:
    """Return the places that lie less than a tolerance from an object, bool (h, w)."""
    if not truth.any():
        return np.zeros(truth.shape, bool)
    far = library("scipy.ndimage").distance_transform_edt(~truth)
    return np.asarray(far < tolerance)


def _truth(trial: Trial) -> Mask:
    assert trial.truth is not None  # `Measure.run` looks
    return trial.truth


def pointing(shown: Heat, trial: Trial, tick: Tick) -> Measured:
    """Return whether the hottest pixel lies on the object or near it: 1 or 0."""
    truth = _truth(trial)
    hits = near(truth, trial.settings.tolerance)
    height, width = truth.shape
    details = {"chance": float(hits.mean()), "centre": float(hits[height // 2, width // 2])}
    if not truth.any() or is_flat(shown):
        notes = (_FLAT if truth.any() else _EMPTY,)
        return Measured(UNDEFINED, details=details if truth.any() else {}, notes=notes)
    peak = int(hottest_first(shown)[0])
    details |= {"row": float(peak // width), "column": float(peak % width)}
    return Measured(float(hits.ravel()[peak]), details=details)


def energy(shown: Heat, trial: Trial, tick: Tick) -> Measured:
    """Return which share of the heat lies on the object."""
    truth = _truth(trial)
    if not truth.any():
        return Measured(UNDEFINED, notes=(_EMPTY,))
    heat = np.maximum(shown, 0).astype(np.float64)
    details = {"chance": float(truth.mean())}
    value = overlap.ratio(float(heat[truth].sum()), float(heat.sum()))
    return Measured(value, details=details, notes=() if heat.any() else ("The map is empty.",))


def _shared(shown: Heat, truth: Mask) -> int:
    """Count the object's pixels among as many hottest ones."""
    hottest = hottest_first(shown)[: int(truth.sum())]
    return int(truth.ravel()[hottest].sum())


def _undefined(shown: Heat, truth: Mask) -> Measured | None:
    """Return what is said where hottest pixels and an object cannot be compared."""
    if truth.any() and not is_flat(shown):
        return None
    return Measured(UNDEFINED, notes=(_FLAT if truth.any() else _EMPTY,))


def rank_accuracy(shown: Heat, trial: Trial, tick: Tick) -> Measured:
    """Return which share of the hottest pixels, as many as the object has, lies on it."""
    truth = _truth(trial)
    if undefined := _undefined(shown, truth):
        return undefined
    value = _shared(shown, truth) / int(truth.sum())
    return Measured(value, details={"chance": float(truth.mean())})


def top_iou(shown: Heat, trial: Trial, tick: Tick) -> Measured:
    """Return the IoU of the object with as many hottest pixels."""
    truth = _truth(trial)
    if undefined := _undefined(shown, truth):
        return undefined
    pixels, both = int(truth.sum()), _shared(shown, truth)
    by_chance = chance(pixels, pixels, truth.size)
    return Measured(both / (2 * pixels - both), details={"chance": by_chance})


_BASE = "The truth mask at the model's input size, and what chance gives for its size."
_SEED = "Nothing is random."
_NOT_SHOWN = (
    "Whether the model uses the object: a map of a model that looks at the background is right to "
    "lie beside the object, and is counted as wrong."
)

POINTING = Measure(
    name="pointing",
    title="Pointing game",
    sentence="Does the hottest pixel lie on the object?",
    paper="Zhang et al. 2016; tolerance as in TorchRay",
    link="https://arxiv.org/abs/1608.00507",
    better="higher",
    low=0.0,
    high=1.0,
    card=Card(
        definition=(
            "1 where the hottest pixel lies less than the tolerance (15 pixels of the model's "
            "input unless set) from a pixel of the object, else 0."
        ),
        base=(
            "The truth mask at the model's input size; chance is the share of pixels that would "
            "hit, and the picture's centre point is a control."
        ),
        units="0 or 1; over pictures, the share of them.",
        seed=_SEED,
        ties="Of several hottest pixels the first counts, row by row. A flat map has no value.",
        not_shown=(
            f"{_NOT_SHOWN} Photographers put objects into the middle, so that the centre point "
            "hits often: compare with it."
        ),
        elsewhere=(
            "TorchRay measures the tolerance in pixels of the original picture, which is larger "
            "than the model's input, and averages over classes.",
            "Quantus (0.6) has no tolerance, counts a hit if any of several hottest pixels lies on "
            "the object, so that a flat map among others always hits, and turns an empty mask into "
            "a hit.",
        ),
    ),
    compute=pointing,
    yes_no=True,
    needs=("truth",),
)

ENERGY = Measure(
    name="energy",
    title="Energy on the object",
    sentence="Which share of the heat lies on the object?",
    paper="Wang et al. 2020 (Score-CAM)",
    link="https://arxiv.org/abs/1910.01279",
    better="higher",
    low=0.0,
    high=1.0,
    card=Card(
        definition="Sum of the shown heat on the object over its sum in the picture.",
        base=_BASE,
        units="Share, 0 to 1; chance is the object's share of the picture.",
        seed=_SEED,
        ties="They play no part. A flat map has the value of chance, an empty one has none.",
        not_shown=f"{_NOT_SHOWN} A faint glow over a large background weighs as much as a peak.",
        elsewhere=(
            "Quantus' RelevanceMassAccuracy sums negative heat too, so that its share may lie "
            "outside 0 to 1; its AttributionLocalisation takes the size of a slice of the batch "
            "for the size of the picture where it weighs by size.",
        ),
    ),
    compute=energy,
    needs=("truth",),
)

RANK_ACCURACY = Measure(
    name="rank-accuracy",
    title="Rank accuracy",
    sentence="Of the hottest pixels, as many as the object has, which share lies on it?",
    paper="Arras et al. 2022 (CLEVR-XAI)",
    link="https://arxiv.org/abs/2003.07258",
    better="higher",
    low=0.0,
    high=1.0,
    card=Card(
        definition="The K hottest pixels are taken, K being the object's size; those on it over K.",
        base=_BASE,
        units="Share, 0 to 1; chance is the object's share of the picture.",
        seed=_SEED,
        ties="Pixels of equal heat come row by row. A flat map has no value.",
        not_shown=_NOT_SHOWN,
        elsewhere=("Quantus (0.6) breaks ties in the order of an unstable sort.",),
    ),
    compute=rank_accuracy,
    needs=("truth",),
)

TRUTH_IOU = Measure(
    name="truth-iou",
    title="IoU with the object",
    sentence="How far do the object and as many hottest pixels overlap?",
    paper="Jaccard 1912; Shared Interest, Boggust et al. 2022",
    link="https://arxiv.org/abs/2107.09234",
    better="higher",
    low=0.0,
    high=1.0,
    card=Card(
        definition=(
            "The K hottest pixels are marked, K being the object's size; intersection over union "
            "of the two."
        ),
        base="The truth mask at the model's input size, and the mean IoU of K random pixels.",
        units="Share, 0 to 1.",
        seed=_SEED,
        ties="Pixels of equal heat come row by row. A flat map has no value.",
        not_shown=_NOT_SHOWN,
    ),
    compute=top_iou,
    needs=("truth",),
)
