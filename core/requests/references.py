"""References: pictures, models and the like by content, never by an object or a path.

A name is for people and for finding a file; the digest decides what is meant, so names are no part
of a key (`LABEL`).
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from core.errors import BadOption

if TYPE_CHECKING:
    from core import Mask
    from core.pictures.picture import Picture

Interpolation = Literal["nearest", "bilinear", "bicubic", "lanczos", "box", "hamming"]
Cropping = Literal["center", "squash"]
Activation = Literal["softmax", "sigmoid"]
MAX_SIDE = 2048
"""Largest side of a model's input in pixels."""
WORD_BANK = "imagenet_words"
"""Name of the encoder that needs no download; the default of every page and command."""
ModelSource = Literal[
    "bundled", "torchvision", "places365", "timm", "hugging_face", "own_code", "own_file"
]
"""Where a model comes from."""
LOCAL_FORMS = {"timm": "timm:local-dir:{}", "hugging_face": "hf:{}", "own_code": "{}:{}"}
"""How a model in a folder or file of code is typed, by source; the latter with its function."""
_DIGEST = re.compile(r"[0-9a-f]{64}")


def label(default: object = dataclasses.MISSING) -> Any:  # noqa: ANN401 - stands for its value
    """Return a field for a name that people read, which is no part of a key."""
    return dataclasses.field(default=default, metadata={"label": True})


@dataclass(frozen=True, slots=True)
class PictureRef:
    """A picture by its pixels.

    Attributes:
        digest: SHA-256 of shape and pixels, as `Picture.sha256`; empty for a file that was named
            and not looked at yet.
        name: its file name.
        file: SHA-256 of the file, to which its notes and its size belong; empty where any file
            with these pixels will do.
    """

    digest: str
    name: str = label()
    file: str = label("")

    def __post_init__(self) -> None:
        if self.digest:
            _check_digest(self.digest, "A picture's digest")
        if self.file:
            _check_digest(self.file, "The digest of a picture's file")

    @classmethod
    def of(cls, picture: Picture) -> PictureRef:
        """Return the reference to a decoded picture."""
        return cls(picture.sha256, picture.name, picture.file)


@dataclass(frozen=True, slots=True)
class TruthRef:
    """Where the object is in one picture: a truth mask.

    Attributes:
        digest: SHA-256 of shape and values of the mask.
        name: where it comes from.
    """

    digest: str
    name: str = label()

    def __post_init__(self) -> None:
        _check_digest(self.digest, "The digest of the truth mask")

    @classmethod
    def of(cls, mask: Mask, name: str) -> TruthRef:
        """Return the reference to a mask, bool (H, W)."""
        digest = hashlib.sha256(repr(mask.shape).encode())
        digest.update(mask.astype(bool).tobytes())
        return cls(digest.hexdigest(), name)


@dataclass(frozen=True, slots=True)
class TruthFileRef:
    """A file or folder of truth masks: where the objects are in several pictures.

    Attributes:
        digest: SHA-256 of the file, or of the names and files of the folder.
        name: what it was found by.
    """

    digest: str
    name: str = label()

    def __post_init__(self) -> None:
        _check_digest(self.digest, "The digest of the truth masks")


@dataclass(frozen=True, slots=True)
class Preprocess:
    """How a model's training turned pictures into its input.

    Attributes:
        size: (height, width) of the input in pixels.
        resize: shorter side in pixels before the centre crop; of a squashed picture the longer
            side of the input's shape.
        mean, std: per channel, of colours in [0, 1]: three numbers for RGB, one for grey.
        interpolation: filter of the resizing.
        crop: `center` resizes the shorter side and takes the centre; `squash` resizes the whole
            picture to the input's shape, and takes the centre where `resize` is above `size`.
    """

    size: tuple[int, int]
    resize: int
    mean: tuple[float, ...] = (0.485, 0.456, 0.406)
    std: tuple[float, ...] = (0.229, 0.224, 0.225)
    interpolation: Interpolation = "bilinear"
    crop: Cropping = "center"

    def __post_init__(self) -> None:
        for name, sides in (("size", self.size), ("resize", (self.resize,))):
            if not all(1 <= side <= MAX_SIDE for side in sides):
                raise BadOption(f"{name} is {sides!r:.80}: give 1 to {MAX_SIDE} pixels a side.")
        if len(self.mean) not in (1, 3) or len(self.mean) != len(self.std):
            raise BadOption(
                f"mean has {len(self.mean)} numbers and std {len(self.std)}: "
                "give one number each (grey) or three (RGB)."
            )
        if not all(map(math.isfinite, (*self.mean, *self.std))) or min(self.std) <= 0:
            raise BadOption("mean and std are not finite, or std is not above 0: give others.")

    @property
    def channels(self) -> int:
        """Colour channels of the input: 3 for RGB, 1 for grey."""
        return len(self.mean)


