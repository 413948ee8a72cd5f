"""Picture files as people have them: each gives the right picture or one right sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import BadPicture
from core.pictures.picture import Picture, read

REFERENCE = "reference.png"
EXACT = {
    "rgb_12_of_16_bits.png": ("Brightened: its values reach only 4080 of 65535.",),
    "rgb_12_of_16_bits.tif": ("Brightened: its values reach only 4080 of 65535.",),
    "rgb16_planar.tif": (),
    "rgb_saved_as_three_grey_bands.tif": (),
    "png_with_scanner_icc_profile.png": (
        "Its colour profile or texts are larger than 1 MB or damaged, and are left out.",
    ),
}
CLOSE = ("photo.avif", "jpeg_without_end_marker.jpg", "phone/IMG_0001.JPG")
GREY = ("grey_float64.tif", "grey_int8.tif", "mammogram.pgm")
REFUSED = {
    "camera_raw.cr2": "is a camera raw file",
    "scan.dcm": "is a DICOM file",
    "phone/IMG_0002.HEIC": "damaged or cut off",
    "id2label.json": "is not a picture",
}


@pytest.fixture
def hard(test_data: Path) -> Path:
    """The folder of the files."""
    folder = test_data / "data" / "hard"
    if not folder.is_dir():
        pytest.skip(f"{folder} is missing")
    return folder


def colours(picture: Picture) -> np.ndarray:
    return picture.pixels.astype(int)


def outcome(path: Path) -> str:
    """Return why a file is refused, nothing where it is a picture."""
    try:
        read(path)
    except BadPicture as error:
        return str(error)
    return ""


def test_colours_are_those_of_the_reference(hard: Path) -> None:
    reference = read(hard / REFERENCE)
    for name, notes in EXACT.items():
        picture = read(hard / name)
        np.testing.assert_array_equal(picture.pixels, reference.pixels, name)
        assert picture.notes == notes
    for name in CLOSE:
        assert np.abs(colours(read(hard / name)) - colours(reference)).mean() < 5, name
    small = read(hard / "rgb_float32.tif")
    assert np.abs(colours(small).mean((0, 1)) - colours(reference).mean((0, 1))).max() < 1


def test_greys_are_those_of_the_reference(hard: Path) -> None:
    shown = [read(hard / name) for name in GREY]
    for picture, name in zip(shown, GREY, strict=True):
        np.testing.assert_array_equal(picture.pixels[..., 0], picture.pixels[..., 2], name)
        assert np.abs(colours(picture) - colours(shown[-1])).max() <= 1, name


def test_each_refused_file_has_its_sentence(hard: Path) -> None:
    for name, sentence in REFUSED.items():
        with pytest.raises(BadPicture, match=sentence):
            read(hard / name)


def test_every_other_file_is_a_picture_or_one_sentence(hard: Path) -> None:
    for path in sorted(path for path in hard.rglob("*") if path.is_file()):
        sentence = outcome(path)
        assert sentence == "" or sentence.startswith(path.name)
        assert sentence.count("\n") == 0
