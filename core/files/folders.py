"""Folders of this machine: SeeWhy's cache, and what lies in a folder."""

from __future__ import annotations

from pathlib import Path

import platformdirs


def cache_folder() -> Path | None:
    """Return SeeWhy's own folder in the user's cache; it may not exist yet.

    Returns:
        `$XDG_CACHE_HOME/seewhy` where that is set, else the system's place (`~/.cache/seewhy` on
        Linux); None for a user without a home.
    """
    try:
        return platformdirs.user_cache_path("seewhy", appauthor=False)
    except RuntimeError:
        return None


def is_file(path: Path) -> bool:
    """Like `Path.is_file`, but a folder that may not be entered counts as empty."""
    try:
        return path.is_file()
    except OSError:
        return False


def file_names(folder: Path) -> tuple[str, ...]:
    """Return what lies in a folder, in alphabetical order; nothing where it cannot be read."""
    try:
        return tuple(sorted(path.name for path in folder.iterdir()))
    except OSError:
        return ()
