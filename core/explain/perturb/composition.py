"""Perturbed pictures for LIME: hidden superpixels, many pictures at once, ready for the model."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageColor, ImageFilter
from torch import Tensor
from torch.nn.functional import interpolate

from core import Pixels
from core.errors import BadOption
from core.explain.perturb.superpixels import Superpixels
from core.imports.lazy import library
from core.models.classifier import Classifier
from core.models.input import Prepared
from core.models.preprocess import grey

Rows = npt.NDArray[np.uint8]

SIDE = 224
"""Superpixels are found at the larger of this and the model's input size."""


def base_view(prepared: Prepared, size: tuple[int, int]) -> Pixels:
    """What the model saw, at the size where superpixels are found.

    Args:
        prepared: the picture as the model sees it.
        size: height and width of the model's input.

    Returns:
        uint8 (S, S, 3): the model's own view where its input has at least 224 pixels a side,
        else the same part of the picture at 224.
    """
    height, width = max(SIDE, size[0]), max(SIDE, size[1])
    if (height, width) == size:
        return prepared.view
    whole = Image.fromarray(prepared.picture.pixels)
    part = np.asarray(whole.resize((width, height), Image.Resampling.BILINEAR, box=prepared.box))
    return grey(part) if prepared.batch.shape[1] == 1 else part


def filled(pixels: Pixels, superpixels: Superpixels, fill: str) -> Pixels:
    """The picture with every superpixel switched off.

    Args:
        pixels: uint8 (S, S, 3) RGB.
        superpixels: of the same size.
        fill: `mean` (each superpixel's mean colour, cut to whole numbers as lime does with uint8
            pictures), `blur`, or a colour as `colour_of` reads it.

    Returns:
        uint8 (S, S, 3).

    Raises:
        BadOption: no such fill.
    """
    if fill == "mean":
        flat, segments = pixels.reshape(-1, 3), superpixels.segments.ravel()
        areas = np.bincount(segments, minlength=superpixels.count)
        sums = [np.bincount(segments, flat[:, c], superpixels.count) for c in range(3)]
        means = (np.stack(sums, 1) / areas[:, None]).astype(np.uint8)
        result: Pixels = means[superpixels.segments]
        return result
    if fill == "blur":
        soft = ImageFilter.GaussianBlur(pixels.shape[0] / 16)
        return np.asarray(Image.fromarray(pixels).filter(soft))
    return np.broadcast_to(np.array(colour_of(fill), np.uint8), pixels.shape).copy()


def colour_of(fill: str) -> tuple[int, int, int]:
    """Return the RGB colour, 0 to 255, of a name such as `black` or of `#808080`.

    Raises:
        BadOption: no such colour.
    """
    try:
        red, green, blue = ImageColor.getrgb(fill)[:3]
    except ValueError as error:
        raise BadOption(
            f"fill is {fill[:40]!r}: give mean, blur, a colour's name or #rrggbb."
        ) from error
    return red, green, blue


def check_fill(fill: str) -> str:
    """Return `fill`.

    Raises:
        BadOption: it is none.
    """
    if fill not in ("mean", "blur"):
        colour_of(fill)
    return fill


class Composer:
    """Makes perturbed pictures at the model's input size, normalised, many at once.

    Where the superpixels have the model's size, a pixel is copied from the picture or from its
    filled form. Where they are larger, the perturbed picture is resized (bilinear, antialiased);
    resizing is linear, so each superpixel's share of the change is resized once and the perturbed
    pictures are sums of such shares.
    """

    def __init__(
        self, classifier: Classifier, view: Pixels, off: Pixels, parts: Superpixels
    ) -> None:
        """Prepare.

        Args:
            classifier: gives the device and the colours' scaling; it is not kept.
            view: uint8 (S, S, 3), the picture.
            off: uint8 (S, S, 3), the picture with all superpixels hidden.
            parts: superpixels of the same size.
        """
        both = torch.from_numpy(np.stack([view, off])).permute(0, 3, 1, 2)
        colours = classifier.normalise(both.float() / 255)
        # Channels last, as `Classifier.logits` wants large batches.
        colours = colours.contiguous(memory_format=torch.channels_last)
        self._on, self._off = colours[:1], colours[1:]
        segments = torch.from_numpy(parts.segments.astype(np.int64))
        self._segments = segments.to(classifier.device)
        self._steps: Tensor | None = None
        if classifier.input_size != view.shape[:2]:
            colours = colours.cpu()  # not every device can resize with antialiasing
            steps = _steps(colours[0] - colours[1], segments, classifier.input_size)
            self._steps = steps.to(classifier.device)
            self._off = _resized(colours[1:], classifier.input_size).to(classifier.device)

    @property
    def nbytes(self) -> int:
        """Size in memory."""
        tensors = (self._on, self._off, self._segments, self._steps)
        return sum(0 if tensor is None else tensor.nbytes for tensor in tensors)

    def __call__(self, rows: Rows) -> Tensor:
        """Compose.

        Args:
            rows: uint8 (N, superpixels), 1 where a superpixel is shown.

        Returns:
            float32 (N, C, h, w), normalised for the model.
        """
        switches = torch.from_numpy(rows).to(self._off.device)
        if self._steps is not None:
            return self._off + (switches.float() @ self._steps).view(-1, *self._off.shape[1:])
        shown = switches.bool().index_select(1, self._segments.view(-1))
        return torch.where(shown.view(-1, 1, *self._segments.shape), self._on, self._off)


def _resized(pictures: Tensor, size: tuple[int, int]) -> Tensor:
    """Resize float32 (N, C, H, W), bilinear and antialiased."""
    smaller: Tensor = interpolate(pictures, size, mode="bilinear", antialias=True)
    return smaller


def _steps(change: Tensor, segments: Tensor, size: tuple[int, int]) -> Tensor:
    """Each superpixel's share of a change, resized.

    Args:
        change: float32 (C, S, S).
        segments: int64 (S, S).
        size: (h, w) of the result.

    Returns:
        float32 (superpixels, C * h * w).
    """
    # Resizing is a product with one matrix from each side, which lets a small superpixel be
    # resized from its bounding box alone: 2000 of them in 0.3 s, not in 5 s.
    left = _matrix(segments.shape[0], size[0])
    right = _matrix(segments.shape[1], size[1])
    boxes = library("scipy.ndimage").find_objects(segments.numpy() + 1)
    steps = torch.empty(len(boxes), len(change), *size)
    for number, box in enumerate(boxes):
        part = change[:, box[0], box[1]] * (segments[box] == number)
        steps[number] = left[:, box[0]] @ part @ right[:, box[1]].T
    return steps.flatten(1)


def _matrix(long: int, short: int) -> Tensor:
    """The resizing of one side as a matrix, float32 (short, long)."""
    return _resized(torch.eye(long)[None, None], (short, long))[0, 0]
