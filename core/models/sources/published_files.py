"""Models whose weights are one published state dict: built-in ones, torchvision's, Places365."""

from __future__ import annotations

import difflib
import re
from functools import cache
from pathlib import Path

from torch import nn

from core.errors import UnknownModel
from core.files.assets import ASSETS
from core.files.digests import file_digest
from core.models import download, files
from core.models.aliases import current_id
from core.models.catalog_entry import RANDOM, Entry
from core.models.efficientnet_lite import is_lite, lite_entries, network, with_shortcut
from core.models.published import construct, published
from core.models.sources.source import Tick, Trained
from core.models.titles import family_and_title
from core.requests.references import ModelSource

_MEAN = (0.485, 0.456, 0.406)
_STD = (0.229, 0.224, 0.225)
_PLACES_URL = "https://places2.csail.mit.edu/models_places365/resnet18_places365.pth.tar"
_PLACES_BYTES = 45_506_139


class PublishedFiles:
    """The sources `bundled`, `torchvision` and `places365`."""

    name: ModelSource = "torchvision"

    def entries(self) -> tuple[Entry, ...]:
        """Return built-in models first, then by architecture, newest first."""
        return _listed()

    def find(self, model_id: str) -> Entry | None:
        """Return a model by its id or by its architecture, which means the newest weights.

        The id of a model that is gone means the one that replaces it.

        Raises:
            UnknownModel: no such model, but similar ids, which the message gives.
        """
        plain = current_id(model_id)
        known = _by_id()
        if plain in known:
            return known[plain]
        arch, _, weights = plain.partition(":")
        if weights == RANDOM and arch in known:
            return known[arch].control()
        near = _near(plain, arch, known)
        if not near:
            return None
        raise UnknownModel(f"Unknown model {model_id[:80]!r}: did you mean {', '.join(near)}?")

    def build(self, entry: Entry, classes: int) -> nn.Module:
        """Build the network."""
        if is_lite(entry.arch):
            return network(entry.arch, classes)
        return construct(entry.arch, classes, entry.input_size)

    def trained(self, entry: Entry, path: Path) -> Trained | None:
        """Leave it to the state dict."""
        return None

    def locate(self, entry: Entry) -> Path | None:
        """Find the file in the folders of weight files."""
        return files.locate(entry)

    def digest(self, entry: Entry, path: Path) -> str:
        """Return the digest of the file."""
        return file_digest(path)

    def fetch(self, entry: Entry, tick: Tick) -> None:
        """Download the published file."""
        download.download(entry, tick)


@cache
def _listed() -> tuple[Entry, ...]:
    known = [entry for entries in published().values() for entry in entries]
    at = 1 + max(i for i, entry in enumerate(known) if entry.arch == "resnet18")
    imagenet = next(entry.names for entry in known if entry.classes == 1000)
    lite = tuple(lite_entries(imagenet))
    return (*lite, with_shortcut(lite[0]), *known[:at], _places(), *known[at:])


@cache
def _by_id() -> dict[str, Entry]:
    """Entries by full id and by short id, in lower case."""
    known = {entry.id.lower(): entry for entry in _listed()}
    return {entry.arch: entry for entry in _listed() if entry.is_default} | known


def _near(plain: str, arch: str, known: dict[str, Entry]) -> list[str]:
    """Ids a person may have meant: all weights of a known architecture, else similar names."""
    if arch in known:
        same = known[arch].arch
        return [entry.id for entry in _listed() if entry.arch == same] + [f"{arch}:{RANDOM}"]
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
        source="places365",
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
