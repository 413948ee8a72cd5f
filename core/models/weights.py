"""From a weight file to a network: strict filling, one-sentence errors."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

from torch import Tensor, nn

from core.errors import BadWeights
from core.models.architectures import todays_name
from core.models.blueprints import blueprint, build
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


def class_count(entry: Entry, state: Mapping[str, Tensor], name: str = "The file") -> int:
    """Return the number of classes of a state dict: the length of the last layer's weight.

    Args:
        entry: names the architecture.
        state: tensors by name.
        name: of the file, for the message.

    Raises:
        BadWeights: the state dict has no such layer.
    """
    key = f"{blueprint(entry).head}.weight"
    weight = state.get(key)
    if weight is None or weight.ndim == 0 or weight.shape[0] == 0:
        raise BadWeights(
            f"{name} has no tensor {key!r}, the last layer of {entry.arch}: "
            "choose the architecture that the file was saved from, or give the network as code."
        )
    return int(weight.shape[0])


def renamed(entry: Entry, state: StateDict) -> StateDict:
    """Return a published state dict under the names of the network, where it has others."""
    return timm_names(state, blueprint(entry).shapes) if is_lite(entry.arch) else state


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
            whole = not tensor.is_floating_point()
            quantised = ": quantised networks are not read, give the one before" * whole
            raise BadWeights(
                f"{name} does not fit {arch}: {key!r} is of type {tensor.dtype}{quantised}."
            )
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


def _adapt(state: Mapping[str, Tensor], arch: str) -> StateDict:
    """Drop auxiliary heads and rename DenseNet's old keys (`norm.1.weight`)."""
    dropped = AUXILIARY.get(arch, ())
    known: StateDict = OrderedDict()
    for key, tensor in state.items():
        if dropped and key.startswith(dropped):
            continue
        # A state dict that was cast as a whole counts batches in floating point.
        counts = key.endswith("num_batches_tracked") and tensor.is_floating_point()
        known[todays_name(key)] = tensor.long() if counts else tensor
    if hasattr(state, "_metadata"):
        known._metadata = state._metadata  # type: ignore[attr-defined]
    return known


def _size(tensor: Tensor) -> str:
    return " x ".join(map(str, tensor.shape)) or "one number"
