"""Colours of more than 8 bits in PNG, PPM and JPEG 2000, which Pillow would cut down to 8."""

from __future__ import annotations

import re

import numpy as np
from PIL import ImageFile

from core.imports.lazy import library
from core.pictures.deep import Samples

_PNG_COLOURS = {2, 4, 6}
"""PNG's colour types with several channels: RGB, grey with alpha, RGB with alpha."""

_PPM_HEADER = re.compile(rb"P([236])((?:\s|#[^\n]*\n)+\d+){3}\s")
_SIZE_MARKER = b"\xff\x4f\xff\x51"


def deep_samples(data: bytes, kind: str, image: ImageFile.ImageFile) -> Samples | None:
    """Return the numbers of a picture of more than 8 bits a channel, None where 8 are enough.

    Args:
        data: the file's bytes, which Pillow has decoded without a fault.
        kind: Pillow's name of its kind.
        image: what Pillow makes of it.
    """
    if image.mode not in {"RGB", "RGBA"} or not is_deep(data, kind):
        return None
    return _opencv(data, 65535 if kind == "PNG" else 2 ** _jpeg_2000_depth(data) - 1)


def is_deep(data: bytes, kind: str) -> bool:
    """Tell from the header whether `deep_samples` may have to decode a picture once more."""
    if kind == "PNG":
        return len(data) > 25 and data[24] == 16 and data[25] in _PNG_COLOURS
    return kind == "JPEG2000" and _jpeg_2000_depth(data) > 8


def ppm_samples(data: bytes, size: tuple[int, int]) -> Samples | None:
    """Return the numbers of a PPM of more than 8 bits or of one written as text.

    Pillow cuts the former down to 8 bits, and needs a minute for a large one of the latter.

    Args:
        data: the file's bytes.
        size: its (width, height), as Pillow reads them.

    Returns:
        None for a file of another kind.

    Raises:
        ValueError: it has fewer numbers than that takes, or something else among them.
    """
    header = _PPM_HEADER.match(data)
    if header is None:
        return None
    top, bands = int(header[2].split()[-1]), 1 if header[1] == b"2" else 3
    count = size[0] * size[1] * bands
    if header[1] != b"6":
        text = re.sub(rb"#[^\n]*", b"", data[header.end() :])
        if re.fullmatch(rb"[\d\s]*", text) is None:
            raise ValueError("something else than numbers")
        values = np.fromstring(text, np.int64, sep=" ")[:count]
    elif top > 255:
        values = np.frombuffer(data[header.end() :][: 2 * count], ">u2")
    else:
        return None
    if values.size < count:
        raise ValueError("truncated")
    if values.max() > top:
        raise ValueError("a number above the largest that the header allows")
    return Samples(values.reshape(size[1], size[0], bands), top=top)


def _opencv(data: bytes, top: int) -> Samples:
    cv2 = library("cv2")
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    values = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None:
        raise OSError("OpenCV cannot decode it")
    if values.ndim == 2:
        return Samples(values[..., None], top=top)
    alpha = values[..., 3] if values.shape[2] == 4 else None
    return Samples(values[..., 2::-1], alpha, top=top)


def _jpeg_2000_depth(data: bytes) -> int:
    """Return the bits of the first channel."""
    at = data.find(_SIZE_MARKER)
    return (data[at + 42] & 0x7F) + 1 if 0 <= at < len(data) - 42 else 8
