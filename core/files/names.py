"""File names that are safe to show and to write, made from names that strangers chose."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

MAX_NAME = 120
"""Longest display name, in characters."""

MAX_STEM = 80
MAX_STEM_BYTES = 160
"""A file system allows 255 bytes for a name; the rest is left for `_METHOD+both-2.png`."""

DOWNLOAD_BYTES = 200
"""Of a downloaded file's name without its ending; browsers add ` (1)` to one that is there."""
MAX_PART = 60
"""Characters of each part of such a name."""

PICTURE_SUFFIXES: dict[str, str] = {
    ".png": "PNG",
    ".apng": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".jpe": "JPEG",
    ".jfif": "JPEG",
    ".mpo": "JPEG",
    ".webp": "WEBP",
    ".bmp": "BMP",
    ".dib": "BMP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".gif": "GIF",
    ".heic": "HEIF",
    ".heif": "HEIF",
    ".hif": "HEIF",
    ".avif": "AVIF",
    ".ppm": "PPM",
    ".pgm": "PPM",
    ".pbm": "PPM",
    ".pnm": "PPM",
    ".pfm": "PPM",
    ".jp2": "JPEG2000",
    ".j2k": "JPEG2000",
    ".j2c": "JPEG2000",
    ".jpc": "JPEG2000",
    ".jpf": "JPEG2000",
    ".jpx": "JPEG2000",
}
"""Lower-case suffix of each kind of picture that is read, with Pillow's name of the format."""

_FORBIDDEN = re.compile(r'[<>:"/\\|?*]')
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])", re.IGNORECASE)
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Control, formatting (such as right-to-left override), lone surrogate, line breaks."""


def printable(text: str) -> str:
    """Return `text` as one line without invisible characters, in composed form (NFC)."""
    spaced = re.sub(r"\s+", " ", unicodedata.normalize("NFC", text))
    return "".join(c for c in spaced if unicodedata.category(c) not in _HIDDEN_CATEGORIES).strip()


def visible(text: str) -> str:
    """Return `text` with a mark for each character that cannot be shown, for messages."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def shorten(text: str, limit: int) -> str:
    """Return `text`, or its beginning and end with an ellipsis between, at most `limit` long."""
    if len(text) <= limit:
        return text
    tail = limit // 3
    return f"{text[: limit - tail - 1]}…{text[-tail:]}"


def safe_name(name: str) -> str:
    """Return the last part of `name` as one printable line without folders.

    At most `MAX_NAME` characters, the suffix kept; `picture` when nothing is left.
    """
    last = printable(name).replace("\\", "/").rstrip("/").rsplit("/", maxsplit=1)[-1].strip()
    if not last.strip(". "):
        return "picture"
    return shorten(last, MAX_NAME)


def safe_stem(name: str) -> str:
    """Return `name` without its picture suffix, as a file name that every system accepts.

    Letters of any script and blanks stay; characters that Windows forbids become `_`, names
    that Windows reserves (`CON`, `LPT1`) and hidden names (`.profile`) gain a leading `_`.
    """
    path = PurePosixPath(safe_name(name))
    stem = path.stem if path.suffix.lower() in PICTURE_SUFFIXES else path.name
    stem = shorten(_FORBIDDEN.sub("_", stem), MAX_STEM)
    stem = stem.encode("utf-8")[:MAX_STEM_BYTES].decode("utf-8", "ignore").rstrip(". ").lstrip()
    if not stem:
        return "picture"
    if stem.startswith((".", "-")) or _RESERVED.fullmatch(stem.split(".")[0].strip()):
        return f"_{stem}"
    return stem


def safe_file(name: str) -> str:
    """Return `name` as a file name that every system accepts, its suffix kept: readers go by it."""
    path = PurePosixPath(safe_name(name))
    if re.fullmatch(r"\.[A-Za-z0-9]{1,12}", path.suffix):
        return safe_stem(path.stem) + path.suffix
    return safe_stem(path.name)


def download_name(*parts: str, ending: str) -> str:
    """Return the name of a file that a person takes away: `cat_heatmaps_efficientnet_lite0.png`.

    Blanks and what Windows forbids become `-`; parts are cut so that every file system takes the
    whole.

    Args:
        parts: what tells the file apart: picture, page, model, and what is in it; empty ones are
            left out.
        ending: of the file, without its dot.
    """
    safe = [re.sub(r"[\s<>:\"/\\|?*]+", "-", printable(part)).strip("-. ") for part in parts]
    most = DOWNLOAD_BYTES // max(1, len(safe))
    cut = [
        shorten(part, MAX_PART).encode("utf-8")[:most].decode("utf-8", "ignore") for part in safe
    ]
    stem = "_".join(filter(None, cut)).rstrip(". ")
    if not stem or _RESERVED.fullmatch(stem.split(".")[0].strip()):
        stem = f"_{stem}"
    return f"{stem}.{ending}"
