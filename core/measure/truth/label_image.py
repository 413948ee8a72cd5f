"""Label images: PNG files in which 0 is nothing and any other value an object."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageFile, ImageOps

from core import Mask
from core.errors import BadPicture, BadTruth
from core.files.digests import file_digest
from core.files.names import safe_name
from core.measure.truth.truth_file import MOST, Entries, TruthFile, check_size
from core.pictures import limits
from core.pictures.deep_files import deep_samples
from core.pictures.picture import Picture, read_bytes

SUFFIX = ".png"


def label_mask(data: bytes, name: str, picture: Picture) -> Mask:
    """Return the mask of a label image.

    The numbers of a palette, a grey level or a colour that are not 0 are the object. Where a part
    of the image is transparent, all that is not is the object, whatever its colour.

    Args:
        data: the file's bytes.
        name: the file's name, for messages.
        picture: whose mask it is.

    Returns:
        bool (H, W) like the picture's `pixels`.

    Raises:
        BadTruth: no PNG, damaged, or of another size than the picture.
    """
    shown = safe_name(name)
    try:
        if len(data) > limits.MAX_BYTES:
            raise limits.too_heavy(shown, len(data))
        image = Image.open(io.BytesIO(data), formats=("PNG",))
        limits.check_size(image.size, limits.pixel_bytes("PNG", image.mode), shown)
        assert isinstance(image, ImageFile.ImageFile)
        mask = _upright(_object(image, data), image)
    except BadPicture as error:
        raise BadTruth(str(error)) from error
    except Exception as error:  # decoders raise nearly every type on hostile bytes
        raise BadTruth(f"{shown} is no PNG that can be decoded: save it as PNG again.") from error
    check_size((mask.shape[1], mask.shape[0]), picture, f"The truth mask {shown}")
    height, width = picture.pixels.shape[:2]
    if mask.shape == (height, width):
        return mask
    small = Image.fromarray(mask).resize((width, height), Image.Resampling.NEAREST)
    return np.array(small, bool)


def _object(image: ImageFile.ImageFile, data: bytes) -> Mask:
    """Return where the numbers of an image are not 0."""
    image.load()
    samples = deep_samples(data, "PNG", image)
    if samples is not None:
        colours, alpha = samples.colours, samples.alpha
    else:
        values = np.asarray(image)
        colours = values if values.ndim == 3 else values[..., None]
        alpha = colours[..., -1] if image.mode in ("LA", "RGBA") else None
        colours = colours[..., :-1] if alpha is not None else colours
    if alpha is not None and (alpha < np.iinfo(alpha.dtype).max).any():
        return np.asarray(alpha > 0)
    return np.asarray((colours != 0).any(2))


def _upright(mask: Mask, image: Image.Image) -> Mask:
    turned = Image.fromarray(mask)
    with contextlib.suppress(Exception):  # the pixels are good, and metadata may be damaged
        turned.info["exif"] = image.getexif().tobytes()
        turned = ImageOps.exif_transpose(turned)
    return np.array(turned, bool)


def from_image(data: bytes, name: str, digest: str) -> TruthFile:
    """Return one label image as a file of truth masks."""

    def find(picture: Picture, class_name: str) -> Mask:
        return label_mask(data, name, picture)

    return TruthFile(safe_name(name), digest, find, single=True)


def from_folder(folder: Path) -> TruthFile:
    """Return the label images in and below a folder, each called like its picture.

    Hidden files and links to folders are left out.

    Raises:
        BadTruth: unreadable, or without PNG files.
    """
    shown = safe_name(folder.resolve().name)
    digest = hashlib.sha256()
    named: list[tuple[str, Path]] = []
    try:
        for path in _files(folder):
            name = path.relative_to(folder).as_posix()
            named.append((name, path))
            digest.update(f"{name}\0{file_digest(path)}\0".encode(errors="replace"))
            if len(named) > MOST:
                raise BadTruth(f"{shown} has more than {MOST} PNG files: give fewer.")
    except OSError as error:
        raise BadTruth(
            f"{shown} cannot be read ({error.strerror or error}): check the folder."
        ) from error
    if not named:
        raise BadTruth(f"{shown} has no PNG files: give a folder of label images.")
    entries = Entries(named, suffixes=False)

    def find(picture: Picture, class_name: str) -> Mask | None:
        path = entries.of(picture.name)
        if path is None:
            return None
        try:
            return label_mask(read_bytes(path), path.name, picture)
        except BadPicture as error:
            raise BadTruth(str(error)) from error

    return TruthFile(shown, digest.hexdigest(), find)


def _files(folder: Path) -> Iterator[Path]:
    def failed(error: OSError) -> None:
        raise error

    for place, folders, names in os.walk(folder, onerror=failed):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(place, name)
            if not name.startswith(".") and path.suffix.lower() == SUFFIX and path.is_file():
                yield path
