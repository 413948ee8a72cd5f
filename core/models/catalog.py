"""Which models there are: built-in ones, all of torchvision's, Places365, and random controls."""

from __future__ import annotations

import contextlib
import dataclasses
import difflib
import re
from functools import cache
from pathlib import Path
from typing import Literal

from core.errors import UnknownModel
from core.files.assets import ASSETS
from core.files.digests import file_digest
from core.models import files
from core.models.aliases import current_id
from core.models.catalog_entry import RANDOM, Entry
from core.models.efficientnet_lite import lite_entries, with_shortcut
from core.models.published import published
from core.models.timm_entry import PREFIX, timm_entry
from core.models.titles import family_and_title, weights_title

__all__ = ["Entry", "Status", "architectures", "entries", "find", "random_entry", "status"]

_MEAN = (0.485, 0.456, 0.406)
_STD = (0.229, 0.224, 0.225)
_PLACES_URL = "https://places2.csail.mit.edu/models_places365/resnet18_places365.pth.tar"
_PLACES_BYTES = 45_506_139

Availability = Literal["built in", "on disk", "downloadable", "missing"]


@dataclasses.dataclass(frozen=True, slots=True)
class Status:
    """Where the weights of an entry are. Only `local`, `digest` and `words` read a file.

    Attributes:
        entry: the model.
        path: the file on disk, or None.
    """

    entry: Entry
    path: Path | None

    @property
    def state(self) -> Availability:
        """`built in` needs nothing; `downloadable` has an address; `missing` has none."""
        if self.entry.weights_name == RANDOM:
            return "built in"
        if self.path is None:
            return "downloadable" if self.entry.url else "missing"
        return "on disk" if self.entry.file is None else "built in"

    @property
    def size_mb(self) -> float:
        """Size of the file on disk, else of the published file; in units of 2**20 bytes."""
        with contextlib.suppress(OSError):
            return self.path.stat().st_size / 2**20 if self.path else self.entry.size_mb
        return self.entry.size_mb

    @property
    def digest(self) -> str | None:
        """SHA-256 of the file on disk, read once; None where there is none or it is unreadable."""
        with contextlib.suppress(OSError):
            return file_digest(self.path) if self.path else None
        return None

    @property
    def local(self) -> bool:
        """Whether the file on disk is not the published one."""
        with contextlib.suppress(OSError):
            return self.path is not None and not files.is_published(self.entry, self.path)
        return True

    @property
    def words(self) -> str:
        """The same in a few words: `downloadable, 98 MB` or `local file 3f2a8c90`."""
        if self.state == "on disk" and self.local and self.digest:
            return f"local file {self.digest[:8]}"
        if self.state == "downloadable":
            return f"downloadable, {self.size_mb:.0f} MB"
        return self.state


@cache
def entries() -> tuple[Entry, ...]:
    """All models with trained weights: built-in ones first, then by architecture, newest first."""
    known = [entry for entries in published().values() for entry in entries]
    at = 1 + max(i for i, entry in enumerate(known) if entry.arch == "resnet18")
    imagenet = next(entry.names for entry in known if entry.classes == 1000)
    lite = tuple(lite_entries(imagenet))
    return (*lite, with_shortcut(lite[0]), *known[:at], _places(), *known[at:])


def architectures() -> tuple[str, ...]:
    """Names of all classification architectures of torchvision, sorted so that 18 is before 101."""
    return tuple(published())


def find(model_id: str) -> Entry:
    """Return the entry of an id.

    Args:
        model_id: `resnet50` (the newest published weights), `resnet50:IMAGENET1K_V1`,
            `resnet18:places365`, `resnet18:random`, `efficientnet_lite0`; case does not matter.
            The id of a model that is gone means the one that replaces it.

    Raises:
        UnknownModel: no such model; the message gives the nearest ids.
    """
    plain = current_id(model_id)
    known = _by_id()
    if plain in known:
        return known[plain]
    arch, _, weights = plain.partition(":")
    if weights == RANDOM and arch in known:
        return random_entry(known[arch])
    if plain.startswith(PREFIX):
        imagenet = next(entry.names for entry in entries() if entry.classes == 1000)
        if entry := timm_entry(plain.removeprefix(PREFIX), imagenet):
            return entry
    near = _near(plain, arch, known)
    hint = f"did you mean {', '.join(near)}?" if near else "the list of models shows all ids."
    raise UnknownModel(f"Unknown model {model_id[:80]!r}: {hint}")


def random_entry(entry: Entry) -> Entry:
    """Return the control of `entry`: the same network and preprocessing, seeded random weights."""
    name = entry.arch if entry.file is None else entry.id
    title = entry.title.partition(" (")[0]
    return dataclasses.replace(
        entry,
        id=f"{name}:{RANDOM}",
        title=f"{title} ({weights_title(RANDOM)})",
        weights_name=RANDOM,
        description="The same network before any training, as a control.",
        url="",
        file_name="",
        size_mb=0.0,
        digest_prefix="",
        is_default=False,
        siblings=(),
        top1=None,
        top5=None,
        file=None,
        base="",
    )


def status(entry: Entry) -> Status:
    """Look where the weights of `entry` are; reads no file."""
    return Status(entry, None if entry.weights_name == RANDOM else files.locate(entry))


@cache
def _by_id() -> dict[str, Entry]:
    """Entries by full id and by short id, in lower case."""
    known = {entry.id.lower(): entry for entry in entries()}
    return {entry.arch: entry for entry in entries() if entry.is_default} | known


def _near(plain: str, arch: str, known: dict[str, Entry]) -> list[str]:
    """Ids a person may have meant: all weights of a known architecture, else similar names."""
    if arch in known:
        same = known[arch].arch
        return [entry.id for entry in entries() if entry.arch == same] + [f"{arch}:{RANDOM}"]
    squeezed = {re.sub(r"[^a-z0-9]", "", key): key for key in known}
    close = difflib.get_close_matches(re.sub(r"[^a-z0-9]", "", arch), squeezed, n=4, cutoff=0.6)
    return [squeezed[key] for key in close]


def _places() -> Entry:
    """ResNet-18 trained on Places365 (Zhou et al. 2017)."""
    family, title = family_and_title("resnet18")
    names = _places_names()
    return Entry(
        id="resnet18:places365",
        arch="resnet18",
        title=f"{title} (Places365)",
        family=family,
        weights_name="places365",
        classes=len(names),
        names=names,
        url=_PLACES_URL,
        file_name="resnet18_places365.pth.tar",
        size_mb=_PLACES_BYTES / 2**20,
        digest_prefix="",
        input_size=224,
        resize_size=256,
        mean=_MEAN,
        std=_STD,
        description="Names the scene, not the thing: 365 kinds of places.",
    )


def _places_names() -> tuple[str, ...]:
    """Class names from lines such as `/a/apartment_building/outdoor 8`."""
    lines = (ASSETS / "categories_places365.txt").read_text(encoding="utf-8").split("\n")
    names = []
    for line in filter(None, lines):
        path, _, _ = line.rpartition(" ")
        name, _, kind = path[3:].replace("_", " ").partition("/")
        names.append(f"{name} ({kind})" if kind else name)
    return tuple(names)
