"""How large a picture file may be, in bytes, in pixels and in the memory that decoding takes."""

from __future__ import annotations

from core.errors import BadPicture

MAX_BYTES = 50 * 2**20
"""Largest file, in bytes; messages call it 50 MB. Phones write 108 megapixels in some 30 MB."""

MAX_PIXELS = 40_000_000
"""Most pixels of a decoded picture; a larger one is read at a half, a third, a fourth ..."""

MAX_DECLARED = 200_000_000
"""Largest declared width x height, of the largest sensors of phones."""

_ROOM = 800 * 2**20
"""Bytes that decoding one picture may take."""

_BY_KIND = {"WEBP": 16, "AVIF": 12, "HEIF": 12, "JPEG2000": 20}
"""Bytes that decoders were seen to take for each pixel, where it is more than its colours."""

_BY_MODE = {"1": 1, "L": 1, "P": 1, "I;16": 2}
_PROGRESSIVE, _DRAFT = 6, 1
_DEEP = 20
"""16-bit colours, their 8 bits, and what Pillow made of them before."""


def too_heavy(shown: str, size: int) -> BadPicture:
    """Return the error for a file of `size` bytes, more than `MAX_BYTES`."""
    return BadPicture(
        f"{shown} has {size / 2**20:.1f} MB, more than {MAX_BYTES // 2**20} MB: "
        "save it smaller or as JPEG."
    )


def pixel_bytes(
    kind: str, mode: str, *, deep: bool = False, progressive: bool = False, factor: int = 1
) -> int:
    """Return about how many bytes decoding takes for each declared pixel.

    Args:
        kind: Pillow's name of the file's kind.
        mode: Pillow's name of its colour mode.
        deep: more than 8 bits a channel are read.
        progressive: a JPEG whose coefficients are all held until the last scan.
        factor: by which its sides are divided; some kinds are decoded at that size right away.
    """
    if deep:
        return _DEEP
    if kind == "JPEG":
        return _PROGRESSIVE if progressive else _DRAFT
    if kind == "JPEG2000":
        return -(-_BY_KIND[kind] // factor**2)
    return _BY_KIND.get(kind) or _BY_MODE.get(mode, 4)


def tiff_bytes(bands: int, bits: int) -> int:
    """Return about how many bytes a pixel of a TIFF takes that is put together number by number.

    Args:
        bands: numbers of each pixel.
        bits: of each number.
    """
    return bands * (bits // 8 + 2) + 4


def stated() -> str:
    """Say how large a picture may be, after the names of the kinds."""
    colours = {bits: megapixels(tiff_bytes(4, bits)) for bits in (32, 64)}
    return (
        f"up to {MAX_BYTES >> 20} MB and {MAX_PIXELS // 10**6} megapixels. JPEG, and PNG with 8 "
        f"bits a channel, up to {MAX_DECLARED // 10**6} megapixels; TIFF with 32 bits a channel up "
        f"to {colours[32]}, with 64 bits up to {colours[64]}, and with more than four channels "
        "fewer."
    )


def megapixels(each: int) -> int:
    """Return how many million pixels a picture may declare.

    Args:
        each: bytes that decoding takes for a pixel.
    """
    return min(MAX_DECLARED, _ROOM // each) // 10**6


def check_size(size: tuple[int, int], each: int, shown: str) -> None:
    """Refuse what would take too much memory, before anything is decoded.

    Args:
        size: declared (width, height).
        each: bytes that decoding takes for a pixel.
        shown: the file's name, for the message.

    Raises:
        BadPicture: no pixels, or too many.
    """
    width, height = size
    if width < 1 or height < 1:
        raise BadPicture(f"{shown} declares {width} x {height} pixels: choose another picture.")
    most = min(MAX_DECLARED, _ROOM // each)
    if width * height > most:
        raise BadPicture(
            f"{shown} declares {width} x {height} pixels, more than {megapixels(each)} "
            "megapixels: make it smaller first"
            + ("." if most == MAX_DECLARED else ", or save it as JPEG.")
        )


def fraction(size: tuple[int, int]) -> int:
    """Return the smallest power of two by which both sides are divided to fit `MAX_PIXELS`."""
    factor = 1
    while (-(-size[0] // factor)) * (-(-size[1] // factor)) > MAX_PIXELS:
        factor *= 2
    return factor
