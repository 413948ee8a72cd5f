"""A model in two parts, joined at a named layer: head up to the layer, tail after it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Literal, Protocol

import torch
from torch import Tensor, nn

from core.models.split_graph import SplitPlan
from core.models.split_tapped import TappedPlan
from core.models.tracing_lock import GATE

Precision = Literal["exact", "fast"]
BIG_BATCH = 4
"""From this many pictures on, passes without gradients take the model's faster form."""


class Models(Protocol):
    """Gives a model in the form that suits a pass."""

    def dtype(self, asked: Precision) -> torch.dtype:
        """Return the number format of a precision."""
        ...

    def for_split(self, path: str, asked: Precision, *, big: bool) -> nn.Module:
        """Return a form whose value at `path` is the model's own."""
        ...


Head = Callable[[Tensor], tuple[Tensor, ...]]
Tail = Callable[..., Tensor]
Plan = SplitPlan | TappedPlan


class Split:
    """Head and tail of one model at one layer; safe from any thread.

    Attributes:
        path: the layer.
        layout: meaning of the leaf's axes.
        leaf_shape: shape of the leaf for one picture, (1, ...).
        grid: (gh, gw), rows and columns of the layer's map.
        channel_axis: axis of the leaf that counts the channels.
    """

    def __init__(self, plan: Plan, models: Models) -> None:
        """Join a plan with weights.

        Args:
            plan: from `split_graph.make_plan` or `split_tapped.tapped_plan`.
            models: the forms of the planned model, asked at first use.
        """
        self.path = plan.path
        self.layout = plan.layout
        self.leaf_shape = plan.leaf_shape
        self.grid = plan.layout.grid
        self.channel_axis = plan.layout.channel_axis
        self._plan = plan
        self._models = models
        self._lock = threading.Lock()
        self._halves: dict[tuple[Precision, bool], tuple[Head, Tail]] = {}

    def of(self, models: Models) -> Split:
        """Return the same cut through a copy of the model that has other weights."""
        return Split(self._plan, models)

    def head(self, batch: Tensor, precision: Precision = "exact") -> tuple[Tensor, ...]:
        """Run the model up to and with the layer, without gradients.

        Args:
            batch: float32 (N, 3, h, w), normalised.
            precision: `fast` computes in bfloat16 where the device has it.

        Returns:
            The leaf, then every other value that the tail needs; float32.
        """
        head, _ = self._parts(precision, big=False)
        dtype = self._models.dtype(precision)
        batch = _as(batch, dtype) if dtype == torch.float32 else _laid_out(batch, dtype)
        with GATE.shared(), torch.no_grad():
            return tuple(_as(value, torch.float32) for value in head(batch))

    def tail(self, leaf: Tensor, *rest: Tensor, precision: Precision = "exact") -> Tensor:
        """Run the model from behind the layer to the logits; differentiable for the leaf.

        Args:
            leaf: activation of the layer as `head` gives it, for N pictures.
            *rest: the other values of `head` for the same N; nothing is written into them.
            precision: as for `head`.

        Returns:
            float32 (N, K) logits. Without gradients, `BIG_BATCH` pictures and more go through
            folded batch norms, relative error below 1e-4.
        """
        big = self._plan.convolves and not torch.is_grad_enabled() and len(leaf) >= BIG_BATCH
        _, tail = self._parts(precision, big=big)
        dtype = self._models.dtype(precision)
        maps = self.layout.kind == "channels first" and (big or dtype != torch.float32)
        lay = _laid_out if maps else _as
        values = [lay(value, dtype) for value in (leaf, *rest)]
        with GATE.shared():
            for place in self._plan.written:
                values[place] = values[place].clone()
            logits: Tensor = tail(*values)
            return logits.float()

    def maps(self, leaf: Tensor) -> Tensor:
        """Bring a leaf, or its gradient, into the form of a map.

        Args:
            leaf: as `head` gives it.

        Returns:
            (N, C, gh, gw), channels first, tokens of no place dropped; a view where possible.
        """
        return self.layout.maps(leaf)

    def _parts(self, precision: Precision, *, big: bool) -> tuple[Head, Tail]:
        halves = self._halves.get((precision, big))
        if halves is not None:
            return halves
        model = self._models.for_split(self.path, precision, big=big)
        # The gate comes first: who waits for the lock inside it would hold up a tracing for ever.
        with GATE.shared(), self._lock:
            if (precision, big) not in self._halves:
                self._halves[precision, big] = self._plan.halves(model)
            return self._halves[precision, big]


def _as(value: Tensor, dtype: torch.dtype) -> Tensor:
    """Convert floating point numbers; indices and masks pass as they are."""
    return value.to(dtype) if value.is_floating_point() else value


def _laid_out(value: Tensor, dtype: torch.dtype) -> Tensor:
    """Convert, and put the channels last in memory where the value is a map."""
    if value.dim() == 4 and value.is_floating_point():
        return value.to(dtype, memory_format=torch.channels_last)
    return _as(value, dtype)
