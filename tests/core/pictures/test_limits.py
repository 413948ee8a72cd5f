"""Photos of many megapixels are read at a fraction of their size, and the limits are true."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
import tifffile
from PIL import Image

from core.errors import BadPicture
from core.pictures import colour_modes, decoding, limits
from core.pictures.picture import decode
from tests.core.pictures import made_pictures as made
from tests.core.pictures.made_tiffs import as_numbers, levels, written


@pytest.mark.parametrize(
    ("size", "factor"),
    [((8000, 5000), 1), ((8064, 6048), 2), ((12_000, 9_000), 2), ((16_320, 12_240), 4)],
)
def test_the_smallest_fraction_that_fits(size: tuple[int, int], factor: int) -> None:
    assert limits.fraction(size) == factor


@pytest.mark.parametrize(
    ("kind", "mode", "size"),
    [
        ("JPEG", "RGB", (12_000, 9_000)),
        ("JPEG", "RGB", (16_320, 12_240)),
        ("PNG", "RGB", (12_000, 9_000)),
        ("HEIF", "RGB", (8_064, 6_048)),
        ("WEBP", "RGB", (8_064, 6_048)),
        ("AVIF", "RGB", (8_064, 6_048)),
    ],
)
def test_photos_of_phones_are_within_the_limits(
    kind: str, mode: str, size: tuple[int, int]
) -> None:
    limits.check_size(size, limits.pixel_bytes(kind, mode), "a")


def test_what_needs_too_much_memory_is_told() -> None:
    each = limits.pixel_bytes("PNG", "RGB", deep=True)
    said = r"a\.png declares 12000 x 9000 pixels, more than 41 megapixels: .* save it as JPEG\."
    with pytest.raises(BadPicture, match=said):
        limits.check_size((12_000, 9_000), each, "a.png")
    with pytest.raises(BadPicture, match=r"more than 200 megapixels: make it smaller first\."):
        limits.check_size((20_000, 10_001), 1, "a.jpg")


@pytest.mark.parametrize(
    ("words", "dtype", "bands"),
    [
        (r"MB and (\d+) megapixels", "u2", 3),
        (r"MB and (\d+) megapixels", "u2", 4),
        (r"32 bits a channel up to (\d+)", "f4", 4),
        (r"64 bits up to (\d+)", "f8", 4),
    ],
)
def test_what_is_stated_for_tiff_is_true(words: str, dtype: str, bands: int) -> None:
    """Below the limit such a file is only cut off, and some way above it is too large."""
    stated = re.search(words, limits.stated())
    assert stated
    how = {"extrasamples": ["unassalpha"]} if bands == 4 else {}
    data = written(as_numbers(levels(bands), dtype), photometric="rgb", **how)
    for share, said in ((1.0, "is cut off"), (1.4, "declares")):
        width = int(float(stated[1]) * 1000 * share)
        with pytest.raises(BadPicture, match=rf"a\.tif {said}"):
            decode(_resized(data, width, 1000), "a.tif")


def _resized(data: bytes, width: int, height: int) -> bytes:
    """Return a TIFF that declares other sizes than it has."""
    file = io.BytesIO(data)
    with tifffile.TiffFile(file, mode="r+") as tiff:
        for tag, value in ((256, width), (257, height), (278, height)):
            tiff.pages[0].tags[tag].overwrite(value)
        return file.getvalue()


def test_a_photo_of_forty_eight_megapixels() -> None:
    image = Image.fromarray(made.upright_pixels(600, 800)).resize((8_064, 6_048), 0)
    data = made.encoded(image, "JPEG", quality=60, exif=made.exif(6))
    picture = decode(data, "a.jpg")
    assert picture.original_size == (6_048, 8_064)
    assert picture.pixels.shape == (2048, 1536, 3)
    assert picture.full().shape == (4_032, 3_024, 3)
    assert picture.notes == (
        "Turned upright as its EXIF data asks.",
        "Read at 3024 x 4032 pixels, because its own 6048 x 8064 are more than 40 megapixels.",
        "Shown at 1536 x 2048 of 6048 x 8064 pixels.",
    )


@pytest.fixture
def _small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Play that 600 pixels are many; 35 x 21 are more, and both sides are halved."""
    for module in (limits, decoding):
        monkeypatch.setattr(module, "MAX_PIXELS", 600)
    monkeypatch.setattr(colour_modes.to_rgb, "__defaults__", (600,))
    monkeypatch.setattr(colour_modes, "_BAND_PIXELS", 140)


@pytest.mark.usefixtures("_small_limit")
@pytest.mark.parametrize("format", ["PNG", "BMP", "TIFF", "GIF", "WEBP", "JPEG2000", "PPM", "AVIF"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_every_kind_is_made_smaller(format: str, mode: str) -> None:
    shown = np.asarray(Image.fromarray(levels(3)).convert(mode))
    data = made.encoded(Image.fromarray(shown), format)
    image = decoding.to_image(data, "a")
    assert image.size == (35, 21)
    assert image.image.size == (18, 11)
    right = np.asarray(Image.open(io.BytesIO(data)).convert("RGB").reduce(2)).astype(int)
    if format != "JPEG2000":  # which has smaller pictures of its own in the file
        assert np.abs(np.asarray(image.image) - right).max() <= 1


@pytest.mark.usefixtures("_small_limit")
@pytest.mark.parametrize("mode", ["P", "1", "RGBA", "LA", "I;16"])
def test_colours_are_converted_before_they_are_mixed(mode: str) -> None:
    shown = levels(4)
    image = Image.fromarray(shown, "RGBA")
    if mode == "I;16":
        image = Image.fromarray(shown[..., 0].astype(np.uint16) * 257)
    elif mode in {"P", "1"}:
        image = image.convert("RGB").quantize(16) if mode == "P" else image.convert("1")
    else:
        image = image.convert(mode)
    data = made.encoded(image, "PNG")
    notes: list[str] = []
    right = colour_modes.to_rgb(image, notes, 10**6).reduce(2)
    decoded = decoding.to_image(data, "a.png")
    assert np.abs(np.asarray(decoded.image).astype(int) - np.asarray(right)).max() <= 1
    assert decoded.notes[:-1] == tuple(notes)


@pytest.mark.usefixtures("_small_limit")
def test_sixteen_bits_are_made_smaller() -> None:
    shown = levels(3)
    decoded = decoding.to_image(written(shown.astype("u2") * 257, photometric="rgb"), "a.tif")
    np.testing.assert_array_equal(
        np.asarray(decoded.image), np.asarray(Image.fromarray(shown).reduce(2))
    )


@pytest.mark.usefixtures("_small_limit")
def test_a_turned_tiff_that_is_made_smaller_has_its_upright_size() -> None:
    turned = np.asarray(Image.fromarray(levels(3)).transpose(Image.Transpose.ROTATE_90))
    data = written(turned, photometric="rgb", extratags=[(274, 3, 1, 6, True)])
    picture = decode(data, "a.tif")
    assert picture.original_size == (35, 21)
    assert "because its own 35 x 21 are more" in picture.notes[1]
