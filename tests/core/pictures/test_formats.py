"""AVIF, HEIC, JPEG 2000 and PPM files, numbers of more than 8 bits, and what turns pictures."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import cv2
import numpy as np
import pillow_heif
import pytest
from PIL import Image

from core.errors import BadPicture
from core.pictures.picture import decode
from tests.core.pictures import made_pictures as made
from tests.core.pictures.made_tiffs import levels


def heic(pixels: np.ndarray, **options: Any) -> bytes:
    """Return a HEIC file."""
    file = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(pixels)).save(file, quality=95, **options)
    return file.getvalue()


def png(values: np.ndarray, colour_type: int, *parts: bytes) -> bytes:
    """Return a PNG of 16 bits, written out as its standard has it."""
    height, width = values.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    lines = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    body = [part(b"IHDR", header), *parts, part(b"IDAT", zlib.compress(lines)), part(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


def part(name: bytes, body: bytes) -> bytes:
    """Return a part of a PNG."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


@pytest.mark.parametrize("name", ["a.heic", "a.HEIC", "a.heif", "a.hif"])
def test_heic(name: str) -> None:
    upright = made.upright_pixels(48, 80)
    picture = decode(heic(upright), name)
    assert np.abs(picture.pixels.astype(int) - upright).mean() < 8
    assert picture.notes == ()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_of_a_heic_is_applied_once(orientation: int) -> None:
    """Its own turn counts; EXIF repeats it, and libheif has turned the pixels already."""
    upright = made.upright_pixels(48, 80)
    stored = made.as_stored(upright, orientation)
    picture = decode(heic(stored, exif=made.exif(orientation).tobytes()), "a.heic")
    assert picture.original_size == (80, 48)
    assert np.abs(picture.pixels.astype(int) - upright).mean() < 8


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_of_an_avif_is_applied_once(orientation: int) -> None:
    upright = made.upright_pixels(48, 80)
    stored = Image.fromarray(made.as_stored(upright, orientation))
    data = made.encoded(stored, "AVIF", quality=95, exif=made.exif(orientation))
    picture = decode(data, "a.avif")
    assert picture.original_size == (80, 48)
    assert np.abs(picture.pixels.astype(int) - upright).mean() < 8


