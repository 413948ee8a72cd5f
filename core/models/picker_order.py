"""The catalogue in the order of a picker: groups, and in each what can be used at once first."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from core.models import local_models
from core.models.catalog import Status, architectures, entries, find, source_of
from core.models.catalog_entry import RANDOM, Entry
from core.models.files import Shelf, shelf
from core.models.hub import cached_repositories
from core.requests.references import ModelSource

GROUPS: Mapping[str, tuple[ModelSource, ...]] = {
    "Built in": ("bundled",),
    "torchvision": ("torchvision", "places365"),
    "timm": ("timm",),
    "Hugging Face": ("hugging_face",),
    "Own code": ("own_code",),
}
"""Sources by what the picker calls them."""


def group_of(entry: Entry) -> str:
    """Return the group that lists a model; its random control stands beside it."""
    return next(name for name, sources in GROUPS.items() if entry.source in sources)


def prefix_of(group: str) -> str:
    """Return what the ids of a group begin with."""
    return {"timm": "timm:", "Hugging Face": "hf:"}.get(group, "")


def groups() -> tuple[str, ...]:
    """Return the groups that a visitor may choose from: own code only where the owner offers it."""
    return tuple(name for name in GROUPS if name != "Own code" or local_models.folder())


def offered(group: str) -> tuple[str, ...]:
    """Return the ids of a group: on disk, downloadable, then with random weights.

    Every run of a page asks: the order is made again only when a weight file came or went.
    """
    there = shelf(), cached_repositories(), local_models.paths()
    if group in ("Hugging Face", "Own code"):
        return tuple(entry.id for entry in entries(*GROUPS[group]))
    return _ordered(group, *there)


def start() -> None:
    """Read the lists that a visit begins with."""
    offered("Built in")


@lru_cache(maxsize=8)
def _ordered(
    group: str, shelf: Shelf, cached: frozenset[str], folders: tuple[Path, ...]
) -> tuple[str, ...]:
    listed = entries(*GROUPS[group])
    states = {entry.id: Status(entry, source_of(entry).locate(entry)).state for entry in listed}
    order = ("built in", "on disk", "downloadable", "missing")
    trained = sorted(states, key=lambda name: order.index(states[name]))
    if group == "timm":
        return tuple(trained)
    ready = (name for name in trained if states[name] in order[:1] and not find(name).base)
    controls = [*ready, *(architectures() if group == "torchvision" else ())]
    return (*trained, *(find(f"{name}:{RANDOM}").id for name in controls))
