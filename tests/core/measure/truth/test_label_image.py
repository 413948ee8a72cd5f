"""Label images: which values are the object, in every kind of PNG."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from core.errors import BadTruth
from core.measure.truth.label_image import from_folder, label_mask
from core.pictures.picture import Picture
from tests.core.measure.truth.conftest import HEIGHT, WIDTH

OBJECT = np.zeros((HEIGHT, WIDTH), bool)
OBJECT[2:7, 3:15] = True


def png(image: Image.Image, **given: object) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", **given)
    return file.getvalue()


def palette() -> Image.Image:
    """Number 0 has a colour and the object's number is black."""
    image = Image.fromarray(OBJECT.astype(np.uint8) * 7).convert("L")
    indexed = Image.new("P", image.size)
    indexed.putdata(image.get_flattened_data())
    indexed.putpalette([255, 0, 0] + [0, 0, 0] * 255)
    return indexed


def coloured(alpha: int | None = None) -> Image.Image:
    """A faint blue object on black, or with an alpha channel of one value."""
    bands = [np.zeros(OBJECT.shape, np.uint8)] * 2 + [OBJECT.astype(np.uint8)]
    if alpha is not None:
        bands.append(np.full(OBJECT.shape, alpha, np.uint8))
    return Image.fromarray(np.dstack(bands))


def transparent() -> Image.Image:
    """A black object on a transparent white ground."""
    bands = [np.where(OBJECT, 0, 255).astype(np.uint8)] * 3
    return Image.fromarray(np.dstack([*bands, OBJECT.astype(np.uint8) * 255]))


def deep(bands: int) -> bytes:
    values = np.dstack([OBJECT.astype(np.uint16)] * bands)
    return cv2.imencode(".png", values)[1].tobytes()


@pytest.mark.parametrize(
    "data",
    [
        png(Image.fromarray(OBJECT)),
        png(Image.fromarray(OBJECT.astype(np.uint8))),
        png(palette()),
        png(coloured()),
        png(coloured(255)),
        png(transparent()),
        png(transparent().convert("LA")),
        deep(1),
        deep(3),
    ],
    ids=["1-bit", "grey", "palette", "colour", "opaque", "alpha", "grey alpha", "16", "48"],
)
def test_what_is_not_0_is_the_object(data: bytes, picture: Picture) -> None:
    mask = label_mask(data, "mask.png", picture)
    assert mask.dtype == bool
    np.testing.assert_array_equal(mask, OBJECT)


def test_an_image_that_is_turned_by_its_exif_data_is_turned(picture: Picture) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    lying = png(Image.fromarray(np.rot90(OBJECT)), exif=exif)
    np.testing.assert_array_equal(label_mask(lying, "mask.png", picture), OBJECT)


@pytest.mark.parametrize("shape", [(2100, 4096), (1050, 2048)])
def test_a_picture_that_is_shown_smaller_takes_a_mask_of_either_size(
    shape: tuple[int, int], large: Picture
) -> None:
    given = np.zeros(shape, bool)
    given[: shape[0] // 2, : shape[1] // 4] = True
    mask = label_mask(png(Image.fromarray(given)), "mask.png", large)
    assert mask.shape == large.pixels.shape[:2]
    assert mask[:525, :512].all()
    assert mask.sum() == 525 * 512


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "no PNG that can be decoded"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 99, "no PNG that can be decoded"),
        (png(Image.fromarray(OBJECT))[:45], "no PNG that can be decoded"),
        (png(Image.fromarray(OBJECT.T)), r"is 12 x 20 pixels and cat.jpg, upright, 20 x 12"),
        (png(Image.new("1", (30000, 10000))), "declares 30000 x 10000|no PNG"),
    ],
)
def test_what_is_no_mask_of_the_picture_is_refused(
    data: bytes, sentence: str, picture: Picture
) -> None:
    with pytest.raises(BadTruth, match=sentence) as caught:
        label_mask(data, "mask.png", picture)
    assert "\n" not in str(caught.value)


def test_in_a_folder_masks_are_called_like_the_pictures(tmp_path: Path, picture: Picture) -> None:
    (tmp_path / "deep" / "a").mkdir(parents=True)
    (tmp_path / "deep" / "b").mkdir()
    data, other = png(Image.fromarray(OBJECT)), png(Image.fromarray(~OBJECT))
    (tmp_path / "deep" / "a" / "CAT.png").write_bytes(data)
    (tmp_path / ".cat.png").write_bytes(other)
    (tmp_path / "cat.txt").write_bytes(other)
    file = from_folder(tmp_path)
    np.testing.assert_array_equal(file.find(picture, ""), OBJECT)
    assert file.find(_called(picture, "dog.jpg"), "") is None
    assert file.find(_called(picture, "b/cat.jpg"), "") is None, "it lies in another folder"
    (tmp_path / "deep" / "b" / "cat.png").write_bytes(other)
    both = from_folder(tmp_path)
    assert both.digest != file.digest
    np.testing.assert_array_equal(both.find(_called(picture, "b/cat.jpg"), ""), ~OBJECT)
    with pytest.raises(BadTruth, match=r"2 truth masks are called as cat\.jpg"):
        both.find(picture, "")


def _called(picture: Picture, name: str) -> Picture:
    return Picture(name, picture.pixels, picture.sha256, picture.original_size)


def test_a_folder_without_masks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadTruth, match="has no PNG files"):
        from_folder(tmp_path)
