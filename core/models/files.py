"""Where weight files lie on this machine, and whether they are the published ones."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

import torch

from core.errors import MissingWeights
from core.files import downloads
from core.files.digests import file_digest as file_digest
from core.files.folders import cache_folder as cache_folder
from core.files.folders import file_names, is_file
from core.models.catalog_entry import Entry

SUFFIXES = (".pth", ".pt", ".safetensors")
_HASHED = re.compile(r"(.+)-[0-9a-f]{8,64}\.(?:pth|pt|safetensors)")
_SETTLED = 2.0
"""Seconds. Some file systems count time so coarsely that a folder which has just changed can
change again and keep its time."""


def download_folder() -> Path | None:
    """Return the folder that downloads go to, or None for a user without a home."""
    cache = cache_folder()
    return cache / "weights" if cache else None


def local_folder() -> Path | None:
    """Return the folder where a person puts weight files by hand."""
    named = os.environ.get("SEEWHY_WEIGHTS", "")
    return Path(named).expanduser() if named else download_folder()


def is_published(entry: Entry, path: Path) -> bool:
    """Tell whether `path` holds the published file of `entry`.

    Where the publisher gives no digest (Places365), the published name and size are all there is
    to go by.

    Raises:
        OSError: the file cannot be read.
    """
    if entry.digest_prefix:
        return file_digest(path).startswith(entry.digest_prefix)
    return path.name == entry.file_name and path.stat().st_size == round(entry.size_mb * 2**20)


def locate(entry: Entry) -> Path | None:
    """Find the weights of `entry` on this machine, as `Shelf.locate` does."""
    return shelf().locate(entry)


class Shelf:
    """The weight folders as they were at one moment: who looks for many models reads them once.

    Folders are searched in the order: `SEEWHY_WEIGHTS`, the user's cache, torch hub's cache.
    """

    def __init__(self, folders: tuple[Path, ...]) -> None:
        """Read the names of all files.

        Args:
            folders: in the order of preference.
        """
        self._names = {folder: frozenset(file_names(folder)) for folder in folders}
        own = (local_folder(), download_folder())
        self._own = [folder for folder in folders if folder in own]
        self._hashed: dict[tuple[Path, str], list[str]] = {}
        for folder in self._own:
            for name in sorted(self._names[folder]):
                if match := _HASHED.fullmatch(name):
                    self._hashed.setdefault((folder, match[1]), []).append(name)

    def locate(self, entry: Entry) -> Path | None:
        """Find the weights of `entry`.

        The published file wins over a local file of the same architecture; of several with the
        published name the first with the published content wins, and only for that are files
        read. Only the newest published weights (`is_default`) are served by a file that is named
        after the architecture alone (`resnet50.pth`) or with a digest that nobody published
        (`resnet50-0a1b2c3d.pth`).

        Returns:
            The path, or None.
        """
        if entry.file is not None:
            return entry.file if is_file(entry.file) else None
        if not entry.file_name:
            return None
        named = [path for path in self._published_paths(entry) if is_file(path)]
        if len(named) > 1:
            return next((path for path in named if _is_genuine(entry, path)), named[0])
        return next(iter(named), None) or self._by_architecture(entry)

    def named(self, names: Iterable[str]) -> Path | None:
        """Return the first file of one of these names."""
        wanted = tuple(names)
        paths = (f / name for f, there in self._names.items() for name in wanted if name in there)
        return next((path for path in paths if is_file(path)), None)

    def _published_paths(self, entry: Entry) -> Iterator[Path]:
        """Paths where the published file lies, also saved without its `.tar`."""
        names = [entry.file_name]
        if entry.file_name.endswith(".pth.tar"):
            names.append(entry.file_name.removesuffix(".tar"))
        for folder, there in self._names.items():
            yield from (folder / name for name in names if name in there)

    def _by_architecture(self, entry: Entry) -> Path | None:
        """A file in the local folders that is named after the architecture."""
        if not entry.is_default:
            return None
        for folder in self._own:
            there = self._names[folder]
            plain = [f"{entry.arch}{suffix}" for suffix in SUFFIXES]
            hashed = self._hashed.get((folder, entry.arch), [])
            names = [name for name in plain if name in there]
            names += [name for name in hashed if name not in entry.siblings]
            for name in names:
                if is_file(folder / name):
                    return folder / name
        return None


def shelf() -> Shelf:
    """Return the weight folders as they are now; the same object while no file came or went."""
    folders = _folders()
    times = tuple(_changed(folder) for folder in folders)
    if max(times) > time.time_ns() - int(_SETTLED * 1e9):
        return Shelf(folders)
    return _settled(folders, times)


@lru_cache(maxsize=2)
def _settled(folders: tuple[Path, ...], times: tuple[int, ...]) -> Shelf:
    """Read folders; their times only say which state of them this is."""
    return Shelf(folders)


def _folders() -> tuple[Path, ...]:
    """Folders that may hold weights, in the order of preference, without repeats."""
    hub = Path(torch.hub.get_dir()) / "checkpoints"
    folders = (local_folder(), download_folder(), hub)
    return tuple(dict.fromkeys(folder for folder in folders if folder is not None))


def _changed(folder: Path) -> int:
    """Time of a folder's last change in nanoseconds; 0 where it is not there."""
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return 0


def _is_genuine(entry: Entry, path: Path) -> bool:
    try:
        return is_published(entry, path)
    except OSError:
        return False


def missing(entry: Entry) -> MissingWeights:
    """Return the error that says which file to put where."""
    if entry.local is not None:
        return MissingWeights(
            f"{entry.local} has no weights: it needs model.safetensors or pytorch_model.bin."
        )
    if entry.repository:
        return _missing_from_hub(entry)
    if entry.file is not None:
        return MissingWeights(
            f"The weights of {entry.id} are not on this machine ({entry.file} is missing): "
            "install requirements.txt again."
        )
    folder = local_folder()
    where = f"into {folder}" if folder else "into a folder and name it in SEEWHY_WEIGHTS"
    source = f" from {entry.url}" if entry.url else ""
    fetch = "download them on the page or " if entry.url and downloads.allowed() else ""
    return MissingWeights(
        f"The weights of {entry.id} are not on this machine: "
        f"{fetch}put {entry.file_name}{source} {where}."
    )


def _missing_from_hub(entry: Entry) -> MissingWeights:
    fetch = "download them on the page or " if downloads.allowed() else ""
    return MissingWeights(
        f"The weights of {entry.id} are not on this machine: {fetch}put {entry.repository} into "
        "the Hugging Face hub's cache, or its files into a folder and name that."
    )
