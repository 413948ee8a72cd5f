"""Causal checks of concepts as files: a table, a record, and text for a terminal."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from core.concepts.check.words import ConceptCheck, chance, number, sentence
from core.files.names import printable, shorten
from core.models.card import percent

TABLE = "checks.csv"
COLUMNS = (
    "picture",
    "class",
    "layer",
    "concept",
    "channels",
    "share",
    "claimed_drop",
    "drop",
    "logit",
    "logit_off",
    "probability",
    "probability_off",
    "probability_drop",
    "random_mean",
    "random_low",
    "random_high",
    "random_sets",
    "tolerance",
    "verdict",
    "reason",
)
"""Of the table."""
NAME = 28
"""Characters of a concept on a terminal."""
_HEAD = ("concept", "channels", "share", "claim", "drop", "probability", "random sets", "verdict")


@dataclass(frozen=True, slots=True, eq=False)
class CheckRow:
    """The check of one concept for one picture.

    Attributes:
        picture: its name.
        done: the claim and what was measured.
    """

    picture: str
    done: ConceptCheck

    def as_dict(self) -> dict[str, object]:
        """Return the row under the names of the table; what is not known is None."""
        group, check = self.done.group, self.done.check
        low, high = check.interval or (None, None)
        values = (
            self.picture,
            check.class_name,
            check.layer,
            group.concept,
            len(check.channels),
            group.share,
            self.done.claim,
            check.drop,
            check.logit,
            check.logit_off,
            check.probability,
            check.probability_off,
            check.probability_drop,
            None if check.interval is None else check.random_mean,
            low,
            high,
            len(check.random_drops),
            check.tolerance,
            check.verdict,
            check.reason,
        )
        return dict(zip(COLUMNS, values, strict=True))


def checks_table(rows: Sequence[CheckRow]) -> str:
    """Return the rows as CSV; numbers have six significant digits."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([_cell(value) for value in row.as_dict().values()] for row in rows)
    return text.getvalue()


def checks_record(rows: Iterable[CheckRow]) -> list[dict[str, object]]:
    """Return the rows for JSON, each with its channels' numbers and its sentence."""
    return [
        {
            **row.as_dict(),
            "channel_numbers": list(row.done.check.channels),
            "sentence": sentence(row.done.check),
        }
        for row in rows
    ]


def checks_text(rows: Iterable[CheckRow]) -> str:
    """Return a table for each picture and layer, for a terminal."""
    parts = []
    for (picture, layer), own in groupby(rows, lambda row: (row.picture, row.done.check.layer)):
        few = list(own)
        check = few[0].done.check
        cells = [_HEAD, *(_texts(row.done) for row in few)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        head = f"{picture}: {check.class_name} ({percent(check.probability)}), layer {layer}"
        lines = [printable(head)]
        for each in cells:
            padded = [
                text.ljust(width) if place in (0, len(widths) - 1) else text.rjust(width)
                for place, (text, width) in enumerate(zip(each, widths, strict=True))
            ]
            lines.append("  ".join(padded).rstrip())
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _texts(done: ConceptCheck) -> tuple[str, ...]:
    check = done.check
    return (
        shorten(printable(done.group.concept), NAME),
        str(len(check.channels)),
        percent(done.group.share),
        number(done.claim),
        number(check.drop),
        f"{percent(check.probability)} to {percent(check.probability_off)}",
        chance(check) or "none",
        check.verdict,
    )


def _cell(value: object) -> object:
    if isinstance(value, float):
        return f"{value:.6g}"
    return "" if value is None else value
