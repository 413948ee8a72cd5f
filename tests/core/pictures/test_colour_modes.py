"""Every colour mode that a picture file may have comes out as the RGB that a person expects."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from core.pictures.picture import decode
from tests.core.pictures import made_pictures as made


def test_cmyk() -> None:
    image = Image.new("RGB", (16, 16), (250, 10, 10)).convert("CMYK")
    picture = decode(made.encoded(image, "JPEG"), "a.jpg")
    assert np.abs(picture.pixels.reshape(-1, 3).mean(0) - (250, 10, 10)).max() < 6
    assert "CMYK" in picture.notes[0]


def test_palette_with_transparency() -> None:
    image = Image.new("P", (4, 1))
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    image.putdata([0, 1, 2, 0])
    data = made.encoded(image, "PNG", transparency=1)
    picture = decode(data, "a.png")
    assert picture.pixels[0].tolist() == [[255, 0, 0], [255] * 3, [0, 0, 255], [255, 0, 0]]
    assert picture.notes == ("Transparent parts are shown on white.",)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_alpha_lies_on_white(mode: str) -> None:
    image = Image.new(mode, (3, 3), (0, 0, 0, 128) if mode == "RGBA" else (0, 128))
    assert np.unique(decode(made.encoded(image, "PNG"), "a.png").pixels).tolist() == [127]


def test_opaque_alpha_says_nothing() -> None:
    data = made.encoded(Image.fromarray(made.upright_pixels()).convert("RGBA"), "PNG")
    picture = decode(data, "a.png")
    assert picture.notes == ()
    np.testing.assert_array_equal(picture.pixels, made.upright_pixels())


def test_one_colour_declared_transparent() -> None:
    pixels = np.zeros((2, 2, 3), np.uint8)
    pixels[0, 0] = (1, 2, 3)
    picture = decode(made.encoded(pixels, "PNG", transparency=(1, 2, 3)), "a.png")
    assert picture.pixels[0, 0].tolist() == [255] * 3
    assert picture.pixels[1, 1].tolist() == [0] * 3


@pytest.mark.parametrize("mode", ["1", "L", "P"])
def test_few_colours(mode: str) -> None:
    image = Image.fromarray(made.upright_pixels()).convert(mode)
    picture = decode(made.encoded(image, "PNG"), "a.png")
    np.testing.assert_array_equal(picture.pixels, np.array(image.convert("RGB")))


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
@pytest.mark.parametrize("order", ["<u2", ">u2"])
def test_sixteen_bit_grey_keeps_its_range(format: str, order: str) -> None:
    values = np.linspace(0, 65535, 256).astype(order).reshape(16, 16)
    mode = "I;16B" if order == ">u2" and format == "TIFF" else "I;16"
    image = Image.frombytes(
        mode, (16, 16), values.astype(order if "B" in mode else "<u2").tobytes()
    )
    picture = decode(made.encoded(image, format), f"a.{format}")
    np.testing.assert_array_equal(picture.pixels[..., 1].ravel(), np.arange(256))
    assert picture.notes == ()


def test_twelve_bit_values_are_brightened_and_told() -> None:
    values = np.linspace(0, 4000, 64).astype(np.uint16).reshape(8, 8)
    picture = decode(made.encoded(Image.fromarray(values), "PNG"), "a.png")
    assert (picture.pixels.min(), picture.pixels.max()) == (0, 255)
    assert picture.notes == ("Brightened: its values reach only 4000 of 65535.",)


@pytest.mark.parametrize("value", [0, 65535])
def test_sixteen_bit_black_and_white(value: int) -> None:
    image = Image.fromarray(np.full((4, 4), value, np.uint16))
    picture = decode(made.encoded(image, "PNG"), "a.png")
    assert np.unique(picture.pixels).tolist() == [value // 257]


def test_float_grey_in_the_unit_range() -> None:
    values = np.linspace(0, 1, 256, dtype=np.float32).reshape(16, 16)
    picture = decode(made.encoded(Image.fromarray(values), "TIFF"), "a.tif")
    np.testing.assert_array_equal(picture.pixels[..., 0].ravel(), np.arange(256))


@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_other_numbers_are_stretched_and_told(dtype: type) -> None:
    values = np.array([[-100, 20, 100]], dtype)
    picture = decode(made.encoded(Image.fromarray(values), "TIFF"), "a.tif")
    assert picture.pixels[0, :, 0].tolist() == [0, 153, 255]
    assert "stretched" in picture.notes[0]


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([np.nan, 0.5, 1.0], [128, 128, 255]),
        ([np.inf] * 3, [0] * 3),
        ([3e38, -3e38, 0], [255, 0, 128]),
    ],
)
def test_floats_at_their_limits(values: list[float], shown: list[int]) -> None:
    image = Image.fromarray(np.array([values], np.float32))
    picture = decode(made.encoded(image, "TIFF"), "a.tif")
    assert picture.pixels[0, :, 0].tolist() == shown
    assert picture.notes
