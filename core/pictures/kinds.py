"""What kind of file some bytes are, told by the first of them and never by the file's name."""

from __future__ import annotations

import re
import zlib

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    Jpeg2KImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    PpmImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from core.errors import BadPicture

ACCEPTED = "PNG, JPEG, HEIC, WebP, AVIF, TIFF, JPEG 2000, BMP, GIF or PPM"

PLUGINS = {
    "PNG": PngImagePlugin,
    "JPEG": JpegImagePlugin,
    "WEBP": WebPImagePlugin,
    "BMP": BmpImagePlugin,
    "TIFF": TiffImagePlugin,
    "GIF": GifImagePlugin,
    "JPEG2000": Jpeg2KImagePlugin,
    "PPM": PpmImagePlugin,
    "AVIF": AvifImagePlugin,
}
"""Pillow reads some fifty formats; importing a plugin registers it, and only these are tried.
HEIF is the tenth kind, which pi-heif reads."""

HEAD = 1024
"""Bytes from the beginning that tell the kind."""

_AVIF = {b"avif", b"avis"}
_HEIF = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}

_SAVE = "save it as PNG or JPEG first"
_FRAME = "save one frame of it as PNG or JPEG"
_DEVELOP = "export it as JPEG or TIFF with the camera's software first"
_PICK = "give the pictures in it"

_FOREIGN: tuple[tuple[int, bytes, str, str], ...] = (
    (0, b"%PDF", "a PDF document", _SAVE),
    (0, b"%!PS", "a PostScript drawing", _SAVE),
    (0, b"8BPS", "a Photoshop file", _SAVE),
    (0, b"gimp xcf", "a GIMP file", _SAVE),
    (0, b"\0\0\1\0", "an icon", _SAVE),
    (0, b"\0\0\2\0\0\0", "a Targa picture (TGA)", _SAVE),
    (0, b"\0\0\x0a\0\0\0", "a Targa picture (TGA)", _SAVE),
    (0, b"\0\0\2\0", "a mouse pointer", _SAVE),
    (0, b"\x0a\5\1", "a PCX picture", _SAVE),
    (0, b"\1\xda\0", "an SGI picture", _SAVE),
    (0, b"\1\xda\1", "an SGI picture", _SAVE),
    (0, b"Image type:", "an IM picture", _SAVE),
    (0, b"icns", "an icon", _SAVE),
    (0, b"\xff\x0a", "a JPEG XL picture", _SAVE),
    (0, b"\0\0\0\x0cJXL \r\n\x87\n", "a JPEG XL picture", _SAVE),
    (0, b"II\xbc\1", "a JPEG XR picture", _SAVE),
    (0, b"\xff\xd8\xff\xf7", "a JPEG-LS picture", _SAVE),
    (0, b"v/1\1", "an OpenEXR picture", _SAVE),
    (0, b"#?RADIANCE", "a Radiance HDR picture", _SAVE),
    (0, b"DDS ", "a DDS texture", _SAVE),
    (0, b"qoif", "a QOI picture", _SAVE),
    (0, b"P7", "a PAM picture", _SAVE),
    (0, b"PF", "a PFM picture with colours", "save it as 32-bit TIFF first"),
    (0, b"AT&TFORM", "a DjVu document", _SAVE),
    (0, b"\xd7\xcd\xc6\x9a", "a Windows metafile", _SAVE),
    (40, b" EMF", "a Windows metafile", _SAVE),
    (128, b"DICM", "a DICOM file", "export the picture as PNG or TIFF with its viewer first"),
    (344, b"n+1\0", "a NIfTI volume", "save one slice of it as PNG or TIFF"),
    (344, b"ni1\0", "a NIfTI header", "save one slice of its volume as PNG or TIFF"),
    (4, b"n+2\0", "a NIfTI volume", "save one slice of it as PNG or TIFF"),
    (0, b"NRRD", "an NRRD volume", "save one slice of it as PNG or TIFF"),
    (0, b"SIMPLE  =", "a FITS file", "save it as TIFF or PNG first"),
    (0, b"\x89HDF\r\n", "an HDF5 file", "save its picture as PNG or TIFF first"),
    (0, b"\x93NUMPY", "a NumPy array", "save it as PNG or TIFF first"),
    (8, b"CR\2\0", "a camera raw file (CR2)", _DEVELOP),
    (0, b"II\x1a\0\0\0HEAPCCDR", "a camera raw file (CRW)", _DEVELOP),
    (0, b"FUJIFILMCCD-RAW", "a camera raw file (RAF)", _DEVELOP),
    (0, b"IIRO", "a camera raw file (ORF)", _DEVELOP),
    (0, b"IIRS", "a camera raw file (ORF)", _DEVELOP),
    (0, b"MMOR", "a camera raw file (ORF)", _DEVELOP),
    (0, b"IIU\0", "a camera raw file (RW2)", _DEVELOP),
    (0, b"FOVb", "a camera raw file (X3F)", _DEVELOP),
    (0, b"\0MRM", "a camera raw file (MRW)", _DEVELOP),
    (0, b"\x1aE\xdf\xa3", "a video", _FRAME),
    (8, b"AVI ", "a video", _FRAME),
    (0, b"\0\0\1\xba", "a video", _FRAME),
    (0, b"\0\0\1\xb3", "a video", _FRAME),
    (0, b"0&\xb2u\x8ef\xcf\x11", "a video", _FRAME),
    (0, b"FLV\1", "a video", _FRAME),
    (0, b"OggS", "a video or sound file", _FRAME),
    (4, b"moov", "a video", _FRAME),
    (4, b"mdat", "a video", _FRAME),
    (4, b"wide", "a video", _FRAME),
    (8, b"WAVE", "a sound file", "choose a picture"),
    (0, b"ID3", "a sound file", "choose a picture"),
    (0, b"PK\3\4", "a ZIP archive or an Office document", _PICK),
    (0, b"7z\xbc\xaf'\x1c", "a 7z archive", _PICK),
    (0, b"Rar!", "a RAR archive", _PICK),
    (0, b"\xd0\xcf\x11\xe0", "an Office document", _PICK),
    (0, b"version https://git-lfs", "a pointer of Git LFS", "fetch the file with `git lfs pull`"),
)
"""Where a mark stands, the mark, what such a file is, and what a person can do."""

