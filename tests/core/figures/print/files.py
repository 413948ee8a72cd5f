"""What is in figures as files."""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree

import numpy as np
from PIL import Image

from core import Pixels

SVG = "{http://www.w3.org/2000/svg}"


def words_of(svg: bytes) -> list[str]:
    """The texts of an SVG file, each line apart."""
    return [
        "".join(each.itertext()).strip() for each in ElementTree.fromstring(svg).iter(f"{SVG}text")
    ]


def pictures_in(svg: bytes) -> list[tuple[int, int]]:
    """Width and height of the pictures in an SVG file, as they are drawn."""
    found = ElementTree.fromstring(svg).iter(f"{SVG}image")
    return [(int(float(each.attrib["width"])), int(float(each.attrib["height"]))) for each in found]


def fonts_of(pdf: bytes) -> set[str]:
    """Kinds of the fonts in a PDF file."""
    return {
        kind.decode() for kind in re.findall(rb"/Subtype /(CIDFontType2|Type0|Type3|Type1)", pdf)
    }


def pixels(png: bytes) -> Pixels:
    """A PNG file as uint8 (H, W, 3)."""
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image.convert("RGB"))


def has(png: bytes, colour: tuple[int, ...], near: int = 2) -> int:
    """How many pixels have about that colour."""
    return int((np.abs(pixels(png).astype(int) - colour[:3]) <= near).all(axis=2).sum())
