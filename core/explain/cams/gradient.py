"""Maps from the activation and the gradient at one layer.

The formulas are the grad-cam package's own. They run on an object that is made for one call, so
no hook ever sits on the shared model, and on channels as if they were a batch, so the weighted
channels come back before they are summed: raw values and eigen smoothing need them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from core.errors import UnsupportedLayer
from core.explain.base import Tick
from core.explain.cams.engine import Engine, Task, Weighed, changes_nothing, empty
from core.explain.cams.layer_method import LayerMethod
from core.explain.cams.smoothing import Maps
from core.imports.lazy import library
from core.models.split import Split

HIRES_REMARK = (
    "With eigen smoothing HiResCAM is EigenGradCAM: its guarantee of faithfulness no longer holds."
)
Objective = Callable[[torch.Tensor], torch.Tensor]
"""From logits (1, K) to the scalar whose gradient is taken."""


class _Private(nn.Module):
    """A module that belongs to one call: grad-cam's constructors want a model and a layer."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Identity()
        self.device_of = nn.Parameter(torch.zeros(1))


def class_logit(class_index: int) -> Objective:
    """Return the objective that is the logit of one class."""
    return lambda logits: logits[:, class_index].sum()


def differentiate(
    split: Split, batch: torch.Tensor, objective: Objective, tick: Tick
) -> tuple[Maps, Maps, torch.Tensor]:
    """Run the model once and take the gradient at the layer, without hooks.

    Args:
        split: the model cut at the layer.
        batch: float32 (1, 3, h, w), normalised.
        objective: what is differentiated.
        tick: told the share done; may raise to stop.

    Returns:
        Activation and gradient, float32 (C, gh, gw) each, and the logits (1, K).

    Raises:
        UnsupportedLayer: the model's own code allows no gradient behind the layer.
    """
    tick(0.0, "forward")
    leaf, *rest = split.head(batch)
    return differentiate_behind(split, leaf, rest, objective, tick)


def differentiate_behind(
    split: Split, leaf: torch.Tensor, rest: list[torch.Tensor], objective: Objective, tick: Tick
) -> tuple[Maps, Maps, torch.Tensor]:
    """Take the gradient at the layer for an activation that is given; see `differentiate`.

    Args:
        split: the model cut at the layer.
        leaf: activation of one picture, as the layer gives it or changed.
        rest: other values that are alive at the cut.
        objective: what is differentiated.
        tick: told the share done; may raise to stop.
    """
    leaf = leaf.detach().requires_grad_()
    try:
        with torch.enable_grad():
            logits = split.tail(leaf, *rest)
            tick(0.5, "gradient")
            (gradient,) = torch.autograd.grad(
                objective(logits), leaf, allow_unused=True, materialize_grads=True
            )
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:  # in-place writes, detached values, inference mode
        raise UnsupportedLayer(
            f"No gradient passes from the logits back to layer {split.path} "
            f"({str(error).splitlines()[0]:.80}): pick a method without gradients, such as "
            "Ablation-CAM or EigenCAM."
        ) from error
    return _array(split, leaf), _array(split, gradient), logits.detach()


def class_gradient(task: Task) -> tuple[Maps, Maps, torch.Tensor]:
    """Return what `differentiate` gives for the logit of the explained class."""
    if task.shared is not None and task.class_index in task.shared.gradients:
        shared = task.shared
        return shared.maps, shared.gradients[task.class_index], shared.logits
    return differentiate(task.split, task.batch, class_logit(task.class_index), task.tick)


def activation(task: Task) -> tuple[Maps, torch.Tensor]:
    """Run the model once, without a gradient.

    Returns:
        Activation, float32 (C, gh, gw), and the logits (1, K).
    """
    if task.shared is not None:
        return task.shared.maps, task.shared.logits
    task.tick(0.0, "forward")
    with torch.no_grad():
        leaf, *rest = task.split.head(task.batch)
        logits = task.split.tail(leaf, *rest)
    return _array(task.split, leaf), logits


def _array(split: Split, leaf: torch.Tensor) -> Maps:
    maps = split.maps(leaf.detach())[0]
    return np.ascontiguousarray(maps.float().cpu().numpy())


