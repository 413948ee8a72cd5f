"""torch's weight files, read without running any code that they name.

`torch.load(weights_only=True)` refuses a file with anything but tensors in it: a NumPy number, a
path, the command line's `Namespace`, a whole network. Here every such object becomes a stand-in
that keeps what the file says of it and does nothing, so that the tensors beside it can be read.
"""

from __future__ import annotations

import pickle
import warnings
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO, ClassVar

import torch
from torch import Tensor, nn


class StandIn:
    """Stands for an object whose class is not built: keeps its items and its state.

    Attributes:
        kind: dotted name of the class.
        items: what would have been set by key or appended.
        state: what the object would have been given.
    """

    kind = ""
    dump_patches = False  # torch asks the class of a network of the older format

    def __new__(cls, *values: object, **named: object) -> StandIn:
        """Take whatever the class would have taken."""
        made = super().__new__(cls)
        made.items = {}
        made.state = None
        return made

    items: dict[object, object]
    state: object

    def __init__(self, *values: object, **named: object) -> None:
        pass

    def __setitem__(self, key: object, value: object) -> None:
        """Keep an item."""
        self.items[_hashable(key)] = value

    def append(self, value: object) -> None:
        """Keep an item under its number."""
        self.items[len(self.items)] = value

    add = append

    def extend(self, values: list[object]) -> None:
        """Keep several items."""
        for value in values:
            self.append(value)

    update = extend


def read_pickled(path: Path) -> object:
    """Return what a file of `torch.save` holds, tensors on the CPU.

    Args:
        path: a file of torch's zip format, or of the one before 2020.

    Raises:
        Exception: of any kind, where the file is damaged.
    """
    with path.open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # The open file and not its path: torch would go by the suffix.
        return torch.load(file, map_location="cpu", pickle_module=_SAFE, weights_only=False)


def _hashable(key: object) -> object:
    return key if isinstance(key, str | int | float | bytes | tuple) else id(key)


def _mapping(*values: object) -> OrderedDict[object, object]:
    """Make an empty mapping; what a subclass of dict is made of comes later, item by item."""
    return OrderedDict()


def _parameter(data: Tensor, *values: object) -> Tensor:
    """Give the numbers of a parameter, without its hooks and its state."""
    return data


def _typed(function: Callable[..., Any], kind: object, values: tuple[Any, ...], *_: object) -> Any:  # noqa: ANN401
    """Make a tensor of a subclass as a plain one."""
    return function(*values)


_MAKERS: dict[str, object] = {
    "collections.OrderedDict": OrderedDict,
    "collections.defaultdict": _mapping,
    "collections.Counter": _mapping,
    "torch.Size": torch.Size,
    "torch._utils._rebuild_meta_tensor_no_storage": (torch._utils._rebuild_meta_tensor_no_storage),
    "torch._utils._rebuild_parameter": _parameter,
    "torch._utils._rebuild_parameter_with_state": _parameter,
    "torch._utils._rebuild_sparse_tensor": torch._utils._rebuild_sparse_tensor,
    "torch._utils._rebuild_qtensor": torch._utils._rebuild_qtensor,
    "torch._utils._rebuild_tensor": torch._utils._rebuild_tensor,
    "torch._utils._rebuild_tensor_v2": torch._utils._rebuild_tensor_v2,
    "torch._utils._rebuild_tensor_v3": torch._utils._rebuild_tensor_v3,
    "torch._tensor._rebuild_from_type_v2": _typed,
    "torch.device": torch.device,
    "torch.nn.parameter.Parameter": nn.Parameter,
    "torch.serialization._get_layout": torch.serialization._get_layout,
}
"""What a file may call; all of it makes plain objects of what it is given."""
_MAKERS |= {str(value): value for value in vars(torch).values() if isinstance(value, torch.dtype)}


class _Unpickler(pickle._Unpickler):
    """Calls nothing but `_MAKERS` and stand-ins, and changes no object but those it made.

    Python's own unpickler and not the one in C, which sets memory aside for any number of objects
    that the file claims to remember.
    """

    dispatch: ClassVar[dict[int, Callable[[Any], None]]] = dict(pickle._Unpickler.dispatch)

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 - as the file asks
        """Return a maker, or a class that does nothing."""
        full = f"{module}.{name}"
        return _MAKERS.get(full) or type("StandIn", (StandIn,), {"kind": full})

    def load_build(self) -> None:
        """Give an object its state; of all that a file can name only these take one."""
        state, made = self.stack.pop(), self.stack[-1]  # type: ignore[attr-defined]
        if isinstance(made, StandIn):
            made.state = state
        elif type(made) is OrderedDict and isinstance(state, dict):
            metadata = state.get("_metadata")
            if metadata is not None:
                made._metadata = metadata  # type: ignore[attr-defined]
        elif type(made) is Tensor and isinstance(state, tuple):  # of files before 2018
            made.set_(*state)

    dispatch[pickle.BUILD[0]] = load_build


def _load(file: BinaryIO, **options: Any) -> object:  # noqa: ANN401 - as torch calls it
    return _Unpickler(file, **options).load()


_SAFE: Any = SimpleNamespace(Unpickler=_Unpickler, load=_load, __name__="pickle")
"""What torch takes for the module `pickle`."""
