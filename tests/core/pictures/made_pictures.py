"""Picture files made in code, good ones and hostile ones, so that none lies in the repository."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image

from core import Pixels

ORIENTATION = 0x0112


def upright_pixels(height: int = 12, width: int = 20) -> Pixels:
    """Return a picture without any symmetry: red grows down, green grows right, blue corner."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 0] = np.linspace(0, 250, height, dtype=np.uint8)[:, None]
    pixels[..., 1] = np.linspace(0, 250, width, dtype=np.uint8)
    pixels[: height // 3, : width // 3, 2] = 255
    return pixels


def encoded(image: Image.Image | Pixels, format: str, **options: Any) -> bytes:
    """Return the image as a file's bytes."""
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def exif(orientation: int) -> Image.Exif:
    """Return EXIF data that holds an orientation."""
    data = Image.Exif()
    data[ORIENTATION] = orientation
    return data


def as_stored(pixels: Pixels, orientation: int) -> Pixels:
    """Return the pixels as a camera stores them under an orientation.

    Source: EXIF 2.32, tag Orientation: where the stored row 0 and column 0 lie visually.
    """
    turned = {
        1: pixels,
        2: pixels[:, ::-1],
        3: pixels[::-1, ::-1],
        4: pixels[::-1],
        5: pixels.transpose(1, 0, 2),
        6: np.rot90(pixels, 1),
        7: pixels[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(pixels, -1),
    }
    return np.ascontiguousarray(turned[orientation])


def png_declaring(width: int, height: int) -> bytes:
    """Return a PNG whose header declares a size that its data does not have."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(64))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    )


def bmp_declaring(width: int, height: int) -> bytes:
    """Return a BMP that ends after a header that declares a size."""
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 2835, 2835, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + info


def gif_declaring(width: int, height: int) -> bytes:
    """Return a GIF with one tiny frame on a declared screen."""
    whole = encoded(upright_pixels(), "GIF")
    return whole[:6] + struct.pack("<HH", width, height) + whole[10:]


def jpeg_declaring(width: int, height: int) -> bytes:
    """Return a JPEG whose frame header declares a size that its data does not have."""
    whole = encoded(upright_pixels(), "JPEG")
    at = whole.index(b"\xff\xc0") + 5
    return whole[:at] + struct.pack(">HH", height, width) + whole[at + 4 :]


def webp_declaring(width: int, height: int) -> bytes:
    """Return an animated WebP with one tiny frame on a declared canvas."""
    side = (15).to_bytes(3, "little")
    frame = encoded(np.zeros((16, 16, 3), np.uint8), "WEBP")[12:]
    canvas = b"".join((n - 1).to_bytes(3, "little") for n in (width, height))
    chunks = (
        (b"VP8X", b"\x02\0\0\0" + canvas),
        (b"ANIM", bytes(6)),
        (b"ANMF", bytes(6) + side + side + bytes(4) + frame),
    )
    body = b"WEBP" + b"".join(k + struct.pack("<I", len(c)) + c for k, c in chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def damaged_tiff() -> bytes:
    """Return a TIFF about which libtiff writes lines of its own."""
    whole = small_files()["tiff-lzw"]
    return whole[:200] + b"\xff" * 200 + whole[400:]


def small_files() -> dict[str, bytes]:
    """Return a valid small file of each kind, by a name of the kind."""
    noise = np.random.default_rng(0).integers(0, 256, (24, 20, 3), dtype=np.uint8)
    image = Image.fromarray(noise)
    palette, turned = image.quantize(16), image.rotate(90)
    deep = Image.fromarray(noise[..., 0].astype(np.uint16) * 257)
    several: dict[str, Any] = {"save_all": True, "append_images": [turned]}
    return {
        "png": encoded(image, "PNG", exif=exif(6)),
        "png-palette": encoded(palette, "PNG", transparency=3),
        "png-16": encoded(deep, "PNG"),
        "png-animated": encoded(image, "PNG", **several),
        "jpeg": encoded(image, "JPEG", exif=exif(6)),
        "jpeg-progressive": encoded(image, "JPEG", progressive=True),
        "jpeg-cmyk": encoded(image.convert("CMYK"), "JPEG"),
        "mpo": encoded(image, "MPO", **several),
        "webp": encoded(image, "WEBP", exif=exif(6)),
        "webp-lossless": encoded(image.convert("RGBA"), "WEBP", lossless=True),
        "webp-animated": encoded(image, "WEBP", **several),
        "bmp": encoded(image, "BMP"),
        "bmp-palette": encoded(palette, "BMP"),
        "gif-animated": encoded(palette, "GIF", save_all=True, append_images=[palette.rotate(180)]),
        "tiff": encoded(image, "TIFF"),
        "tiff-lzw": encoded(image, "TIFF", compression="tiff_lzw"),
        "tiff-float": encoded(Image.fromarray(noise[..., 0].astype(np.float32)), "TIFF"),
        "tiff-fax": encoded(image.convert("1"), "TIFF", compression="group4"),
    }


def mutations(data: bytes, count: int, seed: int) -> Iterator[bytes]:
    """Yield damaged copies: bytes changed, cut off, taken out, put in, or the header spoilt."""
    chance = random.Random(seed)
    for _ in range(count):
        copy = bytearray(data)
        at, length = chance.randrange(len(copy)), chance.randrange(1, 30)
        match chance.choice(("change", "change", "change", "cut", "remove", "insert", "header")):
            case "change":
                for _ in range(chance.choice((1, 1, 2, 4, 16))):
                    copy[chance.randrange(len(copy))] = chance.choice(
                        (0, 255, chance.getrandbits(8))
                    )
            case "cut":
                del copy[at:]
            case "remove":
                del copy[at : at + length]
            case "insert":
                copy[at:at] = chance.randbytes(length)
            case _:
                for _ in range(3):
                    copy[chance.randrange(min(64, len(copy)))] = chance.getrandbits(8)
        yield bytes(copy)
