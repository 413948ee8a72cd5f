"""Guided backpropagation: a gradient that passes a ReLU only where it is positive.

ReLUs are not replaced in the shared model: a mode of torch functions, which is its thread's own,
answers their calls, those of modules and those of functions alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from core.explain.families import GRADIENT
from core.explain.gradients.scored import Scored, differentiating, strongest
from core.explain.input_method import Found, InputMethod, InputTask
from core.imports.lazy import library
from core.models.classifier import Classifier

HEADLESS = (
    "Guided Backprop gives much the same map whatever the model's head says (Adebayo et al. 2018): "
    "it shows edges that the model sees rather than reasons for the class."
)
TOPS: Mapping[Callable[..., Any], float] = {
    **dict.fromkeys(
        (functional.relu, torch.relu, torch.relu_, Tensor.relu, Tensor.relu_), math.inf
    ),
    functional.relu6: 6.0,
}
"""Where a ReLU cuts off at the top."""
IN_PLACE = (torch.relu_, Tensor.relu_)
OTHERS = (
    functional.silu,
    functional.gelu,
    functional.hardswish,
    functional.leaky_relu,
    functional.elu,
    functional.mish,
)
"""Activations that stay as they are."""

_counts: WeakKeyDictionary[Classifier, tuple[int, int]] = WeakKeyDictionary()
"""ReLUs and other activations of a model, for the next request."""


class _Guided(torch.autograd.Function):
    """A ReLU whose gradient is cut off below 0 as well.

    Source: Springenberg et al. 2015, figure 1: 1[y > 0] * 1[g > 0] * g, y what the ReLU gave.
    """

    @staticmethod
    def forward(ctx: Any, given: Tensor, top: float, in_place: bool) -> Tensor:  # noqa: ANN401
        """Cut off below 0 and above `top`."""
        if math.isinf(top):
            result = given.relu_() if in_place else given.relu()
        else:
            result = given.clamp_(0, top) if in_place else given.clamp(0, top)
        if in_place:
            ctx.mark_dirty(given)
        ctx.top = top
        ctx.save_for_backward(result)
        return result

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor, None, None]:  # noqa: ANN401
        """Pass on what is positive, where the ReLU let its input through."""
        (result,) = ctx.saved_tensors
        slope = slopes[0].clamp(min=0)
        if math.isinf(ctx.top):
            return torch.ops.aten.threshold_backward(slope, result, 0), None, None
        return torch.ops.aten.hardtanh_backward(slope, result, 0, ctx.top), None, None


class GuidedRelus(TorchFunctionMode):
    """Answers every call of a ReLU in its thread with one that is guided.

    Attributes:
        relus: calls so far, ReLU6 among them.
        others: calls of other activations.
    """

    def __init__(self) -> None:
        """Count from zero."""
        super().__init__()
        self.relus = self.others = 0

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        """Answer one call of a function of torch."""
        named = dict(kwargs or {})
        top = TOPS.get(func)
        if func is functional.hardtanh and _bounds(*args, **named) == (0, 6):
            top = 6.0
        self.others += func in OTHERS
        if top is None:
            return func(*args, **named)
        self.relus += 1
        in_place = func in IN_PLACE or named.get("inplace", False)
        if func is not functional.hardtanh and len(args) > 1:
            in_place = args[1]
        return _Guided.apply(args[0] if args else named["input"], top, bool(in_place))


def _bounds(
    input: Tensor,
    min_val: float = -1.0,
    max_val: float = 1.0,
    inplace: bool = False,
) -> tuple[float, float]:
    """Return the bounds of a call of `hardtanh`, which modules of ReLU6 make."""
    return min_val, max_val


def activations(classifier: Classifier) -> tuple[int, int]:
    """Return how many ReLUs and how many other activations a pass calls."""
    if classifier not in _counts:
        with GuidedRelus() as mode, torch.no_grad():
            classifier.replaced({})
        _counts[classifier] = mode.relus, mode.others
    return _counts[classifier]


def limits(classifier: Classifier) -> str:
    """Say why a model without ReLUs is out of reach."""
    if activations(classifier)[0]:
        return ""
    return (
        f"{classifier.title} has no ReLU, whose gradient Guided Backprop changes: pick another "
        "method, such as Saliency or SmoothGrad."
    )


def guided_backprop(task: InputTask) -> Found:
    """Return max over colours of the absolute guided gradient, float32 (h, w).

    Source: Springenberg et al. 2015, section 3.4.
    """
    scored = Scored(task)
    batch = task.batch.detach().clone().requires_grad_()

    def guided(pictures: Tensor) -> Tensor:
        with GuidedRelus():
            return scored(pictures)

    with differentiating():
        explainer = library("captum.attr").Saliency(guided)
        gradient = explainer.attribute(batch, target=task.class_index, abs=False)
    relus, others = activations(task.classifier)
    notes = [HEADLESS]
    if others:
        notes.append(
            f"Only {relus} of the model's {relus + others} activations are ReLUs: the others keep "
            "their own gradient."
        )
    return Found(strongest(gradient), scored.logits, notes=tuple(notes))


GUIDED_BACKPROP = InputMethod(
    name="guided-backprop",
    title="Guided Backprop",
    sentence="A gradient that passes a ReLU only where it is positive: sharp edges, few reasons.",
    paper="Springenberg et al. 2015, figure 1: R = 1[f > 0] * 1[R' > 0] * R' at each ReLU",
    link="https://arxiv.org/abs/1412.6806",
    family=GRADIENT,
    fine=True,
    compute=guided_backprop,
    limits=limits,
)
