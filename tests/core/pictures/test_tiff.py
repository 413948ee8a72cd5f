"""Every kind of TIFF against tifffile: the numbers to the bit, and the pixels that are shown."""

from __future__ import annotations

import io
import struct
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from core.errors import BadPicture
from core.pictures.picture import decode
from core.pictures.tiff_layout import read_layout
from core.pictures.tiff_samples import read_samples
from tests.core.pictures import made_tiffs as made
from tests.core.pictures.made_pictures import as_stored

DTYPES = ("u1", "u2", "u4", "i1", "i2", "i4", "f2", "f4", "f8")
GREY = {"photometric": "minisblack"}
WHITE = {"photometric": "miniswhite"}
RGB = {"photometric": "rgb"}
THREE_GREYS = {"photometric": "minisblack", "extrasamples": [0, 0]}
INK = {"photometric": "separated"}
STORED: dict[str, dict[str, Any]] = {
    "plain": {},
    "big-endian": {"byteorder": ">"},
    "strips": {"rowsperstrip": 5},
    "tiles": {"tile": (16, 32)},
    "deflate": {"compression": "zlib", "rowsperstrip": 5},
    "packbits": {"codes": made.PACK_BITS, "rowsperstrip": 5},
    "lzma": {"compression": "lzma", "tile": (16, 16)},
    "differences": {"compression": "zlib", "predictor": 2, "rowsperstrip": 7},
    "differences-tiles": {"compression": "zlib", "predictor": 2, "tile": (16, 16)},
    "lzw": {"codes": made.LZW, "rowsperstrip": 5},
    "lzw-tiles": {"codes": made.LZW, "tile": (16, 16), "byteorder": ">"},
    "bigtiff": {"bigtiff": True},
}


def expected(shown: np.ndarray, how: dict[str, Any]) -> np.ndarray:
    """Return uint8 (H, W, 3) of the levels that were meant."""
    if how["photometric"] == "miniswhite":
        shown = 255 - shown
    if how["photometric"] == "separated":
        return np.asarray(Image.fromarray(shown, "CMYK").convert("RGB"))
    return shown if shown.shape[2] == 3 else np.repeat(shown, 3, axis=2)


COLOURS: dict[str, tuple[int, dict[str, Any]]] = {
    "grey": (1, GREY),
    "white-is-zero": (1, WHITE),
    "rgb": (3, RGB),
    "three-greys": (3, THREE_GREYS),
    "cmyk": (4, INK),
}
KINDS = [
    (colours, planes, dtype)
    for colours, (bands, _) in COLOURS.items()
    for planes in ("contiguous", "separate")[: min(bands, 2)]
    for dtype in DTYPES
]


@pytest.mark.parametrize(("colours", "planes", "dtype"), KINDS)
def test_every_kind_is_shown_as_it_was_meant(colours: str, planes: str, dtype: str) -> None:
    bands, how = COLOURS[colours]
    shown = made.levels(bands)
    values = made.as_numbers(shown, dtype)
    for name, stored in STORED.items():
        if "predictor" in stored and dtype[0] == "f":
            continue  # floats have a predictor of their own, below
        data = made.written(values, separate=planes == "separate", **how, **stored)
        if stored.get("codes") != made.LZW:  # for which tifffile needs a package of its own
            np.testing.assert_array_equal(made.array(data), values, name)
        read = read_samples(data, read_layout(data, "a.tif"), "a.tif")
        np.testing.assert_array_equal(read.colours, values, name)
        np.testing.assert_array_equal(decode(data, "a.tif").pixels, expected(shown, how), name)


