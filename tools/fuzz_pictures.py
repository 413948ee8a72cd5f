"""Damaged picture files: every format that SeeWhy reads, and some that it names."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pillow_heif
import tifffile
from PIL import Image

from core.files.names import PICTURE_SUFFIXES
from core.pictures.built_in import load
from core.pictures.picture import MAX_PIXELS, decode
from tools.fuzz_case import Case, damaged

SUFFIXES = (*PICTURE_SUFFIXES, ".dcm", ".mp4", ".pdf", ".txt", "")
_FOREIGN = {
    "dicom": bytes(128) + b"DICM" + bytes(400),
    "web page": b"<!DOCTYPE html><html><head><title>403</title></head></html>" * 9,
    "pdf": b"%PDF-1.7\n" + bytes(range(256)) * 3,
    "mp4": b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + bytes(range(256)) * 3,
    "zip": b"PK\3\4" + bytes(range(256)) * 3,
    "nothing": b"",
}


def cases(count: int, seed: int) -> Iterator[Case]:
    """Yield damaged files in turn of their kinds.

    Args:
        count: how many.
        seed: decides all that is by chance.
    """
    chance = random.Random(seed)  # noqa: S311
    files = {**whole_files(), **_FOREIGN}
    kinds = list(files)
    for number in range(count):
        kind = kinds[number % len(kinds)]
        what, data = damaged(files[kind], files[chance.choice(kinds)], chance)
        name = f"photo {number}{chance.choice(SUFFIXES)}"
        yield Case(f"{number} {kind}, {what}, as {name!r}", name, data, check)


def check(data: bytes, name: str) -> str:
    """Return what is wrong with the picture, nothing for a good one."""
    picture = decode(data, name)
    if picture.pixels.dtype != np.uint8 or picture.pixels.shape[2:] != (3,):
        return f"pixels are {picture.pixels.dtype} {picture.pixels.shape}"
    if not all(note.endswith(".") and note.isprintable() for note in picture.notes):
        return f"notes are {picture.notes}"
    full = picture.full().shape
    if full[:2] != picture.original_size[::-1] and full[0] * full[1] <= MAX_PIXELS // 4:
        return f"full size is {full}, {picture.original_size} was declared"
    return ""


def whole_files() -> dict[str, bytes]:
    """Return a small good file of every kind, by a name of the kind."""
    small = Image.fromarray(load("cat").pixels).resize((60, 40))
    turned = Image.Exif()
    turned[0x0112] = 6
    grey, alpha, palette = small.convert("L"), small.convert("RGBA"), small.quantize(32)
    alpha.putalpha(grey)
    several: dict[str, Any] = {"save_all": True, "append_images": [small.rotate(90)]}
    files = {
        "png": _saved(small, "PNG", exif=turned, icc_profile=bytes(2000)),
        "png, palette": _saved(palette, "PNG", transparency=3),
        "png, 16 bits": _saved(Image.fromarray(np.asarray(grey).astype(np.uint16) * 16), "PNG"),
        "png, animated": _saved(small, "PNG", **several),
        "jpeg": _saved(small, "JPEG", exif=turned),
        "jpeg, progressive": _saved(small, "JPEG", progressive=True),
        "jpeg, cmyk": _saved(small.convert("CMYK"), "JPEG"),
        "mpo": _saved(small, "MPO", **several),
        "webp": _saved(small, "WEBP", exif=turned),
        "webp, alpha": _saved(alpha, "WEBP", lossless=True),
        "webp, animated": _saved(small, "WEBP", **several),
        "bmp": _saved(small, "BMP"),
        "gif": _saved(palette, "GIF", save_all=True, append_images=[palette.rotate(180)]),
        "avif": _saved(alpha, "AVIF", exif=turned),
        "jpeg 2000": _saved(small, "JPEG2000"),
        "jpeg 2000, stream": _saved(alpha, "JPEG2000", no_jp2=True),
        "ppm": _saved(small, "PPM"),
        "pgm, 16 bits": _saved(Image.fromarray(np.asarray(grey).astype(np.int32) * 16), "PPM"),
        "ppm, text": b"P3 4 2 4000\n" + b" ".join(b"%d" % n for n in range(0, 4000, 166)),
        "tiff, lzw": _saved(small, "TIFF", compression="tiff_lzw"),
        "tiff, jpeg": _saved(small, "TIFF", compression="jpeg"),
        "tiff, fax": _saved(small.convert("1"), "TIFF", compression="group4"),
        "heic": _heic(small),
        "heic, alpha": _heic(alpha),
    }
    return {**files, **_tiffs(np.asarray(small), np.asarray(alpha))}


def _tiffs(colours: np.ndarray[Any, Any], alpha: np.ndarray[Any, Any]) -> dict[str, bytes]:
    """Return TIFF files whose numbers Pillow cannot hold."""
    deep, planes = colours.astype(np.uint16) * 257, np.moveaxis(colours, 2, 0)
    rgb, packed = {"photometric": "rgb"}, {"photometric": "rgb", "compression": "zlib"}
    black, white = {"photometric": "minisblack"}, {"photometric": "miniswhite"}
    return {
        "tiff, 16 bits": _tiff(deep, rgb),
        "tiff, tiles": _tiff(deep, {**packed, "tile": (16, 16)}),
        "tiff, differences": _tiff(deep, {**packed, "predictor": 2}),
        "tiff, planes": _tiff(planes, {**rgb, "planarconfig": "separate"}),
        "tiff, greys": _tiff(colours, {**black, "planarconfig": "contig"}),
        "tiff, alpha": _tiff(alpha.astype(np.uint16) * 16, {**rgb, "extrasamples": [2]}),
        "tiff, white is zero": _tiff(deep[..., 0], white),
        "tiff, float": _tiff((colours / 255).astype(np.float32), rgb),
        "tiff, double": _tiff(colours[..., 0] / 255, black),
        "tiff, signed": _tiff((colours.astype(int) - 128).astype(np.int8), rgb),
        "tiff, big-endian": _tiff(deep, {**rgb, "byteorder": ">"}),
        "tiff, big": _tiff(deep, {**rgb, "bigtiff": True}),
    }


def _tiff(values: np.ndarray[Any, Any], how: dict[str, Any]) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, values, metadata=None, **how)
    return file.getvalue()


def _heic(image: Image.Image) -> bytes:
    file = io.BytesIO()
    pillow_heif.from_pillow(image).save(file, quality=60)
    return file.getvalue()


def _saved(image: Image.Image, format: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()
