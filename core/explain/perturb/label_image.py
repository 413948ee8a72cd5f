"""A person's label image as the text that LIME's segmentation `mask` takes."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from core.explain.perturb.superpixels import check_side, encode_labels
from core.pictures.picture import decode

_NUMBERS = {"1", "L", "P", "I", "I;16", "I;16L", "I;16B", "I;16N"}
"""Modes whose values are labels as they stand; colours would merge some of 16-bit grey."""


def read_labels(data: bytes, name: str) -> str:
    """Read a label image: one colour, grey value or palette number for each superpixel.

    Args:
        data: the file's bytes.
        name: the file's name, for messages.

    Raises:
        BadPicture: not a picture, or too large, or too many labels.
    """
    picture = decode(data, name)  # refuses what is no picture
    check_side(max(picture.original_size))  # a very large picture is read at a half, labels mixed
    try:
        with Image.open(io.BytesIO(data)) as image:
            numbers = np.asarray(image) if image.mode in _NUMBERS else picture.full()
    except Exception:  # of a kind that Pillow alone does not read
        numbers = picture.full()
    return encode_labels(numbers)
