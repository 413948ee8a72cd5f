"""Names of files on the command line, as types of arguments."""

from __future__ import annotations

import argparse
from pathlib import Path


def place(text: str) -> Path:
    """Return a path. An empty one, as an unset variable of a shell gives, would be any folder.

    Raises:
        ArgumentTypeError: it is empty.
    """
    return Path(place_name(text))


def place_name(text: str) -> str:
    """Return the name of a file or folder as it was given.

    Raises:
        ArgumentTypeError: it is empty.
    """
    if not text.strip():
        raise argparse.ArgumentTypeError("the name is empty: give a file or folder")
    return text
