"""What the tags of a TIFF say of the page that is shown, before any pixel is decoded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PIL.TiffImagePlugin import ImageFileDirectory_v2 as Directory

from core.errors import BadPicture
from core.pictures.kinds import raw_photo
from core.pictures.tiff_pages import (
    HEIGHT,
    PHOTOMETRIC,
    SUBFILE,
    WIDTH,
    loaded,
    numbers,
    one,
    shown_page,
)

_BITS, _COMPRESSION, _FILL_ORDER, _STRIPS, _ORIENTATION, _BANDS = 258, 259, 266, 273, 274, 277
_ROWS, _STRIP_BYTES, _PLANAR, _PREDICTOR = 278, 279, 284, 317
_TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_BYTES, _SUB_PAGES = 322, 323, 324, 325, 330
_EXTRA, _FORMAT, _DNG_VERSION = 338, 339, 50706

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, _PALETTE, CMYK, _YCBCR, _CIELAB = 0, 1, 2, 3, 5, 6, 8
_SENSOR = {32803, 34892}
"""Photometric kinds of what a camera's sensor saw: a colour filter array, or linear raw."""

_PHOTOMETRIC_NAMES = {4: "a mask", 9: "ICC Lab colours", 10: "ITU Lab colours", 32844: "LogL"}
_BIG_ENDIAN_BIGTIFF = b"MM\0+"
_UNSIGNED, _SIGNED, _FLOAT, _VOID = 1, 2, 3, 4
_COLOURS = {WHITE_IS_ZERO: 1, BLACK_IS_ZERO: 1, RGB: 3, _PALETTE: 1, CMYK: 4, _YCBCR: 3}
_PREMULTIPLIED, _STRAIGHT = 1, 2


@dataclass(frozen=True, slots=True)
class Layout:
    """How the pixels of a page of a TIFF are stored.

    Attributes:
        order: `<` or `>`, the order of bytes in numbers.
        width, height: in pixels.
        bits: of each number.
        kind: NumPy's letter: `u`, `i` or `f`.
        bands: numbers of each pixel.
        colours: bands that are colours, the first ones.
        alpha: whether the next band is alpha.
        premultiplied: whether the colours have been multiplied by alpha.
        photometric: what the numbers mean, by TIFF's number.
        separate: whether each band is stored apart.
        compression, predictor: by TIFF's numbers.
        reversed_bits: whether bytes are filled from their lowest bit.
        part: (width, height) of a tile, or of a strip.
        tiled: whether parts are tiles, which are stored whole at the edges too.
        parts: offset and length in bytes of each strip or tile.
        orientation: as EXIF numbers it.
        number: of the page, from 0; another than 0 where the first is a smaller copy of it.
        several: whether the file has more pages.
    """

    order: Literal["<", ">"]
    width: int
    height: int
    bits: int
    kind: str
    bands: int
    colours: int
    alpha: bool
    premultiplied: bool
    photometric: int
    separate: bool
    compression: int
    predictor: int
    reversed_bits: bool
    part: tuple[int, int]
    tiled: bool
    parts: tuple[tuple[int, int], ...]
    orientation: int
    number: int
    several: bool

    @property
    def pillow_is_exact(self) -> bool:
        """Whether Pillow decodes these pixels without loss."""
        if self.kind != "u" or self.bits > 8 or (self.separate and self.bands > 1):
            return False
        if self.bits < 8:
            return self.bands == 1 and self.bits in {1, 2, 4}
        if self.photometric in {_PALETTE, _YCBCR}:
            return True
        of_its_own = _COLOURS[self.photometric] == self.colours
        return of_its_own and self.bands == self.colours + self.alpha


