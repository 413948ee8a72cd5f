"""Other people's code for methods that hide parts of the picture, and RISE's formula."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch
from captum import attr
from torch import Tensor

from bench._requests import lime_of
from core import Heat
from core.explain.perturb.answers import BATCH, GPU_BATCH
from core.explain.perturb.rise import masks_of
from core.explain.perturb.sample_cache import superpixels_of
from core.requests.maps import KernelShapRequest
from core.requests.options import Value

if TYPE_CHECKING:
    from bench._libraries import Case

SAMPLES = 400
MASKS = 300
OCCLUSION: Mapping[str, Value] = {"fill": "black", "window": 14.0, "stride": 7.0}


def kernel_shap_of(case: Case) -> KernelShapRequest:
    """Return our request, as long as captum's."""
    lime, _ = lime_of(case.classifier, case.prepared, case.target, SAMPLES)
    return KernelShapRequest(samples=lime.samples, target=case.target)


def kernel_shap(case: Case) -> Heat:
    """Run captum, whose coalitions are others: its map differs by the error of both."""
    request = kernel_shap_of(case)
    _, subject = lime_of(case.classifier, case.prepared, case.target, SAMPLES)
    segments = superpixels_of(request.samples.superpixels, subject).segments
    with torch.no_grad():
        found = attr.KernelShap(lambda batch: _answers(case, batch)).attribute(
            case.prepared.batch,
            baselines=_black(case),
            target=case.target,
            feature_mask=torch.from_numpy(segments.astype(np.int64)).to(case.prepared.batch.device)[
                None, None
            ],
            n_samples=SAMPLES,
            perturbations_per_eval=_batch(case),
        )
    return _plane(found)


def occlusion(case: Case) -> Heat:
    """Run captum with our windows, in pixels."""
    batch = case.prepared.batch
    (high, wide), (down, across) = (
        [max(1, round(side * float(OCCLUSION[name]) / 100)) for side in batch.shape[-2:]]
        for name in ("window", "stride")
    )
    channels = batch.shape[1]
    with torch.no_grad():
        found = attr.Occlusion(lambda batch: _answers(case, batch)).attribute(
            batch,
            sliding_window_shapes=(channels, high, wide),
            strides=(channels, down, across),
            baselines=_black(case),
            target=case.target,
            perturbations_per_eval=_batch(case),
        )
    return _plane(found)


def rise(case: Case) -> Heat:
    """Write out Petsiuk et al. 2018, eq. 6, for our masks."""
    batch = case.prepared.batch
    height, width = batch.shape[-2:]
    masks, step = masks_of(case.seed, MASKS, 7, 0.5, (height, width)), _batch(case)
    total = np.zeros((height, width), np.float32)
    for start in range(0, MASKS, step):
        some = masks(start, min(start + step, MASKS))
        with torch.no_grad():
            answers = _answers(case, batch * some.to(batch.device))[:, case.target].cpu()
        total += (answers[:, None, None] * some[:, 0]).sum(0).numpy()
    return total / (MASKS * 0.5)


def _answers(case: Case, batch: Tensor) -> Tensor:
    return case.classifier.activated(case.net(batch))


def _batch(case: Case) -> int:
    return BATCH if case.classifier.device.type == "cpu" else GPU_BATCH


def _black(case: Case) -> Tensor:
    batch = case.prepared.batch
    return case.classifier.normalise(torch.zeros(1, 3, *batch.shape[-2:])).to(batch.device)


def _plane(attribution: Tensor) -> Heat:
    heat: Heat = attribution[0, 0].cpu().numpy()
    return heat
