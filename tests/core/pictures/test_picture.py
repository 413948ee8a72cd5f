"""Pictures from bytes, files and arrays: what is accepted and what comes out."""

from __future__ import annotations

import errno
import io
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import BadPicture
from core.pictures.picture import MAX_BYTES, MAX_SIDE, Picture, decode, from_pixels, read
from tests.core.pictures import made_pictures as made


def white_share(picture: Picture) -> float:
    return float((picture.pixels == 255).all(axis=2).mean())


@pytest.mark.parametrize("format", ["PNG", "BMP", "TIFF"])
def test_lossless_files_keep_every_pixel(format: str) -> None:
    pixels = made.upright_pixels()
    picture = decode(made.encoded(pixels, format), f"a.{format.lower()}")
    assert picture.pixels.dtype == np.uint8
    assert picture.original_size == (20, 12)
    assert picture.notes == ()
    np.testing.assert_array_equal(picture.pixels, pixels)


@pytest.mark.parametrize(("format", "options"), [("JPEG", {"quality": 95}), ("WEBP", {})])
def test_lossy_files_come_close(format: str, options: dict[str, int]) -> None:
    pixels = made.upright_pixels(48, 80)
    picture = decode(made.encoded(pixels, format, **options), "a")
    assert np.abs(picture.pixels.astype(int) - pixels).mean() < 8


@pytest.mark.parametrize("name", ["a.png", "a.PNG", "A.PnG", "a", "holiday.png", "日本.png"])
def test_suffix_in_any_case_and_none(name: str) -> None:
    picture = decode(made.encoded(made.upright_pixels(), "PNG"), name)
    assert picture.name == name
    assert picture.notes == ()


def test_wrong_suffix_is_told() -> None:
    picture = decode(made.encoded(made.upright_pixels(), "JPEG"), "a.PNG")
    assert picture.notes == ("Its name ends in .png, but it is a JPEG picture.",)


def test_one_pixel() -> None:
    picture = decode(made.encoded(np.full((1, 1, 3), 7, np.uint8), "PNG"), "dot.png")
    assert picture.pixels.tolist() == [[[7, 7, 7]]]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["PNG", "TIFF", "WEBP"])
def test_exif_orientation_is_applied_once(format: str, orientation: int) -> None:
    upright = made.upright_pixels()
    stored = made.as_stored(upright, orientation)
    options = {"lossless": True} if format == "WEBP" else {}
    data = made.encoded(stored, format, exif=made.exif(orientation), **options)
    picture = decode(data, "a")
    np.testing.assert_array_equal(picture.pixels, upright)
    assert picture.original_size == (20, 12)


def test_exif_orientation_of_a_jpeg() -> None:
    upright = made.upright_pixels(48, 80)
    stored = made.as_stored(upright, 6)
    picture = decode(made.encoded(stored, "JPEG", quality=95, exif=made.exif(6)), "a.jpg")
    assert np.abs(picture.pixels.astype(int) - upright).mean() < 8
    assert picture.notes == ("Turned upright as its EXIF data asks.",)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF:UserWarning")
