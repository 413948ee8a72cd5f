"""The numbers of a TIFF whose pixels Pillow cannot hold, put together from its strips or tiles.

libtiff, through Pillow, decompresses each part as plain bytes; nothing is lost there.
"""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import TiffImagePlugin

from core.errors import BadPicture
from core.pictures.deep import Samples
from core.pictures.tiff_layout import WHITE_IS_ZERO, Layout

Numbers = npt.NDArray[Any]

_PLAIN = 1
_COMPRESSIONS = {5: "LZW", 8: "Deflate", 32946: "Deflate", 32773: "PackBits", 34925: "LZMA"}
_COMPRESSIONS |= {50000: "Zstandard"}
"""What libtiff turns into the bytes that were compressed, whatever these mean."""

_DIFFERENCES, _FLOAT_DIFFERENCES = 2, 3

_LARGEST_PART = 1024 * 1024
"""Pixels by which a tile may be larger than its picture."""

_MOST_PARTS = 200_000


class CutOff(Exception):
    """The file ends before its pixels do."""


def read_samples(data: bytes, layout: Layout, shown: str) -> Samples:
    """Decode the page that is shown.

    Args:
        data: the file's bytes.
        layout: of the page, of a size that has been checked.
        shown: the file's name, for messages.

    Raises:
        BadPicture: compressed, or laid out, in a way that is not read.
        CutOff: parts of it are missing.
        Exception: whatever Pillow or NumPy raise for damaged parts.
    """
    _check(layout, shown)
    bands = 1 if layout.separate else layout.bands
    planes = layout.bands if layout.separate else 1
    width, height = layout.part
    across = -(-layout.width // width)
    down = -(-layout.height // height)
    if width * height > _LARGEST_PART + layout.width * layout.height:
        raise ValueError("tiles are far larger than the picture")
    if across * down * planes > _MOST_PARTS:
        raise ValueError("more strips or tiles than any program writes")
    if len(layout.parts) < across * down * planes:
        raise CutOff
    whole = np.zeros((layout.height, layout.width, layout.bands), _dtype(layout))
    for number, (offset, count) in enumerate(layout.parts[: across * down * planes]):
        plane, place = divmod(number, across * down)
        top, left = (place // across) * height, (place % across) * width
        rows = height if layout.tiled else min(height, layout.height - top)
        if count < 1 or offset + count > len(data):
            raise CutOff
        part = _part(data[offset : offset + count], layout, rows, bands)
        target = whole[top : top + height, left : left + width, plane : plane + bands]
        target[:] = part[: target.shape[0], : target.shape[1]]
    return Samples(
        colours=whole[..., : layout.colours],
        alpha=whole[..., layout.colours] if layout.alpha else None,
        premultiplied=layout.premultiplied,
        top=float(2**layout.bits - 1) if layout.kind == "u" else None,
        white_is_zero=layout.photometric == WHITE_IS_ZERO,
        orientation=layout.orientation,
    )


def _check(layout: Layout, shown: str) -> None:
    """Refuse what is not read, each in its own sentence.

    Raises:
        BadPicture: a depth, compression, predictor or order of bits that is not read.
    """
    packed = layout.kind == "u" and layout.bits <= 16
    if layout.bits not in {8, 16, 32, 64} and not packed:
        raise BadPicture(
            f"{shown} has numbers of {layout.bits} bits, which are not read: save it with 8 or 16 "
            "bits first."
        )
    if layout.kind == "f" and layout.bits == 8:
        raise BadPicture(f"{shown} has floats of 8 bits: save it with 32 bits first.")
    if layout.compression not in {_PLAIN, *_COMPRESSIONS} or layout.reversed_bits:
        raise BadPicture(
            f"{shown} is compressed in a way that is read with 8 bits of grey or RGB only: save "
            "it as TIFF without compression, or as PNG."
        )
    if layout.photometric not in {0, 1, 2, 5}:
        raise BadPicture(
            f"{shown} has {layout.bits}-bit numbers that stand for palette or YCbCr colours: save "
            "it in RGB first."
        )


def _dtype(layout: Layout) -> np.dtype[Any]:
    size = next(size for size in (1, 2, 4, 8) if 8 * size >= layout.bits)
    return np.dtype(f"{layout.kind}{size}")


def _part(raw: bytes, layout: Layout, rows: int, bands: int) -> Numbers:
    """Return a strip or tile as numbers, shape (rows, its width, bands).

    Raises:
        CutOff: it has fewer bytes than that takes.
    """
    width = layout.part[0]
    row_bytes = -(-width * bands * layout.bits // 8)
    size = rows * row_bytes
    if layout.compression != _PLAIN:
        raw = _decompressed(raw, layout.compression, size)
    if len(raw) < size:
        raise CutOff
    lines = np.frombuffer(raw, np.uint8, size).reshape(rows, row_bytes)
    kind = _dtype(layout)
    if layout.predictor == _FLOAT_DIFFERENCES and layout.kind == "f":
        lines = np.cumsum(lines.reshape(rows, -1, bands), axis=1, dtype=np.uint8)
        planes = lines.reshape(rows, kind.itemsize, width * bands)
        numbers = np.ascontiguousarray(planes.transpose(0, 2, 1)).view(kind.newbyteorder(">"))
        return numbers.reshape(rows, width, bands)
    if layout.bits % 8 or layout.bits not in {8, 16, 32, 64}:
        numbers = _unpacked(lines, layout.bits, width * bands)
    else:
        numbers = lines.view(kind.newbyteorder(layout.order))
    numbers = numbers.reshape(rows, width, bands)
    if layout.predictor == _DIFFERENCES:
        whole = np.dtype(f"u{kind.itemsize}")
        differences = numbers.astype(kind, copy=False).view(whole)
        return np.cumsum(differences, axis=1, dtype=whole).view(kind)
    return numbers


def _unpacked(lines: npt.NDArray[np.uint8], bits: int, count: int) -> Numbers:
    """Return numbers of 1 to 16 bits that lie side by side, the highest bit first."""
    values = np.empty((len(lines), count), np.uint8 if bits <= 8 else np.uint16)
    weights = (1 << np.arange(bits)[::-1]).astype(values.dtype)
    for row, line in enumerate(lines):  # a byte for each bit: one row at a time
        values[row] = np.unpackbits(line, count=count * bits).reshape(count, bits) @ weights
    return values


def _decompressed(raw: bytes, compression: int, size: int) -> bytes:
    """Return `size` bytes, by way of a TIFF with one row of grey that libtiff reads."""
    tags = {256: size, 257: 1, 258: 8, 259: compression, 262: 1, 273: None, 277: 1, 278: 1}
    tags[279] = len(raw)
    start = 8 + 2 + 12 * len(tags) + 4
    entries = b"".join(
        struct.pack("<HHII", tag, 4, 1, value or start) for tag, value in tags.items()
    )
    directory = struct.pack("<H", len(tags)) + entries + bytes(4)
    file = io.BytesIO(b"II*\0\x08\0\0\0" + directory + raw)
    with TiffImagePlugin.TiffImageFile(file) as image:
        return image.tobytes()