@dataclass(frozen=True, slots=True)
class ModelRef:
    """A model by its weights.

    Attributes:
        source: where it comes from.
        id: catalogue id; for an own file, that of the model whose architecture it has.
        weights: SHA-256 of the weights file; `random` for the seeded control.
        preprocess: from a picture to the input.
        activation: from logits to probabilities: `softmax` where one class holds, `sigmoid` for
            one logit, and for labels that hold independently.
        device: where it computes, for example `cpu` or `cuda:0`.
        labels: SHA-256 of a file of class names; empty for the catalogue's own names.
        weights_name, labels_name: names of a person's own files or folder; empty without them.
        input: what a person changed of the preprocessing and the activation, each `NAME=VALUE`
            as `core.requests.input_settings` reads it; the fields above have the changes.
    """

    source: ModelSource
    id: str
    weights: str
    preprocess: Preprocess
    activation: Activation = "softmax"
    device: str = "cpu"
    labels: str = ""
    weights_name: str = label("")
    labels_name: str = label("")
    input: tuple[str, ...] = label(())

    def __post_init__(self) -> None:
        if self.weights != "random":
            _check_digest(self.weights, "The digest of the weights")
        if self.labels:
            _check_digest(self.labels, "The digest of the class names")

    @property
    def is_local(self) -> bool:
        """Whether it is a folder or a file of code that a person named."""
        return self.source in LOCAL_FORMS and bool(self.weights_name)

    @property
    def name(self) -> str:
        """What people type."""
        if not self.is_local:
            return self.id
        form = LOCAL_FORMS[self.source] + ":random" * (self.weights == "random")
        return form.format(self.weights_name, self.id.rpartition(":")[2])


@dataclass(frozen=True, slots=True)
class EncoderRef:
    """An image-text encoder.

    Attributes:
        spec: `imagenet_words`, `open_clip:MODEL/TAG`, or `open_clip:MODEL` for a person's own file.
        weights: SHA-256 of its weights.
        device: where it computes.
        weights_name: name of a person's own file; empty without one.
    """

    spec: str
    weights: str
    device: str = "cpu"
    weights_name: str = label("")

    def __post_init__(self) -> None:
        _check_digest(self.weights, "The digest of the encoder's weights")

    @property
    def name(self) -> str:
        """What people type."""
        return f"{self.spec}/{self.weights_name}" if self.weights_name else self.spec


@dataclass(frozen=True, slots=True)
class ProbesRef:
    """A set of probe pictures.

    Attributes:
        digest: SHA-256 of what the set and its pictures are called and of their content, in order:
            a result shows all of it.
        name: what it was found by: the name of a published set, a folder or a file.
    """

    digest: str
    name: str = label()

    def __post_init__(self) -> None:
        _check_digest(self.digest, "The digest of the probe pictures")


@dataclass(frozen=True, slots=True)
class WordsRef:
    """A list of words.

    Attributes:
        digest: SHA-256 of the list's name and of its words in order, with their categories.
        name: what it was found by: `builtin`, `seewhy` or a file.
    """

    digest: str
    name: str = label()

    def __post_init__(self) -> None:
        _check_digest(self.digest, "The digest of the words")


@dataclass(frozen=True, slots=True)
class DissectionRef:
    """A finished dissection that is kept.

    Attributes:
        digest: key of the request that it answers.
        name: what it was found by.
    """

    digest: str
    name: str = label()

    def __post_init__(self) -> None:
        _check_digest(self.digest, "The digest of the dissection")


@dataclass(frozen=True, slots=True)
class TruthTableRef:
    """A table of the true classes of pictures.

    Attributes:
        digest: SHA-256 of the file.
        name: what it was found by.
    """

    digest: str
    name: str = label()

    def __post_init__(self) -> None:
        _check_digest(self.digest, "The digest of the true classes")


def _check_digest(text: str, what: str) -> None:
    if not isinstance(text, str) or not _DIGEST.fullmatch(text):
        raise BadOption(f"{what} is {text!r:.80}: give 64 hexadecimal digits.")
