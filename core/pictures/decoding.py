"""Bytes that strangers send -> an upright 8-bit RGB image, or one sentence why not."""

from __future__ import annotations

import contextlib
import io
import threading
import warnings
from collections.abc import Mapping

from PIL import (
    BmpImagePlugin,
    ExifTags,
    GifImagePlugin,
    Image,
    ImageFile,
    ImageOps,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from core.errors import BadPicture
from core.files import error_stream
from core.files.names import PICTURE_SUFFIXES, safe_name
from core.pictures.colour_modes import to_rgb

MAX_BYTES = 20 * 2**20
"""Largest file, in bytes; messages call it 20 MB."""

MAX_PIXELS = 40_000_000
"""Largest declared width x height."""

ACCEPTED = "PNG, JPEG, WebP, BMP, TIFF or GIF"

_PLUGINS = {
    "PNG": PngImagePlugin,
    "JPEG": JpegImagePlugin,
    "WEBP": WebPImagePlugin,
    "BMP": BmpImagePlugin,
    "TIFF": TiffImagePlugin,
    "GIF": GifImagePlugin,
}
"""Pillow reads some fifty formats; importing a plugin registers it, and only these are tried."""

_FOREIGN: Mapping[bytes, str] = {
    b"%PDF": "a PDF document",
    b"<svg": "an SVG drawing",
    b"ftyphei": "a HEIC photo",
    b"ftypmif1": "a HEIC photo",
    b"ftypavif": "an AVIF picture",
    b"8BPS": "a Photoshop file",
}
"""Beginnings of files that people often take for an accepted picture."""

_TURNS = threading.BoundedSemaphore(2)
"""A picture at the limit takes some 500 MB while it is decoded: two at a time, not thirty."""

# Once, when the module is imported, because the filters belong to all threads. Pillow's other
# warnings are about damaged metadata of a stranger's file, which is no news for the operator.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
warnings.simplefilter("error", Image.DecompressionBombWarning)


def to_image(data: bytes, name: str) -> tuple[Image.Image, tuple[str, ...]]:
    """Decode a picture at its own resolution.

    The colour profile is ignored, as it was when the models were trained.

    Args:
        data: the file's bytes.
        name: the file's name, for the message and for a note where its suffix is wrong.

    Returns:
        The image in mode RGB, upright, on white where it was transparent, and notes for the
        person on what was changed.

    Raises:
        BadPicture: empty, too large, not a picture, or damaged.
    """
    shown = safe_name(name)
    if not data:
        raise BadPicture(f"{shown} is empty (0 bytes): choose a {ACCEPTED} picture.")
    if len(data) > MAX_BYTES:
        raise too_heavy(shown, len(data))
    with _TURNS:
        image, kind = _open(data, shown)
        _check_size(image.size, shown)
        return _convert(image, kind, shown)


def looks_like_picture(head: bytes) -> bool:
    """Tell whether a file of these first 16 bytes is of an accepted kind; it may be damaged."""
    kinds = (Image.OPEN[kind][1] for kind in _PLUGINS)
    return any(accept is not None and accept(head) is True for accept in kinds)


def too_heavy(shown: str, size: int) -> BadPicture:
    """Return the error for a file of `size` bytes, more than `MAX_BYTES`."""
    return BadPicture(
        f"{shown} has {size / 2**20:.1f} MB, more than {MAX_BYTES // 2**20} MB: "
        "save it smaller or as JPEG."
    )


def _damaged(shown: str, error: Exception) -> BadPicture:
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return BadPicture(
            f"{shown} declares more than {MAX_PIXELS // 1_000_000} megapixels: "
            "make it smaller first."
        )
    reason = "it needs too much memory" if isinstance(error, MemoryError) else "damaged or cut off"
    return BadPicture(f"{shown} cannot be decoded ({reason}): copy or save the picture again.")


def _open(data: bytes, shown: str) -> tuple[ImageFile.ImageFile, str]:
    """Read the header only; the format is told by the content, never by the name.

    `Image.open` is not used because it reports large sizes through the warning filters, which
    all threads share, before one can look at the size.
    """
    for kind in _PLUGINS:
        factory, accept = Image.OPEN[kind]
        if accept is None or accept(data[:16]) is not True:
            continue
        try:
            return factory(io.BytesIO(data), b""), kind
        except Exception as error:  # plugins raise nearly every type on hostile bytes
            raise _damaged(shown, error) from error
    head = data[:256].lstrip()
    for mark, what in _FOREIGN.items():
        if mark in head:
            raise BadPicture(f"{shown} is {what}: save it as PNG or JPEG first.")
    raise BadPicture(f"{shown} is not a picture: choose a {ACCEPTED} file.")


def _check_size(size: tuple[int, int], shown: str) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise BadPicture(f"{shown} declares {width} x {height} pixels: choose another picture.")
    if width * height > MAX_PIXELS:
        raise BadPicture(
            f"{shown} declares {width} x {height} pixels, more than "
            f"{MAX_PIXELS // 1_000_000} megapixels: make it smaller first."
        )


def _convert(
    image: ImageFile.ImageFile, kind: str, shown: str
) -> tuple[Image.Image, tuple[str, ...]]:
    notes: list[str] = []
    try:
        # libtiff writes its own lines about a damaged file.
        with error_stream.silenced() if kind == "TIFF" else contextlib.nullcontext():
            image.load()
        _check_size(image.size, shown)
        if image.mode == "LAB":
            raise BadPicture(f"{shown} has LAB colours: save it in RGB first.")
        _turn_upright(image, notes)
        rgb = to_rgb(image, notes)
        _note_origin(image, kind, shown, notes)
    except BadPicture:
        raise
    except Exception as error:  # decoders raise nearly every type on hostile bytes
        raise _damaged(shown, error) from error
    return rgb, tuple(notes)


def _turn_upright(image: Image.Image, notes: list[str]) -> None:
    """Apply EXIF's orientation (Pillow has done it already for TIFF); bad EXIF is ignored."""
    with contextlib.suppress(Exception):  # the pixels are good, and metadata may be damaged
        if image.getexif().get(ExifTags.Base.Orientation) in range(2, 9):
            notes.append("Turned upright as its EXIF data asks.")
        ImageOps.exif_transpose(image, in_place=True)


def _note_origin(image: ImageFile.ImageFile, kind: str, shown: str, notes: list[str]) -> None:
    """Say when a picture is one of several in its file, or when its suffix is wrong."""
    suffix = f".{shown.rpartition('.')[2].lower()}" if "." in shown else ""
    if suffix and PICTURE_SUFFIXES.get(suffix) != kind:
        notes.append(f"Its name ends in {suffix}, but it is a {kind} picture.")
    try:
        several = bool(getattr(image, "is_animated", False))
    except Exception:  # a damaged second frame does not matter
        several = False
    if several and kind == "TIFF":
        notes.append("First page of a TIFF with several pages.")
    elif several and kind != "JPEG":
        notes.append(f"First frame of an animated {kind}.")
