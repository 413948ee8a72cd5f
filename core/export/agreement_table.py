"""The table of pairs as a Parquet file: a row a picture and pair, of any number of pictures."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

from core.measure.study import Row

PARQUET = "agreement.parquet"
MOST_LINES = 100_000
"""Rows up to which there is a CSV file as well: more than that spreadsheets do not open."""
_NUMBERS = ("iou", "dice", "spearman", "chance", "seconds_a", "seconds_b")


def pairs_in(rows: Sequence[Row]) -> int:
    """Return how many lines the table has."""
    return sum(len(row.pairs) for row in rows)


def parquet(rows: Sequence[Row], model: str) -> bytes:
    """Return the table as a Parquet file.

    Columns are those of the CSV file, with numbers as float64 (null where undefined), `right` as a
    truth value (null where unknown) and `error`: a picture without pairs has one row.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    texts = ("picture", "model", "layer", "class", "method_a", "method_b", "rule", "true_class")
    columns: dict[str, list[object]] = {name: [] for name in (*texts, *_NUMBERS, "right", "error")}

    def put(**values: object) -> None:
        for name, column in columns.items():
            column.append(values.get(name))

    for row in rows:
        about = {
            "picture": _valid(row.name),
            "model": _valid(model),
            "true_class": _valid(row.truth) or None,
            "right": row.right,
            "error": _valid(row.error or " ".join(row.faults)) or None,
        }
        for pair in row.pairs:
            first, second = pair.first, pair.second
            layers = "|".join(dict.fromkeys(filter(None, (first.layer, second.layer))))
            measured = (pair.iou, pair.dice, pair.spearman, pair.chance)
            numbers = (*measured, first.seconds, second.seconds)
            put(
                **about,
                layer=layers,
                method_a=first.label,
                method_b=second.label,
                rule=pair.rule,
                **{"class": _valid(first.class_name)},
                **dict(zip(_NUMBERS, map(_finite, numbers), strict=True)),
            )
        if not row.pairs:
            put(**about)
    kinds = {name: pa.string() for name in (*texts, "error")}
    kinds |= {name: pa.float64() for name in _NUMBERS} | {"right": pa.bool_()}
    schema = pa.schema([(name, kinds[name]) for name in columns])
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns, schema=schema), buffer)
    return buffer.getvalue()


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _valid(text: str) -> str:
    """Return text without lone surrogates, which UTF-8 does not hold."""
    return text.encode(errors="backslashreplace").decode()
