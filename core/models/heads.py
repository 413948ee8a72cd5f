"""The last layers of a person's own network, built from the shapes in the file.

People put a dropout, or a small network, in place of the layer that gives the logits. What has no
numbers stands in no file: dropout does nothing here, and what lies between two linear layers is
taken for a ReLU, which is said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from torch import Tensor, nn

from core.errors import BadWeights
from core.models.blueprints import Blueprint

Kind = Literal["linear", "batch norm", "layer norm", "relu"]
_KEY = re.compile(r"(?:(.*)\.)?(weight|bias|running_mean|running_var|num_batches_tracked)")


@dataclass(frozen=True, slots=True)
class HeadLayer:
    """One layer of a head.

    Attributes:
        kind: what it is.
        name: its path in the file, below the head; empty for what stands in no file.
        size: numbers that it takes.
        out: numbers that it gives.
        bias: whether it has one.
    """

    kind: Kind
    name: str
    size: int
    out: int
    bias: bool = True

    def built(self) -> nn.Module:
        """Return the untrained layer."""
        if self.kind == "linear":
            return nn.Linear(self.size, self.out, self.bias)
        if self.kind == "batch norm":
            return nn.BatchNorm1d(self.size)
        return nn.LayerNorm(self.size) if self.kind == "layer norm" else nn.ReLU()


@dataclass(frozen=True, slots=True)
class Head:
    """The last layers of a network.

    Attributes:
        path: where they stand in the network.
        classes: number of logits.
        layers: in order; empty for the architecture's own layer.
        bias: whether the architecture's own layer has one.
    """

    path: str
    classes: int
    layers: tuple[HeadLayer, ...] = ()
    bias: bool = True

    def install(self, net: nn.Module) -> None:
        """Put the layers into a network that was built with one layer there."""
        if self.layers:
            place, _, name = self.path.rpartition(".")
            layers = nn.Sequential(*(layer.built() for layer in self.layers))
            setattr(net.get_submodule(place), name, layers.train(net.training))
        elif not self.bias:
            net.get_submodule(self.path).register_parameter("bias", None)

    def renamed(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return the tensors under the names of the network."""
        if not self.layers:
            return dict(state)
        places = {
            f"{self.path}.{layer.name}."
            if layer.name
            else f"{self.path}.": f"{self.path}.{number}."
            for number, layer in enumerate(self.layers)
            if layer.kind != "relu"
        }
        renamed = {}
        for key, tensor in state.items():
            own = key.rpartition(".")[0] + "."
            renamed[places[own] + key.removeprefix(own) if own in places else key] = tensor
        return renamed

    def sentence(self) -> str:
        """Say what was built; empty for the architecture's own layer."""
        if len(self.layers) < 2:
            return ""
        sizes = " to ".join(str(layer.size) for layer in self.layers if layer.kind == "linear")
        assumed = " with ReLU assumed between them" * any(
            layer.kind == "relu" for layer in self.layers
        )
        return f"Its last layers go from {sizes} to {self.classes}{assumed}."


def head_of(state: Mapping[str, Tensor], drawn: Blueprint, name: str) -> Head:
    """Find out what the last layers are.

    Args:
        state: tensors under the architecture's names.
        drawn: of the architecture.
        name: of the file, for messages.

    Raises:
        BadWeights: there is no head, or one of other layers.
    """
    path, around = drawn.head, f"{drawn.container}." if drawn.container else "\0"
    weight = state.get(f"{path}.weight")
    own = all(key in drawn.shapes for key in state if key.startswith(around))
    if own and weight is not None and weight.ndim >= 2 and weight.shape[1] == drawn.features:
        return Head(path, int(weight.shape[0]), bias=f"{path}.bias" in state)
    places = [(path, drawn.features), (drawn.container, drawn.widest)]
    if not own and not any(key.startswith(f"{path}.") and key not in drawn.shapes for key in state):
        places.reverse()
    for place, taken in places:
        parts = {
            key.removeprefix(f"{place}."): tuple(tensor.shape)
            for key, tensor in state.items()
            if place and key.startswith(f"{place}.")
        }
        if parts:
            layers = layers_of(parts, taken)
            first = next((shape for key, shape in parts.items() if key.endswith("weight")), ())
            if layers is None and first[-1:] == (2 * taken,):
                raise BadWeights(
                    f"{name} has last layers that take {2 * taken} numbers, twice those of the "
                    "network, as fastai's do, which pool mean and maximum: "
                    "give the network as code, FILE.py:FUNCTION."
                )
            if layers is None:
                raise BadWeights(
                    f"{name} has last layers of another kind (below {place!r}): "
                    "give the network as code, FILE.py:FUNCTION."
                )
            return Head(place, layers[-1].out, layers)
    raise BadWeights(
        f"{name} has no last layer ({path!r}), so it gives features and no classes: "
        "save the whole classifier."
    )


def looks_like_head(parts: Mapping[str, tuple[int, ...]]) -> bool:
    """Tell whether tensors are those of a few layers of which one is linear.

    Args:
        parts: shapes of its tensors by name.
    """
    return all(map(_KEY.fullmatch, parts)) and any(
        name.endswith("weight") and len(shape) == 2 for name, shape in parts.items()
    )


def layers_of(parts: Mapping[str, tuple[int, ...]], size: int) -> tuple[HeadLayer, ...] | None:
    """Return the layers of a head in the file's order; None where they do not follow each other.

    Args:
        parts: shapes of its tensors by name.
        size: numbers that the first layer takes.
    """
    tensors: dict[str, dict[str, tuple[int, ...]]] = {}
    for key, shape in parts.items():
        found = _KEY.fullmatch(key)
        if found is None:
            return None
        tensors.setdefault(found[1] or "", {})[found[2]] = shape
    layers: list[HeadLayer] = []
    numbers = {name: [int(digits) for digits in re.findall(r"\d+", name)] for name in tensors}
    # safetensors has names in alphabetical order, where 10 comes before 2.
    in_order = sorted(tensors, key=numbers.__getitem__) if all(numbers.values()) else tensors
    for name in in_order:
        shapes = tensors[name]
        weight = shapes.get("weight", ())
        if len(weight) == 2:
            if any(layer.kind == "linear" for layer in layers) and _something_between(
                layers[-1].name, name
            ):
                layers.append(HeadLayer("relu", "", size, size))
            layer = HeadLayer("linear", name, weight[1], weight[0], "bias" in shapes)
        elif len(weight) == 1:
            kind: Kind = "batch norm" if "running_mean" in shapes else "layer norm"
            layer = HeadLayer(kind, name, weight[0], weight[0])
        else:
            return None
        if layer.size != size:
            return None
        size = layer.out
        layers.append(layer)
    return tuple(layers) if layers and layers[-1].kind == "linear" else None


def _something_between(first: str, second: str) -> bool:
    """Tell whether a layer without numbers stands between two: numbers that are left out say it."""
    one, two = first.rpartition(".")[2], second.rpartition(".")[2]
    return not (one.isdigit() and two.isdigit()) or int(two) - int(one) > 1
