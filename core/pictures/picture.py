"""Picture: decoded pixels with a safe name and a digest; made from bytes, a file or an array."""

from __future__ import annotations

import hashlib
import io
import stat
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from core import Pixels
from core.errors import BadPicture
from core.files.names import PICTURE_SUFFIXES, printable, safe_name, safe_stem, shorten
from core.pictures.decoding import to_image
from core.pictures.limits import MAX_BYTES, MAX_PIXELS, too_heavy

__all__ = [
    "MAX_BYTES",
    "MAX_PIXELS",
    "MAX_SIDE",
    "PICTURE_SUFFIXES",
    "Picture",
    "decode",
    "from_pixels",
    "read",
    "read_bytes",
]

MAX_SIDE = 2048
"""Longest side of `Picture.pixels`; a visit keeps no more than this and the original bytes."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One decoded picture.

    Attributes:
        name: file name for showing, without folders, at most 120 characters.
        pixels: uint8 (H, W, 3) RGB, longest side at most `MAX_SIDE`, read-only because threads
            and visits share it (copy it before handing it to `torch.from_numpy`).
        sha256: hex digest of the shape and bytes of `pixels`.
        original_size: (width, height) at the picture's own resolution, upright.
        data: the original bytes; None for an array that was small enough to keep.
        notes: sentences for the person on what was changed.
        file: SHA-256 of the bytes it was decoded from; empty for an array. Two files may hold the
            same pixels, and what is said of one is not true of the other.
    """

    name: str
    pixels: Pixels
    sha256: str
    original_size: tuple[int, int]
    data: bytes | None = None
    notes: tuple[str, ...] = ()
    file: str = ""

    @property
    def stem(self) -> str:
        """The name without suffix, safe as a file name on every system."""
        return safe_stem(self.name)

    def full(self) -> Pixels:
        """Return the pixels at the picture's own resolution, uint8 (H, W, 3), read-only.

        A picture of more than `MAX_PIXELS` comes at the whole fraction at which it is read. It is
        decoded again from `data` where `pixels` is smaller, so that only one of many pictures is
        held at full size.
        """
        height, width = self.pixels.shape[:2]
        if self.data is None or (width, height) == self.original_size:
            return self.pixels
        return _frozen(to_image(self.data, self.name).image)


def decode(data: bytes, name: str) -> Picture:
    """Decode the bytes of a picture file, of any kind in `PICTURE_SUFFIXES`.

    Args:
        data: the file's bytes, at most `MAX_BYTES`.
        name: the file's name as its owner calls it; made safe here.

    Raises:
        BadPicture: empty, too large, not a picture, or damaged.
    """
    decoded = to_image(data, name)
    flat = not np.ptp(np.array(decoded.image.getextrema()), axis=-1).any()
    notes = (*decoded.notes, *(("The picture is one flat colour.",) * flat))
    picture = _picture(decoded.image, name, data, notes, decoded.size)
    return replace(picture, file=hashlib.sha256(data).hexdigest())


def read(path: Path) -> Picture:
    """Read and decode a picture file.

    Raises:
        BadPicture: anything that `read_bytes` and `decode` refuse.
    """
    return decode(read_bytes(path), path.name)


def read_bytes(path: Path) -> bytes:
    """Read a picture file.

    Raises:
        BadPicture: missing, a folder, unreadable, or larger than `MAX_BYTES`.
    """
    shown = shorten(printable(str(path)), 200) or "The empty path"
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise BadPicture(f"{shown} is a folder: name the pictures in it.")
        if not stat.S_ISREG(status.st_mode):
            raise BadPicture(f"{shown} is not a regular file: name a picture file.")
        if status.st_size > MAX_BYTES:
            raise too_heavy(shown, status.st_size)
        return path.read_bytes()
    except FileNotFoundError as error:
        raise BadPicture(f"{shown} does not exist: check the path.") from error
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        reason = getattr(error, "strerror", None) or error
        raise BadPicture(f"{shown} cannot be read ({reason}): check the path.") from error


def from_pixels(pixels: Pixels, name: str) -> Picture:
    """Make a picture of an array, uint8 (H, W, 3) RGB.

    Raises:
        BadPicture: another dtype or shape, or more than `MAX_PIXELS`.
    """
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or not pixels.size:
        raise BadPicture(
            f"{safe_name(name)} is {pixels.dtype} {pixels.shape}: give uint8 (height, width, 3)."
        )
    if pixels.shape[0] * pixels.shape[1] > MAX_PIXELS:
        raise BadPicture(
            f"{safe_name(name)} has {pixels.shape[1]} x {pixels.shape[0]} pixels, more than "
            f"{MAX_PIXELS // 1_000_000} megapixels: make it smaller first."
        )
    image = Image.fromarray(np.ascontiguousarray(pixels))
    data = None
    if max(image.size) > MAX_SIDE:
        buffer = io.BytesIO()
        image.save(buffer, "PNG", compress_level=1)
        data = buffer.getvalue()
    return _picture(image, name, data, (), image.size)


def _picture(
    image: Image.Image,
    name: str,
    data: bytes | None,
    notes: tuple[str, ...],
    size: tuple[int, int],
) -> Picture:
    scale = MAX_SIDE / max(image.size)
    if scale < 1:
        width, height = (max(1, round(side * scale)) for side in image.size)
        image = image.resize((width, height), Image.Resampling.LANCZOS)
        notes = (*notes, f"Shown at {width} x {height} of {size[0]} x {size[1]} pixels.")
    pixels = _frozen(image)
    digest = hashlib.sha256(repr(pixels.shape).encode())
    digest.update(pixels.data)
    return Picture(safe_name(name), pixels, digest.hexdigest(), size, data, notes)


def _frozen(image: Image.Image) -> Pixels:
    pixels = np.array(image, dtype=np.uint8)
    pixels.setflags(write=False)
    return pixels
