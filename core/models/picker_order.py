"""The catalogue in the order of a picker: what can be used at once comes first."""

from __future__ import annotations

from functools import lru_cache

from core.models.catalog import Status, architectures, entries, find, random_entry, status
from core.models.catalog_entry import Entry
from core.models.files import Shelf, shelf

FIRST = "resnet18"
"""Preferred where no model is built in: small, quick, and known from every course."""


def is_ready(entry: Entry) -> bool:
    """Return whether a model can be used without a download."""
    return status(entry).state in ("built in", "on disk")


def offered() -> tuple[str, ...]:
    """Return the ids of all models: the default, built in, on disk, downloadable, then random.

    Every run of a page asks: the order is made again only when a weight file came or went.
    """
    return _ordered(shelf())


def default_id() -> str:
    """Return the model that a visit starts with: built in, else the first choice, else on disk."""
    return offered()[0]


@lru_cache(maxsize=2)
def _ordered(shelf: Shelf) -> tuple[str, ...]:
    states = {entry.id: Status(entry, shelf.locate(entry)).state for entry in entries()}
    order = ("built in", "on disk", "downloadable", "missing")
    first = min((find(FIRST).id, *states), key=lambda name: order.index(states[name]))
    trained = sorted(states, key=lambda name: order.index(states[name]))
    built_in = [name for name in trained if states[name] == "built in" and not find(name).base]
    controls = [*built_in, *architectures()]
    trained.remove(first)
    return (first, *trained, *(random_entry(find(name)).id for name in controls))
