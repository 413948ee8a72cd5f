"""True classes of pictures from a table beside them: CSV, TSV, JSON lines or Parquet.

The convention is that of Hugging Face's image folders: a file `metadata.csv` (or `.jsonl`,
`.parquet`) with a column `file_name`, the path of a picture beside it, and a column with its class.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import BadLabels, UnknownClass
from core.files import table
from core.files.names import visible
from core.files.reading import content
from core.files.text import decode
from core.imports.lazy import library
from core.models.true_class import index_of

METADATA = ("metadata.csv", "metadata.jsonl", "metadata.parquet")
"""What such a table is called, in the order in which it is looked for."""
FILE_COLUMNS = ("file_name", "filename", "file", "image", "picture", "path")
CLASS_COLUMNS = (
    "label",
    "class",
    "target",
    "true_class",
    "category",
    "class_name",
    "label_name",
    "synset",
    "wnid",
)
LIMIT = 512 << 20
"""Bytes of a table at most."""
NAMED, LONGEST = 3, 40
"""Examples in a sentence, and characters that it says of each."""
Row = tuple[str, str]
"""A file's name and its class, as they are written."""


@dataclass(slots=True)
class TrueClasses:
    """The true classes of a table, by the files that it names.

    Attributes:
        name: of the table.
        notes: sentences on what was left out, one for each kind of fault, with its number.
    """

    name: str
    notes: tuple[str, ...] = ()
    _by_path: dict[str, int] = field(default_factory=dict)
    _by_base: dict[str, int | None] = field(default_factory=dict)

    def of(self, path: Path) -> int | None:
        """Return the class of a picture, None where the table has none.

        The longest end of the path that the table names counts; else a file of the same name in a
        folder that is called otherwise here, where all rows with that name agree.

        Args:
            path: of the picture.
        """
        parts = [_plain(part) for part in path.absolute().parts]
        for length in range(len(parts), 0, -1):
            index = self._by_path.get("/".join(parts[-length:]))
            if index is not None:
                return index
        return self._by_base.get(parts[-1])

    def unused(self, paths: Sequence[Path]) -> str:
        """Say how many files the table names that are not among some pictures, or nothing."""
        there = {_plain(path.name) for path in paths}
        left = sorted(key for key in self._by_path if key.rsplit("/", 1)[-1] not in there)
        if not left:
            return ""
        are = "is" if len(left) == 1 else "are"
        return f"{self.name} names {_listed(left, 'file')} that {are} not among the pictures."


def metadata_in(folder: Path) -> Path | None:
    """Return the table of a folder of pictures, None where it has none."""
    try:
        return next((folder / name for name in METADATA if (folder / name).is_file()), None)
    except OSError:
        return None


def lack_of(path: Path) -> str:
    """Say why a table gives no class: it lacks a column or rows; empty where it has them."""
    shown = visible(path.name)
    try:
        found = next(_rows(path, "", shown), None)
    except BadLabels as error:
        return str(error)
    return f"{shown} has no rows." if found is None else ""


def read_true_classes(path: Path, column: str, names: Sequence[str]) -> TrueClasses:
    """Read the true classes of a table.

    A class is a name, an index or, for the classes of ImageNet, a WordNet number. Rows that cannot
    be understood are left out and counted.

    Args:
        path: of the table; its ending says which kind it is.
        column: that has the classes; empty for the first of the usual ones.
        names: of the model's classes, by index.

    Raises:
        BadLabels: the file cannot be read, a column is missing, or no row can be used.
    """
    shown = visible(path.name)
    found = TrueClasses(shown)
    known: dict[str, int | None] = {}
    empty, unknown, rows, twice = 0, dict[str, int](), 0, set[str]()
    for file, text in _rows(path, column, shown):
        rows += 1
        key = _key(file)
        if not key or not text:
            empty += 1
            continue
        if text not in known:
            known[text] = _index(text, names)
        index = known[text]
        if index is None:
            unknown[text] = unknown.get(text, 0) + 1
        elif found._by_path.setdefault(key, index) != index:
            twice.add(key)
    for key in twice:
        del found._by_path[key]
    for key, index in found._by_path.items():
        base = key.rsplit("/", 1)[-1]
        same = found._by_base.setdefault(base, index)
        if same != index:
            found._by_base[base] = None
    found.notes = tuple(_notes(shown, empty, unknown, sorted(twice)))
    if not found._by_path:
        why = " ".join(found.notes) if rows else "It has no rows."
        raise BadLabels(f"{shown} gives no true class. {why}")
    return found


def _notes(shown: str, empty: int, unknown: dict[str, int], twice: Sequence[str]) -> Iterator[str]:
    """Say of each kind of fault how often it was met."""
    if unknown:
        count = sum(unknown.values())
        rows = "1 row names" if count == 1 else f"{count} rows name"
        these = "its picture has" if count == 1 else "these pictures have"
        listed = _listed(sorted(unknown, key=lambda text: (-unknown[text], text)), "class")
        yield (
            f"{shown}: {rows} {listed} that the model does not have, so that {these} "
            "no known class."
        )
    if twice:
        have, were = ("has", "was") if len(twice) == 1 else ("have", "were")
        yield f"{shown}: {_listed(twice, 'file')} {have} two classes and {were} left out."
    if empty:
        rows = "1 row has" if empty == 1 else f"{empty} rows have"
        yield f"{shown}: {rows} no file name or no class."


def _listed(texts: Sequence[str], what: str) -> str:
    """Return how many things there are, with the first of them."""
    plural = f"{what}es" if what.endswith("s") else f"{what}s"
    shown = ", ".join(visible(text[:LONGEST]) for text in texts[:NAMED])
    more = f" and {len(texts) - NAMED} more" * (len(texts) > NAMED)
    return f"{len(texts)} {what if len(texts) == 1 else plural} ({shown}{more})"


