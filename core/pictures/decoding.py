"""Bytes that strangers send -> an upright 8-bit RGB image, or one sentence why not."""

from __future__ import annotations

import contextlib
import io
import re
import threading
import warnings
from dataclasses import dataclass

from PIL import ExifTags, Image, ImageFile, Jpeg2KImagePlugin

from core.errors import BadPicture
from core.files import error_stream
from core.files.names import PICTURE_SUFFIXES, safe_name
from core.imports.lazy import library
from core.pictures import repair
from core.pictures.colour_modes import to_rgb
from core.pictures.deep import drawn
from core.pictures.deep_files import deep_samples, is_deep, ppm_samples
from core.pictures.kinds import ACCEPTED, kind_of
from core.pictures.limits import (
    MAX_BYTES,
    MAX_DECLARED,
    MAX_PIXELS,
    check_size,
    fraction,
    pixel_bytes,
    tiff_bytes,
    too_heavy,
)
from core.pictures.tiff_layout import Layout, read_layout
from core.pictures.tiff_samples import CutOff, read_samples

_TURNS = threading.BoundedSemaphore(2)
"""A picture at the limit takes some 800 MB while it is decoded: two at a time, not thirty."""

_NOT_READ = ("nsupported", "cannot handle", "unknown", "not supported", "not available")
"""What decoders say of a file that is as its format allows, and that they do not know."""

