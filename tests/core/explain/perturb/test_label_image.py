"""Label images that people bring."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from core.errors import BadPicture
from core.explain.perturb.label_image import read_labels
from core.explain.perturb.superpixels import decode_labels, segment
from core.export.lime_files import segments_png

QUARTERS = np.kron(np.array([[0, 1], [2, 3]]), np.ones((20, 30), int))


def png(image: Image.Image) -> bytes:
    store = io.BytesIO()
    image.save(store, "PNG")
    return store.getvalue()


def colours() -> Image.Image:
    table = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 9, 9]], np.uint8)
    return Image.fromarray(table[QUARTERS])


def palette() -> Image.Image:
    image = Image.fromarray(QUARTERS.astype(np.uint8))
    image.putpalette([7] * 768)  # numbers count, not their colours
    return image


@pytest.mark.parametrize(
    "image",
    [
        colours(),
        palette(),
        Image.fromarray(QUARTERS.astype(np.uint8)),
        Image.fromarray(QUARTERS.astype(np.uint16)),
        Image.fromarray((QUARTERS + 300).astype(np.uint16)),
    ],
    ids=["colours", "palette", "grey", "16-bit", "16-bit high"],
)
def test_each_colour_or_number_is_a_superpixel(image: Image.Image) -> None:
    labels = decode_labels(read_labels(png(image), "labels.png"), 40, 60)
    pairs = set(zip(labels.ravel().tolist(), QUARTERS.ravel().tolist(), strict=True))
    assert len(pairs) == 4, "one label for each quarter"


@pytest.mark.parametrize("cells", [4, 20])
def test_downloaded_superpixels_can_be_given_back(cells: int) -> None:
    pixels = np.zeros((224, 224, 3), np.uint8)
    before = segment(pixels, "grid", {"cells": cells})
    drawn = read_labels(segments_png(before.segments), "cat_segments.png")
    after = segment(pixels, "mask", drawn=drawn)
    assert after.count == before.count
    assert np.array_equal(after.segments, before.segments)


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(BadPicture, match=r"notes\.png"):
        read_labels(b"this is text", "notes.png")
