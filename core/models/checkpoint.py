"""Reading weight files that strangers may have made."""

from __future__ import annotations

import pickle
import re
import warnings
import zipfile
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from core.errors import BadWeights
from core.models.legacy_checkpoint import claimed_bytes

StateDict = OrderedDict[str, Tensor]
UPLOAD_LIMIT = 200 * 2**20
"""Largest weight file that the page accepts, in bytes."""

_NO_STATE = (
    "{} is damaged or no state dict: give a file made by torch.save(model.state_dict(), ...)."
)
_WRAPPERS = ("state_dict", "model_state_dict", "model")
_PREFIXES = ("module.", "_orig_mod.", "model.")


def read_state(path: Path, limit: int | None = None) -> StateDict:
    """Read a state dict without running any code that the file may hold.

    Takes safetensors and torch's zip and older formats. A state dict inside `state_dict`,
    `model_state_dict` or `model` is unwrapped, prefixes that all names share (`module.`, `model.`,
    `backbone.`) are stripped, and floating point numbers become float32.

    Args:
        path: the file; `.safetensors` is read as such, all else as torch's.
        limit: largest size in bytes; None for no limit.

    Returns:
        Tensors on the CPU by name, with the modules' versions (`_metadata`) where the file
        has them.

    Raises:
        BadWeights: too large, damaged, holds objects other than tensors, or numbers that are
            not finite.
    """
    name = path.name
    try:
        size = path.stat().st_size
        if limit is not None and size > limit:
            raise BadWeights(
                f"{name} has {size / 2**20:.0f} MB: give a file of at most {limit >> 20} MB."
            )
        raw = _read_safetensors(path) if path.suffix == ".safetensors" else _read_torch(path)
    except OSError as error:
        raise BadWeights(
            f"{name} cannot be read ({error.strerror or error}): "
            "check the path, or upload it again."
        ) from error
    return _clean(_unwrap(raw, name), name, size)


def _read_safetensors(path: Path) -> object:
    try:
        return safetensors.torch.load_file(path)
    except (safetensors.SafetensorError, ValueError, KeyError) as error:
        raise BadWeights(
            f"{path.name} is not a safetensors file ({_first_line(error)})."
        ) from error


def _read_torch(path: Path) -> object:
    """Read torch's own formats with `weights_only=True`, after a look at the sizes in them."""
    name = path.name
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(item.file_size for item in archive.infolist())
        if unpacked > path.stat().st_size:  # torch never compresses
            raise BadWeights(f"{name} is a compressed archive: give a file made by torch.save.")
    else:
        _check_legacy(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise BadWeights(_why_refused(name, str(error))) from error
    except OSError:
        raise
    except Exception as error:  # a damaged or hostile pickle can raise anything
        raise BadWeights(_NO_STATE.format(name)) from error


def _check_legacy(path: Path) -> None:
    """Refuse a file of the older format that claims more memory than it has numbers."""
    size = path.stat().st_size
    try:
        claimed = claimed_bytes(path)
    except OSError:
        raise
    except Exception as error:  # a damaged or hostile pickle can raise anything
        raise BadWeights(_NO_STATE.format(path.name)) from error
    if claimed > size:
        raise _claims(path.name, size, claimed)


def _claims(name: str, size: int, claimed: int) -> BadWeights:
    """Return the error for a file whose tensors cannot all have numbers in it."""
    return BadWeights(
        f"{name} has {size / 2**20:.1f} MB and claims {claimed / 2**20:.0f} MB of tensors: "
        "give a state dict in which every tensor has its own memory."
    )


def _why_refused(name: str, message: str) -> str:
    """One sentence for what torch's safe reader says."""
    match = re.search(r"(?:GLOBAL|load) ([\w.]+\.\w+)", message)
    if match is None:
        return _NO_STATE.format(name)
    return (
        f"{name} holds an object of type {match[1]}, which could run code when it is read: "
        "save only model.state_dict()."
    )


def _unwrap(raw: object, name: str) -> Mapping[object, object]:
    """Go into `state_dict` and its like until tensors lie at the top."""
    while isinstance(raw, Mapping):
        inner = next((raw[key] for key in _WRAPPERS if isinstance(raw.get(key), Mapping)), None)
        if inner is None:
            return raw
        raw = inner
    raise BadWeights(f"{name} holds a {type(raw).__name__}: give a state dict.")


def _clean(raw: Mapping[object, object], name: str, size: int) -> StateDict:
    """Check every tensor, make floating point numbers float32, and strip prefixes.

    Args:
        raw: what the file holds.
        name: of the file, for messages.
        size: of the file in bytes; tensors that claim much more share or repeat its memory and
            would burst on conversion.
    """
    tensors: dict[str, Tensor] = {}
    for key, value in raw.items():
        if not isinstance(key, str) or not isinstance(value, Tensor):
            raise BadWeights(
                f"{name} holds {str(key)[:80]!r} of type {type(value).__name__}, "
                "not only tensors: give a state dict."
            )
        tensors[key] = value
    if not tensors:
        raise BadWeights(f"{name} holds no tensors: give a state dict.")
    claimed = sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
    if claimed > 2 * size + 2**20:
        raise _claims(name, size, claimed)
    prefix = _shared_prefix(tensors)
    state: StateDict = OrderedDict(
        (key.removeprefix(prefix), _tensor(value, key, name)) for key, value in tensors.items()
    )
    metadata = getattr(raw, "_metadata", None)
    if isinstance(metadata, Mapping):
        state._metadata = _versions(metadata, prefix)  # type: ignore[attr-defined]
    return state


def _shared_prefix(names: Iterable[str]) -> str:
    """Return what all names begin with: the attributes in which a network was wrapped.

    No architecture of torchvision or timm has all its tensors in one attribute. A single layer
    keeps its name.
    """
    prefix, rest = "", list(names)
    while True:
        first, dot, _ = rest[0].partition(".")
        step = first + dot
        inside = [name.removeprefix(step) for name in rest]
        wrapped = dot and all(name.startswith(step) for name in rest)
        if not wrapped or not (step in _PREFIXES or any("." in name for name in inside)):
            return prefix
        prefix, rest = prefix + step, inside


def _tensor(value: Tensor, key: str, name: str) -> Tensor:
    """One dense tensor on the CPU, in float32 where it is floating point."""
    if value.layout is not torch.strided or value.is_quantized or value.device.type != "cpu":
        raise BadWeights(f"{name}: {key!r} is not a plain dense tensor; save a plain state dict.")
    plain = value.detach()
    if plain.is_complex():
        raise BadWeights(f"{name}: {key!r} holds complex numbers, which no architecture here has.")
    if not plain.is_floating_point():
        return plain
    plain = plain.to(torch.float32).contiguous()
    if not bool(torch.isfinite(plain).all()):
        raise BadWeights(f"{name}: {key!r} holds NaN or infinite values; use another checkpoint.")
    return plain


def _versions(metadata: Mapping[object, object], prefix: str) -> dict[str, dict[str, int]]:
    """The modules' versions, and nothing else, with the prefix stripped from their paths."""
    versions = {}
    for path, facts in metadata.items():
        version = facts.get("version") if isinstance(facts, Mapping) else None
        if isinstance(path, str) and isinstance(version, int):
            versions[f"{path}.".removeprefix(prefix).rstrip(".")] = {"version": version}
    return versions


def _first_line(error: Exception) -> str:
    """The first line of an error's message, at most 120 characters, without its full stop."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:120].rstrip(".")
