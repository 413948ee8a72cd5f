"""Files whose pixels are all there, though the rest of the file is not as it should be."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

from PIL.JpegImagePlugin import JpegImageFile

from core.pictures.limits import fraction

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_NEEDED = {b"IHDR", b"PLTE", b"tRNS", b"eXIf", b"acTL", b"IDAT", b"IEND"}
"""Parts of a PNG that matter here; the frames of an animation after the first do not."""

_END = b"\xff\xd9"
_SCAN = b"\xff\xda"
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


def _parts(data: bytes) -> Iterator[bytes]:
    """Yield the parts of a PNG, each with its length, name and checksum."""
    at = len(_SIGNATURE)
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        yield data[at : at + 12 + length]
        at += 12 + length


def lacks_end(data: bytes, kind: str) -> bool:
    """Tell whether a PNG or JPEG has no end marker after the beginning of its pixels.

    A thumbnail in a JPEG's metadata has one of its own, and a video may follow after the pixels.
    """
    if kind == "PNG":
        return data.rfind(b"IEND") < 0
    if kind != "JPEG":
        return False
    at = 2
    while data[at : at + 1] == b"\xff" and data[at : at + 2] != _SCAN:
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        at += 1 if data[at + 1 : at + 2] == b"\xff" else 2 + max(length, 2)
    return data.find(_END, at) < 0


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
