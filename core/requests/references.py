"""References: pictures, models and the like by content, never by an object or a path.

A name is for people and for finding a file; the digest decides what is meant, so names are no part
of a key (`LABEL`).
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from typing import Any, Literal

from core.errors import BadOption

Interpolation = Literal["bilinear", "bicubic"]
ModelSource = Literal[
    "bundled", "torchvision", "places365", "timm", "hugging_face", "own_code", "own_file"
]
"""Where a model comes from."""
LOCAL_FORMS = {"timm": "timm:local-dir:{}", "hugging_face": "hf:{}", "own_code": "{}:{}"}
"""How a model in a folder or file of code is typed, by source; the latter with its function."""
_DIGEST = re.compile(r"[0-9a-f]{64}")


def label(default: str = dataclasses.MISSING) -> Any:  # type: ignore[assignment]  # noqa: ANN401
    """Return a field for a name that people read, which is no part of a key."""
    return dataclasses.field(default=default, metadata={"label": True})


@dataclass(frozen=True, slots=True)
class PictureRef:
    """A picture by its pixels.

    Attributes:
        digest: SHA-256 of shape and pixels, as `Picture.sha256`; empty for a file that was named
            and not looked at yet.
        name: its file name.
    """

    digest: str
    name: str = label()

    def __post_init__(self) -> None:
        if self.digest:
            _check_digest(self.digest, "A picture's digest")


@dataclass(frozen=True, slots=True)
class Preprocess:
    """How a model's training turned pictures into its input.

    Attributes:
        size: (height, width) of the input in pixels.
        resize: shorter side in pixels before the centre crop.
        mean, std: per channel, of RGB in [0, 1].
        interpolation: filter of the resizing before a crop.
    """

    size: tuple[int, int]
    resize: int
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)
    interpolation: Interpolation = "bilinear"


@dataclass(frozen=True, slots=True)
class ModelRef:
    """A model by its weights.

    Attributes:
        source: where it comes from.
        id: catalogue id; for an own file, that of the model whose architecture it has.
        weights: SHA-256 of the weights file; `random` for the seeded control.
        preprocess: from a picture to the input.
        device: where it computes, for example `cpu` or `cuda:0`.
        labels: SHA-256 of a file of class names; empty for the catalogue's own names.
        weights_name, labels_name: names of a person's own files or folder; empty without them.
    """

    source: ModelSource
    id: str
    weights: str
    preprocess: Preprocess
    device: str = "cpu"
    labels: str = ""
    weights_name: str = label("")
    labels_name: str = label("")

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
        return LOCAL_FORMS[self.source].format(self.weights_name, self.id.rpartition(":")[2])


@dataclass(frozen=True, slots=True)
class EncoderRef:
    """An image-text encoder.

    Attributes:
        spec: `embedded`, `open_clip:MODEL/TAG`, or `open_clip:MODEL` for a person's own file.
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


def _check_digest(text: str, what: str) -> None:
    if not isinstance(text, str) or not _DIGEST.fullmatch(text):
        raise BadOption(f"{what} is {text!r:.80}: give 64 hexadecimal digits.")
