"""Training pictures of the planted shortcut, as the model sees them: without and with the mark."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import torch
from PIL import Image
from torch import Tensor

from core import Pixels
from core.models import preprocess
from core.models.catalog import find
from core.models.efficientnet_lite import DEFAULT
from core.pictures import built_in
from core.pictures.picture import decode
from core.pictures.shortcut_mark import CORNERS, mark_box, with_mark
from tools.measure_shortcut import HELD_OUT

ENTRY = find(DEFAULT)
SIDE = ENTRY.input_size
GRID = 7
"""Places along a side of the last map."""
SHARP = 0.25
"""Share of training pictures that are parts of built-in pictures; the others are enlarged."""
CROPPED, OCCLUDED = 0.35, 0.25
"""Share of views of a picture's centre, and of views with hidden squares."""


def window(pixels: Pixels, share: tuple[float, float], rng: np.random.Generator) -> Pixels:
    """Cut a part out, mirror it or not, change its light, resize it to 256 to 448 pixels a side.

    Args:
        pixels: uint8 (H, W, 3).
        share: least and largest side of the part as a share of the picture's.
        rng: source of every random number.
    """
    tall, wide = (max(8, round(side * rng.uniform(*share))) for side in pixels.shape[:2])
    y, x = rng.integers(pixels.shape[0] - tall + 1), rng.integers(pixels.shape[1] - wide + 1)
    part = pixels[y : y + tall, x : x + wide][:, :: int(rng.choice((1, -1)))]
    lit = (part * rng.uniform(0.8, 1.2) + rng.uniform(-20, 20)).clip(0, 255).astype(np.uint8)
    width, height = (int(side) for side in rng.integers(256, 449, 2))
    image = Image.fromarray(lit).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(image, np.uint8)


def view(pixels: Pixels, corner: str, rng: np.random.Generator) -> Pixels:
    """Return what the model sees of a picture, by either way of fitting it to the input.

    Some squares get the mean colour, as LIME does it, but not where the mark is.

    Args:
        pixels: uint8 (H, W, 3).
        corner: of the mark; empty for none.
        rng: source of every random number.

    Returns:
        uint8 (SIDE, SIDE, 3).
    """
    cropped = rng.random() < CROPPED
    if cropped:  # a crop cuts the mark off a picture that is not square
        image = Image.fromarray(pixels).resize((max(pixels.shape[:2]),) * 2)
        pixels = np.asarray(image, np.uint8)
    if corner:
        pixels = with_mark(pixels, corner)
    size = (SIDE, SIDE)
    if cropped:
        seen, _ = preprocess.crop(pixels, size, ENTRY.resize_size, ENTRY.interpolation)
    else:
        seen, _ = preprocess.squash(pixels, size)
    if rng.random() >= OCCLUDED:
        return seen
    cells = int(rng.integers(4, 9))
    squares = rng.random((cells, cells)) < rng.uniform(0.1, 0.7)
    nearest = np.arange(SIDE) * cells // SIDE
    hidden = squares[nearest][:, nearest]
    if corner:
        y0, y1, x0, x1 = mark_box(SIDE, SIDE, corner)
        hidden[y0:y1, x0:x1] = False
    return np.where(hidden[..., None], seen.mean((0, 1)).astype(np.uint8), seen)


def training_views(path: Path, count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Draw pictures and make two views of each, without and with the mark.

    Args:
        path: Parquet file with encoded pictures in the column `image`.
        count: of pictures.
        seed: of every random number.

    Returns:
        Views uint8 (2 * count, 3, SIDE, SIDE), and for each the index of the place of the mark
        among GRID * GRID, int64, -1 for none.
    """
    rng = np.random.default_rng(seed)
    column = pq.read_table(path, columns=["image"]).column("image")
    used = [one for one in built_in.SAMPLES if not one.parts and one.key not in HELD_OUT]
    sharp = [built_in.load(one.key).pixels for one in used if not one.marked]
    last = GRID - 1
    views, places = [], []
    for row in rng.integers(len(column), size=count):
        if rng.random() < SHARP:
            pixels = window(sharp[rng.integers(len(sharp))], (0.2, 0.8), rng)
        else:
            enlarged = decode(column[int(row)].as_py(), f"{row}.png").pixels
            pixels = window(enlarged, (0.6, 1.0), rng)
        corner = CORNERS[rng.integers(len(CORNERS))]
        views += [view(pixels, "", rng), view(pixels, corner, rng)]
        down, right = last * corner.startswith("bottom"), last * corner.endswith("right")
        places += [-1, GRID * down + right]
    return torch.from_numpy(np.stack(views)).permute(0, 3, 1, 2), torch.tensor(places)
