"""The formats of other programs: what they are called, and what is in their files."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Format:
    """One format.

    Attributes:
        name: as the command takes it.
        title: as lists show it.
        use: what is in its files, in a few words.
        ending, mime: of the one file that a person takes away.
        needs: the package that writes it; empty for none that is not here anyway.
    """

    name: str
    title: str
    use: str
    ending: str
    mime: str
    needs: str = ""


FORMATS = (
    Format(
        "virelay",
        "ViRelAy (ZIP)",
        "HDF5 databases of ViRelAy and CoRelAy",
        "zip",
        "application/zip",
        "h5py",
    ),
    Format(
        "coco",
        "COCO (JSON)",
        "JSON with run-length masks of the pixels that maps mark",
        "json",
        "application/json",
    ),
    Format("npz", "NumPy (NPZ)", "all maps in one file", "npz", "application/octet-stream"),
    Format(
        "fiftyone",
        "FiftyOne (ZIP)",
        "grey PNG files with samples as JSON",
        "zip",
        "application/zip",
    ),
)


def offered() -> tuple[Format, ...]:
    """Return the formats that can be written here, those for everybody first."""
    here = [each for each in FORMATS if not each.needs or importlib.util.find_spec(each.needs)]
    return tuple(sorted(here, key=lambda each: (each.name != "npz", bool(each.needs))))
