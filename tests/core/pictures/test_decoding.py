"""Hostile bytes: every one is refused in one sentence, and nothing of the process changes."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile

from core.errors import BadPicture
from core.files import error_stream
from core.pictures.decoding import to_image
from core.pictures.limits import MAX_BYTES, MAX_PIXELS
from tests.core.pictures import made_pictures as made

FILES = made.small_files()


def refusal(data: bytes, name: str = "a.png") -> str:
    """Return the one line with which the bytes are refused."""
    with pytest.raises(BadPicture) as caught:
        to_image(data, name)
    sentence = str(caught.value)
    assert len(sentence.splitlines()) == 1
    assert sentence.endswith(".")
    return sentence


def outcome(data: bytes) -> str:
    """Return the mode of the decoded image, or the sentence with which it is refused."""
    try:
        return to_image(data, "a.bin").image.mode
    except BadPicture as error:
        return str(error)


def test_no_bytes() -> None:
    assert "cat.png is empty (0 bytes)" in refusal(b"", "cat.png")


@pytest.mark.parametrize(
    "data", [b"hello", b"\0" * 100, b"#!/bin/sh\necho", b"\xff", b"Python is", b"P9 1 1 255"]
)
def test_not_a_picture(data: bytes) -> None:
    assert "a.png is not a picture: choose a PNG, JPEG" in refusal(data)


def test_more_than_fifty_megabytes() -> None:
    data = FILES["png"] + bytes(MAX_BYTES)
    assert "has 50.0 MB, more than 50 MB" in refusal(data)
    to_image(FILES["png"] + bytes(MAX_BYTES - len(FILES["png"])), "a.png")


@pytest.mark.parametrize("side", [20_000, 15_000])
@pytest.mark.parametrize(
    "make",
    [made.png_declaring, made.bmp_declaring, made.gif_declaring, made.jpeg_declaring],
)
def test_declared_size_above_the_limit(make: Callable[[int, int], bytes], side: int) -> None:
    assert f"{side} x {side} pixels, more than 200 megapixels" in refusal(make(side, side))


def test_declared_canvas_of_a_webp() -> None:
    assert "more than 52 megapixels: make it smaller first, or save it as JPEG" in refusal(
        made.webp_declaring(16_000, 16_000)
    )
    assert to_image(made.webp_declaring(16, 16), "a.webp").image.size == (16, 16)


def test_declared_size_below_the_limit_without_data() -> None:
    assert MAX_PIXELS >= 6_000 * 6_000
    assert "is cut off before its last pixel" in refusal(made.png_declaring(6_000, 6_000))
    assert "is cut off before its last pixel" in refusal(made.bmp_declaring(6_000, 6_000))


def test_no_width() -> None:
    assert "a.png" in refusal(made.png_declaring(0, 5))


@pytest.mark.parametrize("kind", [kind for kind in FILES if kind not in {"gif-animated", "mpo"}])
@pytest.mark.parametrize("share", [0.15, 0.4, 0.6])
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_cut_off_files_are_refused(kind: str, share: float) -> None:
    data = FILES[kind]
    cut = share if kind != "png-animated" else share * 0.7  # the second frame may be missing
    assert refusal(data[: int(len(data) * cut)], "a.bin").startswith("a.bin ")


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("kind", FILES)
def test_random_damage_is_decoded_or_refused(kind: str) -> None:
    outcomes = [outcome(data) for data in made.mutations(FILES[kind], 60, seed=7)]
    refused = [each for each in outcomes if each != "RGB"]
    assert len(refused) > 5
    assert all(each.startswith("a.bin ") and "\n" not in each for each in refused)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", ["jpeg", "png", "tiff-lzw", "webp"])
def test_random_damage_where_warnings_are_errors(kind: str) -> None:
    for data in made.mutations(FILES[kind], 60, seed=8):
        assert outcome(data).startswith(("RGB", "a.bin "))


def test_name_cannot_break_the_line() -> None:
    assert refusal(b"x", "../../etc/a\nb\x1b[31m.png").startswith("a b[31m.png is not a picture")


def test_lab_colours_are_refused() -> None:
    data = made.encoded(Image.new("LAB", (4, 4)), "TIFF")
    assert "a.tif has LAB colours" in refusal(data, "a.tif")


def test_nothing_of_the_process_changes() -> None:
    before = (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, list(warnings.filters))
    for kind, data in FILES.items():
        to_image(data, kind)
    refusal(made.png_declaring(20_000, 20_000))
    after = (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, list(warnings.filters))
    assert after == before
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


def test_process_stays_silent_about_damaged_metadata() -> None:
    code = (
        "import sys; sys.path.insert(0, 'tests/core/pictures'); import made_pictures as made\n"
        "from core.pictures.decoding import to_image\n"
        "from core.errors import BadPicture\n"
        "pixels = made.upright_pixels()\n"
        r"exif = b'Exif\0\0MM\0*\0\0\0\x08\0\x09\x01'" + "\n"
        "to_image(made.encoded(pixels, 'JPEG', exif=exif), 'a.jpg')\n"
        "for side in (9_000, 16_000):\n"
        "    try: to_image(made.webp_declaring(side, side), 'a.webp')\n"
        "    except BadPicture as error: print(error)\n"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.count("more than 52 megapixels") == 2
    assert done.stderr == ""


def test_libtiff_is_silent_in_a_command(capfd: pytest.CaptureFixture[str]) -> None:
    damaged = made.damaged_tiff()
    refusal(damaged)
    assert capfd.readouterr().err != ""
    with error_stream.of_a_command(), ThreadPoolExecutor(8) as pool:
        list(pool.map(refusal, [damaged] * 40))
    os.write(2, b"back")
    assert capfd.readouterr().err == "back"


def test_a_turned_picture_with_damaged_metadata_is_upright() -> None:
    """The other fields of EXIF do not matter: here one that cannot be written again."""
    pixels = made.upright_pixels()
    exif = made.exif(3)
    exif[0x9003] = "2020:01:01"
    data = made.encoded(Image.fromarray(pixels[::-1, ::-1]), "PNG", exif=exif)
    decoded = to_image(data, "a.png")
    np.testing.assert_array_equal(np.asarray(decoded.image), pixels)
    assert decoded.notes == ("Turned upright as its EXIF data asks.",)


@pytest.mark.parametrize("failing", ["getexif", "tobytes"])
def test_metadata_that_raises_anything_is_ignored(
    monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    pixels = made.upright_pixels()
    data = made.encoded(Image.fromarray(pixels[::-1, ::-1]), "PNG", exif=made.exif(3))

    def fail(*_: object, **__: object) -> None:
        raise RecursionError

    where = Image.Image if failing == "getexif" else Image.Exif
    monkeypatch.setattr(where, failing, fail)
    decoded = to_image(data, "a.png")
    upright = pixels if failing == "tobytes" else pixels[::-1, ::-1]
    np.testing.assert_array_equal(np.asarray(decoded.image), upright)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "data",
    [
        b"P6\n" + b"#x\n" * 3_000_000,
        b"P6 " + b" " * 10_000_000,
        b"P3 3000 2000 65535\n" + b"1 " * 2_000_000,
        b"\x89PNG\r\n\x1a\n" + FILES["png"][8:33] + (bytes(4) + b"abCd" + bytes(4)) * 1_000_000,
        b"\xff\xd8" + b"\xff\xe0\0\2" * 3_000_000,
        b"\xff\xd8" + b"\xff" * 10_000_000,
    ],
    ids=["comments", "blanks", "text", "parts", "markers", "fill"],
)
def test_files_made_to_keep_a_decoder_busy_are_refused_at_once(data: bytes) -> None:
    assert "cannot be decoded" in refusal(data) or "is cut off" in refusal(data)
