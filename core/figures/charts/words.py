"""The words of charts: names that are cut, numbers that may be missing."""

from __future__ import annotations

import re

from core.files.names import shorten

IOU = "overlap (IoU)"
NAME = 22
"""Characters of a picture's name under its bars; the mouse reads all of it."""
SUFFIX = re.compile(r"\.[a-z]{2,5}$", re.IGNORECASE)


def defined(value: float, digits: int = 2) -> str:
    """Return a number as it is read, and words for NaN."""
    return "not defined" if value != value else f"{value:.{digits}f}"


def picture_name(name: str) -> str:
    """Return a picture's name without the kind of its file, as short as a label must be."""
    return shorten(SUFFIX.sub("", name) or name, NAME)
