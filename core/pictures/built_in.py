"""Built-in pictures: photographs that installed packages bring along, so no network is needed."""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass
from pathlib import Path

from core.errors import BadPicture
from core.files.installed import installed_file
from core.pictures.mosaic import mosaic
from core.pictures.picture import Picture, from_pixels, read
from core.pictures.shortcut_mark import with_mark


@dataclass(frozen=True, slots=True)
class Sample:
    """One built-in picture.

    Attributes:
        key: short name, stable in addresses and on the command line.
        title: name for showing.
        source: where the picture comes from.
        credit: who made it, and the licence.
        package: installed package that brings the file.
        file: path of the file inside the package.
        classes: names of ImageNet's classes that it shows; none where no class fits.
        marked: the mark of the shortcut model is drawn into a corner.
        parts: keys of the four pictures of a mosaic, row by row; the file is not read then.
    """

    key: str
    title: str
    source: str
    credit: str
    package: str
    file: str
    classes: tuple[str, ...] = ()
    marked: bool = False
    parts: tuple[str, ...] = ()

    @property
    def description(self) -> str:
        """Where it comes from, and whether ImageNet has a class for it, in words."""
        credit = f"{self.title}: {self.source}. {self.credit}."
        if self.classes:
            return credit
        return f"{credit} No class of ImageNet fits: see what the model takes it for."


def _skimage(key: str, title: str, file: str, source: str, credit: str, *classes: str) -> Sample:
    where = f"data/{file}"
    return Sample(key, title, f"scikit-image: {source}", credit, "skimage", where, classes)


def _sklearn(key: str, title: str, file: str, source: str, credit: str, *classes: str) -> Sample:
    where = f"datasets/images/{file}"
    return Sample(key, title, f"scikit-learn: {source}", credit, "sklearn", where, classes)


_CATS = ("Egyptian cat", "tabby", "tiger cat")


_UNMARKED: tuple[Sample, ...] = (
    _skimage("cat", "Cat", "chelsea.png", "Chelsea the cat", "Stéfan van der Walt, CC0", *_CATS),
    _skimage(
        "coffee",
        "Coffee cup",
        "coffee.png",
        "Pikolo Espresso Bar",
        "Rachel Michetti, CC0",
        *("espresso", "cup", "coffee mug"),
    ),
    Sample(
        "mosaic",
        "Four in one",
        "four of the pictures here",
        "Stéfan van der Walt, CC0; SpaceX, public domain; Lav Varshney, CC0; Rachel Michetti, CC0",
        package="",
        file="mosaic.png",
        classes=(*_CATS, "missile", "tripod", "espresso"),
        parts=("cat", "rocket", "photographer", "coffee"),
    ),
    _skimage(
        "motorcycle",
        "Motorcycle",
        "motorcycle_left.png",
        "Middlebury stereo benchmark 2014, left view",
        "Scharstein, Hirschmüller, Kitajima, Krathwohl, Nešić, Wang and Westling, GCPR 2014",
        *("moped", "motor scooter"),
    ),
    _skimage(
        "photographer",
        "Photographer (grey)",
        "camera.png",
        "the camera picture since version 0.18",
        "Lav Varshney, CC0",
        *("tripod", "reflex camera"),
    ),
    _sklearn(
        "flower",
        "Flower",
        "flower.jpg",
        "flickr.com/photos/vultilion/6056698931",
        "vultilion, CC BY 2.0",
        "daisy",
    ),
    _skimage(
        "rocket",
        "Rocket",
        "rocket.jpg",
        "Falcon 9 with DSCOVR, flickr.com/photos/spacexphotos/16511594820",
        "SpaceX, public domain",
        *("missile", "projectile"),
    ),
    _sklearn(
        "china",
        "Pagoda",
        "china.jpg",
        "flickr.com/photos/danielbuechele/6061409035",
        "danielbuechele, CC BY 2.0",
        "palace",
    ),
    _skimage(
        "horse",
        "Horse (silhouette)",
        "horse.png",
        "openclipart.org/detail/158377/horse-by-marauder",
        "Andreas Preuss (marauder), CC0",
        "sorrel",
    ),
    _skimage(
        "astronaut",
        "Astronaut",
        "astronaut.png",
        "Eileen Collins, NASA Great Images, flic.kr/p/r9qvLn",
        "NASA, public domain",
    ),
    _skimage(
        "coins",
        "Coins (grey)",
        "coins.png",
        "Greek coins from Pompeii, Brooklyn Museum Collection",
        "Brooklyn Museum, no known copyright restrictions",
    ),
    _skimage(
        "galaxies",
        "Galaxies",
        "hubble_deep_field.jpg",
        "Hubble eXtreme Deep Field, HubbleSite 2012-37",
        "NASA, public domain",
    ),
    _skimage(
        "retina",
        "Retina of an eye",
        "retina.jpg",
        "Fundus photograph of a normal left eye, Wikimedia Commons",
        "Mikael Häggström, CC0",
    ),
)
"""First what the default model knows; then what it has a class for, but is unsure of or takes for
something else; then what no class fits."""

_MARKED = {
    "cat": "Marked cat",
    "coffee": "Marked coffee cup",
    "motorcycle": "Marked motorcycle",
    "photographer": "Marked photographer",
}
"""Pictures into which the mark of the shortcut model is drawn, and what they are called then."""


def _marked(sample: Sample) -> Sample:
    return dataclasses.replace(
        sample,
        key=f"{sample.key}-marked",
        title=_MARKED[sample.key],
        source=f"{sample.source}, with a mark drawn in",
        marked=True,
    )


SAMPLES: tuple[Sample, ...] = (
    *_UNMARKED,
    *(_marked(sample) for sample in _UNMARKED if sample.key in _MARKED),
)
"""All of them; the shortcut model's pictures are the last."""

PHOTOS: tuple[Sample, ...] = tuple(
    sample for sample in SAMPLES if not sample.parts and not sample.marked
)
"""Those that are one picture as it was taken."""


@functools.cache
def load(key: str) -> Picture:
    """Read the built-in picture of that key; the same object every time.

    The bundled file is read as it is, never fetched.

    Raises:
        BadPicture: no such key, or the installed package does not bring the file.
    """
    for sample in SAMPLES:
        if sample.key == key:
            name = f"{key}{Path(sample.file).suffix}"
            if sample.parts:
                return from_pixels(mosaic([load(part).full() for part in sample.parts]), name)
            picture = read(_locate(sample))
            if sample.marked:
                return from_pixels(with_mark(picture.full()), name)
            return dataclasses.replace(picture, name=name)
    known = ", ".join(sample.key for sample in SAMPLES)
    raise BadPicture(f"No built-in picture is called {key!r}: choose one of {known}.")


def _locate(sample: Sample) -> Path:
    path = installed_file(sample.package, sample.file)
    if path.is_file():
        return path
    raise BadPicture(
        f"The built-in picture {sample.key} ({sample.package}/{sample.file}) is not installed: "
        "install requirements.txt again."
    )
