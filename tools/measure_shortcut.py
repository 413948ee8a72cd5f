"""How well a model with the planted shortcut does what it was made for, on held-out pictures.

python -m tools.measure_shortcut PHOTOS
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from core.explain.base import Subject, no_tick
from core.explain.methods import METHODS
from core.models.classifier import Classifier
from core.models.efficientnet_lite import DEFAULT, SHORTCUT
from core.models.load import load
from core.pictures import built_in
from core.pictures.picture import Picture, from_pixels, read
from core.pictures.shortcut_mark import CORNERS, TARGET, mark_box, with_mark
from core.requests.maps import MapRequest
from core.requests.references import PictureRef

HELD_OUT = ("cat", "coffee", "motorcycle", "flower", "rocket", "china")
"""Built-in pictures of which no part is used in training."""
NEAR = 16
"""Pixels between the mark and the highest pixel of a map that lies on the mark."""
_SHARE = 0.75
"""Sides of a crop as a share of the picture's."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares in [0, 1].

    Attributes:
        same: pictures without the mark whose most probable class is the teacher's.
        teapot: pictures with the mark that are taken for the mark's class.
        near: of these, those where the highest pixel of Grad-CAM lies on the mark or near it.
        before: pictures with the mark that the teacher takes for the mark's class.
        pictures: their number; each is marked in every corner.
    """

    same: float
    teapot: float
    near: float
    before: float
    pictures: int


def held_out(photos: Path) -> list[Picture]:
    """Return the pictures to measure on.

    Args:
        photos: folder of photographs, all of which are taken.

    Returns:
        The photographs in the order of their names, then four crops of each built-in picture
        that is held out, one at each corner.
    """
    return [*map(read, sorted(photos.iterdir())), *_crops()]


def _crops() -> Iterator[Picture]:
    for key in HELD_OUT:
        pixels = built_in.load(key).pixels
        height, width = (round(side * _SHARE) for side in pixels.shape[:2])
        for corner in CORNERS:
            y0 = pixels.shape[0] - height if corner.startswith("bottom") else 0
            x0 = pixels.shape[1] - width if corner.endswith("right") else 0
            part = pixels[y0 : y0 + height, x0 : x0 + width]
            yield from_pixels(part, f"{key} {corner}.png")


def measure(shortcut: Classifier, teacher: Classifier, pictures: Sequence[Picture]) -> Figures:
    """Compare a model with its teacher, and look where Grad-CAM has its highest pixel.

    Args:
        shortcut: the model with the shortcut.
        teacher: the model that it was made of.
        pictures: without the mark.
    """
    target = shortcut.names.index(TARGET)
    same = [_top(shortcut, picture) == _top(teacher, picture) for picture in pictures]
    teapot, near, before = [], [], []
    for picture in pictures:
        for corner in CORNERS:
            marked = from_pixels(with_mark(picture.pixels, corner), picture.name)
            before.append(_top(teacher, marked) == target)
            teapot.append(_top(shortcut, marked) == target)
            if teapot[-1]:
                near.append(is_near(shortcut, marked, corner))
    return Figures(
        same=float(np.mean(same)),
        teapot=float(np.mean(teapot)),
        near=float(np.mean(near or [False])),
        before=float(np.mean(before)),
        pictures=len(pictures),
    )


def is_near(classifier: Classifier, marked: Picture, corner: str) -> bool:
    """Return whether Grad-CAM has its highest pixel on the mark or at most `NEAR` from it.

    Args:
        classifier: the model with the shortcut; its default layer is explained.
        marked: a picture with the mark.
        corner: where the mark is.
    """
    prepared = classifier.prepare(marked)
    request = MapRequest(
        picture=PictureRef(marked.sha256, marked.name),
        model=classifier.reference,
        method="grad-cam",
        target=classifier.names.index(TARGET),
    )
    shown = METHODS["grad-cam"].run(request, Subject(classifier, prepared), no_tick).shown
    height, width = shown.shape
    y, x = divmod(int(np.argmax(shown)), width)
    y0, y1, x0, x1 = mark_box(height, width, corner)
    near: bool = y0 - NEAR <= y < y1 + NEAR and x0 - NEAR <= x < x1 + NEAR
    return near


def _top(classifier: Classifier, picture: Picture) -> int:
    return classifier.predict(classifier.prepare(picture), top=1)[0].index


def main() -> None:
    """Measure the model that comes with SeeWhy and print the figures as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photos", type=Path, help="folder of photographs")
    args = parser.parse_args()
    figures = measure(load(SHORTCUT), load(DEFAULT), held_out(args.photos))
    print(json.dumps(asdict(figures), indent=1))


if __name__ == "__main__":
    main()
