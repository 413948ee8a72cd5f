"""Files whose pixels are all there, though the rest of the file is not as it should be."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from itertools import islice

from PIL.JpegImagePlugin import JpegImageFile

from core.pictures.limits import fraction

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_NEEDED = {b"IHDR", b"PLTE", b"tRNS", b"eXIf", b"acTL", b"IDAT", b"IEND"}
"""Parts of a PNG that matter here; the frames of an animation after the first do not."""

_END = b"\xff\xd9"
_SCAN = b"\xff\xda"
_MOST_PARTS = 100_000
"""Parts of a file before or among its pixels; Pillow needs a minute for millions of empty ones."""

_NONSENSE = bytes(range(1, 251)) * 64
"""Bytes that a JPEG decoder takes for pixels, wherever some are missing."""


def without_metadata(data: bytes) -> bytes | None:
    """Return a PNG without its colour profile, texts and other parts that do not change pixels.

    Pillow refuses a profile or text of more than 1 MB, and one whose checksum is wrong.

    Returns:
        None where nothing could be left out.
    """
    parts = list(_parts(data))
    needed = [part for part in parts if part[4:8] in _NEEDED]
    if len(needed) == len(parts) or not needed:
        return None
    return _SIGNATURE + b"".join(needed)


def _parts(data: bytes) -> Iterator[memoryview]:
    """Yield the parts of a PNG, each with its length, name and checksum."""
    at = len(_SIGNATURE)
    view = memoryview(data)
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        yield view[at : at + 12 + length]
        if data[at + 4 : at + 8] == b"IEND":
            return
        at += 12 + length


def lacks_end(data: bytes, kind: str) -> bool:
    """Tell whether a PNG or JPEG has no end marker after the beginning of its pixels.

    A thumbnail in a JPEG's metadata has one of its own, and a video may follow after the pixels.

    Raises:
        ValueError: a file made to keep a decoder busy.
    """
    if kind == "PNG":
        if any(True for _ in islice(_parts(data), _MOST_PARTS, None)):
            raise ValueError("more parts than any program writes")
        return data.rfind(b"IEND") < 0
    if kind != "JPEG":
        return False
    at = 2
    for _ in range(_MOST_PARTS):
        if data[at : at + 1] != b"\xff" or data[at : at + 2] == _SCAN:
            return data.find(_END, at) < 0
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        at += 1 if data[at + 1 : at + 2] == b"\xff" else 2 + max(length, 2)
    raise ValueError("more parts than any program writes")


def jpeg_with_end(data: bytes) -> bytes | None:
    """Return a JPEG with its end marker added, None where pixels are missing before it.

    A decoder fills up what is missing without a word. So the file is decoded once with nonsense
    before the end marker: this changes the picture only where the decoder still waited for pixels.
    """
    bare = data.rstrip(b"\0")  # a download that broke off leaves a file of its full length
    if bare.endswith(b"\xff"):
        bare += b"\0"  # which is how the byte 255 is written among pixels
    plain = _decoded(bare + _END)
    if plain is None or plain != _decoded(bare + _NONSENSE + _END):
        return None
    return bare + _END


def _decoded(data: bytes) -> bytes | None:
    """Return the pixels of a JPEG, a very large one at a fraction; None if it fails."""
    try:
        with JpegImageFile(io.BytesIO(data)) as image:
            factor = fraction(image.size)
            image.draft(None, (image.width // factor, image.height // factor))
            return image.tobytes()
    except (OSError, SyntaxError, ValueError):
        return None