@pytest.mark.parametrize("dtype", [dtype for dtype in DTYPES if dtype[0] != "i"])
@pytest.mark.parametrize("separate", [False, True], ids=["contiguous", "separate"])
@pytest.mark.parametrize(("bands", "how"), [(2, GREY), (4, RGB)], ids=["grey", "rgb"])
@pytest.mark.parametrize("meaning", ["unassalpha", "assocalpha"])
def test_alpha_lies_on_white(
    bands: int, how: dict[str, Any], meaning: str, dtype: str, separate: bool
) -> None:
    shown = made.levels(bands)
    if meaning == "assocalpha":
        shown[..., :-1] = np.minimum(shown[..., :-1], shown[..., -1:])
    values = made.as_numbers(shown, dtype)
    data = made.written(values, separate=separate, extrasamples=[meaning], **how)
    pixels = decode(data, "a.tif").pixels.astype(float)
    alpha, colours = shown[..., -1:] / 255, shown[..., :-1].astype(float)
    light = colours + 255 * (1 - alpha)
    if meaning == "unassalpha":
        light = colours * alpha + 255 * (1 - alpha)
    # Pillow rounds premultiplied colours twice.
    assert np.abs(pixels - light).max() <= (1 if meaning == "unassalpha" else 2)


@pytest.mark.parametrize("bits", [10, 12, 14])
@pytest.mark.parametrize("alpha", [False, True], ids=["opaque", "alpha"])
@pytest.mark.parametrize("colours", ["grey", "white-is-zero", "rgb"])
def test_few_of_sixteen_bits_are_brightened_and_told(colours: str, alpha: bool, bits: int) -> None:
    bands, how = COLOURS[colours]
    top = 2**bits - 1
    shown = made.levels(bands + alpha)
    shown[..., bands:] = 255
    values = np.rint(shown / 255 * top).astype(np.uint16)
    meaning = {"extrasamples": ["unassalpha"]} if alpha else {}
    for separate in (False, True)[: min(bands + alpha, 2)]:
        picture = decode(made.written(values, separate=separate, **how, **meaning), "a.tif")
        np.testing.assert_array_equal(picture.pixels, expected(shown[..., :bands], how))
        assert picture.notes == (f"Brightened: its values reach only {top} of 65535.",)


@pytest.mark.parametrize("planes", ["contiguous", "separate"])
@pytest.mark.parametrize("dtype", ["u1", "i1"])
def test_a_dark_picture_of_eight_bits_stays_dark(dtype: str, planes: str) -> None:
    shown = made.levels(3) // 8
    values = made.as_numbers(shown, dtype)
    picture = decode(
        made.written(values, photometric="rgb", separate=planes == "separate"), "a.tif"
    )
    np.testing.assert_array_equal(picture.pixels, shown)
    assert "Brightened" not in str(picture.notes)


