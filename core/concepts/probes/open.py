"""Probe sets by name or path."""

from __future__ import annotations

from pathlib import Path

from core.concepts.probes.probe_set import ProbeSet, line_of
from core.errors import BadProbes

BUILT_IN = "builtin"


def open_probes(text: str, *, allow_download: bool = False) -> ProbeSet:
    """Return the probe set that a person names.

    Args:
        text: `builtin`, `cifar100`, `dtd`, `imagenette`, or the path of a folder, a ZIP file or
            a Parquet file.
        allow_download: whether a published set that is not on disk may be fetched.

    Raises:
        BadProbes: no such set, or nothing in it can be used.
        DownloadFailed: a published set could not be fetched.
    """
    from core.concepts.probes import built_in, folder, parquet, published, zip_file

    if text == BUILT_IN:
        return built_in.built_in()
    if text in published.SETS:
        return published.published(text, allow_download=allow_download)
    path = Path(text).expanduser()
    try:
        if path.is_dir():
            return folder.from_folder(path)
        with path.open("rb") as file:
            head = file.read(4)
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        known = ", ".join((BUILT_IN, *published.SETS))
        reason = getattr(error, "strerror", None) or error
        raise BadProbes(
            f"{line_of(text)} cannot be read as probe pictures ({reason}): give a folder, a ZIP or "
            f"Parquet file, or one of {known}."
        ) from error
    if head.startswith(b"PAR1"):
        return parquet.from_parquet(path)
    if head[:2] == b"PK":
        return zip_file.from_zip(path)
    raise BadProbes(f"{line_of(path.name)} is neither a ZIP nor a Parquet file: give one of them.")


def state_of(text: str) -> str:
    """Return what differs once a set must be opened again: the state of a folder's files.

    Args:
        text: as for `open_probes`.

    Returns:
        Empty for a set that does not change.

    Raises:
        BadProbes: a folder that cannot be read.
    """
    from core.concepts.probes import folder, published

    if text == BUILT_IN or text in published.SETS:
        return ""
    path = Path(text).expanduser()
    return folder.folder_state(path) if path.is_dir() else ""
