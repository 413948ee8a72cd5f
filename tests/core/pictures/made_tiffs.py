"""TIFF files of every kind, written with tifffile, and what the pixels in them are."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import tifffile

from tests.core.pictures.made_pictures import upright_pixels

LZW, PACK_BITS = 5, 32773
Numbers = np.ndarray[Any, np.dtype[Any]]


def levels(bands: int, height: int = 21, width: int = 35) -> Numbers:
    """Return uint8 (height, width, bands) from 0 to 255, every band another."""
    noise = np.random.default_rng(bands).integers(0, 256, (height, width, bands), dtype=np.uint8)
    noise[0, 0], noise[-1, -1] = 0, 255
    smooth = upright_pixels(height, width)
    for band in range(min(bands, 3)):
        noise[height // 2 : -1, :, band] = smooth[height // 2 : -1, :, band]
    return noise


def as_numbers(shown: Numbers, dtype: str) -> Numbers:
    """Return what a file of that dtype holds where `shown` is meant, over its full range."""
    kind = np.dtype(dtype)
    if kind.kind == "f":
        return (shown / 255).astype(kind)
    whole = shown.astype(np.uint64) * (np.iinfo(f"u{kind.itemsize}").max // 255)
    if kind.kind == "u":
        return whole.astype(kind)
    return (whole.astype(np.int64) + np.iinfo(kind).min).astype(kind)


def written(values: Numbers, *, separate: bool = False, codes: int = 1, **how: Any) -> bytes:
    """Return a TIFF of numbers (H, W, bands)."""
    given = values[..., 0] if values.shape[2] == 1 else values
    if separate:
        given, how = np.moveaxis(values, 2, 0), {**how, "planarconfig": "separate"}
    elif values.shape[2] > 1:
        how = {**how, "planarconfig": "contig"}
    file = io.BytesIO()
    tifffile.imwrite(file, given, metadata=None, **how)
    return recoded(file.getvalue(), codes) if codes != 1 else file.getvalue()


def array(data: bytes) -> Numbers:
    """Return what tifffile reads, (H, W, bands)."""
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        page = file.pages[0]
        values = page.asarray()
        if page.planarconfig == 2 and values.ndim == 3:
            values = np.moveaxis(values, 0, 2)
        return values.reshape(page.imagelength, page.imagewidth, -1)


def recoded(data: bytes, compression: int) -> bytes:
    """Return an uncompressed TIFF with its strips or tiles as LZW (5) or PackBits (32773)."""
    encode = lzw_codes if compression == LZW else packed_bits
    file = io.BytesIO(data)
    with tifffile.TiffFile(file, mode="r+") as tiff:
        page = tiff.pages[0]
        parts = [
            encode(data[at : at + size])
            for at, size in zip(page.dataoffsets, page.databytecounts, strict=True)
        ]
        offsets = []
        for part in parts:
            offsets.append(file.seek(0, io.SEEK_END))
            file.write(part)
        tiled = 324 in page.tags
        page.tags[259].overwrite(compression)
        page.tags[324 if tiled else 273].overwrite(offsets, dtype=4)
        page.tags[325 if tiled else 279].overwrite([len(part) for part in parts], dtype=4)
        return file.getvalue()


def lzw_codes(data: bytes) -> bytes:
    """Return a valid LZW stream: each byte as itself, the table cleared before it grows."""
    codes: list[int] = []
    for first in range(0, len(data), 200):
        codes += [256, *data[first : first + 200]]
    bits = "".join(f"{code:09b}" for code in [*codes, 257])
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def packed_bits(data: bytes) -> bytes:
    """Return a valid PackBits stream: runs of up to 128 bytes, each as itself."""
    runs = [data[first : first + 128] for first in range(0, len(data), 128)]
    return b"".join(bytes([len(run) - 1]) + run for run in runs)
