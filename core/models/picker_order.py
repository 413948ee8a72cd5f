"""The catalogue in the order of a picker: what can be used at once comes first."""

from __future__ import annotations

from core.models.catalog import architectures, entries, find, random_entry, status
from core.models.catalog_entry import Entry

FIRST = "resnet18"
"""Preferred where no model is built in: small, quick, and known from every course."""


def is_ready(entry: Entry) -> bool:
    """Return whether a model can be used without a download."""
    return status(entry).state in ("built in", "on disk")


def offered() -> tuple[str, ...]:
    """Return the ids of all models: the default, built in, on disk, downloadable, then random."""
    states = {entry.id: status(entry).state for entry in entries()}
    order = ("built in", "on disk", "downloadable", "missing")
    trained = sorted(states, key=lambda name: order.index(states[name]))
    first = default_id()
    trained.remove(first)
    controls = ([first] if states[first] == "built in" else []) + list(architectures())
    return (first, *trained, *(random_entry(find(name)).id for name in controls))


def default_id() -> str:
    """Return the model that a visit starts with: built in, else the first choice, else on disk."""
    built_in = [entry.id for entry in entries() if status(entry).state == "built in"]
    first = find(FIRST).id
    ready = [first] if is_ready(find(first)) else []
    on_disk = [entry.id for entry in entries() if not built_in and is_ready(entry)]
    return (*built_in, *ready, *on_disk, first)[0]
