"""Which layers a model has, what they give, and which of them are worth looking at."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import groupby

from torch import Tensor, nn

from core.errors import UnknownLayer, UnsupportedLayer
from core.imports.lazy import library
from core.models.calls import Call

STRIP = 12
"""Most layers that are offered for one model."""

_PASSES_ON = (nn.Dropout, nn.Identity, nn.Flatten)
_FOLLOWS = (nn.BatchNorm2d, nn.ReLU, nn.ReLU6, nn.SiLU, nn.Hardswish)


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer with a map.

    Attributes:
        path: dotted module path.
        kind: the module's class, for example `Bottleneck`.
        shape: (C, gh, gw), channels, rows and columns of its map.
    """

    path: str
    kind: str
    shape: tuple[int, int, int]


def normal_path(text: str, model: nn.Module) -> str:
    """Bring any spelling of a layer into a dotted path.

    Args:
        text: `layer4.1.conv2`, `layer4[1].conv2`, `layer4[-1]` or `model.layer4[-1]`.
        model: has the layer.

    Raises:
        UnknownLayer: no module of that path.
    """
    path = re.sub(r"\[\s*['\"]?(-?\w+)['\"]?\s*\]", r".\1", text.strip()).strip(".")
    parts = path.split(".")
    if parts[0] == "model" and not hasattr(model, "model"):
        parts = parts[1:]
    module = model
    for place, part in enumerate(parts):
        children = dict(module.named_children())
        if re.fullmatch(r"-\d+", part) and len(children) >= -int(part):
            part = parts[place] = list(children)[int(part)]
        if part not in children:
            raise UnknownLayer(_unknown(text, ".".join(parts), model))
        module = children[part]
    if not parts:
        raise UnknownLayer(_unknown(text, "", model))
    return ".".join(parts)


def _unknown(text: str, path: str, model: nn.Module) -> str:
    paths = [name for name, _ in model.named_modules() if name]
    near = get_close_matches(path, paths, n=3, cutoff=0.5)
    top = near or [name for name, _ in model.named_children()]
    return f"The model has no layer {text!r}: nearest are {', '.join(top)}."


def offered(calls: list[Call], outline: nn.Module) -> tuple[Layer, ...]:
    """Choose the layers that are worth offering.

    Blocks rather than their parts, one entry for one result, no poolings; of transformer blocks
    the first norm, because behind the last block only the class token reaches the logits. At
    most `STRIP` entries, the last of every resolution among them.

    Args:
        calls: from `record`.
        outline: the recorded model.

    Returns:
        From shallow to deep; the last is the default layer.
    """
    times = Counter(call.path for call in calls)
    by_path = {call.path: call for call in calls if times[call.path] == 1}
    chosen: list[tuple[Call, Layer]] = []
    for call in _candidates(outline, "", _size_of(outline), by_path):
        try:
            layer = layer_of(call)
        except UnsupportedLayer:
            continue
        chosen.append((call, layer))
    order = {call.path: place for place, call in enumerate(calls)}
    chosen.sort(key=lambda pair: order[pair[0].path])
    return _thinned(_run_ends(chosen))


def _candidates(
    module: nn.Module, path: str, whole: int, by_path: Mapping[str, Call]
) -> Iterator[Call]:
    """Yield the blocks below a module, or the norms of their inputs; arguments as for `_blocks`.

    Of a block that gives several arrays, its own blocks or the norms before them.
    """
    for inner in _blocks(module, path, whole):
        call = by_path.get(inner)
        if call is None or _is_layer_norm(call.module):
            # Behind the last block of a transformer only the class token reaches the logits, so
            # that every other place of the norm there has gradient zero.
            continue
        call = _first_norm(call, by_path)
        if isinstance(call.result, Tensor):
            yield call
        else:
            for part in _candidates(call.module, inner, whole, by_path):
                yield _norm_before(part, by_path)


def layer_of(call: Call) -> Layer:
    """Describe one layer.

    Raises:
        UnsupportedLayer: its output is no map.
    """
    layout = call.layout()
    assert isinstance(call.result, Tensor)
    channels = call.result.shape[layout.channel_axis]
    return Layer(call.path, type(call.module).__name__, (channels, *layout.grid))


