"""Files whose pixels are all there are decoded with a note; a file that lacks some is refused."""

from __future__ import annotations

import random

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from core.errors import BadPicture
from core.pictures.picture import decode
from tests.core.pictures import made_pictures as made

LEFT_OUT = ("Its colour profile or texts are larger than 1 MB or damaged, and are left out.",)


def photo(height: int = 120, width: int = 168) -> np.ndarray:
    """Return pixels that compress like a photograph."""
    noise = np.random.default_rng(0).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC))


def test_a_large_colour_profile_is_left_out() -> None:
    pixels = made.upright_pixels()
    data = made.encoded(pixels, "PNG", icc_profile=bytes(3 * 2**20))
    picture = decode(data, "a.png")
    np.testing.assert_array_equal(picture.pixels, pixels)
    assert picture.notes == LEFT_OUT


@pytest.mark.parametrize("zipped", [False, True])
def test_a_long_text_is_left_out(zipped: bool) -> None:
    text = PngInfo()
    text.add_text("parameters", "x" * (3 * 2**20), zip=zipped)
    data = made.encoded(made.upright_pixels(), "PNG", pnginfo=text, exif=made.exif(3))
    picture = decode(data, "a.png")
    np.testing.assert_array_equal(picture.pixels, made.upright_pixels()[::-1, ::-1])
    if zipped:
        assert picture.notes[-1:] == LEFT_OUT


def test_damaged_metadata_is_left_out_and_damaged_pixels_are_not() -> None:
    pixels = made.upright_pixels()
    whole = made.encoded(pixels, "PNG", icc_profile=b"profile" * 40)
    at = whole.index(b"iCCP") + 8
    broken = whole[:at] + b"\0" + whole[at + 1 :]
    picture = decode(broken, "a.png")
    np.testing.assert_array_equal(picture.pixels, pixels)
    assert picture.notes == LEFT_OUT
    at = whole.index(b"IDAT") + 20
    with pytest.raises(BadPicture, match="damaged or cut off"):
        decode(whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :], "a.png")


def test_a_large_profile_in_a_jpeg_or_webp_changes_nothing() -> None:
    for format in ("JPEG", "WEBP", "TIFF"):
        data = made.encoded(photo(), format, icc_profile=bytes(3 * 2**20))
        assert decode(data, f"a.{format}").original_size == (168, 120)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("tail", [b"", b"\0" * 30, b"\r\n"])
def test_a_missing_end_marker_is_told(mode: str, options: dict[str, int], tail: bytes) -> None:
    whole = made.encoded(Image.fromarray(photo()).convert(mode), "JPEG", **options)
    picture = decode(whole[:-2] + tail, "a.jpg")
    np.testing.assert_array_equal(picture.pixels, decode(whole, "a.jpg").pixels)
    assert "Its end marker is missing, but no pixels are." in picture.notes


def test_a_png_without_its_end_is_told() -> None:
    pixels = made.upright_pixels()
    picture = decode(made.encoded(pixels, "PNG")[:-12], "a.png")
    np.testing.assert_array_equal(picture.pixels, pixels)
    assert picture.notes == ("Its end marker is missing, but no pixels are.",)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"optimize": True}])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.8, 0.9, 0.95, 0.99])
def test_a_jpeg_without_its_last_pixels_is_refused(options: dict[str, int], share: float) -> None:
    whole = made.encoded(photo(), "JPEG", quality=90, **options)
    with pytest.raises(BadPicture, match=r"a\.jpg is cut off before its last pixel"):
        decode(whole[: int(len(whole) * share)], "a.jpg")


def test_a_cut_off_photo_is_never_shown_as_whole() -> None:
    """Whatever number of bytes is missing: refused, or every pixel is right."""
    chance = random.Random(1)
    whole = made.encoded(photo(), "JPEG", quality=75)
    right = decode(whole, "a.jpg").pixels
    start = whole.index(b"\xff\xda")
    decoded = 0
    for _ in range(60):
        cut = chance.randrange(start, len(whole)) if decoded else len(whole) - 2
        try:
            pixels = decode(whole[:cut], "a.jpg").pixels
        except BadPicture:
            continue
        decoded += 1
        np.testing.assert_array_equal(pixels, right, f"{len(whole) - cut} bytes are missing")
    assert decoded


def test_a_broken_download_of_full_length_is_refused() -> None:
    """A browser or a sync program makes the file first and fills it as the bytes come."""
    whole = made.encoded(photo(), "JPEG")
    for share in (0.4, 0.8, 0.95):
        come = int(len(whole) * share)
        with pytest.raises(BadPicture, match="is cut off before its last pixel"):
            decode(whole[:come] + bytes(len(whole) - come), "a.jpg")


def test_a_video_after_the_pixels_does_not_matter() -> None:
    """Motion photos of phones: the bytes of the video may look like markers of a JPEG."""
    whole = made.encoded(photo(), "JPEG", exif=made.exif(1))
    picture = decode(whole + b"\0\0\0\x18ftypmp42" + b"\xff\xda" * 9, "a.jpg")
    np.testing.assert_array_equal(picture.pixels, decode(whole, "a.jpg").pixels)
    assert picture.notes == ()


def test_the_thumbnail_of_a_broken_download_has_an_end_of_its_own() -> None:
    thumbnail = made.encoded(photo(12, 16), "JPEG")
    whole = made.encoded(photo(), "JPEG", exif=b"Exif\0\0" + made.exif(1).tobytes()[6:] + thumbnail)
    assert decode(whole, "a.jpg").notes == ()
    half = len(whole) - 1500
    with pytest.raises(BadPicture, match="is cut off before its last pixel"):
        decode(whole[:half] + bytes(1500), "a.jpg")
