"""What is assumed of a person's own weight file: architecture, classes, activation, channels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from core.errors import BadWeights
from core.files.names import printable, shorten
from core.models import architectures
from core.models.architectures import Fit
from core.models.catalog import find
from core.models.checkpoint import read_contents
from core.models.contents import Contents
from core.models.files import file_digest
from core.models.own_state import guessed, own_state, shapes_of
from core.models.weights import build, fill
from core.requests.input_settings import words
from core.requests.references import Activation, Preprocess

FILES = 256
"""Files that are remembered."""
NAMED = 3
"""Other architectures that a sentence names."""


@dataclass(frozen=True, slots=True)
class Assumed:
    """What a file says of its model, and what nobody said and is assumed.

    Attributes:
        id: of the catalogue, the architecture.
        others: architectures that the file fits as well; empty where one was named.
        is_guess: whether the architecture was guessed.
        classes: number of logits.
        channels: of the input, 3 for RGB and 1 for grey.
        activation: `sigmoid` for one logit, else `softmax`.
        notes: what was taken from the file, built for it and ignored in it.
    """

    id: str
    others: tuple[str, ...]
    is_guess: bool
    classes: int
    channels: int
    activation: Activation
    notes: tuple[str, ...] = ()

    def sentence(self, preprocess: Preprocess, activation: Activation, *, named: bool) -> str:
        """Say what is assumed.

        Args:
            preprocess: what is used, with a person's changes.
            activation: as `preprocess`.
            named: whether there is a file of class names.
        """
        logits = "one logit" if self.classes == 1 else f"{self.classes} classes"
        names = "class 0" if self.classes == 1 else f"class 0 to class {self.classes - 1}"
        called = "" if named or self.classes == 1000 else f", called {names}"
        how = "guessed from the tensors" if self.is_guess else "as chosen"
        first = (
            f"Architecture {self.id} ({how}{self._fits_too()}); {logits}{called}; "
            f"input {words(preprocess, activation)}."
        )
        return " ".join((first, *self.notes))

    def _fits_too(self) -> str:
        if not self.others:
            return ""
        listed = ", ".join(self.others[:NAMED]) + ", ..." * (len(self.others) > NAMED)
        many = "1 other" if len(self.others) == 1 else f"{len(self.others)} others"
        return f", which fit {many} too: {listed}"


def assumed(path: Path, architecture: str = "") -> Assumed:
    """Return what is assumed of a weight file; read once for each content.

    Args:
        path: the file.
        architecture: id of the catalogue; empty to guess it.

    Raises:
        UnknownModel: no such id.
        BadWeights: the file cannot be read, or fits no architecture.
    """
    try:
        digest = file_digest(path)
    except OSError as error:
        reason = error.strerror or error
        raise BadWeights(f"{path} cannot be read ({reason}): check the path.") from error
    return _looked_at(path, digest, architecture)


@lru_cache(maxsize=FILES)
def _looked_at(path: Path, digest: str, architecture: str) -> Assumed:
    """Read the file; its digest is part of the key."""
    contents = read_contents(path)
    others: list[str] = []
    name = architecture
    if not architecture:
        fit = guessed(contents)
        if fit is None or not fit.ids:
            raise BadWeights(_why(contents, fit))
        name, *others = fit.ids
    entry = find(name)
    own = own_state(contents, entry)
    # What is said of a file holds of a network that it fills.
    net = build(entry, own.head.classes, empty=True, channels=own.channels)
    own.head.install(net)
    fill(net, own.state, entry.arch, path.name)
    activation: Activation = "sigmoid" if own.head.classes == 1 else "softmax"
    return Assumed(
        id=entry.id if architecture else name,
        others=tuple(others),
        is_guess=not architecture,
        classes=own.head.classes,
        channels=own.channels,
        activation=activation,
        notes=own.notes,
    )


def _why(contents: Contents, fit: Fit | None) -> str:
    """Say that nothing fits, what is nearest, and what to do.

    Raises:
        BadWeights: it is known what fits, and choosing that would not help.
    """
    name, shapes = contents.name, shapes_of(contents)
    near = architectures.nearest_family(shapes)
    numbered = all(key.partition(".")[0].isdigit() for key in shapes)
    if fit is None and (numbered or near is None):
        ordered = architectures.ids_in_order(shapes)
        those = "the numbers of nn.Sequential" if numbered else "names of their own"
        first = shorten(printable(next(iter(shapes))), 60)
        called = f"{name} has tensors under {those} ({first!r} ...)"
        if ordered:
            own_state(contents, find(ordered[0]))
            return (
                f"{called}, and their order and shapes are those of {' or '.join(ordered[:NAMED])}:"
                f" choose that architecture (--model {ordered[0]})."
            )
        if numbered:
            return (
                f"{called}, which tell no architecture: choose the one that the file was saved "
                "from (--model NAME), or give the network as code."
            )
    if fit is not None:
        like = f" (its tensors are called as those of {fit.named[0]}, but have other sizes)"
    elif near is not None:
        like = f" (nearest is the family {near[0]}, for example {near[1]})"
    else:
        like = ""
    return (
        f"{name} fits no architecture of torchvision or timm{like}: "
        "choose its architecture, or give the network as code."
    )
