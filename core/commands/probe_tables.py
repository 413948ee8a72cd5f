"""`dissect --shard`: tables of some of the probe pictures in a folder, and how they come together.

A share is every N-th block of pictures, with what the model's layers and the encoder make of them.
Words and p-values compare all pictures with each other, so they are made once, of all tables.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from core.commands.entry_point import BAD_INPUT, OK, complain
from core.commands.progress import Progress
from core.commands.stop import Stop
from core.concepts.run.activations import Tables
from core.concepts.run.disk_blocks import Parts
from core.errors import BadOption
from core.explain.base import Tick
from core.files.sole_writer import sole_writer
from core.files.writing import ready_folder, write_whole

TABLES, RECORD = "tables", "shares.json"
"""Folder of the tables in a folder of results, and the file that says what they are."""
_LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Shares:
    """What a folder says of its tables.

    Attributes:
        tables: their content keys.
        blocks: that each has once it is whole.
        parts: in how many shares they are made.
        probes: name of the pictures.
        device: in words.
    """

    tables: tuple[str, ...]
    blocks: int
    parts: int
    probes: str
    device: str

    def lacking(self, folder: Path) -> list[int]:
        """Return the blocks that a folder does not have whole."""
        tables = [Parts(folder / TABLES, key) for key in self.tables]
        return [n for n in range(self.blocks) if not all(table.has(n) for table in tables)]


def show_share(tables: Tables, folder: Path, shard: tuple[int, int], tick: Tick) -> int:
    """Fill the tables in a folder for every N-th block from the I-th on; return how many these are.

    Args:
        tables: whose files lie in `TABLES` below it.
        folder: of the results.
        shard: I and N.
        tick: told how far it is; what it raises stops the work, and whole blocks stay.

    Raises:
        BadOption: the folder has tables of another dissection.
        CannotWrite: the system refuses.
    """
    part, parts = shard
    shares = Shares(
        tuple(each.key for each in tables.parts),
        tables.blocks,
        parts,
        tables.inputs.probes.name,
        tables.shown_on,
    )
    before = shares_in(folder)
    if before is not None and before.tables != shares.tables:
        raise BadOption(f"{folder} has a share of another dissection: give another --out.")
    write_whole(folder / RECORD, json.dumps(asdict(shares), indent=1).encode())
    blocks = range(part - 1, tables.blocks, parts)
    tables.fill(tick, blocks)
    return len(blocks)


def shares_in(folder: Path) -> Shares | None:
    """Return what a folder says of its tables; None where it has none."""
    path = folder / RECORD
    try:
        if path.stat().st_size > _LARGEST:
            return None
        found = json.loads(path.read_bytes())
        keys = tuple(str(key) for key in found["tables"])
        if not all(re.fullmatch(r"[0-9a-f]{64}", key) for key in keys):
            return None
        return Shares(
            keys,
            int(found["blocks"]),
            int(found["parts"]),
            str(found["probes"]),
            str(found["device"]),
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def merge_tables(folders: Sequence[Path], out: Path) -> int:
    """Join the shares of a dissection in one folder.

    Args:
        folders: that `dissect --shard` wrote.
        out: folder, made where it is missing.

    Returns:
        The exit code: bad input when pictures are missing.

    Raises:
        BadOption: a folder holds no share, or one of another dissection than the first.
        CannotWrite: the system refuses.
    """
    found = [_opened(folder, out) for folder in folders]
    for folder, shares in zip(folders, found, strict=True):
        if shares.tables != found[0].tables:
            raise BadOption(
                f"{folder} has a share of another dissection, or of another kind of device, than "
                f"{folders[0]}: give all shares the same options."
            )
    progress, shares = Progress(), found[0]
    with sole_writer(ready_folder(out)), Stop() as stop:
        write_whole(out / RECORD, json.dumps(asdict(shares), indent=1).encode())
        for number, folder in enumerate(folders):
            for done in _copied(shares, folder, out):
                stop.check()
                progress((number + done) / len(folders), str(folder)[-40:])
        lacking = shares.lacking(out)
    there = shares.blocks - len(lacking)
    progress.finish(f"{there} of {shares.blocks} blocks of probe pictures in {out}")
    if not lacking:
        return OK
    which = ", ".join(map(str, sorted({number % shares.parts + 1 for number in lacking})))
    complain(
        f"{len(lacking)} of {shares.blocks} blocks of probe pictures are missing, of share {which} "
        f"of {shares.parts}: run it again, or let dissect without --shard compute them."
    )
    return BAD_INPUT


def adopt(folder: Path, tables: Tables, tick: Tick) -> None:
    """Take over the tables that shares have left in a folder of results.

    Args:
        folder: may have none.
        tables: that a dissection needs; get what they lack.
        tick: told of it; may raise to stop.

    Raises:
        BadOption: they are those of another dissection.
        CannotWrite: the system refuses.
    """
    shares = shares_in(folder)
    if shares is None:
        return
    if set(shares.tables) != {part.key for part in tables.parts}:
        raise BadOption(
            f"The shares in {folder} were made with other options, other pictures or on another "
            f"kind of device ({shares.device}): give the same, or another --out."
        )
    for part in tables.parts:
        there = Parts(folder / TABLES, part.key)
        for number in range(tables.blocks):
            tick(0.0, "taking over the shares")
            data = None if part.has(number) else there.packed(number)
            if data is not None:
                part.put(number, data)


def remove_tables(folder: Path) -> None:
    """Remove the tables of shares from a folder of results."""
    if shares_in(folder) is not None:
        (folder / RECORD).unlink(missing_ok=True)
        shutil.rmtree(folder / TABLES, ignore_errors=True)


def _opened(folder: Path, out: Path) -> Shares:
    if folder.resolve() == out.resolve():
        raise BadOption(f"{folder} is --out as well: name another folder there.")
    shares = shares_in(folder)
    if shares is None:
        raise BadOption(
            f"{folder} holds no share of a dissection, as the others do: name folders of one "
            "command."
        )
    return shares


def _copied(shares: Shares, folder: Path, out: Path) -> Iterator[float]:
    """Copy what another folder lacks; yield the share done."""
    for at, key in enumerate(shares.tables):
        source, target = Parts(folder / TABLES, key), Parts(out / TABLES, key)
        for number in range(shares.blocks):
            yield (at + number / shares.blocks) / len(shares.tables)
            data = None if target.has(number) else source.packed(number)
            if data is not None:
                target.put(number, data)
