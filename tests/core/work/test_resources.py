"""What stands for a picture's file: its name and its notes never go to another file."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

from core.requests.references import PictureRef
from core.work.resources import Resources


def _file(path: Path, pixels: np.ndarray) -> Path:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    path.write_bytes(buffer.getvalue())
    return path


def test_each_file_has_its_own_name_and_notes_though_the_pixels_are_the_same(
    tmp_path: Path,
) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    plain = _file(tmp_path / "plain.png", pixels)
    named_wrongly = tmp_path / "other.jpg"
    named_wrongly.write_bytes(plain.read_bytes() + b"\0")
    resources = Resources()
    first = resources.offer_picture_file(named_wrongly)
    second = resources.offer_picture_file(plain)
    assert first.digest == second.digest
    assert resources.picture(first).notes
    assert resources.picture(first).name == "other.jpg"
    assert resources.picture(second).notes == ()
    assert resources.picture(second).name == "plain.png"


def test_the_same_file_under_another_name_is_decoded_once_and_called_as_asked(
    tmp_path: Path,
) -> None:
    pixels = np.zeros((4, 4, 3), np.uint8)
    pixels[0] = 9
    resources = Resources()
    mine = resources.offer_picture_file(_file(tmp_path / "mine.png", pixels))
    yours = PictureRef(mine.digest, "yours.png", mine.file)
    assert resources.picture(yours).name == "yours.png"
    assert resources.picture(yours).pixels is resources.picture(mine).pixels
