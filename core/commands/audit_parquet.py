"""Pictures in a Parquet file, as data sets are published: written as files beside the results.

An audit goes through files, of which each can be read again; so the pictures of the file's column
`image` are unpacked once, with a table of their classes.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

from core.concepts.probes.parquet import column_of, contents
from core.errors import BadLabels, BadProbes
from core.files.names import visible
from core.files.writing import ready_folder, write_whole
from core.models.true_class_files import METADATA, classes_in

FOLDER = "pictures"
ENDINGS = (".parquet", ".pq")


def holds_pictures(path: Path) -> bool:
    """Tell whether a path is a Parquet file with a column of pictures."""
    if path.suffix.lower() not in ENDINGS or not path.is_file():
        return False
    try:
        column_of(path)
    except BadProbes:
        return False
    return True


def unpack(
    path: Path, out: Path, column: str, say: Callable[[str], None]
) -> tuple[Path, Path | None]:
    """Write the pictures of a Parquet file, called by their rows, and a table of their classes.

    What an earlier run wrote stays.

    Args:
        path: of the file.
        out: folder of the results.
        column: that has the classes; empty for the first of the usual ones.
        say: told what was left out.

    Returns:
        The folder of the pictures, and the table; None where no column has classes.

    Raises:
        SeeWhyError: the file is damaged, or the system refuses to write.
    """
    folder = ready_folder(ready_folder(out) / FOLDER)
    shown, bad = visible(path.name), 0
    named: list[tuple[str, str]] = []
    for number, (data, text) in enumerate(
        zip(contents(path), _classes(path, column), strict=False)
    ):
        name = f"row{number:07}"
        if data is None:
            bad += 1
            continue
        named.append((name, text))
        target = folder / name
        if not (target.is_file() and target.stat().st_size == len(data)):
            write_whole(target, data)
    if bad:
        say(f"{shown}: {bad} rows have no picture and were left out.")
    if not any(text for _, text in named):
        return folder, None
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerows([("file_name", "class"), *named])
    write_whole(folder / METADATA[0], table.getvalue().encode())
    return folder, folder / METADATA[0]


def _classes(path: Path, column: str) -> Iterator[str]:
    """Yield the class of each row; empty ones without end where no column has classes."""
    try:
        yield from classes_in(path, column)
    except BadLabels:
        if column:
            raise
        yield from itertools.repeat("")
