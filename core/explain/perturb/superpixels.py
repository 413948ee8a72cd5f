"""Superpixels: the parts of a picture that LIME switches on and off."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image
from skimage import segmentation

from core import Pixels, Segments
from core.errors import BadOption, BadPicture
from core.requests.maps import ALGORITHMS as SETTINGS
from core.requests.maps import Segmentation
from core.requests.options import Option, Value, options_of

Labels = npt.NDArray[np.int64]
Share = tuple[float, float, float, float]
"""Left, top, right, bottom of a region, as shares of the picture's width and height."""

WHOLE: Share = (0.0, 0.0, 1.0, 1.0)
MAX_SUPERPIXELS = 2000
"""A linear model over more switches than this has no use and takes minutes to fit."""

MAX_SIDE = 4096
"""Of a label image, in pixels."""

_OPTIONS = {option.name: option for option in options_of(Segmentation)}
ALGORITHMS: Mapping[str, tuple[Option, ...]] = {
    algorithm: tuple(_OPTIONS[name] for name in names if name != "drawn")
    for algorithm, names in SETTINGS.items()
}
"""Ways to find superpixels, with their options. The first three are scikit-image's algorithms
with the names and defaults that lime's `SegmentationAlgorithm` gives them."""


@dataclass(frozen=True, slots=True, eq=False)
class Superpixels:
    """A picture cut into parts.

    Attributes:
        segments: int32 (S, S), numbers 0 to `count` - 1, each of them in use; read-only.
        count: number of parts.
        recipe: how they were found, for captions and records.
        digest: SHA-256 of `segments`.
    """

    segments: Segments
    count: int
    recipe: str
    digest: str


def segment(
    pixels: Pixels,
    algorithm: str = "quickshift",
    options: Mapping[str, Value] | None = None,
    drawn: str = "",
    seen: Share = WHOLE,
) -> Superpixels:
    """Cut a picture into superpixels.

    The same picture and options always give the same superpixels: lime's `random_seed` no longer
    reaches scikit-image's quickshift, which breaks its ties with a fixed seed of its own.

    Numbers always begin at 0. scikit-image's SLIC begins at 1, and stock lime, which switches the
    numbers from 0 to the count less 1, then never hides the last superpixel and fits a switch 0
    that does nothing. For the other algorithms the numbers are scikit-image's own.

    Args:
        pixels: uint8 (S, S, 3) RGB.
        algorithm: a key of `ALGORITHMS`.
        options: values by option name; names that belong to other algorithms are ignored.
        drawn: for `mask`, the text that `encode_labels` made of an image of the whole picture.
        seen: for `mask`, which part of the picture `pixels` shows.

    Returns:
        The superpixels, numbered from 0 without gaps.

    Raises:
        BadOption: unknown algorithm, an option out of range, or too many superpixels.
    """
    if algorithm not in ALGORITHMS:
        raise BadOption(f"Segmentation {algorithm!r} is unknown: use {', '.join(ALGORITHMS)}.")
    given = options or {}
    values = {o.name: o.check(given.get(o.name, o.default)) for o in ALGORITHMS[algorithm]}
    recipe = f"{algorithm}({', '.join(f'{name}={value}' for name, value in values.items())})"
    if algorithm == "grid":
        labels = _grid(pixels.shape[0], pixels.shape[1], int(values["cells"]))
    elif algorithm == "mask":
        labels = decode_labels(drawn, pixels.shape[0], pixels.shape[1], seen)
    else:
        labels = np.asarray(getattr(segmentation, algorithm)(pixels, **values), np.int64)
        if labels.min() == labels.max() and not np.ptp(pixels, axis=(0, 1)).any():
            raise BadOption(
                f"The picture is one flat colour, which {algorithm} cannot divide: "
                "choose segments of a grid, or another picture."
            )
    return from_labels(labels, recipe)


def from_labels(labels: Labels, recipe: str) -> Superpixels:
    """Number labels from 0 without gaps.

    Raises:
        BadOption: fewer than 2 or more than `MAX_SUPERPIXELS` parts.
    """
    number = segmentation.relabel_sequential
    numbered = number(labels - labels.min() + 1)[0] - 1  # type: ignore[no-untyped-call]
    segments = np.ascontiguousarray(numbered, np.int32)
    segments.flags.writeable = False  # many threads share it
    count = int(segments.max()) + 1
    if count < 2:
        raise BadOption(f"{recipe} gives a single superpixel: choose settings for smaller ones.")
    if count > MAX_SUPERPIXELS:
        raise BadOption(
            f"{recipe} gives {count} superpixels, more than {MAX_SUPERPIXELS}: "
            "choose settings for larger ones."
        )
    return Superpixels(segments, count, recipe, hashlib.sha256(segments.tobytes()).hexdigest())


def check_side(longest: int) -> None:
    """Refuse a label image by the pixels of its longest side.

    Raises:
        BadPicture: more than `MAX_SIDE`.
    """
    if longest > MAX_SIDE:
        raise BadPicture(f"The label image has a side of {longest} pixels: use {MAX_SIDE} at most.")


def encode_labels(pixels: npt.NDArray[np.integer]) -> str:
    """Turn a label image into text for an option.

    Args:
        pixels: integers (H, W), or uint8 (H, W, 3) where each colour is a label.

    Returns:
        A 16-bit PNG in base 64, with the labels numbered from 0.

    Raises:
        BadPicture: more than 65,536 labels, or too large.
    """
    check_side(max(pixels.shape[:2]))
    wide = flat = pixels.astype(np.int64)
    if pixels.ndim == 3:
        flat = (wide[..., 0] << 16) + (wide[..., 1] << 8) + wide[..., 2]
    _, numbers = np.unique(flat, return_inverse=True)
    if numbers.max() > np.iinfo(np.uint16).max:
        raise BadPicture("The label image has more than 65,536 labels: use one colour per part.")
    stored = io.BytesIO()
    Image.fromarray(numbers.reshape(flat.shape).astype(np.uint16)).save(stored, "PNG")
    return base64.b64encode(stored.getvalue()).decode("ascii")


def decode_labels(drawn: str, height: int, width: int, seen: Share = WHOLE) -> Labels:
    """Read what `encode_labels` made, at another size, by nearest neighbour.

    Args:
        drawn: the text.
        height: of the result.
        width: of the result.
        seen: the part of the label image that is wanted.

    Raises:
        BadOption: the text is not such a label image.
    """
    try:
        data = base64.b64decode(drawn, validate=True)
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            if image.mode != "I;16" or max(image.size) > MAX_SIDE:
                raise BadOption(
                    f"The label image has mode {image.mode} and {image.width} x {image.height} "
                    f"pixels: use 16-bit grey and at most {MAX_SIDE} a side."
                )
            across, down = image.size
            box = (seen[0] * across, seen[1] * down, seen[2] * across, seen[3] * down)
            sized = image.resize((width, height), Image.Resampling.NEAREST, box=box)
            return np.asarray(sized).astype(np.int64)
    except (
        binascii.Error,
        OSError,
        ValueError,
        SyntaxError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:
        raise BadOption("Segmentation 'mask' needs a label image: upload or paint one.") from error


def _grid(height: int, width: int, cells: int) -> Labels:
    rows = np.arange(height, dtype=np.int64) * cells // height
    columns = np.arange(width, dtype=np.int64) * cells // width
    return rows[:, None] * cells + columns[None, :]
