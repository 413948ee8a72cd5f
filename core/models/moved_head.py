"""Last layers that lie beside the network they belong to, under a name of a person's own.

`backbone.*` with `head.weight`, or a network's own names with `classifier.1.weight`: what takes as
many numbers as the network gives is its head.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from core.errors import BadWeights
from core.files.names import printable, shorten
from core.models.blueprints import Blueprint
from core.models.heads import layers_of, looks_like_head

NAMED = 4


@dataclass(frozen=True, slots=True)
class MovedHead:
    """Last layers under another name.

    Attributes:
        path: where they lie in their table.
        names: of their tensors in the table, by those that the architecture would have.
    """

    path: str
    names: Mapping[str, str]


def moved_head(
    tensors: Mapping[str, Tensor],
    prefix: str,
    taken: Mapping[str, str],
    drawn: Blueprint,
    name: str,
) -> MovedHead | None:
    """Return the head of a network that has none at its place; None where nothing looks like one.

    Args:
        tensors: the table in which the network lies.
        prefix: of the network's names.
        taken: names of the network's tensors in the table, by those below the prefix.
        drawn: of the architecture.
        name: of the file, for messages.

    Raises:
        BadWeights: several heads fit, or none of those that lie there; the sentence names them.
    """
    whole = bool(drawn.container) and not any(
        each.startswith(f"{drawn.container}.") for each in taken
    )
    place, size = (drawn.container, drawn.widest) if whole else (drawn.head, drawn.features)
    network = set(taken.values())
    unused = [each for each in tensors if each not in network]
    there: list[str] = []
    for base in _parents(prefix):
        fitting = []
        for path, parts in _modules(unused, base):
            shapes = {part: tuple(tensors[f"{path}.{part}"].shape) for part in parts}
            if layers_of(shapes, size) is not None:
                names = {f"{place}.{part}": f"{path}.{part}" for part in parts}
                fitting.append(MovedHead(path, names))
            elif looks_like_head(shapes):
                there.append(path)
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            raise BadWeights(
                f"{name} has no last layer at {drawn.head!r}, and several lie beside the network "
                f"({_listed([each.path for each in fitting])}): save the network with the one."
            )
    if there:
        raise BadWeights(
            f"{name} has no last layer at {drawn.head!r}, and what may be one ({_listed(there)}) "
            f"does not take the {size} numbers of the network: "
            "give the network as code, FILE.py:FUNCTION."
        )
    return None


def _parents(prefix: str) -> Iterator[str]:
    """Yield a prefix and those around it, the nearest first."""
    while prefix:
        yield prefix
        prefix = prefix.rstrip(".").rpartition(".")[0]
        prefix += "." * bool(prefix)
    yield ""


def _modules(names: Iterable[str], base: str) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield the modules below a prefix, with the names of their tensors below them."""
    modules: dict[str, list[str]] = {}
    for name in names:
        if name.startswith(base):
            module, _, part = name.removeprefix(base).partition(".")
            if part:
                modules.setdefault(base + module, []).append(part)
    yield from modules.items()


def _listed(paths: Sequence[str]) -> str:
    shown = [shorten(printable(path), 60) for path in paths[:NAMED]]
    return ", ".join(shown) + f" and {len(paths) - NAMED} more" * (len(paths) > NAMED)
