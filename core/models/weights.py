"""From a weight file to a network: strict filling, one-sentence errors."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

import torch
from torch import Tensor, nn

from core.errors import BadWeights
from core.models.architectures import head_of
from core.models.catalog import source_of
from core.models.catalog_entry import Entry
from core.models.checkpoint import UPLOAD_LIMIT, StateDict, read_state
from core.models.efficientnet_lite import is_lite, timm_names
from core.models.files import file_digest, locate
from core.models.published import AUXILIARY

__all__ = [
    "UPLOAD_LIMIT",
    "build",
    "class_count",
    "file_digest",
    "fill",
    "locate",
    "read_state",
    "renamed",
]


def build(
    entry: Entry, classes: int | None = None, *, empty: bool = False, channels: int = 3
) -> nn.Module:
    """Build the network of `entry` in evaluation mode, without trained weights.

    Args:
        entry: names the architecture.
        classes: number of logits; None takes the entry's.
        empty: parameters without memory (`meta` device) for `fill`; much faster. RegNet computes
            its widths with tensors while it is built and always gets real parameters.
        channels: of the input; the first convolution takes so many.

    Returns:
        The network; auxiliary heads of GoogLeNet and Inception are left out.
    """
    count = entry.classes if classes is None else classes
    if empty and not entry.arch.startswith("regnet"):
        with torch.device("meta"):
            return _taking(channels, source_of(entry).build(entry, count)).eval()
    return _taking(channels, source_of(entry).build(entry, count)).eval()


def class_count(entry: Entry, state: Mapping[str, Tensor], name: str = "The file") -> int:
    """Return the number of classes of a state dict: the length of the last layer's weight.

    Args:
        entry: names the architecture.
        state: tensors by name.
        name: of the file, for the message.

    Raises:
        BadWeights: the state dict has no such layer.
    """
    key = f"{_head(entry)}.weight"
    weight = state.get(key)
    if weight is None or weight.ndim == 0 or weight.shape[0] == 0:
        raise BadWeights(
            f"{name} has no tensor {key!r}, the last layer of {entry.arch}: "
            "choose the architecture that the file was saved from, or give the network as code."
        )
    return int(weight.shape[0])


def renamed(entry: Entry, state: StateDict) -> StateDict:
    """Return a state dict under the names of the network, where a publisher used others.

    A linear layer that stands in the head together with what has no numbers, such as dropout
    (`fc.1.weight`), gets the name of the head itself (`fc.weight`).
    """
    if is_lite(entry.arch):
        return timm_names(state, _blueprint(entry).shapes)
    head = _head(entry)
    inside = [key for key in state if key.startswith(f"{head}.")]
    weights = [key for key in inside if state[key].ndim >= 2]
    if f"{head}.weight" in state or len(weights) != 1:
        return state
    own = weights[0].removesuffix("weight")
    if not all(key in (f"{own}weight", f"{own}bias") for key in inside):
        return state
    plain: StateDict = OrderedDict(
        (key.replace(own, f"{head}.", 1) if key.startswith(own) else key, tensor)
        for key, tensor in state.items()
    )
    if hasattr(state, "_metadata"):
        plain._metadata = state._metadata  # type: ignore[attr-defined]
    return plain


def stem_channels(entry: Entry, state: Mapping[str, Tensor]) -> int:
    """Return the channels of the input that a state dict was trained with: 1 for grey, else 3."""
    shapes = _blueprint(entry).shapes
    stem = next((name for name, shape in shapes.items() if shape[1:2] == (3,)), "")
    return 1 if stem in state and state[stem].shape[1:2] == (1,) else 3


def fill(net: nn.Module, state: Mapping[str, Tensor], arch: str, name: str = "The file") -> None:
    """Put a state dict into a network: every tensor must fit, none may be left over.

    Args:
        net: from `build`; takes over the tensors of `state`.
        state: from `read_state`.
        arch: the architecture's name, for old spellings and for the message.
        name: of the file, for the message.

    Raises:
        BadWeights: names the first tensor that does not fit; the network is then unusable.
    """
    known = _adapt(state, arch)
    expected = net.state_dict()
    for key, tensor in known.items():
        if key in expected and expected[key].shape != tensor.shape:
            raise BadWeights(
                f"{name} does not fit {arch}: {key!r} is {_size(tensor)} "
                f"instead of {_size(expected[key])}."
            )
        if key in expected and expected[key].is_floating_point() != tensor.is_floating_point():
            raise BadWeights(f"{name} does not fit {arch}: {key!r} is of type {tensor.dtype}.")
    if not hasattr(known, "_metadata"):  # MNASNet refuses a state dict that names no version
        known._metadata = {"": {"version": net._version}}  # type: ignore[attr-defined]
    try:
        result = net.load_state_dict(known, strict=False, assign=True)
    except (RuntimeError, ValueError) as error:
        first = str(error).strip().splitlines()[0]
        raise BadWeights(f"{name} does not fit {arch} ({first}).") from error
    for keys, problem in ((result.missing_keys, "lacks"), (result.unexpected_keys, "also has")):
        if keys:
            others = f" and {len(keys) - 1} more" * (len(keys) > 1)
            raise BadWeights(f"{name} does not fit {arch}: it {problem} {keys[0]!r}{others}.")


def _taking(channels: int, net: nn.Module) -> nn.Module:
    """Give the first convolution as many channels as the input has; the network is changed."""
    if channels == 3:
        return net
    stem = next(part for part in net.modules() if isinstance(part, nn.Conv2d))
    stem.in_channels = channels
    stem.weight = nn.Parameter(torch.empty(len(stem.weight), channels, *stem.weight.shape[2:]))
    stem.reset_parameters()
    if hasattr(net, "transform_input"):  # GoogLeNet and Inception would pick red, green and blue
        setattr(net, "transform_input", False)  # noqa: B010 - mypy takes it for a module
    return net


@dataclass(frozen=True, slots=True)
class _Blueprint:
    """What an architecture's tensors are called.

    Attributes:
        head: path of the last linear layer.
        shapes: of all tensors by name, in the network's order, for one class.
    """

    head: str
    shapes: Mapping[str, torch.Size]


def _head(entry: Entry) -> str:
    """Return the path of the layer that gives the logits."""
    return head_of(entry.arch) or _blueprint(entry).head


def _blueprint(entry: Entry) -> _Blueprint:
    return _drawn(replace(entry, id="", title="", classes=1, names=(), local=None))


@cache
def _drawn(entry: Entry) -> _Blueprint:
    net = build(entry, empty=True)
    layers = [path for path, part in net.named_modules() if isinstance(part, nn.Linear | nn.Conv2d)]
    shapes = {name: tensor.shape for name, tensor in net.state_dict().items()}
    return _Blueprint(layers[-1], shapes)


def _adapt(state: Mapping[str, Tensor], arch: str) -> StateDict:
    """Drop auxiliary heads and rename DenseNet's old keys (`norm.1.weight`)."""
    dropped = AUXILIARY.get(arch, ())
    known: StateDict = OrderedDict()
    for key, tensor in state.items():
        if dropped and key.startswith(dropped):
            continue
        if arch.startswith("densenet"):
            key = re.sub(r"(denselayer\d+\.(?:norm|conv))\.([12])\.", r"\1\2.", key)
        known[key] = tensor
    if hasattr(state, "_metadata"):
        known._metadata = state._metadata  # type: ignore[attr-defined]
    return known


def _size(tensor: Tensor) -> str:
    return " x ".join(map(str, tensor.shape)) or "one number"
