"""Which models there are, of all sources, and where their weights lie."""

from __future__ import annotations

import contextlib
import dataclasses
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from core.errors import UnknownModel
from core.models import files
from core.models.catalog_entry import BUILT_IN, RANDOM, Entry
from core.models.published import published
from core.models.sources.hugging_face import HuggingFace
from core.models.sources.own_code import OwnCode
from core.models.sources.published_files import PublishedFiles
from core.models.sources.source import Source
from core.models.sources.timm_models import TimmModels
from core.requests.references import ModelSource

__all__ = ["BUILT_IN", "Entry", "Status", "architectures", "entries", "find", "source_of", "status"]

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
            return source_of(self.entry).digest(self.entry, self.path) if self.path else None
        return None

    @property
    def local(self) -> bool:
        """Whether the file on disk is not the published one."""
        if self.entry.repository or self.entry.local:
            return self.entry.local is not None
        with contextlib.suppress(OSError):
            return self.path is not None and not files.is_published(self.entry, self.path)
        return True

    @property
    def words(self) -> str:
        """The same in a few words: `downloadable, 98 MB` or `local file 3f2a8c90`."""
        if self.state == "on disk" and self.local and self.digest:
            return f"local file {self.digest[:8]}"
        if self.state == "downloadable":
            return f"downloadable, {self.size_mb:.0f} MB" if self.size_mb else "downloadable"
        return self.state


SOURCES: tuple[Source, ...] = (TimmModels(), HuggingFace(), OwnCode(), PublishedFiles())
"""All sources; the last takes every id that none before knows."""


def entries(*sources: ModelSource) -> tuple[Entry, ...]:
    """Return the models with trained weights that are listed, without random controls.

    Args:
        *sources: those whose models are meant; all but timm's when none is given, because it alone
            has 1400.
    """
    if not sources:
        return tuple(e for source in SOURCES if source.name != "timm" for e in source.entries())
    asked = {_source(name) for name in sources}
    listed = (entry for source in SOURCES if source in asked for entry in source.entries())
    return tuple(entry for entry in listed if entry.source in sources)


def architectures() -> tuple[str, ...]:
    """Names of all classification architectures of torchvision, sorted so that 18 is before 101."""
    return tuple(published())


def source_of(entry: Entry) -> Source:
    """Return the source of an entry."""
    return _source(entry.source)


def _source(name: ModelSource) -> Source:
    return next((source for source in SOURCES if source.name == name), SOURCES[-1])


def find(model_id: str) -> Entry:
    """Return the entry of an id.

    Args:
        model_id: `resnet50` (the newest published weights), `resnet50:IMAGENET1K_V1`,
            `resnet18:places365`, `resnet18:random`, `efficientnet_lite0`, `timm:resnet18.a1_in1k`,
            `hf:OWNER/NAME`, `hf:FOLDER`, `FILE.py:FUNCTION`; case matters in folders and names of
            the hub only.
            The id of a model that is gone means the one that replaces it.

    Raises:
        UnknownModel: no such model; the message gives the nearest ids.
    """
    for source in SOURCES:
        entry = source.find(model_id)
        if entry is not None:
            return entry
    near = _near(model_id)
    hint = f"did you mean {', '.join(near)}?" if near else "the list of models shows all ids."
    raise UnknownModel(f"Unknown model {model_id[:80]!r}: {hint}")


def _near(model_id: str) -> list[str]:
    """Return ids of timm's models, which people write without the name of their source."""
    asked = model_id[:80].strip().lower()
    ids = (entry.id.lower() for entry in entries("timm"))
    names = {name if "." in asked else name.partition(".")[0] for name in ids}
    wanted = f"timm:{asked}"
    return [wanted] if wanted in names else get_close_matches(wanted, names, n=3, cutoff=0.7)


def status(entry: Entry) -> Status:
    """Look where the weights of `entry` are; reads no file."""
    return Status(entry, None if entry.weights_name == RANDOM else source_of(entry).locate(entry))