@pytest.mark.parametrize("bits", [2, 4, 6, 10, 12, 14])
@pytest.mark.parametrize("bands", [1, 3])
def test_packed_bits(bits: int, bands: int) -> None:
    """No reader but libtiff's own tools reads all of these, so the file is written by hand."""
    top = 2**bits - 1
    shown = made.levels(bands)
    values = np.rint(shown / 255 * top).astype(int)
    rows = ["".join(f"{value:0{bits}b}" for value in row.ravel()) for row in values]
    raw = b"".join(int(r + "0" * (-len(r) % 8), 2).to_bytes(-(-len(r) // 8), "big") for r in rows)
    data = _tiff_by_hand(raw, shown.shape, bits)
    right = np.rint(values / top * 255)
    got = decode(data, "a.tif").pixels
    assert np.abs(got - np.broadcast_to(right, got.shape)).max() <= 1


def _tiff_by_hand(raw: bytes, shape: tuple[int, ...], bits: int) -> bytes:
    """Return a little-endian TIFF with one strip, grey or RGB."""
    height, width, bands = shape
    tags = [(256, width), (257, height), (258, bits), (259, 1), (262, 2 if bands == 3 else 1)]
    tags += [(273, None), (277, bands), (278, height), (279, len(raw))]
    start = 8 + 2 + 12 * len(tags) + 4
    entries = b""
    for tag, value in tags:
        if tag == 258 and bands == 3:
            entries += struct.pack("<HHII", tag, 3, 3, start)
        else:
            entries += struct.pack("<HHII", tag, 4, 1, start + 6 if value is None else value)
    depths = struct.pack("<HHH", bits, bits, bits)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + bytes(4) + depths + raw


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
@pytest.mark.parametrize("lzw", [False, True])
def test_float_differences_are_undone(dtype: str, lzw: bool) -> None:
    """The floating point predictor, written out as Adobe's technical note 3 has it."""
    shown = made.levels(3)
    values = made.as_numbers(shown, dtype)
    height, width, bands = values.shape
    planes = values.astype(f">{dtype}").view(np.uint8).reshape(height, width * bands, -1)
    rows = planes.transpose(0, 2, 1).reshape(height, -1, bands)
    stored = np.diff(rows, axis=1, prepend=np.zeros((height, 1, bands), np.uint8))
    data = made.written(values, photometric="rgb")
    layout = read_layout(data, "a.tif")
    ((offset, count),) = layout.parts
    raw = stored.astype(np.uint8).tobytes()
    data = data[:offset] + raw + data[offset + count :]
    if lzw:
        data = made.recoded(data, made.LZW)
    data = _with_predictor(data, 3)
    read = read_samples(data, read_layout(data, "a.tif"), "a.tif")
    np.testing.assert_array_equal(read.colours, values)
    np.testing.assert_array_equal(decode(data, "a.tif").pixels, shown)


def _with_predictor(data: bytes, number: int) -> bytes:
    """Return the TIFF with the tag Predictor in place of the name of the software."""
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        page = file.pages[0]
        entries = {tag.code: data[tag.offset : tag.offset + 12] for tag in page.tags}
        where = min(tag.offset for tag in page.tags)
    entries.pop(305)
    entries[317] = struct.pack("<HHII", 317, 3, 1, number)
    body = b"".join(entries[code] for code in sorted(entries))
    return data[:where] + body + data[where + len(body) :]


def test_numbers_without_a_colour_are_told_apart() -> None:
    five = made.written(made.levels(5), photometric="minisblack", extrasamples=[0, 0, 0, 0])
    with pytest.raises(BadPicture, match=r"a\.tif has 5 bands, and grey or RGB is shown: save"):
        decode(five, "a.tif")
    big = made.written(made.levels(3), photometric="rgb", bigtiff=True, byteorder=">")
    with pytest.raises(
        BadPicture, match=r"a\.tif is a big-endian BigTIFF, which is not read: save"
    ):
        decode(big, "a.tif")
    complex_numbers = made.written(made.levels(1).astype(np.complex64), photometric="minisblack")
    with pytest.raises(BadPicture, match=r"a\.tif has complex numbers: save their magnitude"):
        decode(complex_numbers, "a.tif")


def test_bands_beyond_red_green_blue_are_left_out() -> None:
    shown = made.levels(5)
    data = made.written(shown, photometric="rgb", extrasamples=[0, 0])
    picture = decode(data, "a.tif")
    np.testing.assert_array_equal(picture.pixels, shown[..., :3])
    assert picture.notes == ("Of its 5 bands the first three are shown.",)


@pytest.mark.parametrize("share", [0.5, 0.9])
@pytest.mark.parametrize("stored", ["plain", "strips", "tiles", "deflate", "lzw"])
def test_a_cut_off_file_is_told(stored: str, share: float) -> None:
    values = made.as_numbers(made.levels(3), "u2")
    data = made.written(values, photometric="rgb", **STORED[stored])
    with pytest.raises(BadPicture, match=r"a\.tif (is cut off|is a TIFF file that cannot be)"):
        decode(data[: int(len(data) * share)], "a.tif")


@pytest.mark.parametrize("tile", [(60_000, 60_000), (1, 1)])
def test_tiles_that_no_program_writes_take_no_memory(tile: tuple[int, int]) -> None:
    values = made.as_numbers(made.levels(1), "u2")
    data = made.written(values, photometric="minisblack", tile=(16, 16), compression="zlib")
    layout = replace(read_layout(data, "a.tif"), part=tile)
    if tile == (1, 1):
        layout = replace(layout, width=10_000, height=1_000)
    with pytest.raises(ValueError, match="tiles"):
        read_samples(data, layout, "a.tif")


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_a_turned_tiff_is_upright_and_says_so(dtype: str, orientation: int) -> None:
    upright = made.levels(3)
    values = made.as_numbers(as_stored(upright, orientation), dtype)
    extra = [(274, 3, 1, orientation, True)]
    picture = decode(made.written(values, photometric="rgb", extratags=extra), "a.tif")
    np.testing.assert_array_equal(picture.pixels, upright)
    assert picture.original_size == (35, 21)
    turned = ("Turned upright as its EXIF data asks.",)
    assert picture.notes == (turned if orientation > 1 else ())


def in_pages(*pages: tuple[np.ndarray, dict[str, Any]], **kind: Any) -> bytes:
    file = io.BytesIO()
    with tifffile.TiffWriter(file, **kind) as writer:
        for values, how in pages:
            writer.write(values, metadata=None, **{"photometric": "rgb", **how})
    return file.getvalue()


REDUCED = {"subfiletype": 1}


@pytest.mark.parametrize("bigtiff", [False, True])
@pytest.mark.parametrize("dtype", ["u1", "u2"])
@pytest.mark.parametrize(
    ("sizes", "number"),
    [
        ([((21, 35), REDUCED), ((42, 70), {})], 2),
        ([((21, 35), {}), ((42, 70), {})], 2),
        ([((10, 17), {}), ((21, 35), {}), ((42, 70), {})], 3),
        ([((16, 16), REDUCED), ((42, 70), {}), ((21, 35), REDUCED)], 2),
        ([((42, 70), {}), ((21, 35), REDUCED)], 1),
        ([((21, 35), {}), ((21, 35), {})], 1),
        ([((21, 35), {}), ((70, 42), {})], 1),
        ([((30, 50), {}), ((42, 70), {})], 1),
    ],
)
def test_a_thumbnail_before_the_picture_is_not_the_picture(
    sizes: list[tuple[tuple[int, int], dict[str, Any]]], number: int, dtype: str, bigtiff: bool
) -> None:
    levels = [made.levels(3, *size) for size, _ in sizes]
    pages = [
        (made.as_numbers(each, dtype), how) for each, (_, how) in zip(levels, sizes, strict=True)
    ]
    picture = decode(in_pages(*pages, bigtiff=bigtiff), "a.tif")
    np.testing.assert_array_equal(picture.pixels, levels[number - 1])
    assert picture.notes == (
        "First page of a TIFF with several pages."
        if number == 1
        else f"Page {number} of a TIFF, because its first page is a smaller copy.",
    )


def test_a_mask_is_not_the_picture() -> None:
    small, whole = made.levels(3), made.levels(3, 42, 70)
    mask = np.ones((90, 90), bool), {"photometric": "minisblack", "subfiletype": 4}
    data = in_pages((small, REDUCED), (whole, {}), mask)
    np.testing.assert_array_equal(decode(data, "a.tif").pixels, whole)


def test_pages_that_refer_to_each_other_or_are_damaged_end() -> None:
    page = made.levels(3)
    data = bytearray(in_pages((page, {}), (page, {})))
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        first, second = (each.offset for each in file.pages)
    following = second + 2 + 12 * int.from_bytes(data[second : second + 2], "little")
    for offset in (first, second, len(data) - 3, 1 << 31):
        data[following : following + 4] = struct.pack("<I", offset)
        picture = decode(bytes(data), "a.tif")
        np.testing.assert_array_equal(picture.pixels, page)
        assert picture.notes == ("First page of a TIFF with several pages.",)


def test_two_pages_of_sixteen_bits() -> None:
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        for start in (0, 1):
            values = made.as_numbers(made.levels(3), "u2")
            writer.write(values[start:], photometric="rgb", metadata=None)
    assert decode(file.getvalue(), "a.tif").notes == ("First page of a TIFF with several pages.",)
