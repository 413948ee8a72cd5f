"""Reading label files, which name the classes of a model."""

from __future__ import annotations

import json

from core.errors import BadOption

LABELS_LIMIT = 2**20
"""Largest label file in bytes."""


def read_labels(data: bytes) -> tuple[str, ...]:
    """Read class names in the order of the logits.

    Args:
        data: UTF-8 text with one name a line, or a JSON list of names.

    Raises:
        BadOption: not text, too large, empty, or with an empty name in between.
    """
    if len(data) > LABELS_LIMIT:
        raise BadOption(f"The label file has {len(data) / 2**20:.1f} MB: give at most 1 MB.")
    try:
        text = data.decode("utf-8-sig").strip()
        names = json.loads(text) if text.startswith("[") else text.splitlines()
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise BadOption("The label file is neither UTF-8 text nor a JSON list of names.") from error
    if not names:
        raise BadOption("The label file is empty: give one class name per line.")
    for number, label in enumerate(names, 1):
        if not isinstance(label, str) or not label.strip():
            raise BadOption(f"Name {number} of the label file is {label!r}: give text.")
    return tuple(" ".join(label.split())[:200] for label in names)
