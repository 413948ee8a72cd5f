"""The stock grad-cam package on a copy of a model, silent and timed."""

from __future__ import annotations

import contextlib
import copy
import io
from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter, process_time
from typing import Any

import numpy as np
import pytorch_grad_cam as package
import torch
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import nn

from core import Heat
from core.models.classifier import Classifier
from core.models.input import Prepared

QUICK: dict[str, Any] = {
    "grad-cam": package.GradCAM,
    "hires-cam": package.HiResCAM,
    "layer-cam": package.LayerCAM,
    "elementwise-grad-cam": package.GradCAMElementWise,
    "xgrad-cam": package.XGradCAM,
    "grad-cam++": package.GradCAMPlusPlus,
    "eigen-grad-cam": package.EigenGradCAM,
    "seg-eigen-cam": package.SegEigenCAM,
    "eigen-cam": package.EigenCAM,
    "kpca-cam": package.KPCA_CAM,
    "fem": package.FEM,
    "random-cam": package.RandomCAM,
}
"""Methods that take one pass."""
SLOW: dict[str, Any] = {"ablation-cam": package.AblationCAM, "score-cam": package.ScoreCAM}
"""Methods that take a pass for every channel."""


def private_copy(classifier: Classifier) -> nn.Module:
    """Return a copy of the model for the package to put hooks on and write gradients into."""
    return copy.deepcopy(classifier._model).requires_grad_(True)


@dataclass(frozen=True)
class Clock:
    """Seconds on the wall, and of all of the process's threads together."""

    wall: float
    cpu: float


@contextlib.contextmanager
def clock(into: list[Clock]) -> Iterator[None]:
    """Time the block. CPU time says more than the wall where other work shares the machine."""
    wall, cpu = perf_counter(), process_time()
    yield
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    into.append(Clock(perf_counter() - wall, process_time() - cpu))


def run(
    name: str, net: nn.Module, layer: str, prepared: Prepared, index: int, seed: int = 0
) -> Heat:
    """Return the package's map, float32 (h, w) in [0, 1]."""
    method = {**QUICK, **SLOW}[name]
    np.random.seed(seed)  # noqa: NPY002 RandomCAM draws from the global generator
    with contextlib.redirect_stderr(io.StringIO()):  # progress bars
        cam = method(net, [net.get_submodule(layer)])
        shown: Heat = cam(prepared.batch.clone(), [ClassifierOutputTarget(index)])[0]
    return shown