def apply_formula(formula: str, maps: Maps, gradients: Maps | None) -> Maps:
    """Weigh every channel by a class of the grad-cam package.

    Args:
        formula: name of the class, whose `get_cam_image` treats each channel by itself.
        maps: float32 (C, gh, gw).
        gradients: float32 (C, gh, gw); None for formulas that need none.

    Returns:
        (C, gh, gw), weighted channels whose sum over C is the package's map.
    """
    private = _Private()
    cam = getattr(library("pytorch_grad_cam"), formula)(private, [private.layer])
    as_batch = None if gradients is None else gradients[:, None]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        weighted = cam.get_cam_image(None, None, None, maps[:, None], as_batch, False)
    return np.asarray(weighted)


def unless_rounding(weighed: Weighed, maps: Maps, gradients: Maps) -> Weighed:
    """Return weighted channels, empty where the whole activation is worth no more than rounding.

    That worth is what the score changes by to first order: the sum of |dy/dA * A|. A gradient of
    zero is told by its empty map.

    Args:
        weighed: made from both.
        maps: activation, float32 (C, gh, gw).
        gradients: float32 (C, gh, gw).
    """
    worth = torch.tensor(np.nansum(np.abs(maps * gradients, dtype=np.float64)))
    alive = bool(gradients.any())
    return empty(weighed) if alive and changes_nothing(worth, weighed.logits, "exact") else weighed


def gradient_engine(formula: str) -> Engine:
    """Return an engine that weighs channels by a formula of the package.

    Args:
        formula: name of the package's class; the package is imported when the engine first runs.
    """

    def engine(task: Task) -> Weighed:
        maps, gradients, logits = class_gradient(task)
        weighed = Weighed(apply_formula(formula, maps, gradients), logits)
        return unless_rounding(weighed, maps, gradients)

    return engine


GRAD_CAM = LayerMethod(
    name="grad-cam",
    title="Grad-CAM",
    sentence=(
        "Adds up the layer's channels, each weighted by how much the class score rises with it "
        "on average."
    ),
    paper="Selvaraju et al. 2017, eq. 1-2: ReLU(sum over k of mean(dy/dA_k) A_k)",
    link="https://arxiv.org/abs/1610.02391",
    engine=gradient_engine("GradCAM"),
    signed=True,
)
HIRES_CAM = LayerMethod(
    name="hires-cam",
    title="HiResCAM",
    sentence=(
        "Multiplies activation and gradient place by place, so only places that the model really "
        "used can light up."
    ),
    paper="Draelos and Carin 2020: sum over k of dy/dA_k * A_k, place by place",
    link="https://arxiv.org/abs/2011.08891",
    engine=gradient_engine("HiResCAM"),
    signed=True,
    remarks=dict.fromkeys(("eigen", "both"), HIRES_REMARK),
)
LAYER_CAM = LayerMethod(
    name="layer-cam",
    title="LayerCAM",
    sentence=(
        "Weighs every place by its own positive gradient, which gives fine maps at shallow "
        "layers too."
    ),
    paper="Jiang et al. 2021: ReLU(sum over k of ReLU(dy/dA_k) * A_k)",
    link="https://ieeexplore.ieee.org/document/9462463",
    engine=gradient_engine("LayerCAM"),
)
ELEMENTWISE_GRAD_CAM = LayerMethod(
    name="elementwise-grad-cam",
    title="Element-wise Grad-CAM",
    sentence=(
        "Keeps only the products of activation and gradient that support the class, then adds "
        "them up."
    ),
    paper="variant of the grad-cam package: sum over k of ReLU(dy/dA_k * A_k)",
    link="https://github.com/jacobgil/pytorch-grad-cam",
    engine=gradient_engine("GradCAMElementWise"),
)
XGRAD_CAM = LayerMethod(
    name="xgrad-cam",
    title="XGrad-CAM",
    sentence=(
        "Weighs channels by gradients averaged where the channel is active, so the weights "
        "explain the score."
    ),
    paper="Fu et al. 2020: weight of k is sum(dy/dA_k * A_k) / sum(A_k)",
    link="https://arxiv.org/abs/2008.02312",
    engine=gradient_engine("XGradCAM"),
    signed=True,
)
GRAD_CAM_PLUS_PLUS = LayerMethod(
    name="grad-cam++",
    title="Grad-CAM++",
    sentence=(
        "Gives small regions the same say as large ones, so several objects of the class show up."
    ),
    paper="Chattopadhay et al. 2018, eq. 7 and 19: weight of k is sum(a_k * ReLU(dy/dA_k))",
    link="https://arxiv.org/abs/1710.11063",
    engine=gradient_engine("GradCAMPlusPlus"),
)