def test_damaged_exif_is_ignored() -> None:
    data = made.encoded(made.upright_pixels(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x09\x01")
    assert decode(data, "a.jpg").original_size == (20, 12)


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
def test_animations_show_the_first_frame(format: str) -> None:
    red, blue = (Image.new("RGB", (8, 8), colour) for colour in ("red", "blue"))
    data = made.encoded(red, format, save_all=True, append_images=[blue], duration=100)
    picture = decode(data, f"a.{format}")
    assert np.abs(picture.pixels.astype(int) - (255, 0, 0)).max() < 8
    assert picture.notes[0] == f"First frame of an animated {format}."


def test_tiff_with_several_pages() -> None:
    red, blue = (Image.new("RGB", (8, 8), colour) for colour in ("red", "blue"))
    picture = decode(made.encoded(red, "TIFF", save_all=True, append_images=[blue]), "a.tiff")
    assert picture.pixels[0, 0].tolist() == [255, 0, 0]
    assert picture.notes[0] == "First page of a TIFF with several pages."


def test_large_picture_is_shrunk_and_full_gives_it_back() -> None:
    pixels = np.tile(made.upright_pixels(8, 64), (1, 65, 1))
    picture = decode(made.encoded(pixels, "PNG"), "wide.png")
    assert picture.pixels.shape == (4, MAX_SIDE, 3)
    assert picture.original_size == (4160, 8)
    assert picture.notes == ("Shown at 2048 x 4 of 4160 x 8 pixels.",)
    np.testing.assert_array_equal(picture.full(), pixels)


def test_thin_picture_keeps_a_pixel() -> None:
    picture = from_pixels(np.zeros((1, 5000, 3), np.uint8), "line.png")
    assert picture.pixels.shape == (1, MAX_SIDE, 3)
    assert picture.full().shape == (1, 5000, 3)


def test_small_picture_is_its_own_full_picture() -> None:
    picture = decode(made.encoded(made.upright_pixels(), "PNG"), "a.png")
    assert picture.full() is picture.pixels


def test_digest_tells_pixels_and_shape_and_nothing_else() -> None:
    pixels = made.upright_pixels()
    changed = pixels.copy()
    changed[3, 4, 1] += 1
    digest = from_pixels(pixels, "a").sha256
    assert decode(made.encoded(pixels, "PNG"), "b.png").sha256 == digest
    assert decode(made.encoded(pixels, "BMP"), "c.bmp").sha256 == digest
    assert from_pixels(changed, "a").sha256 != digest
    assert from_pixels(pixels.reshape(20, 12, 3), "a").sha256 != digest


def test_pixels_are_read_only_and_apart_from_the_caller() -> None:
    pixels = made.upright_pixels()
    picture = from_pixels(pixels, "a")
    with pytest.raises(ValueError, match="read-only"):
        picture.pixels[0, 0] = 0
    pixels[:] = 0
    assert picture.pixels.any()


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((4, 4, 3), np.float32),
    ],
)
def test_other_arrays_are_refused(pixels: np.ndarray) -> None:
    with pytest.raises(BadPicture, match="give uint8"):
        from_pixels(pixels, "a")


def test_array_above_the_limit_is_refused() -> None:
    pixels = np.broadcast_to(np.zeros(3, np.uint8), (10_000, 10_000, 3))
    with pytest.raises(BadPicture, match="10000 x 10000 pixels, more than 40 megapixels"):
        from_pixels(pixels, "a")


def test_read_gives_the_file(tmp_path: Path) -> None:
    path = tmp_path / "Röd katt.PNG"
    path.write_bytes(made.encoded(made.upright_pixels(), "PNG"))
    picture = read(path)
    assert (picture.name, picture.stem) == ("Röd katt.PNG", "Röd katt")
    assert picture.data == path.read_bytes()


def test_read_missing_folder_empty_and_heavy(tmp_path: Path) -> None:
    with pytest.raises(BadPicture, match=r"nothing\.png does not exist"):
        read(tmp_path / "nothing.png")
    with pytest.raises(BadPicture, match="is a folder"):
        read(tmp_path)
    (tmp_path / "empty.png").touch()
    with pytest.raises(BadPicture, match=r"empty\.png is empty"):
        read(tmp_path / "empty.png")
    with (tmp_path / "heavy.png").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(BadPicture, match=r"heavy\.png has 50\.0 MB, more than 50 MB"):
        read(tmp_path / "heavy.png")
    with pytest.raises(BadPicture, match="cannot be read"):
        read(tmp_path / ("x" * 300 + ".png"))
    with pytest.raises(BadPicture, match="cannot be read"):
        read(tmp_path / "nu\0ll.png")
    with pytest.raises(BadPicture, match="does not exist"):
        read(tmp_path / "two\nlines.png")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_read_does_not_wait_for_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(BadPicture, match="not a regular file"):
        read(tmp_path / "pipe.png")


def test_read_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret.png"
    path.write_bytes(made.encoded(made.upright_pixels(), "PNG"))

    def refuse(path: Path) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(BadPicture, match=r"secret\.png cannot be read \(Permission denied\)"):
        read(path)


def test_threads_give_the_serial_result() -> None:
    files = list(made.small_files().items())
    serial = [decode(data, kind).sha256 for kind, data in files]
    with ThreadPoolExecutor(4) as pool:
        threaded = list(pool.map(lambda file: decode(file[1], file[0]).sha256, files * 4))
    assert threaded == serial * 4


@pytest.mark.parametrize("colour", ["black", "white", "#123456"])
def test_a_flat_picture_says_so(colour: str) -> None:
    buffer = io.BytesIO()
    image = Image.new("RGB", (20, 30), colour)
    image.save(buffer, "PNG")
    assert decode(buffer.getvalue(), "a.png").notes == ("The picture is one flat colour.",)
    image.putpixel((3, 4), (1, 2, 3))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    assert decode(buffer.getvalue(), "a.png").notes == ()