def _blocks(module: nn.Module, path: str, whole: int) -> Iterator[str]:
    """Walk down to blocks: containers are opened, units of one convolution and blocks are not.

    Args:
        module: where to begin.
        path: its path.
        whole: parameters of the model.
    """
    kinds = Counter(type(child) for child in module.children())
    for name, child in module.named_children():
        inner = f"{path}.{name}" if path else name
        if _is_container(child) or (kinds[type(child)] == 1 and _is_trunk(child, whole)):
            yield from _blocks(child, inner, whole)
        else:
            yield inner


def _is_trunk(module: nn.Module, whole: int) -> bool:
    """Tell whether a module of its own kind is most of the model and holds a list of blocks."""
    lists = (part for part in module.modules() if isinstance(part, nn.ModuleList | nn.Sequential))
    holds = any(len(part) > 1 and list(part[0].children()) for part in lists)
    return holds and 2 * _size_of(module) > whole


def _size_of(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def _is_container(module: nn.Module) -> bool:
    children = list(module.children())
    if isinstance(module, nn.ModuleList) or type(module).__name__ == "Encoder":
        return True
    if not isinstance(module, nn.Sequential):
        return False
    plain = all(not list(child.children()) for child in children)
    convolutions = sum(isinstance(child, nn.Conv2d) for child in children)
    return not (plain and convolutions <= 1)


def _first_norm(call: Call, by_path: Mapping[str, Call]) -> Call:
    """Of a transformer block that normalises its input, take that norm."""
    norms = []
    for name, child in call.module.named_children():
        norm = by_path.get(f"{call.path}.{name}")
        result = call.result[0] if isinstance(call.result, tuple | list) else call.result
        if norm is None or not _is_layer_norm(child):
            continue
        if getattr(norm.result, "shape", None) == getattr(result, "shape", None):
            norms.append(norm)
    direct = [norm for norm in norms if norm.given == call.given]
    # Some blocks move positions into their input before they normalise it.
    return (direct or (norms if _has_tokens_before(call) else []) or [call])[0]


def _has_tokens_before(call: Call) -> bool:
    """Tell whether a class token or the like stands before the places of a block's output."""
    with suppress(UnsupportedLayer):
        return call.layout().prefix > 0
    return False


def _norm_before(call: Call, by_path: Mapping[str, Call]) -> Call:
    """Of attention that is fed by a norm beside it, take that norm."""
    shape = getattr(call.result, "shape", None)
    for norm in by_path.values():
        if id(norm.result) == call.given and _is_layer_norm(norm.module):
            return norm if getattr(norm.result, "shape", None) == shape else call
    return call


def _is_layer_norm(module: nn.Module) -> bool:
    """Tell whether a module normalises each place by itself; libraries bring their own classes."""
    plain = not list(module.children()) and not isinstance(module, nn.modules.batchnorm._BatchNorm)
    return plain and "Norm" in type(module).__name__


def _run_ends(chosen: list[tuple[Call, Layer]]) -> list[Layer]:
    """Of convolution, norm and activation in a row keep the last; drop what adds nothing."""
    offered: list[tuple[Call, Layer]] = []
    passes_on = (*_PASSES_ON, library("torchvision.ops.misc").Permute)
    for call, layer in chosen:
        module = call.module
        if "Pool" in layer.kind or isinstance(module, passes_on):
            continue
        if isinstance(module, _FOLLOWS) and offered and not list(offered[-1][0].module.children()):
            offered.pop()
        offered.append((call, layer))
    return [layer for _, layer in offered]


def _thinned(layers: list[Layer]) -> tuple[Layer, ...]:
    """Share the places among the resolutions, deepest first, and spread them evenly in each."""
    stages = [list(run) for _, run in groupby(layers, key=lambda layer: layer.shape[1:])][-STRIP:]
    shares = [0] * len(stages)
    while sum(shares) < min(STRIP, sum(map(len, stages))):
        for index in reversed(range(len(stages))):
            if shares[index] < len(stages[index]) and sum(shares) < STRIP:
                shares[index] += 1
    return tuple(
        stage[round(len(stage) * (place + 1) / share) - 1]
        for stage, share in zip(stages, shares, strict=True)
        for place in range(share)
    )
