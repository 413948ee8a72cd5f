"""Where weight files lie on this machine, and whether they are the published ones."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

import torch

from core.models.catalog_entry import Entry

SUFFIXES = (".pth", ".pt", ".safetensors")
_digests: dict[tuple[str, int, int], str] = {}


def cache_folder() -> Path | None:
    """Return SeeWhy's own folder in the user's cache; it may not exist yet.

    Returns:
        `$XDG_CACHE_HOME/seewhy`, else `~/.cache/seewhy`; None for a user without a home.
    """
    base = os.environ.get("XDG_CACHE_HOME", "")
    if base and Path(base).is_absolute():
        return Path(base) / "seewhy"
    if os.environ.get("HOME") == "":
        return None
    try:
        return Path.home() / ".cache" / "seewhy"
    except RuntimeError:
        return None


def download_folder() -> Path | None:
    """Return the folder that downloads go to, or None for a user without a home."""
    cache = cache_folder()
    return cache / "weights" if cache else None


def local_folder() -> Path | None:
    """Return the folder where a person puts weight files by hand."""
    named = os.environ.get("SEEWHY_WEIGHTS", "")
    return Path(named).expanduser() if named else download_folder()


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal; read again only when the file changes."""
    facts = path.stat()
    key = (str(path.resolve()), facts.st_size, facts.st_mtime_ns)
    known = _digests.get(key)
    if known is None:
        with path.open("rb") as file:
            known = hashlib.file_digest(file, "sha256").hexdigest()
        _digests[key] = known
    return known


def is_published(entry: Entry, path: Path) -> bool:
    """Tell whether `path` holds the published file of `entry`.

    Where the publisher gives no digest, the published file name is all there is to go by.
    """
    if entry.digest_prefix:
        return file_digest(path).startswith(entry.digest_prefix)
    return path.name == entry.file_name


def locate(entry: Entry) -> Path | None:
    """Find the weights of `entry` on this machine.

    The published file wins over a local file of the same architecture. Folders are searched in
    the order: `SEEWHY_WEIGHTS`, the user's cache, torch hub's cache. Only the newest published
    weights (`is_default`) are served by a file that is named after the architecture alone
    (`resnet50.pth`) or with a digest that nobody published (`resnet50-0a1b2c3d.pth`).

    Returns:
        The path, or None.
    """
    if entry.file is not None:
        return entry.file if _is_file(entry.file) else None
    if not entry.file_name:
        return None
    named = [path for path in _published_paths(entry) if _is_file(path)]
    genuine = (path for path in named if is_published(entry, path))
    return next(genuine, None) or next(iter(named), None) or _by_architecture(entry)


def _folders() -> list[Path]:
    """Folders that may hold weights, in the order of preference, without repeats."""
    hub = Path(torch.hub.get_dir()) / "checkpoints"
    folders = (local_folder(), download_folder(), hub)
    return list(dict.fromkeys(folder for folder in folders if folder is not None))


def _published_paths(entry: Entry) -> list[Path]:
    """Paths where the published file may lie, also saved without its `.tar`."""
    names = [entry.file_name]
    if entry.file_name.endswith(".pth.tar"):
        names.append(entry.file_name.removesuffix(".tar"))
    return [folder / name for folder in _folders() for name in names]


def _by_architecture(entry: Entry) -> Path | None:
    """A file in the local folders that is named after the architecture."""
    if not entry.is_default:
        return None
    hashed = re.compile(rf"{re.escape(entry.arch)}-[0-9a-f]{{8,64}}\.(pth|pt|safetensors)")
    for folder in dict.fromkeys((local_folder(), download_folder())):
        if folder is None:
            continue
        for suffix in SUFFIXES:
            if _is_file(plain := folder / f"{entry.arch}{suffix}"):
                return plain
        for path in _listing(folder):
            if hashed.fullmatch(path.name) and path.name not in entry.siblings:
                return path
    return None


def _is_file(path: Path) -> bool:
    """Like `Path.is_file`, but a folder that may not be entered counts as empty."""
    try:
        return path.is_file()
    except OSError:
        return False


def _listing(folder: Path) -> list[Path]:
    """The folder's files in alphabetical order; none where it cannot be read."""
    try:
        return sorted(path for path in folder.iterdir() if path.is_file())
    except OSError:
        return []
