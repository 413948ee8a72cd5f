"""How much memory a weight file of torch's format before 2020 would take, without taking it.

Such a file is a row of pickles with the numbers behind them. torch sets memory aside for every
storage that the pickle names, of the size that the pickle claims, before it looks for the numbers.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any, BinaryIO

MAGIC = 0x1950A86A20F9469CFC6C
"""First object of such a file (`torch.serialization.MAGIC_NUMBER`)."""

_BYTES = {"Double": 8, "Long": 8, "Float": 4, "Int": 4, "Half": 2, "BFloat16": 2, "Short": 2}
_BYTES |= {"ComplexDouble": 16, "ComplexFloat": 8}


def claimed_bytes(path: Path) -> int:
    """Return the bytes of all storages that a legacy file names; 0 for any other file.

    Raises:
        Exception: of any kind, where the file is damaged.
    """
    with path.open("rb") as file:
        try:
            first = _Counter(file).load()
        except Exception:  # a damaged or hostile pickle can raise anything
            return 0
        if first != MAGIC:
            return 0
        for _ in ("protocol", "byte order"):
            _Counter(file).load()
        counter = _Counter(file)
        counter.load()
    return sum(counter.storages.values())


class _Nothing:
    """Stands for whatever a pickle wants to make: takes every call and does nothing."""

    def __init__(self, *values: object, **named: object) -> None:
        pass

    def _ignore(self, *values: object) -> None:
        pass

    __setstate__ = __setitem__ = append = extend = add = update = _ignore


class _Counter(pickle._Unpickler):
    """Reads a pickle and notes the storages.

    Python's own unpickler and not the one in C, which sets memory aside for any number of objects
    that the file claims to remember.
    """

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file, encoding="latin1")  # of Python 2, with bytes in it
        self.storages: dict[object, int] = {}

    def find_class(self, module: str, name: str) -> type[_Nothing]:
        """Return a class of that name that does nothing."""
        return type(str(name), (_Nothing,), {})

    def persistent_load(self, pid: Any) -> Any:  # noqa: ANN401 - whatever the file holds
        """Note a storage: the word `storage`, its type, its key, its place, its length."""
        word, *rest = pid
        if word not in ("storage", b"storage"):
            return rest[0]  # the class of a module, beside its source code
        kind, key, _, length, *_ = rest
        size = _BYTES.get(kind.__name__.removesuffix("Storage"), 1) * int(length)
        self.storages[key] = max(size, self.storages.get(key, 0))
        return _Nothing()