XMP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>"""


def test_orientation_in_xmp_does_not_turn_an_avif() -> None:
    """The format has a turn of its own, and viewers go by that alone."""
    data = made.encoded(made.upright_pixels(48, 80), "AVIF", quality=95, xmp=XMP)
    picture = decode(data, "a.avif")
    assert (picture.original_size, picture.notes) == ((80, 48), ())


@pytest.mark.parametrize("suffix", [".jp2", ".j2k"])
def test_jpeg_2000(suffix: str) -> None:
    upright = made.upright_pixels()
    data = made.encoded(upright, "JPEG2000", no_jp2=suffix == ".j2k")
    picture = decode(data, f"a{suffix}")
    np.testing.assert_array_equal(picture.pixels, upright)
    assert picture.notes == ()


@pytest.mark.parametrize("mode", ["1", "L", "RGB"])
def test_ppm(mode: str) -> None:
    image = Image.fromarray(made.upright_pixels()).convert(mode)
    picture = decode(made.encoded(image, "PPM"), "a.pnm")
    np.testing.assert_array_equal(picture.pixels, np.asarray(image.convert("RGB")))
    assert picture.notes == ()


@pytest.mark.parametrize("top", [1023, 4095, 65535])
@pytest.mark.parametrize(("bands", "magic"), [(1, b"P5"), (3, b"P6"), (1, b"P2"), (3, b"P3")])
def test_ppm_of_more_than_eight_bits(bands: int, magic: bytes, top: int) -> None:
    shown = levels(bands)
    values = np.rint(shown / 255 * top).astype(np.uint16)
    body = values.astype(">u2").tobytes()
    if magic in {b"P2", b"P3"}:
        body = b"\n".join(b"%d" % value for value in values.ravel())
    data = magic + b"\n# made 2 4\n35 21\n%d\n" % top + body
    picture = decode(data, "a.ppm")
    assert np.abs(picture.pixels.astype(int) - shown).max() <= (0 if bands == 3 else 1)
    assert picture.notes == ()


@pytest.mark.parametrize("magic", [b"P2", b"P3"])
def test_ppm_as_text(magic: bytes) -> None:
    shown = levels(1 if magic == b"P2" else 3) // 8
    body = b"\n# half\n".join(b" ".join(b"%d" % value for value in row.ravel()) for row in shown)
    picture = decode(magic + b" 35 21 255\n" + body, "a.ppm")
    np.testing.assert_array_equal(picture.pixels, np.broadcast_to(shown, (21, 35, 3)))
    assert picture.notes == ()
    for wrong in (body[:-9], body.replace(b"1", b"x"), body.replace(b"1", b"-1")):
        with pytest.raises(BadPicture, match=r"a\.ppm is (cut off|a PPM file that cannot be)"):
            decode(magic + b" 35 21 255\n" + wrong, "a.ppm")


COLOUR_TYPES = {"rgb": (3, 2, False), "grey-alpha": (1, 4, True), "rgb-alpha": (3, 6, True)}


@pytest.mark.parametrize("kind", COLOUR_TYPES)
@pytest.mark.parametrize("bits", [10, 12, 14, 16])
def test_png_of_sixteen_bits(kind: str, bits: int) -> None:
    bands, number, alpha = COLOUR_TYPES[kind]
    top = 2**bits - 1
    shown = levels(bands + alpha)
    shown[..., bands:] = 255
    picture = decode(png(np.rint(shown / 255 * top).astype("u2"), number), "a.png")
    right = np.broadcast_to(shown[..., :bands], (*shown.shape[:2], 3))
    np.testing.assert_array_equal(picture.pixels, right)
    told = (f"Brightened: its values reach only {top} of 65535.",)
    assert picture.notes == (told if bits < 16 else ())


def test_alpha_of_sixteen_bits_lies_on_white() -> None:
    shown = levels(4)
    picture = decode(png(shown.astype("u2") * 257, 6), "a.png")
    alpha = shown[..., 3:] / 255
    right = shown[..., :3] * alpha + 255 * (1 - alpha)
    assert np.abs(picture.pixels - right).max() <= 1
    assert picture.notes == ("Transparent parts are shown on white.",)


def test_one_transparent_colour_of_sixteen_bits() -> None:
    shown = levels(3)
    values = shown.astype("u2") * 257
    key = part(b"tRNS", struct.pack(">HHH", *values[4, 5]))
    pixels = decode(png(values, 2, key), "a.png").pixels
    assert pixels[4, 5].tolist() == [255] * 3
    right = np.where((shown == shown[4, 5]).all(2, keepdims=True), 255, shown)
    np.testing.assert_array_equal(pixels, right)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_of_a_png_of_sixteen_bits(orientation: int) -> None:
    upright = levels(3)
    stored = made.as_stored(upright, orientation).astype("u2") * 257
    exif = part(b"eXIf", made.exif(orientation).tobytes()[6:])
    np.testing.assert_array_equal(decode(png(stored, 2, exif), "a.png").pixels, upright)


@pytest.mark.parametrize(("bits", "note"), [(16, False), (12, True)])
def test_jpeg_2000_of_sixteen_bits(bits: int, note: bool) -> None:
    shown = levels(3, 64, 80)
    values = np.rint(shown / 255 * (2**bits - 1)).astype(np.uint16)
    lossless = [cv2.IMWRITE_JPEG2000_COMPRESSION_X1000, 1000]
    data = cv2.imencode(".jp2", values[..., ::-1].copy(), lossless)[1].tobytes()
    picture = decode(data, "a.jp2")
    np.testing.assert_array_equal(picture.pixels, shown)
    assert bool(picture.notes) == note


@pytest.mark.parametrize(("top", "said"), [(255, "0 to 255"), (65535, "0 to 65535")])
def test_floats_beyond_one_keep_a_usual_range(top: int, said: str) -> None:
    shown = levels(1)[..., 0]
    shown[shown < 3] = 3
    data = made.encoded(Image.fromarray((shown / 255 * top).astype(np.float32)), "TIFF")
    picture = decode(data, "a.tif")
    np.testing.assert_array_equal(picture.pixels[..., 0], shown)
    assert said in picture.notes[0]
