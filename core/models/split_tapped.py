"""Cutting a model in two that torch.fx cannot follow, by replacing what a layer gives.

The head runs the model up to the layer. The tail runs the whole model once more with the layer's
output replaced; modules that ran before the layer are not run again but give what they gave, or
zeros where nothing behind the layer depends on it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import torch
from torch import Tensor, nn

from core.errors import UnsupportedLayer
from core.models.calls import Call
from core.models.layout import Layout
from core.models.private_trees import PrivateTrees, Reached, Replacement

Shapes = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class _Replayed:
    """A module that ran before the layer and need not run again.

    Attributes:
        path: dotted module path.
        shapes: of the tensors that it gives for one picture.
        single: whether it gives one tensor and not a tuple.
        used: whether anything behind the layer depends on it.
    """

    path: str
    shapes: Shapes
    single: bool
    used: bool = True


@dataclass(frozen=True, slots=True)
class TappedPlan:
    """Where and how a model is cut; holds no weights. Attributes as in `split_graph.SplitPlan`.

    Attributes:
        replayed: modules that the tail does not run again.
        size: (C, h, w) of the input.
        input_used: whether anything behind the layer depends on the input's numbers, other than
            through `replayed`.
    """

    path: str
    layout: Layout
    leaf_shape: tuple[int, ...]
    replayed: tuple[_Replayed, ...]
    size: tuple[int, ...]
    input_used: bool = True
    written: frozenset[int] = frozenset()
    convolves: bool = False

    def halves(
        self, model: nn.Module
    ) -> tuple[Callable[..., tuple[Tensor, ...]], Callable[..., Tensor]]:
        """Return head and tail of a form of the planned model; safe from any thread."""
        trees = PrivateTrees(model)
        used = [module for module in self.replayed if module.used]

        def head(batch: Tensor) -> tuple[Tensor, ...]:
            given: dict[str, tuple[Tensor, ...]] = {}
            replacements: dict[str, Replacement] = {
                module.path: _noted(given, module.path) for module in used
            }
            replacements[self.path] = _noted(given, self.path, last=True)
            with trees.replaced(replacements) as tree:
                _run_until_reached(tree, batch)
            values = [value for module in used for value in given[module.path]]
            return (*given[self.path], *([batch] if self.input_used else []), *values)

        def tail(leaf: Tensor, *rest: Tensor) -> Tensor:
            values = iter(rest)
            count = len(leaf)
            batch = next(values) if self.input_used else leaf.new_zeros(count, *self.size)
            replacements = {
                module.path: _always(_given(module, values, leaf)) for module in self.replayed
            }
            replacements[self.path] = _always(leaf)
            with trees.replaced(replacements) as tree:
                logits: Tensor = tree(batch)
            return logits

        return head, tail

    def complete(self) -> TappedPlan:
        """Return a plan that depends on everything, whatever the gradients say."""
        replayed = tuple(replace(module, used=True) for module in self.replayed)
        count = sum(len(module.shapes) for module in replayed)
        return replace(
            self, replayed=replayed, input_used=True, written=frozenset(range(count + 2))
        )


def tapped_plan(outline: nn.Module, calls: Sequence[Call], path: str, batch: Tensor) -> TappedPlan:
    """Cut a model at a layer.

    Args:
        outline: the model with its tensors on the `meta` device; runs cost little there.
        calls: of a pass of one picture through it, from `record`.
        path: dotted path of the layer.
        batch: (1, 3, h, w) on the `meta` device.

    Raises:
        UnsupportedLayer: the layer runs not exactly once, or has no map.
    """
    times = Counter(call.path for call in calls)
    if times[path] != 1:
        raise UnsupportedLayer(
            f"Layer {path} runs {times[path]} times in one pass: pick a layer that runs once."
        )
    at = next(place for place, call in enumerate(calls) if call.path == path)
    layout, leaf = calls[at].layout(), calls[at].result
    assert isinstance(leaf, Tensor)  # or it had no layout
    replayed = tuple(_replayed(path, calls[:at], times))
    called = [call.module for call in calls[at:]]
    plan = TappedPlan(
        path=path,
        layout=layout,
        leaf_shape=tuple(leaf.shape),
        replayed=replayed,
        size=tuple(batch.shape[1:]),
        convolves=any(isinstance(module, nn.Conv2d) for module in called),
    )
    return _without_unused(plan, outline, batch)


def _replayed(path: str, calls: Sequence[Call], times: Counter[str]) -> Iterator[_Replayed]:
    """Yield the outermost modules that finish before the layer, once, with a row a picture."""
    before = {call.path: call for call in calls}
    chosen: list[str] = []
    for name in sorted(before, key=lambda name: name.count(".")):
        inside = [path, *chosen]
        if times[name] != 1 or any(name.startswith(f"{outer}.") for outer in inside):
            continue
        one, two = _tensors(before[name].result), _tensors(before[name].twice())
        if one is None or two is None or len(one) != len(two):
            continue
        if all(_counts_pictures(a, b) for a, b in zip(one, two, strict=True)):
            chosen.append(name)
            shapes = tuple(tuple(tensor.shape) for tensor in one)
            yield _Replayed(name, shapes, isinstance(before[name].result, Tensor))


def _tensors(value: object) -> tuple[Tensor, ...] | None:
    """Return what a module gives as tensors; None for anything else."""
    values = value if type(value) is tuple else (value,)
    floating = all(isinstance(each, Tensor) and each.is_floating_point() for each in values)
    return values if values and floating else None


def _counts_pictures(one: Tensor, two: Tensor) -> bool:
    """Tell whether the first axis, and no other, is the number of pictures."""
    return one.shape[:1] == (1,) and two.shape == (2, *one.shape[1:])


def _without_unused(plan: TappedPlan, outline: nn.Module, batch: Tensor) -> TappedPlan:
    """Find what the tail depends on, through the gradients of a pass without numbers.

    Values that reach the logits through a choice (a maximum's place, a comparison) have no
    gradient; `Split` is checked against the whole model for that.
    """
    head, tail = plan.halves(outline)
    with torch.no_grad():
        values = [value.detach().requires_grad_() for value in head(batch)]
    with torch.enable_grad():
        copies = [value.clone() for value in values]
        started = [value._version for value in copies]
        logits = tail(*copies)
        try:
            slopes = torch.autograd.grad(logits.sum(), values, allow_unused=True)
        except RuntimeError:  # the model writes over what a gradient would need
            return plan.complete()
    changed = [value._version != start for value, start in zip(copies, started, strict=True)]
    needed = iter(slope is not None for slope in slopes[2:])
    modules = tuple(
        replace(module, used=any(tuple(islice(needed, len(module.shapes)))))
        for module in plan.replayed
    )
    keep = [True, slopes[1] is not None]
    keep += [module.used for module in modules for _ in module.shapes]
    written = [place_changed for place_changed, kept in zip(changed, keep, strict=True) if kept]
    return replace(
        plan,
        replayed=modules,
        input_used=keep[1],
        written=frozenset(place for place, is_written in enumerate(written) if is_written),
    )


def _noted(given: dict[str, tuple[Tensor, ...]], path: str, *, last: bool = False) -> Replacement:
    """Return a call that notes what a layer gives, as it is before anything writes into it."""

    def call(forward: Callable[..., object], *args: object, **named: object) -> object:
        result = forward(*args, **named)
        values = _tensors(result)
        assert values is not None
        given[path] = values if last else tuple(value.clone() for value in values)
        if last:
            raise Reached
        return result

    return call


def _always(value: object) -> Replacement:
    """Return a call that gives a value whatever it is called with."""
    return lambda forward, *args, **named: value


def _given(module: _Replayed, values: Iterator[Tensor], leaf: Tensor) -> object:
    """Return what a module gives in the tail for the pictures of `leaf`."""
    if module.used:
        given = tuple(next(values) for _ in module.shapes)
    else:
        count = len(leaf)
        given = tuple(leaf.new_zeros(count, *shape[1:]) for shape in module.shapes)
    return given[0] if module.single else given


def _run_until_reached(tree: nn.Module, batch: Tensor) -> None:
    try:
        tree(batch)
    except Reached:
        return
    raise AssertionError("a layer that ran without numbers did not run")
