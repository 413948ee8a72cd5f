"""Where a model is cut in two: the graphs before and after a named layer, without weights."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx, nn

from core.errors import UnsupportedLayer
from core.models.layout import Layout
from core.models.tracing_lock import GATE


class _Outline(fx.Tracer):
    """Traces through the ancestors of one layer and keeps every other module whole."""

    def __init__(self, path: str) -> None:
        super().__init__()
        parts = path.split(".")
        self._open = {".".join(parts[:depth]) for depth in range(len(parts))}

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        """Tell whether the module stays one call in the graph."""
        return module_qualified_name not in self._open


@dataclass(frozen=True, slots=True)
class SplitPlan:
    """Where and how a model is cut; holds no weights.

    Attributes:
        path: the layer.
        head, tail: graphs over the model's modules.
        layout: meaning of the leaf's axes.
        leaf_shape: shape of the leaf for one picture.
        written: places among (leaf, *rest) that the tail writes into and that need a copy.
        convolves: whether the tail holds convolutions.
    """

    path: str
    head: fx.Graph
    tail: fx.Graph
    layout: Layout
    leaf_shape: tuple[int, ...]
    written: frozenset[int]
    convolves: bool

    def halves(self, model: nn.Module) -> tuple[nn.Module, nn.Module]:
        """Return head and tail of a form of the planned model.

        Writing a graph out as code changes the graph for a while: one caller at a time.
        """
        return fx.GraphModule(model, self.head), fx.GraphModule(model, self.tail)


def make_plan(outline: nn.Module, path: str, batch: Tensor, layout: Layout) -> SplitPlan:
    """Cut a model at a layer.

    Args:
        outline: the model with its tensors on the `meta` device; runs cost nothing there.
        path: dotted path of the layer.
        batch: (1, 3, h, w) on the `meta` device.
        layout: of the layer's output.

    Raises:
        UnsupportedLayer: the way from the input to the layer cannot be followed, or the layer
            runs not exactly once.
    """
    with GATE.exclusive():
        try:
            nodes = list(_Outline(path).trace(outline).nodes)
        except Exception as error:  # the model's own code may raise anything on a symbolic value
            raise _refused(path, error) from error
    calls = [node for node in nodes if node.op == "call_module" and node.target == path]
    if len(calls) != 1:
        times = f"runs {len(calls)} times" if calls else "never runs"
        raise UnsupportedLayer(f"Layer {path} {times} in one pass: pick a layer that runs once.")
    try:
        with GATE.shared(), torch.no_grad():
            return _cut(outline, path, batch, layout, nodes, calls[0])
    except UnsupportedLayer:
        raise
    except Exception as error:  # code that took another way for the symbolic values
        raise _refused(path, error) from error


def _refused(path: str, error: Exception) -> UnsupportedLayer:
    return UnsupportedLayer(
        f"The model cannot be split at {path} ({type(error).__name__}): "
        "pick a whole block, for example one of the layers offered."
    )


def _cut(
    outline: nn.Module,
    path: str,
    batch: Tensor,
    layout: Layout,
    nodes: list[fx.Node],
    cut: fx.Node,
) -> SplitPlan:
    """Copy the nodes before and after `cut` into two graphs that pass on all live values."""
    at = nodes.index(cut)
    before, after = nodes[: at + 1], nodes[at + 1 :]
    later = set(after)
    live = [n for n in before if n.op != "get_attr" and n is not cut and later & n.users.keys()]
    head = _head_graph(before, [cut, *live])
    leaf, *rest = _passed(outline, head, batch)
    if not isinstance(leaf, Tensor):
        raise UnsupportedLayer(
            f"Layer {path} gives {type(leaf).__name__}, not a single array: pick a layer beside it."
        )
    # An in-place layer returns its input: what is alive under both names must be the leaf itself.
    same = [n for n, value in zip(live, rest, strict=True) if value is leaf]
    # Sizes that the model read from its input follow the leaf, which may hold more pictures.
    numbers = [n for n, value in zip(live, rest, strict=True) if not isinstance(value, Tensor)]
    scales: dict[fx.Node, tuple[Any, bool]] = {}
    rows = [value for value in rest if isinstance(value, Tensor) and value.shape[:1] != (1,)]
    if same or numbers or rows:
        twice = _passed(outline, head, torch.cat([batch, batch]))[1:]
        _check_rows(path, rest, twice)
        both = {n: pair for n, *pair in zip(live, rest, twice, strict=True)}
        scales = {n: (both[n][0], both[n][0] != both[n][1]) for n in numbers}
        live = [n for n in live if n not in same and n not in scales]
        head = _head_graph(before, [cut, *live])
    tail = _tail_graph(before, after, cut, live, same, scales)
    values = [leaf, *(v for v in rest if isinstance(v, Tensor) and v is not leaf)]
    versions = [value._version for value in values]
    _passed(outline, tail, *values)
    written = frozenset(i for i, v in enumerate(values) if v._version != versions[i])
    called = [outline.get_submodule(str(n.target)) for n in after if n.op == "call_module"]
    convolves = any(isinstance(part, nn.Conv2d) for module in called for part in module.modules())
    return SplitPlan(path, head, tail, layout, tuple(leaf.shape), written, convolves)


def _check_rows(path: str, once: Sequence[Any], twice: Sequence[Any]) -> None:
    """Refuse values with several rows a picture: they cannot follow a leaf of more pictures."""
    for one, two in zip(once, twice, strict=True):
        if isinstance(one, Tensor) and one.shape[:1] != (1,) and one.shape != two.shape:
            raise UnsupportedLayer(
                f"Behind layer {path} the model needs an array of {len(one)} rows a picture: "
                "pick a layer outside the block that made it."
            )


def _passed(outline: nn.Module, graph: fx.Graph, *values: Any) -> Any:  # noqa: ANN401
    """Run a graph; its `forward` by itself, because a call prints what goes wrong."""
    return fx.GraphModule(outline, graph).forward(*values)


def _head_graph(before: list[fx.Node], outputs: list[fx.Node]) -> fx.Graph:
    graph = fx.Graph()
    copies: dict[fx.Node, fx.Node] = {}
    for node in before:
        copies[node] = graph.node_copy(node, copies.__getitem__)
    graph.output(tuple(copies[node] for node in outputs))
    return graph


def _tail_graph(
    before: list[fx.Node],
    after: list[fx.Node],
    cut: fx.Node,
    live: list[fx.Node],
    same: list[fx.Node],
    numbers: dict[fx.Node, tuple[Any, bool]],
) -> fx.Graph:
    """Build the tail; `numbers` are values for one picture and whether they count pictures."""
    graph = fx.Graph()
    copies: dict[fx.Node, Any] = {node: graph.placeholder(node.name) for node in (cut, *live)}
    copies.update(dict.fromkeys(same, copies[cut]))
    for node, (value, counts) in numbers.items():
        copies[node] = value
        if counts:
            pictures = graph.call_method("size", (copies[cut], 0))
            copies[node] = graph.call_function(operator.mul, (pictures, value))
    for node in before:
        if node.op == "get_attr":
            copies[node] = graph.node_copy(node, copies.__getitem__)
    for node in after:
        copies[node] = graph.node_copy(node, copies.__getitem__)
    return graph
