"""Networks without trained weights, and what their tensors are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

import torch
from torch import nn

from core.models.architectures import head_of
from core.models.catalog import source_of
from core.models.catalog_entry import Entry


@dataclass(frozen=True, slots=True)
class Blueprint:
    """What an architecture's tensors are called.

    Attributes:
        head: path of the layer that gives the logits.
        features: numbers that this layer takes.
        container: path of the `nn.Sequential` in which it stands; empty for none.
        widest: numbers that the first linear layer in the container takes.
        shapes: of all tensors by name, in the network's order, for one class.
    """

    head: str
    features: int
    container: str
    widest: int
    shapes: Mapping[str, torch.Size]


def blueprint(entry: Entry) -> Blueprint:
    """Return what an architecture's tensors are called; drawn once."""
    return _drawn(replace(entry, id="", title="", classes=1, names=(), local=None))


@cache
def _drawn(entry: Entry) -> Blueprint:
    net = build(entry, empty=True)
    kinds = nn.Linear | nn.Conv2d
    layers = [path for path, part in net.named_modules() if isinstance(part, kinds)]
    head = head_of(entry.arch) or layers[-1]
    container = head.rpartition(".")[0]
    inside: nn.Module = net.get_submodule(head)
    if container and isinstance(net.get_submodule(container), nn.Sequential):
        inside = net.get_submodule(container)
    else:
        container = ""
    shapes = {name: tensor.shape for name, tensor in net.state_dict().items()}
    widths = [part.weight.shape[1] for part in inside.modules() if isinstance(part, kinds)]
    return Blueprint(head, shapes[f"{head}.weight"][1], container, widths[0], shapes)


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