def read_layout(data: bytes, shown: str) -> Layout:
    """Read the tags of the page that is shown: the first, if that is no smaller copy.

    Raises:
        BadPicture: what a camera's sensor saw, or a kind of file or numbers that is not read.
        Exception: whatever Pillow raises for damaged tags.
    """
    if data.startswith(_BIG_ENDIAN_BIGTIFF):  # which Pillow takes for an ordinary one
        raise BadPicture(f"{shown} is a big-endian BigTIFF, which is not read: save it as TIFF.")
    page = shown_page(data)
    directory = page.directory
    if _is_raw(data, loaded(data, 0)) or _is_raw(data, directory):
        raise raw_photo(shown)
    photometric = one(directory, PHOTOMETRIC, BLACK_IS_ZERO)
    if photometric == _CIELAB:
        raise BadPicture(f"{shown} has LAB colours: save it in RGB first.")
    if photometric not in _COLOURS:
        what = _PHOTOMETRIC_NAMES.get(photometric, f"colours of kind {photometric}")
        raise BadPicture(f"{shown} has {what}, which are not read: save it in RGB first.")
    bands = one(directory, _BANDS, 1)
    bits = _same(directory, _BITS, 1, f"{shown} has bands of different depth")
    form = _same(directory, _FORMAT, _UNSIGNED, f"{shown} has bands of different kinds")
    if form not in {_UNSIGNED, _SIGNED, _FLOAT, _VOID}:
        raise BadPicture(f"{shown} has complex numbers: save their magnitude as TIFF first.")
    colours, alpha, premultiplied = _meaning(directory, photometric, bands, shown)
    tiled = _TILE_WIDTH in directory
    width, height = one(directory, WIDTH, 0), one(directory, HEIGHT, 0)
    part = (width, min(height, one(directory, _ROWS, height)))
    if tiled:
        part = (one(directory, _TILE_WIDTH, 0), one(directory, _TILE_HEIGHT, 0))
    offsets = numbers(directory, _TILES if tiled and _TILES in directory else _STRIPS)
    counts = numbers(directory, _TILE_BYTES if _TILE_BYTES in directory else _STRIP_BYTES)
    return Layout(
        order="<" if data[:2] == b"II" else ">",
        width=width,
        height=height,
        bits=bits,
        kind={_SIGNED: "i", _FLOAT: "f"}.get(form, "u"),
        bands=bands,
        colours=colours,
        alpha=alpha,
        premultiplied=premultiplied,
        photometric=photometric,
        separate=one(directory, _PLANAR, 1) == 2 and bands > 1,
        compression=one(directory, _COMPRESSION, 1),
        predictor=one(directory, _PREDICTOR, 1),
        reversed_bits=one(directory, _FILL_ORDER, 1) == 2,
        part=part,
        tiled=tiled,
        parts=tuple(zip(offsets, counts, strict=False)),
        orientation=one(directory, _ORIENTATION, 1),
        number=page.number,
        several=page.several,
    )


def _is_raw(data: bytes, directory: Directory) -> bool:
    """Tell whether a camera wrote the file for its own software: the pixels lie in a sub-page.

    The first page of most such files is a thumbnail, which nobody means.
    """
    if _DNG_VERSION in directory or one(directory, PHOTOMETRIC, 0) in _SENSOR:
        return True
    sub_pages = numbers(directory, _SUB_PAGES)
    if sub_pages and one(directory, SUBFILE, 0) & 1:
        return True
    for offset in sub_pages[:8]:
        try:
            page = loaded(data, offset)
        except Exception:  # noqa: S112 - a damaged sub-page does not matter
            continue
        if one(page, PHOTOMETRIC, 0) in _SENSOR:
            return True
    return False


def _meaning(
    directory: Directory, photometric: int, bands: int, shown: str
) -> tuple[int, bool, bool]:
    """Return how many bands are colours, whether alpha follows, and whether it is premultiplied.

    Raises:
        BadPicture: more bands than a picture on a screen has.
    """
    colours = _COLOURS[photometric]
    extra = numbers(directory, _EXTRA)
    if bands > colours and extra[:1] in {(_PREMULTIPLIED,), (_STRAIGHT,)}:
        return colours, True, extra[0] == _PREMULTIPLIED
    if bands == 3 and photometric == BLACK_IS_ZERO:
        return 3, False, False  # colours that a program saved as three bands of grey
    if bands < colours or (bands > colours and colours != 3):
        raise BadPicture(
            f"{shown} has {bands} bands, and grey or RGB is shown: save one band of it, or three "
            "as RGB, as TIFF first."
        )
    return colours, False, False


def _same(directory: Directory, tag: int, usual: int, otherwise: str) -> int:
    values = set(numbers(directory, tag)) or {usual}
    if len(values) > 1:
        raise BadPicture(f"{otherwise}: save it as RGB with 8 or 16 bits first.")
    return values.pop()