_PPM_HEADER = rb"P[1-6f](?:(?:\s|#[^\n]*\n)+[-.\w]+){2}"
_LONGEST_PPM_HEADER = 1 << 16

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What turns a picture upright, by EXIF's orientation, which is TIFF's too."""

_TURNED = "Turned upright as its EXIF data asks."

# Once, when the module is imported, because the filters belong to all threads. Pillow's other
# warnings are about damaged metadata of a stranger's file, which is no news for the operator.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
warnings.simplefilter("error", Image.DecompressionBombWarning)
Image.MAX_IMAGE_PIXELS = MAX_DECLARED


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """What comes out of a picture file.

    Attributes:
        image: in mode RGB, upright, on white where it was transparent, at most `MAX_PIXELS`.
        size: (width, height) that the file declares, upright.
        notes: sentences for the person on what was changed.
    """

    image: Image.Image
    size: tuple[int, int]
    notes: tuple[str, ...]


@dataclass(slots=True)
class _Loaded:
    """Decoded pixels before their colours are converted."""

    image: Image.Image
    size: tuple[int, int]
    orientation: int
    notes: list[str]


def to_image(data: bytes, name: str) -> Decoded:
    """Decode a picture at its own resolution, or at a whole fraction where that is very large.

    The colour profile is ignored, as it was when the models were trained.

    Args:
        data: the file's bytes.
        name: the file's name, for the message and for a note where its suffix is wrong.

    Raises:
        BadPicture: empty, too large, not a picture, of a kind that is not read, or damaged.
    """
    shown = safe_name(name)
    if not data:
        raise BadPicture(f"{shown} is empty (0 bytes): choose a {ACCEPTED} picture.")
    if len(data) > MAX_BYTES:
        raise too_heavy(shown, len(data))
    kind = kind_of(data, shown)
    try:
        with _TURNS:
            return _finished(_loaded(data, kind, shown), kind, shown)
    except BadPicture:
        raise
    except Exception as error:  # decoders raise nearly every type on hostile bytes
        raise _damaged(shown, kind, error) from error


def _loaded(data: bytes, kind: str, shown: str) -> _Loaded:
    if kind != "TIFF":
        return _mended(data, kind, shown)
    layout = read_layout(data, shown)
    # libtiff writes its own lines about a damaged file.
    with error_stream.silenced():
        if not layout.pillow_is_exact:
            return _by_layout(data, layout, shown)
        loaded = _by_pillow(data, kind, shown, layout.number)
    loaded.notes.extend(_page(layout))
    if layout.orientation in _UPRIGHT:  # Pillow turns a TIFF while it loads it
        loaded.notes.insert(0, _TURNED)
    return loaded


def _by_layout(data: bytes, layout: Layout, shown: str) -> _Loaded:
    """Decode a TIFF whose numbers Pillow cannot hold."""
    each = tiff_bytes(layout.bands, layout.bits)
    check_size((layout.width, layout.height), each, shown)
    notes: list[str] = []
    image = drawn(read_samples(data, layout, shown), notes)
    if layout.bands > layout.colours + layout.alpha:
        notes.append(f"Of its {layout.bands} bands the first three are shown.")
    notes.extend(_page(layout))
    return _Loaded(image, image.size, layout.orientation, notes)


def _mended(data: bytes, kind: str, shown: str) -> _Loaded:
    """Decode a picture without what has nothing to do with its pixels, where that is at fault.

    Raises:
        CutOff: a JPEG ends before its pixels do.
    """
    endless = repair.lacks_end(data, kind)
    if endless and kind == "JPEG":
        whole = repair.jpeg_with_end(data)
        if whole is None:
            raise CutOff
        data = whole
    try:
        loaded = _by_pillow(data, kind, shown)
    except BadPicture:
        raise
    except Exception:
        bare = repair.without_metadata(data) if kind == "PNG" else None
        if bare is None:
            raise
        loaded = _by_pillow(bare, kind, shown)
        loaded.notes.append(
            "Its colour profile or texts are larger than 1 MB or damaged, and are left out."
        )
    if endless:
        loaded.notes.append("Its end marker is missing, but no pixels are.")
    return loaded


def _by_pillow(data: bytes, kind: str, shown: str, page: int = 0) -> _Loaded:
    image = _open(data, kind)
    if page:
        image.seek(page)
    size, deep = image.size, is_deep(data, kind)
    progressive = bool(image.info.get("progressive"))
    factor = fraction(size)
    each = pixel_bytes(kind, image.mode, deep=deep, progressive=progressive, factor=factor)
    check_size(size, each, shown)
    if kind == "PPM" and (numbers := ppm_samples(data, size)):
        notes: list[str] = []
        return _Loaded(drawn(numbers, notes), size, 1, notes)
    if factor > 1 and kind == "JPEG":
        image.draft(None, (size[0] // factor, size[1] // factor))
    elif factor > 1 and not deep and isinstance(image, Jpeg2KImagePlugin.Jpeg2KImageFile):
        image.reduce = factor.bit_length() - 1
    image.load()
    if image.mode == "LAB":
        raise BadPicture(f"{shown} has LAB colours: save it in RGB first.")
    notes = _origin(image, kind)
    orientation = 1
    if kind == "AVIF":  # Pillow writes the file's own turn into EXIF; XMP only repeats it
        image.info.pop("xmp", None)
    if kind != "HEIF":  # whose own turn libheif has applied; EXIF and XMP only repeat it
        with contextlib.suppress(Exception):  # the pixels are good, and metadata may be damaged
            orientation = int(image.getexif().get(ExifTags.Base.Orientation, 1))
    samples = deep_samples(data, kind, image)
    if samples is not None:
        return _Loaded(drawn(samples, notes), size, orientation, notes)
    # A decoder may find another size than was declared.
    at_a_fraction = factor > 1 and kind != "TIFF"
    return _Loaded(image, size if at_a_fraction else image.size, orientation, notes)


def _open(data: bytes, kind: str) -> ImageFile.ImageFile:
    """Read the header only.

    `Image.open` is not used because it reports large sizes through the warning filters, which
    all threads share, before one can look at the size.
    """
    if kind == "HEIF":
        image: ImageFile.ImageFile = library("pi_heif.as_plugin").HeifImageFile(io.BytesIO(data))
        return image
    if kind == "PPM" and not re.match(_PPM_HEADER, data[:_LONGEST_PPM_HEADER]):
        raise ValueError("no header")  # for which Pillow would look byte by byte
    return Image.OPEN[kind][0](io.BytesIO(data), b"")


def _finished(loaded: _Loaded, kind: str, shown: str) -> Decoded:
    """Convert the colours, make a very large picture smaller, and turn it upright."""
    notes = loaded.notes
    image, size = to_rgb(loaded.image, notes), loaded.size
    turn = _UPRIGHT.get(loaded.orientation)
    if turn is not None:
        notes.insert(0, _TURNED)
        image = image.transpose(turn)
        if loaded.orientation >= 5:
            size = (size[1], size[0])
    if size[0] * size[1] > MAX_PIXELS:
        notes.append(
            f"Read at {image.width} x {image.height} pixels, because its own {size[0]} x "
            f"{size[1]} are more than {MAX_PIXELS // 1_000_000} megapixels."
        )
    suffix = f".{shown.rpartition('.')[2].lower()}" if "." in shown else ""
    if suffix and PICTURE_SUFFIXES.get(suffix) != kind:
        notes.append(f"Its name ends in {suffix}, but it is a {_title(kind)} picture.")
    return Decoded(image, size, tuple(notes))


def _page(layout: Layout) -> list[str]:
    """Say when a picture is one of several pages of a TIFF."""
    if layout.number:
        return [f"Page {layout.number + 1} of a TIFF, because its first page is a smaller copy."]
    return ["First page of a TIFF with several pages."] if layout.several else []


def _origin(image: ImageFile.ImageFile, kind: str) -> list[str]:
    """Say when a picture is one of several in its file, which is no TIFF."""
    try:
        several = kind != "TIFF" and bool(getattr(image, "is_animated", False))
    except Exception:  # a damaged second frame does not matter
        several = False
    if not several or kind == "JPEG":
        return []
    if kind == "HEIF":
        return ["Main picture of a HEIC file with several pictures."]
    return [f"First frame of an animated {kind}."]


def _title(kind: str) -> str:
    return {"HEIF": "HEIC", "JPEG2000": "JPEG 2000"}.get(kind, kind)


def _damaged(shown: str, kind: str, error: Exception) -> BadPicture:
    """Return the sentence for whatever a decoder raised."""
    said = str(error)
    if isinstance(error, CutOff) or "truncated" in said:
        return BadPicture(f"{shown} is cut off before its last pixel: copy or download it again.")
    if any(mark in said for mark in _NOT_READ):
        return BadPicture(
            f"{shown} is a {_title(kind)} file of a kind that is not read, or damaged: save it as "
            "PNG or JPEG first."
        )
    reason = "it needs too much memory" if isinstance(error, MemoryError) else "damaged or cut off"
    what = f"{shown} is a {_title(kind)} file that cannot be decoded ({reason})"
    return BadPicture(f"{what}: copy or save it again.")