def _index(text: str, names: Sequence[str]) -> int | None:
    try:
        return index_of(text, names)
    except UnknownClass:
        return None


def _key(file: str) -> str:
    """Return a path as it is looked up: with `/`, without what stands before it."""
    parts = [part for part in _plain(file).replace("\\", "/").split("/") if part not in ("", ".")]
    return "/".join(part for part in parts if part != "..")


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold().strip()


def _rows(path: Path, column: str, shown: str) -> Iterator[Row]:
    """Yield the rows of a table.

    Raises:
        BadLabels: it cannot be read, or a column is missing.
    """
    ending = path.suffix.lower()
    if ending in (".parquet", ".pq"):
        yield from _parquet(path, column, shown)
    elif ending in (".jsonl", ".ndjson", ".json"):
        yield from _json_lines(content(path, LIMIT), column, shown)
    else:
        read = table.read(content(path, LIMIT), shown)
        file_at, class_at = _columns(read.head, column, shown)
        for row in read.rows:
            cells = [*row.cells, *[""] * (len(read.head) - len(row.cells))]
            yield cells[file_at], cells[class_at]


def _columns(head: Sequence[str], column: str, shown: str) -> tuple[int, int]:
    """Return the places of both columns.

    Raises:
        BadLabels: one is missing.
    """
    lower = [name.lower() for name in head]
    file_at = next((lower.index(name) for name in FILE_COLUMNS if name in lower), -1)
    if file_at < 0:
        has = visible(", ".join(head)[:120]) or "none"
        raise BadLabels(f"{shown} has no column file_name (it has {has}): name it so.")
    return file_at, _class_column(head, column, shown)


def _class_column(head: Sequence[str], column: str, shown: str) -> int:
    """Return the place of the column of classes.

    Raises:
        BadLabels: it is missing.
    """
    lower = [name.lower() for name in head]
    wanted = (column.lower(),) if column else CLASS_COLUMNS
    class_at = next((lower.index(name) for name in wanted if name in lower), -1)
    if class_at < 0:
        has = visible(", ".join(head)[:120]) or "none"
        need = f"{column[:LONGEST]!r}" if column else " or ".join(CLASS_COLUMNS[:3])
        raise BadLabels(
            f"{shown} has no column {need} (it has {has}): say with --label-column which one has "
            "the classes."
        )
    return class_at


def _json_lines(data: bytes, column: str, shown: str) -> Iterator[Row]:
    """Yield the rows of JSON lines; the first one has the columns."""
    columns: tuple[str, str] | None = None
    for number, line in enumerate(decode(data, shown).split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise BadLabels(
                f"{shown}, line {number}: no JSON object; give one in each line, as Hugging Face's "
                "metadata.jsonl has it."
            )
        if columns is None:
            head = [str(name) for name in row]
            places = _columns(head, column, shown)
            columns = head[places[0]], head[places[1]]
        yield _text(row.get(columns[0])), _text(row.get(columns[1]))


def _parquet(path: Path, column: str, shown: str) -> Iterator[Row]:
    """Yield the rows of a Parquet file; names of numbered classes are taken from it."""
    arrow, parquet = library("pyarrow"), library("pyarrow.parquet")
    try:
        with parquet.ParquetFile(path) as file:
            head = list(file.schema_arrow.names)
            at = _columns(head, column, shown)
            names = _class_names(file.schema_arrow.metadata, head[at[1]])
            wanted = [head[place] for place in at]
            for batch in file.iter_batches(batch_size=8192, columns=wanted):
                files = batch.column(batch.schema.get_field_index(wanted[0])).to_pylist()
                classes = batch.column(batch.schema.get_field_index(wanted[1])).to_pylist()
                for name, value in zip(files, classes, strict=True):
                    yield _text(name), _named(value, names)
    except (OSError, arrow.ArrowException) as error:
        raise BadLabels(f"{shown} cannot be read as Parquet: make it again.") from error


def classes_in(path: Path, column: str) -> Iterator[str]:
    """Yield the class of each row of a Parquet file, as a table would hold it; empty without one.

    Args:
        path: of the file.
        column: that has the classes; empty for the first of the usual ones.

    Raises:
        BadLabels: damaged, or without such a column.
    """
    arrow, parquet = library("pyarrow"), library("pyarrow.parquet")
    shown = visible(path.name)
    try:
        with parquet.ParquetFile(path) as file:
            head = list(file.schema_arrow.names)
            name = head[_class_column(head, column, shown)]
            names = _class_names(file.schema_arrow.metadata, name)
            for batch in file.iter_batches(batch_size=8192, columns=[name]):
                yield from (_named(value, names) for value in batch.column(0).to_pylist())
    except (OSError, arrow.ArrowException) as error:
        raise BadLabels(f"{shown} cannot be read as Parquet: make it again.") from error


def _class_names(metadata: object, column: str) -> Sequence[str]:
    """Return the class names that Hugging Face's datasets write into a file, else none."""
    try:
        about = json.loads(metadata[b"huggingface"])  # type: ignore[index]
        names = about["info"]["features"][column]["names"]
    except (KeyError, TypeError, ValueError, RecursionError):
        return ()
    return [str(name) for name in names] if isinstance(names, list) else ()


def _named(value: object, names: Sequence[str]) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(names):
        return names[value]
    return _text(value)


def _text(value: object) -> str:
    """Return a value as a cell of a table would hold it."""
    if value is None or isinstance(value, dict | list | bool):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
