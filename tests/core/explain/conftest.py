"""The stock grad-cam package on private copies, and small transformers."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import pytorch_grad_cam as package
import torch
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import Tensor, nn
from torchvision.models import SwinTransformer, VisionTransformer

from core import Heat
from core.explain.base import Subject
from core.models.card import Card
from core.models.classifier import Classifier
from core.models.input import Prepared
from core.requests.maps import MapRequest
from core.requests.references import Preprocess
from tests.conftest import asked

STOCK = {
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
    "ablation-cam": package.AblationCAM,
    "score-cam": package.ScoreCAM,
}


@pytest.fixture(autouse=True)
def _settled_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settle the sign of a first principal axis where the machine's rounding would.

    It is the sign of its part in the first channel; where that channel is dead it can differ
    between the package and us, and between processors.
    """
    decompose = np.linalg.svd

    def settled(places: Any, full_matrices: bool = True, **others: Any) -> Any:
        left, sizes, axes = decompose(places, full_matrices=full_matrices, **others)
        largest = axes[0][np.abs(axes[0]).argmax()]
        if abs(axes[0][0]) < 1e-5 and largest < 0:
            axes[0], left[:, 0] = -axes[0], -left[:, 0]
        return left, sizes, axes

    monkeypatch.setattr(np.linalg, "svd", settled)


@pytest.fixture(scope="session")
def stock() -> Callable[..., Heat]:
    """Runs the package on a copy of the model: `stock(request, subject, reshape=None)`.

    With `overwrite=False` no ReLU of the copy overwrites its input. The package reads the layer's
    activation after the pass: what it takes for the input of an in-place ReLU is its output.
    """

    def run(
        request: MapRequest,
        subject: Subject,
        reshape: Callable[[Tensor], Tensor] | None = None,
        *,
        overwrite: bool = True,
    ) -> Heat:
        net = copy.deepcopy(subject.classifier._model).requires_grad_(True)
        for module in net.modules():
            if isinstance(module, nn.ReLU) and not overwrite:
                module.inplace = False
        layers = [net.get_submodule(layer) for layer in request.layers]
        cam = STOCK[request.method](net, layers, reshape_transform=reshape)
        np.random.seed(request.seed)  # noqa: NPY002 the package draws from the global generator
        return cam(
            subject.prepared.batch.clone(),
            [ClassifierOutputTarget(request.target)],
            aug_smooth=request.smooth in ("aug", "both"),
            eigen_smooth=request.smooth in ("eigen", "both"),
        )[0]

    return run


@pytest.fixture(scope="session")
def request_of(tiny: Classifier, prepared: Prepared) -> Callable[..., tuple[MapRequest, Subject]]:
    """Makes requests to the tiny classifier, at its last block where no layer is given."""
    return partial(asked, tiny, prepared, **{"layers": ("blocks.1",), "target": 1})


def seeded(net: nn.Module, size: int) -> Classifier:
    rng = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=rng) * 0.3)
    card = Card(
        "t:random", "T", "t", "1" * 64, ("a", "b", "c", "d"), Preprocess((size, size), size)
    )
    return Classifier(net.eval(), card)


@pytest.fixture(scope="session")
def tiny_vit() -> Classifier:
    """Two blocks, 4 x 4 patches and a class token, 16 channels."""
    return seeded(
        VisionTransformer(
            image_size=32,
            patch_size=8,
            num_layers=2,
            num_heads=2,
            hidden_dim=16,
            mlp_dim=32,
            num_classes=4,
        ),
        32,
    )


@pytest.fixture(scope="session")
def tiny_swin() -> Classifier:
    """Two stages, 8 x 8 and 4 x 4 places, 12 and 24 channels, channels last."""
    return seeded(
        SwinTransformer(
            patch_size=[4, 4],
            embed_dim=12,
            depths=[2, 2],
            num_heads=[2, 2],
            window_size=[4, 4],
            num_classes=4,
        ),
        32,
    )
