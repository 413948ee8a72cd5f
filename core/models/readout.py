"""Pooled activations of several layers from one pass through a model, without hooks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, fx, nn

from core.errors import UnsupportedLayer
from core.models.calls import Call
from core.models.fast_forms import Forms
from core.models.private_trees import PrivateTrees, Replacement
from core.models.tracing_lock import GATE

Pool = Literal["mean", "max"]
POOLS: tuple[Pool, ...] = ("mean", "max")


@dataclass(frozen=True, slots=True)
class Tap:
    """A layer whose units are read.

    Attributes:
        path: dotted module path.
        kind: the module's class.
        layout: `channels first`, `channels last`, `tokens`, `class token first`, or `no places`
            for a layer that gives one number a unit.
        units: how many.
        grid: (rows, columns) of the places that the pooling goes over; (0, 0) where there are
            none, and where the class token's own value is read.
        prefix: tokens before those of the grid.
    """

    path: str
    kind: str
    layout: str
    units: int
    grid: tuple[int, int]
    prefix: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What the units of one layer answer to N pictures.

    Attributes:
        values: float32 (N, units), pooled over places, on the CPU.
        places: int64 (N, units), row * columns + column of the strongest answer; -1 without
            places.
    """

    values: Tensor
    places: Tensor


def tap_of(call: Call) -> Tap:
    """Tell how the output of a layer is read.

    Raises:
        UnsupportedLayer: it is no array of units for each picture.
    """
    kind = type(call.module).__name__
    if isinstance(call.result, Tensor):
        shape = tuple(call.result.shape)
        if len(shape) == 2:
            return Tap(call.path, kind, "no places", shape[1], (0, 0))
        if len(shape) == 4 and shape[2:] == (1, 1):
            return Tap(call.path, kind, "channels first", shape[1], (1, 1))
    layout = call.layout()
    assert isinstance(call.result, Tensor)
    units = call.result.shape[layout.channel_axis]
    grid = (0, 0) if layout.kind == "class token first" else layout.grid
    return Tap(call.path, kind, layout.kind, units, grid, layout.prefix)


def measured(leaf: Tensor, layout: str, prefix: int, pool: str) -> tuple[Tensor, Tensor]:
    """Pool one layer's output over places.

    Args:
        leaf: as the layer gives it, N pictures first.
        layout: as in `Tap`. Of a class token, its own value is taken whatever the pooling, as
            CLIP-Dissect does (Oikarinen and Weng 2023).
        prefix: tokens before those of the grid.
        pool: `mean` or `max`.

    Returns:
        float32 (N, units) and int64 (N, units), as in `Measured`.
    """
    if layout in ("no places", "class token first"):
        values = leaf if layout == "no places" else leaf[:, 0]
        return values.float(), torch.full(values.shape, -1, device=leaf.device)
    if layout == "channels first":
        maps = leaf.flatten(2)
    else:
        rows = leaf.flatten(1, 2) if layout == "channels last" else leaf[:, prefix:]
        maps = rows.transpose(1, 2)
    most, places = maps.float().max(2)
    return (most if pool == "max" else maps.float().mean(2)), places


Read = Callable[[Tensor], tuple[tuple[Tensor, Tensor], ...]]
"""From pictures to `measured` of every layer."""


class Readout:
    """Reads several layers of one model in one pass; safe from any thread.

    Attributes:
        taps: the layers, in the order of the results.
        pool: `mean` or `max` over places.
    """

    def __init__(
        self, outline: nn.Module, forms: Forms, taps: Sequence[Tap], pool: Pool, blank: Tensor
    ) -> None:
        """Find the way to the last wanted layer.

        Args:
            outline: the model on the `meta` device.
            forms: the model with its numbers.
            taps: what to read, one at least.
            pool: `mean` or `max`.
            blank: (1, 3, h, w) on the `meta` device.

        Raises:
            UnsupportedLayer: a layer runs not exactly once, or gives no row for each picture.
        """
        self.taps, self.pool = tuple(taps), pool
        self._reader = _reader(outline, self.taps, pool, blank)
        # Folding a batch norm changes what its convolution gives: then nothing is folded.
        paths = [tap.path for tap in self.taps]
        self._plainest = next((path for path in paths if forms.changes(path)), paths[0])
        self._forms = forms
        self._lock = threading.Lock()
        self._read: Read | None = None
        with GATE.shared(), torch.no_grad():
            outputs = self._reader(outline)(blank)
        for tap, (values, _) in zip(self.taps, outputs, strict=True):
            if tuple(values.shape) != (1, tap.units):
                raise UnsupportedLayer(
                    f"Layer {tap.path} does not give one row per picture: pick the block around it."
                )

    def __call__(self, batch: Tensor) -> tuple[Measured, ...]:
        """Run the model on N pictures.

        Args:
            batch: float32 (N, 3, h, w), normalised, on the model's device.

        Returns:
            One result a layer; from folded batch norms, relative error below 1e-4.
        """
        read = self._ready()
        with GATE.shared(), torch.no_grad():
            outputs = read(batch.to(memory_format=torch.channels_last))
        return tuple(Measured(values.cpu(), places.cpu()) for values, places in outputs)

    def _ready(self) -> Read:
        model = self._forms.for_split(self._plainest, "exact", big=True)
        with GATE.shared(), self._lock:
            if self._read is None:
                self._read = self._reader(model)
            return self._read


