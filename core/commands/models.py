"""`python -m core models`: the catalogue, with what is on disk; and fetching weights."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from core.commands.entry_point import OK, complain
from core.commands.installation import ready
from core.commands.progress import Progress
from core.errors import UnknownModel

if TYPE_CHECKING:
    from core.models.catalog import Entry, Status


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add = parser.add_argument
    add("words", nargs="*", metavar="WORD", help="list only models whose id has one of the words")
    add("--json", action="store_true", help="print JSON")
    add("--download", metavar="ID", help="download this model's published weights, then list it")


def run(args: argparse.Namespace) -> int:
    """Print the table.

    Raises:
        SeeWhyError: no such model, or the download failed.
    """
    ready()
    from core.models import catalog
    from core.models.aliases import current_id, replacement_note

    for note in map(replacement_note, [args.download] if args.download else args.words):
        if note:
            complain(note)
    words = [current_id(word) for word in args.words]
    if args.download:
        words = [_download(args.download).id.lower()]
    entries = catalog.entries() + (catalog.entries("timm") if words else ())
    chosen = [e for e in entries if not words or any(word in e.id.lower() for word in words)]
    if not chosen:
        raise UnknownModel(f"No model id contains {' or '.join(words)}: try other words.")
    rows = [(entry, catalog.status(entry)) for entry in chosen]
    if args.json:
        print(json.dumps([record(*row) for row in rows], indent=2, ensure_ascii=False))
    else:
        _print_table(rows)
        if not words:
            print("\nMore of timm with a word, for example: models timm:resnet")
    return OK


def record(entry: Entry, status: Status) -> dict[str, object]:
    """Return one line of the catalogue for JSON; sizes are in units of 2**20 bytes."""
    return {
        "id": entry.id,
        "title": entry.title,
        "family": entry.family,
        "architecture": entry.arch,
        "newest": entry.is_default,
        "classes": entry.classes,
        "input_size": entry.input_size,
        "state": status.state,
        "size_mb": round(status.size_mb, 1),
        "path": None if status.path is None else str(status.path),
        "local": status.local,
        "sha256": status.digest,
        "url": entry.url or None,
        "top1": entry.top1,
        "top5": entry.top5,
    }


def _print_table(rows: list[tuple[Entry, Status]]) -> None:
    """Print one line a model."""
    width = max(len(entry.id) for entry, _ in rows)
    print(f"{'model':<{width}}  classes  input  weights")
    for entry, status in rows:
        where = f"  {status.path}" if status.state == "on disk" else ""
        print(
            f"{entry.id:<{width}}  {entry.classes:>7}  {entry.input_size:>5}  {status.words}{where}"
        )


def _download(model_id: str) -> Entry:
    """Fetch the weights of one model, with progress on a terminal."""
    from core.models import catalog

    entry = catalog.find(model_id)
    if catalog.status(entry).path is None:
        progress = Progress()
        catalog.source_of(entry).fetch(entry, progress)
        progress.finish(f"{catalog.status(entry).path} is there")
    return entry
