"""What every layer of a model takes and gives, from a pass without numbers."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import torch
from torch import Tensor, nn

from core.errors import UnsupportedLayer
from core.models.layout import TALLER, WIDER, Context, Layout, context_of, layout_of
from core.models.tracing_lock import GATE


@dataclass(slots=True)
class Call:
    """What one module took and gave in a pass without numbers.

    Attributes:
        path: dotted module path.
        module: the module of the outline.
        given: identity of the first positional input.
        result: the output.
        context: of the model.
        place: of the call among all calls of the pass.
        pair: gives the results of all calls of a pass of two pictures.
    """

    path: str
    module: nn.Module
    given: int
    result: object = field(repr=False)
    context: Context
    place: int
    pair: Callable[[], Sequence[object]] = field(repr=False)

    def twice(self) -> object:
        """Return what the module gives for two pictures."""
        return self.pair()[self.place]

    def layout(self) -> Layout:
        """Tell what the axes of the output mean.

        Raises:
            UnsupportedLayer: it is no map.
        """
        if not isinstance(self.result, Tensor):
            raise UnsupportedLayer(
                f"Layer {self.path} gives {type(self.result).__name__}, not a single array: "
                "pick the block around it or a layer inside it."
            )
        return layout_of(self.path, tuple(self.result.shape), self.context)


def shared_copy(model: nn.Module) -> nn.Module:
    """Copy a module tree; parameters and buffers stay the model's own.

    Args:
        model: any module; it stays as it is.

    Returns:
        A private tree. Whoever changes its modules changes nothing in `model`.
    """
    memo: dict[int, Any] = {id(t): t for t in (*model.parameters(), *model.buffers())}
    return copy.deepcopy(model, memo)


def outline_of(model: nn.Module) -> nn.Module:
    """Copy a model without its numbers.

    Args:
        model: any module; it stays as it is.

    Returns:
        A private copy with every parameter, buffer and tensor that a module holds on the `meta`
        device: passes through it give shapes, cost nothing and hold no memory.
    """
    memo: dict[int, Any] = {}
    for parameter in model.parameters():
        memo[id(parameter)] = nn.Parameter(
            torch.empty_like(parameter, device="meta"), requires_grad=False
        )
    loose = (value for module in model.modules() for value in vars(module).values())
    for tensor in (*model.buffers(), *(value for value in loose if isinstance(value, Tensor))):
        memo[id(tensor)] = torch.empty_like(tensor, device="meta")
    return copy.deepcopy(model, memo)


def record(outline: nn.Module, batch: Tensor) -> list[Call]:
    """Run a model once and list its modules in the order in which they finish.

    Where axes cannot be told apart, a second run on a larger picture follows later.

    Args:
        outline: a model or its outline; stays as it is.
        batch: (1, C, h, w) on the same device.
    """

    @cache
    def larger() -> Mapping[str, tuple[int, ...]]:
        size = (*batch.shape[:2], TALLER * batch.shape[2], WIDER * batch.shape[3])
        try:
            rows = run(outline, batch.new_empty(size))
        except Exception:  # the model's own code may refuse any size but its own
            return {}
        return {row[0]: tuple(row[3].shape) for row in rows if isinstance(row[3], Tensor)}

    rows = run(outline, batch)
    outputs = ((row[1], row[3]) for row in rows)
    context = context_of(outline, outputs, (batch.shape[2], batch.shape[3]), larger)

    @cache
    def pair() -> Sequence[object]:
        return [row[3] for row in run(outline, torch.cat([batch, batch]))]

    return [Call(*row, context, place, pair) for place, row in enumerate(rows)]


def run(outline: nn.Module, batch: Tensor) -> list[tuple[str, nn.Module, int, object]]:
    """Run a copy of a model or of its outline.

    Args:
        outline: stays as it is.
        batch: (N, C, h, w) on the same device.

    Returns:
        Path, module, identity of the first positional input and output of each call, in the order
        in which they finish.
    """
    copied = shared_copy(outline)
    rows: list[tuple[str, nn.Module, int, object]] = []
    inputs: list[object] = []  # they stay alive so that identities stay unique

    def noted(
        path: str, module: nn.Module, run: Callable[..., object], *args: object, **named: object
    ) -> object:
        result = run(*args, **named)
        inputs.append(args)
        rows.append((path, module, id(args[0]) if args else 0, result))
        return result

    for path, module in copied.named_modules():
        if path:
            # Python finds an instance's own `forward` before the class's.
            module.forward = partial(noted, path, module, module.forward)
    with GATE.shared(), torch.no_grad():
        copied(batch)
    return rows
