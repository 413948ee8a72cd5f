"""Files of the Hugging Face hub: what its cache on this machine holds, and downloads into it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from core.errors import DownloadFailed
from core.files import downloads
from core.files.folders import file_names
from core.imports.lazy import library

Tick = Callable[[float, str], None]
OWNER_AND_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
LIMIT = 8 * 2**30
"""Largest file in bytes."""


def cache_root() -> Path:
    """Return the folder of the hub's cache; it may not exist."""
    return Path(library("huggingface_hub.constants").HF_HUB_CACHE)


def cached_repositories() -> frozenset[str]:
    """Return `OWNER/NAME` of what is in the cache; the folder is read when it has changed."""
    root = cache_root()
    try:
        return _listed(root, root.stat().st_mtime_ns)
    except OSError:
        return frozenset()


@lru_cache(maxsize=2)
def _listed(root: Path, changed: int) -> frozenset[str]:
    folders = (name.split("--", 2) for name in file_names(root) if name.startswith("models--"))
    return frozenset("/".join(parts[1:]) for parts in folders if len(parts) == 3)


def cached(repository: str, names: Sequence[str]) -> Path | None:
    """Return the first of these files of a repository that is in the cache; None without one."""
    if repository not in cached_repositories():
        return None
    find = library("huggingface_hub").try_to_load_from_cache
    paths = (find(repository, name) for name in names)
    return next((Path(path) for path in paths if isinstance(path, str)), None)


def published_files(repository: str) -> dict[str, int]:
    """Ask the hub for the files of a repository; sizes in bytes by name.

    Raises:
        DownloadFailed: not allowed, no network, or no such repository.
    """
    hub = library("huggingface_hub")
    downloads.check(repository)
    try:
        info = hub.HfApi().model_info(repository, files_metadata=True)
    except Exception as error:  # the library raises errors of several others
        raise _failed(repository, error) from error
    return {file.rfilename: int(file.size or 0) for file in info.siblings}


def fetch(repository: str, names: Sequence[str], tick: Tick) -> None:
    """Download files into the hub's cache.

    Args:
        repository: `OWNER/NAME`.
        names: the files, the largest last.
        tick: told the share of the newest file, with a stage such as `12 of 98 MB`; what it raises
            stops the download, which the next one goes on with.

    Raises:
        DownloadFailed: not allowed, no network, too large, or no such file.
        Cancelled: raised by `tick`.
    """
    hub = library("huggingface_hub")
    downloads.check(repository)
    for name in names:
        tick(0.0, f"asking for {name}")
        stopped: list[BaseException] = []
        try:
            hub.hf_hub_download(repository, name, tqdm_class=_bar(tick, stopped))
        except Exception as error:  # the library raises errors of several others
            if stopped:
                raise stopped[0] from None
            raise _failed(f"{name} of {repository}", error) from error


def _bar(tick: Tick, stopped: list[BaseException]) -> type[Any]:
    """Return a progress bar that draws nothing and tells `tick`."""

    class Bar(library("tqdm").tqdm):  # type: ignore[misc]
        """What the hub's library reports to."""

        def __init__(self, *values: object, **named: Any) -> None:  # noqa: ANN401
            super().__init__(*values, **{**named, "disable": False, "file": _Nowhere()})
            if (self.total or 0) > LIMIT:
                stopped.append(DownloadFailed(f"The file has more than {LIMIT >> 30} GB."))
                raise stopped[0]

        def update(self, n: float | None = 1) -> bool | None:
            """Pass on how many bytes are there."""
            shown = super().update(n)
            if self.unit == "B" and self.total:
                try:
                    share = min(self.n / self.total, 1.0)
                    tick(share, f"{self.n / 2**20:.0f} of {self.total / 2**20:.0f} MB")
                except BaseException as error:
                    stopped.append(error)
                    raise
            return bool(shown)

    return Bar


class _Nowhere:
    """A stream that keeps nothing."""

    def write(self, text: str) -> int:
        """Forget the text."""
        return len(text)

    def flush(self) -> None:
        """Do nothing."""


def _failed(what: str, error: Exception) -> DownloadFailed:
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:160].rstrip(".")
    return DownloadFailed(
        f"{what} could not be downloaded from the Hugging Face hub ({reason}): check the name and "
        "the network, or put the files where they are looked for by hand."
    )