_RAW_SUFFIX = re.compile(
    r".*\.(cr2|nef|nrw|arw|srf|sr2|dng|pef|srw|3fr|erf|kdc|dcr|mos|iiq|rwl)", re.IGNORECASE
)
"""Of raw files that are TIFFs inside. Most say so in their tags; no picture is called like this."""

_MARKUP: tuple[tuple[bytes, str, str], ...] = (
    (b"%pdf-", "a PDF document", _SAVE),
    (b"<!doctype html", "a web page", "save the picture itself, not the page around it"),
    (b"<html", "a web page", "save the picture itself, not the page around it"),
    (b"<head>", "a web page", "save the picture itself, not the page around it"),
    (b"<body", "a web page", "save the picture itself, not the page around it"),
    (b"<svg", "an SVG drawing", _SAVE),
    (b"<?xml", "an XML file", "choose a picture"),
)
"""In small letters; other bytes may come before them."""


def known_kind(head: bytes) -> str | None:
    """Return Pillow's name of the kind of picture that begins with some bytes, None for no kind.

    Args:
        head: the file's beginning, 16 bytes or more.
    """
    if head[4:8] == b"ftyp":
        brands = _brands(head)
        if brands & _AVIF:
            return "AVIF"
        return "HEIF" if brands & _HEIF else None
    for kind in PLUGINS:
        accept = Image.OPEN[kind][1]
        if accept is not None and accept(head[:16]) is True:
            # Pillow takes any text that begins with "Py" for one of its own test files.
            if kind == "PPM" and not re.match(rb"P[1-6f]\s", head):
                return None
            return kind
    return None


def looks_like_picture(head: bytes) -> bool:
    """Tell whether a file of these first 16 bytes is of an accepted kind; it may be damaged."""
    return known_kind(head) is not None


def kind_of(data: bytes, shown: str) -> str:
    """Return Pillow's name of the kind of picture.

    Args:
        data: the file's bytes.
        shown: the file's name, for the message.

    Raises:
        BadPicture: of another kind; the sentence names it where it is a common one.
    """
    for offset, mark, what, advice in _FOREIGN:
        if data.startswith(mark, offset):
            raise BadPicture(f"{shown} is {what}: {advice}.")
    kind = known_kind(data[:HEAD])
    if kind == "TIFF" and _RAW_SUFFIX.fullmatch(shown):
        raise raw_photo(shown)
    if kind is not None:
        return kind
    if data[4:8] == b"ftyp":
        if b"crx " in _brands(data[:HEAD]):
            raise BadPicture(f"{shown} is a camera raw file (CR3): {_DEVELOP}.")
        raise BadPicture(f"{shown} is a video: {_FRAME}.")
    if data.startswith(b"\x1f\x8b"):
        raise BadPicture(f"{shown} is {_inside_gzip(data)}.")
    beginning = data[:HEAD].lower()
    for mark, what, advice in _MARKUP:
        if mark in beginning:
            raise BadPicture(f"{shown} is {what}: {advice}.")
    raise BadPicture(f"{shown} is not a picture: choose a {ACCEPTED} file.")


def raw_photo(shown: str) -> BadPicture:
    """Return the error for a TIFF in which a camera wrote what its sensor saw."""
    return BadPicture(f"{shown} is a camera raw file: {_DEVELOP}.")


def _brands(head: bytes) -> set[bytes]:
    """Return the brands in the first box of an ISO media file."""
    size = min(int.from_bytes(head[:4], "big"), len(head))
    return {head[8:12], *(head[at : at + 4] for at in range(16, size - 3, 4))}


def _inside_gzip(data: bytes) -> str:
    """Say what a gzip file holds, and what to do."""
    try:
        inside = zlib.decompressobj(wbits=31).decompress(data[: 1 << 16], HEAD)
    except zlib.error:
        inside = b""
    if inside[344:348] in {b"n+1\0", b"ni1\0"} or inside[4:8] == b"n+2\0":
        return "a compressed NIfTI volume: save one slice of it as PNG or TIFF"
    if b"<svg" in inside.lower():
        return f"a compressed SVG drawing: {_SAVE}"
    return f"a gzip archive: {_PICK}"
