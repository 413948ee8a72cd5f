"""The pages of a TIFF, by their tags, and which of them is the picture."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

from PIL.TiffImagePlugin import ImageFileDirectory_v2 as Directory

SUBFILE, WIDTH, HEIGHT, PHOTOMETRIC = 254, 256, 257, 262
_OLD_SUBFILE = 255
_REDUCED, _MASK = 1, 4
"""Bits of the subfile type; in the old one, 2 is a smaller copy."""

_MOST = 256
"""Pages that are looked at."""


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """The page that is shown.

    Attributes:
        directory: its tags.
        number: of the page, from 0; another than 0 only where the first is a smaller copy of it.
        several: whether the file has more pages.
    """

    directory: Directory
    number: int
    several: bool


def shown_page(data: bytes) -> Page:
    """Return the first page, or the largest where the first is a smaller copy of it.

    Pyramids of microscopes and maps may begin with their thumbnail. That is told by the tag which
    marks a smaller copy, or by the size: the same shape with sides at most half as long.

    Raises:
        Exception: whatever Pillow raises for damaged tags of the first page.
    """
    pages = list(_pages(data))
    first = pages[0]
    number = max(range(len(pages)), key=lambda each: _area(pages[each]))
    if _area(pages[number]) > _area(first) and _is_copy(first, pages[number]):
        return Page(pages[number], number, several=True)
    return Page(first, 0, several=len(pages) > 1)


def loaded(data: bytes, offset: int) -> Directory:
    """Return the tags at an offset, 0 for those of the first page.

    Raises:
        Exception: whatever Pillow raises for damaged tags.
    """
    directory = Directory(data[: 16 if data[2:4] == b"+\0" else 8])
    file = io.BytesIO(data)
    file.seek(offset or directory.next)
    directory.load(file)
    return directory


def one(directory: Directory, tag: int, usual: int) -> int:
    """Return the first whole number of a tag, and `usual` for a tag that is not there."""
    values = numbers(directory, tag)
    return values[0] if values else usual


def numbers(directory: Directory, tag: int) -> tuple[int, ...]:
    """Return the whole numbers of a tag, none for a tag that is not there."""
    value = directory.get(tag)
    if value is None:
        return ()
    values = value if isinstance(value, tuple | list) else (value,)
    return tuple(int(each) for each in values)


def _pages(data: bytes) -> Iterator[Directory]:
    """Yield the pages; after the first, those before one that is damaged."""
    page = loaded(data, 0)
    yield page
    seen = {0}
    for _ in range(_MOST):
        if page.next in seen:
            return
        seen.add(page.next)
        try:
            page = loaded(data, page.next)
            _area(page)
        except Exception:  # a damaged page after the first does not matter
            return
        yield page


def _area(page: Directory) -> int:
    """Return the pixels of a page; a mask has none."""
    if one(page, SUBFILE, 0) & _MASK:
        return 0
    return one(page, WIDTH, 0) * one(page, HEIGHT, 0)


def _is_copy(small: Directory, large: Directory) -> bool:
    """Tell whether a page is marked as a smaller copy, or has the shape of one."""
    if one(small, SUBFILE, 0) & _REDUCED or one(small, _OLD_SUBFILE, 1) == 2:
        return True
    width, height = one(small, WIDTH, 0), one(small, HEIGHT, 0)
    whole = one(large, WIDTH, 0), one(large, HEIGHT, 0)
    rounding = abs(whole[0] * height - whole[1] * width) <= max(whole)
    return rounding and whole[0] >= 2 * width and whole[1] >= 2 * height
