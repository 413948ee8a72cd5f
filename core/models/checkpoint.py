"""Reading weight files that strangers may have made."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from core.errors import BadWeights
from core.models.contents import Contents, Table, contents_of
from core.models.file_kind import kind_of
from core.models.legacy_checkpoint import claimed_bytes
from core.models.pickled import read_pickled

StateDict = OrderedDict[str, Tensor]
UPLOAD_LIMIT = 200 * 2**20
"""Largest weight file that the page accepts, in bytes."""

_PREFIXES = ("module.", "_orig_mod.", "model.")


def read_contents(path: Path, limit: int | None = None) -> Contents:
    """Read a weight file without running any code that it may hold.

    Takes safetensors and torch's zip and older formats; the content decides which, not the name.

    Args:
        path: the file.
        limit: largest size in bytes; None for no limit.

    Raises:
        BadWeights: too large, damaged, of another kind, or without any tensors.
    """
    name = path.name
    try:
        size = path.stat().st_size
        if limit is not None and size > limit:
            raise BadWeights(
                f"{name} has {size / 2**20:.0f} MB: give a file of at most {limit >> 20} MB."
            )
        raw = _read_safetensors(path) if kind_of(path) == "safetensors" else _read_torch(path)
    except OSError as error:
        raise BadWeights(
            f"{name} cannot be read ({error.strerror or error}): "
            "check the path, or upload it again."
        ) from error
    contents = contents_of(raw, name, size)
    if not contents.tables:
        raise BadWeights(f"{name} holds no tensors by name: give a state dict.")
    return contents


def read_state(path: Path, limit: int | None = None) -> StateDict:
    """Read the largest table of tensors of a file.

    Prefixes that all names share (`module.`, `model.`, `backbone.`) are stripped, and floating
    point numbers become float32.

    Args:
        path: as for `read_contents`.
        limit: as for `read_contents`.

    Returns:
        Tensors on the CPU by name, with the modules' versions (`_metadata`) where the file
        has them.

    Raises:
        BadWeights: as `read_contents`, or numbers that are not finite.
    """
    contents = read_contents(path, limit)
    table = max(contents.tables, key=lambda table: len(table.tensors))
    prefix = shared_prefix(table.tensors)
    return checked(
        contents, table, {key.removeprefix(prefix): key for key in table.tensors}, prefix
    )


def checked(contents: Contents, table: Table, names: Mapping[str, str], prefix: str) -> StateDict:
    """Check tensors and make floating point numbers float32.

    Args:
        contents: of the file.
        table: one of its tables.
        names: of the tensors that are asked for, by the names that they are to have.
        prefix: of the modules' paths.

    Raises:
        BadWeights: a tensor is of a kind that no network here has, is not finite, or the tensors
            claim much more memory than the file has: they share or repeat it and would burst on
            conversion.
    """
    tensors = [table.tensors[old] for old in names.values()]
    claimed = sum(tensor.numel() * tensor.element_size() for tensor in tensors)
    if claimed > 2 * contents.size + 2**20:
        raise _claims(contents.name, contents.size, claimed)
    state: StateDict = OrderedDict(
        (new, _tensor(table.tensors[old], old, contents.name)) for new, old in names.items()
    )
    if table.metadata:
        state._metadata = _versions(table.metadata, prefix)  # type: ignore[attr-defined]
    return state


def shared_prefix(names: Iterable[str]) -> str:
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


def _read_safetensors(path: Path) -> object:
    try:
        return safetensors.torch.load_file(path)
    except (safetensors.SafetensorError, ValueError, KeyError) as error:
        raise BadWeights(
            f"{path.name} is a damaged safetensors file ({_first_line(error)}): "
            "download or save it again."
        ) from error


def _read_torch(path: Path) -> object:
    """Read torch's own formats, after a look at the sizes in them."""
    name, size = path.name, path.stat().st_size
    damaged = BadWeights(
        f"{name} is damaged or no state dict: "
        "give a file made by torch.save(model.state_dict(), ...)."
    )
    try:
        claimed = claimed_bytes(path)
    except OSError:
        raise
    except Exception as error:  # a damaged or hostile pickle can raise anything
        raise damaged from error
    if claimed > size:
        raise _claims(name, size, claimed)
    try:
        return read_pickled(path)
    except OSError:
        raise
    except Exception as error:  # a damaged or hostile pickle can raise anything
        raise damaged from error


def _claims(name: str, size: int, claimed: int) -> BadWeights:
    """Return the error for a file whose tensors cannot all have numbers in it."""
    return BadWeights(
        f"{name} has {size / 2**20:.1f} MB and claims {claimed / 2**20:.0f} MB of tensors: "
        "give a state dict in which every tensor has its own memory."
    )


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
