"""The tables of tensors in what a weight file holds."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor

from core.models.pickled import StandIn

OBJECTS = 200_000
"""Objects of a file that are looked at."""
LONGEST = 200
"""Characters of a path that are kept."""


@dataclass(frozen=True, slots=True)
class Table:
    """Tensors by name, somewhere in a file.

    Attributes:
        path: the keys that lead there, dotted; empty where the file is the table.
        tensors: as they were saved.
        metadata: versions of the modules, by path.
    """

    path: str
    tensors: Mapping[str, Tensor] = field(repr=False)
    metadata: Mapping[object, object] = field(repr=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class Contents:
    """What a weight file holds.

    Attributes:
        name: of the file.
        size: in bytes.
        tables: every table of tensors, those nearest to the top first.
        others: keys of what is no tensor, dotted.
    """

    name: str
    size: int
    tables: tuple[Table, ...]
    others: tuple[str, ...] = ()


def contents_of(raw: object, name: str, size: int) -> Contents:
    """Find every table of tensors in what a file holds, nearest to the top first.

    Args:
        raw: what the file holds.
        name: of the file.
        size: of the file in bytes.
    """
    tables: list[Table] = []
    others: list[str] = []
    seen: set[int] = set()
    queue: deque[tuple[str, object]] = deque([("", raw)])
    for _ in range(OBJECTS):
        if not queue:
            break
        path, value = queue.popleft()
        if not isinstance(value, str | int | float):  # equal ones of these are one object
            if id(value) in seen:
                continue
            seen.add(id(value))
        if isinstance(value, StandIn) and isinstance(value.state, dict):
            tensors = _of_modules(value.state)
            if tensors:
                tables.append(Table(path, tensors))
                continue
            value = value.state
        elif isinstance(value, StandIn):
            others.append(path)
            value = value.items
        items = _items(value)
        if items is None:
            others.append(path)
            continue
        tensors = {key: inner for key, inner in items if isinstance(inner, Tensor)}
        if tensors and isinstance(value, Mapping):
            metadata = getattr(value, "_metadata", None)
            table = Table(path, tensors, metadata if isinstance(metadata, Mapping) else {})
            tables.append(table)
        for key, inner in items:
            if not isinstance(inner, Tensor):
                queue.append((f"{path}.{key}"[:LONGEST] if path else key[:LONGEST], inner))
    return Contents(name, size, tuple(tables), tuple(others))


def _items(value: object) -> list[tuple[str, object]] | None:
    """Return what a container holds, by name; None for anything else."""
    if isinstance(value, Mapping):
        return [
            (key if isinstance(key, str) else type(key).__name__, each)
            for key, each in value.items()
        ]
    if isinstance(value, list | tuple) and not all(
        isinstance(each, int | float | str) for each in value
    ):
        return [(str(number), each) for number, each in enumerate(value)]
    return None


def _of_modules(state: Mapping[object, object]) -> dict[str, Tensor]:
    """Return the tensors of a network that was saved as a whole, as its state dict would have them.

    Args:
        state: what the network's outermost module would have been given.
    """
    found: dict[str, Tensor] = {}
    waiting: list[tuple[str, Mapping[object, object]]] = [("", state)]
    for _ in range(OBJECTS):  # a file may refer to one module any number of times
        if not waiting:
            break
        prefix, state = waiting.pop()
        for kind in ("_parameters", "_buffers"):
            tensors = state.get(kind)
            for name, tensor in tensors.items() if isinstance(tensors, Mapping) else ():
                if isinstance(tensor, Tensor):
                    found[f"{prefix}{name}"] = tensor
        modules = state.get("_modules")
        for name, module in modules.items() if isinstance(modules, Mapping) else ():
            inner = module.state if isinstance(module, StandIn) else None
            if isinstance(inner, dict) and len(prefix) < LONGEST:
                waiting.append((f"{prefix}{name}.", inner))
    return found