def _reader(
    outline: nn.Module, taps: Sequence[Tap], pool: str, blank: Tensor
) -> Callable[[nn.Module], Read]:
    """Return what makes a reader of a form: by torch.fx where that can follow the model."""
    try:
        graph = _graph_of(outline, taps, pool)
        with GATE.shared(), torch.no_grad():
            fx.GraphModule(outline, graph).forward(blank)  # a call prints what goes wrong
    except Exception:  # cannot be traced, or took another way for the symbolic values
        return lambda model: _tapped(model, taps, pool)
    return lambda model: fx.GraphModule(model, graph)


def _tapped(model: nn.Module, taps: Sequence[Tap], pool: str) -> Read:
    """Read layers in a private copy of the module tree that shares the parameters."""
    trees = PrivateTrees(model)

    def read(batch: Tensor) -> tuple[tuple[Tensor, Tensor], ...]:
        results: dict[str, list[tuple[Tensor, Tensor]]] = {tap.path: [] for tap in taps}

        def noting(tap: Tap) -> Replacement:
            def call(forward: Callable[..., object], *args: object, **named: object) -> object:
                value = forward(*args, **named)
                if not isinstance(value, Tensor):
                    raise _runs(tap.path, 0)
                results[tap.path].append(measured(value, tap.layout, tap.prefix, pool))
                return value

            return call

        with trees.replaced({tap.path: noting(tap) for tap in taps}) as tree:
            tree(batch)
        for path, rows in results.items():
            if len(rows) != 1:
                raise _runs(path, len(rows))
        return tuple(rows[0] for rows in results.values())

    return read


def _runs(path: str, times: int) -> UnsupportedLayer:
    often = f"runs {times} times" if times else "never runs"
    return UnsupportedLayer(f"Layer {path} {often} in one pass: pick a layer that runs once.")


class _Tracer(fx.Tracer):
    """Traces through the ancestors of the wanted layers and notes what each layer gives."""

    def __init__(self, paths: Sequence[str]) -> None:
        super().__init__()
        parts = [path.split(".") for path in paths]
        self._open = {".".join(part[:depth]) for part in parts for depth in range(len(part))}
        self.found: dict[str, list[object]] = {path: [] for path in paths}

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        """Tell whether the module stays one call in the graph."""
        return module_qualified_name not in self._open

    def call_module(
        self,
        m: nn.Module,
        forward: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:  # noqa: ANN401 - as in the class above
        """Trace a module as usual and keep what it gives where it is a wanted one."""
        result = super().call_module(m, forward, args, kwargs)
        path = self.path_of_module(m)
        if path in self.found:
            self.found[path].append(result)
        return result


def _graph_of(outline: nn.Module, taps: Sequence[Tap], pool: str) -> fx.Graph:
    """Copy the model's graph up to the last tap, and pool each tapped value where it is made.

    Pooling at once frees the maps, and no layer behind can write into them before.
    """
    tracer = _Tracer([tap.path for tap in taps])
    with GATE.exclusive():
        try:
            nodes = list(tracer.trace(outline).nodes)
        except Exception as error:  # the model's own code may raise anything on a symbolic value
            names = ", ".join(tap.path for tap in taps)
            raise UnsupportedLayer(
                f"The model cannot be traced to {names} ({type(error).__name__}): "
                "pick whole blocks, for example the layers offered."
            ) from error
    taps_of: dict[fx.Node, list[Tap]] = {}
    for tap in taps:
        results = tracer.found[tap.path]
        if len(results) != 1 or not isinstance(results[0], fx.Proxy):
            raise _runs(tap.path, len(results))
        taps_of.setdefault(results[0].node, []).append(tap)
    graph, copies, outputs = fx.Graph(), dict[fx.Node, fx.Node](), dict[str, fx.Node]()
    for node in nodes:
        copies[node] = graph.node_copy(node, copies.__getitem__)
        for tap in taps_of.get(node, ()):
            call = (copies[node], tap.layout, tap.prefix, pool)
            outputs[tap.path] = graph.call_function(measured, call)
        if len(outputs) == len(taps):
            break
    graph.output(tuple(outputs[tap.path] for tap in taps))
    return graph
