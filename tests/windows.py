"""Windows' rules for files, played on any system."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

RESERVED = {"con", "prn", "aux", "nul", "conin$", "conout$"} | {
    f"{device}{number}" for device in ("com", "lpt") for number in "0123456789¹²³"
}
_active: list[tuple[Path, list[str]]] = []


def refuses(name: str) -> bool:
    """Whether Windows refuses a name, or gives the file another one.

    Source: learn.microsoft.com, "Naming Files, Paths, and Namespaces".
    """
    return (
        not name
        or re.search(r'[<>:"/\\|?*\x00-\x1f]', name) is not None
        or name.endswith((" ", "."))
        or name.startswith(" ")
        or name.split(".")[0].rstrip(" ").lower() in RESERVED
        or len(name.encode("utf-16-le")) > 2 * 255
    )


@contextmanager
def written_under(folder: Path) -> Iterator[list[str]]:
    """Yield a list of the names that files and folders are given under a folder meanwhile."""
    names: list[str] = []
    _active.append((folder, names))
    try:
        yield names
    finally:
        _active.pop()


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    """Hear of everything that opens, makes or renames; Python lets nobody take this away again."""
    if not _active:
        return
    if event == "open":
        path, writes = arguments[0], bool(arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
    elif event in ("os.mkdir", "os.rename"):
        path, writes = arguments[0 if event == "os.mkdir" else 1], True
    else:
        return
    if writes and isinstance(path, (str, os.PathLike)):
        folder, names = _active[-1]
        place = Path(os.fsdecode(path))
        if place.is_relative_to(folder):
            names.extend(place.relative_to(folder).parts)


sys.addaudithook(_note)
