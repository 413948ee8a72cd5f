"""A network under other names: `nn.Sequential(*children)` and fastai number what had names.

Such a file has the architecture's tensors in its order. They are taken where order, shapes and
kinds (weight, bias, running_mean ...) of all of them agree, which only one assignment does.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from core.models.blueprints import Blueprint

_COUNTER = "num_batches_tracked"


def names_in_order(tensors: Mapping[str, Tensor], drawn: Blueprint) -> dict[str, str] | None:
    """Return names in a file by those of the architecture; None where its tensors do not fit.

    What follows the body is the head, under the head's path.

    Args:
        tensors: of the file, in its order.
        drawn: of the architecture.
    """
    outside = (f"{drawn.head}.", *([f"{drawn.container}."] if drawn.container else ()))
    body = [
        name
        for name in drawn.shapes
        if not name.startswith(outside) and not name.endswith(_COUNTER)
    ]
    given = [name for name in tensors if not name.endswith(_COUNTER)]
    if len(given) <= len(body):
        return None
    for new, old in zip(body, given, strict=False):
        shape, same = tuple(drawn.shapes[new]), _kind(new) == _kind(old)
        if not same or tuple(tensors[old].shape) != shape:
            return None
    names = dict(zip(body, given, strict=False))
    rest = [old for old in tensors if old not in set(names.values()) and old in set(given)]
    prefix = _module_of(rest)
    place = drawn.container or drawn.head
    if prefix is None or any(old.startswith(prefix) for old in names.values()):
        return None
    if drawn.container and len({old.rpartition(".")[0] for old in rest}) == 1:
        place, prefix = drawn.head, rest[0].rpartition(".")[0] + "."
    heads = {f"{place}.{old.removeprefix(prefix)}": old for old in rest}
    counters = {
        f"{place}.{old.removeprefix(prefix)}": old
        for old in tensors
        if old.endswith(_COUNTER) and old.startswith(prefix)
    }
    return {**names, **heads, **counters}


def _kind(name: str) -> str:
    return name.rpartition(".")[2]


def _module_of(names: list[str]) -> str | None:
    """Return the first key of names, with its dot, where all share it; else None."""
    firsts = {name.partition(".")[0] for name in names}
    return f"{firsts.pop()}." if len(firsts) == 1 else None
