"""Published sets of pictures that torchvision fetches, on disk or after a person said so."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

import numpy as np

from core.concepts.probes.folder import from_folder
from core.concepts.probes.probe_set import ProbeSet, digest_of
from core.errors import BadProbes, CannotWrite, DownloadFailed
from core.files import downloads
from core.files.writing import put
from core.imports.lazy import library
from core.models.files import cache_folder
from core.pictures.picture import Picture, from_pixels

PART = ".part"
"""Ending of the folder that a set is fetched into."""
STALE = 24 * 3600.0
"""Seconds after which such a folder is what a killed process left behind."""


@dataclass(frozen=True, slots=True)
class Published:
    """One set.

    Attributes:
        name: what a person types.
        title: for showing, with the part that is used.
        size_mb: of the download, about.
        fetch: `fetch(folder)` puts the set into a folder.
        open: `open(folder)` returns the pictures in it.
    """

    name: str
    title: str
    size_mb: int
    fetch: Callable[[Path], object]
    open: Callable[[Path], ProbeSet]


def _datasets() -> ModuleType:
    return library("torchvision.datasets")


def _cifar(folder: Path) -> ProbeSet:
    """Return the 10,000 test pictures of 32 x 32."""
    pixels = np.asarray(_datasets().CIFAR100(folder, train=False).data)
    digest = hashlib.sha256(np.ascontiguousarray(pixels).data).hexdigest()
    names = tuple(f"picture {number}" for number in range(len(pixels)))

    def load(index: int) -> Picture:
        return from_pixels(pixels[index], names[index])

    return ProbeSet("cifar100", digest_of("cifar100", [digest]), names, load)


SETS: Mapping[str, Published] = {
    each.name: each
    for each in (
        Published(
            "cifar100",
            "CIFAR-100, test part (Krizhevsky 2009)",
            161,
            lambda folder: _datasets().CIFAR100(folder, train=False, download=True),
            _cifar,
        ),
        Published(
            "dtd",
            "Describable Textures (Cimpoi et al. 2014)",
            600,
            lambda folder: _datasets().DTD(folder, download=True),
            lambda folder: from_folder(folder / "dtd/dtd/images"),
        ),
        Published(
            "imagenette",
            "Imagenette, validation part at 320 pixels (Howard 2019)",
            326,
            lambda folder: _datasets().Imagenette(folder, "val", "320px", download=True),
            lambda folder: from_folder(folder / "imagenette2-320/val"),
        ),
    )
}
"""Sets by the names that a person types."""


def folder_of(name: str) -> Path | None:
    """Return where a set lies once it was fetched, or None for a user without a home."""
    cache = cache_folder()
    return cache / "probes" / name if cache else None


def on_disk(name: str) -> bool:
    """Tell whether a set was fetched before."""
    folder = folder_of(name)
    return folder is not None and folder.is_dir()


def published(name: str, *, allow_download: bool = False) -> ProbeSet:
    """Return a published set; it is fetched whole or not at all.

    Args:
        name: one of `SETS`.
        allow_download: whether it may be fetched where it is not on disk.

    Raises:
        BadProbes: not on disk and not allowed to be fetched, or damaged on disk.
        DownloadFailed: it could not be fetched.
        CannotWrite: the user has no folder for it.
    """
    which, folder = SETS[name], folder_of(name)
    if folder is None:
        raise CannotWrite(f"No home folder for {which.title}: set XDG_CACHE_HOME to a folder.")
    if not folder.is_dir():
        if not allow_download:
            raise BadProbes(
                f"{which.title} is not on this machine: allow its download of about "
                f"{which.size_mb} MB, or choose other probe pictures."
            )
        _fetch(which, folder)
    try:
        return replace(which.open(folder), name=name)
    except (OSError, RuntimeError, ValueError, BadProbes) as error:
        raise BadProbes(
            f"{which.title} is damaged on this machine: remove {folder} and fetch it again."
        ) from error


def _fetch(which: Published, folder: Path) -> None:
    """Fetch into a folder beside, and rename it when everything is there.

    Raises:
        DownloadFailed: it could not be fetched; nothing is left of it then.
    """
    downloads.check(which.title)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _sweep(folder.parent)
        # A folder of its own: another process may fetch the same set.
        part = Path(tempfile.mkdtemp(prefix=f".{which.name}.", suffix=PART, dir=folder.parent))
    except OSError as error:
        raise CannotWrite(
            f"{folder.parent} cannot be written ({error.strerror}): set XDG_CACHE_HOME to a folder "
            "that you may write to."
        ) from error
    try:
        which.fetch(part)
        for archive in (*part.rglob("*.tar.gz"), *part.rglob("*.tgz")):
            archive.unlink()
        if not folder.is_dir():  # the other process may have been quicker
            put(part, folder)
    except (OSError, RuntimeError, ValueError) as error:  # urllib's errors are OSErrors
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise DownloadFailed(
            f"{which.title} (about {which.size_mb} MB) could not be fetched ({reason}): try again."
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Remove what killed processes left behind, and nothing that may still be growing."""
    for part in folder.glob(f".*{PART}"):
        try:
            newest = max(path.stat().st_mtime for path in (part, *part.rglob("*")))
        except OSError:
            continue
        if newest < time.time() - STALE:
            shutil.rmtree(part, ignore_errors=True)
