"""Causal checks as a table, a record and text."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest

from core.concepts.check.ablation import ChannelCheck
from core.concepts.check.words import ConceptCheck, sentence
from core.concepts.evidence import Group
from core.export.concept_checks import (
    COLUMNS,
    CheckRow,
    checks_record,
    checks_table,
    checks_text,
)


def row(picture: str = "cat.png", concept: str = "fur", random: int = 50) -> CheckRow:
    drops = np.linspace(-0.5, 0.5, random) if random else np.empty(0)
    check = ChannelCheck(
        "layer4",
        2,
        "grey cat",
        (1, 4),
        3.0,
        5.0,
        3.75,
        0.9,
        0.5,
        drops,
        0.05,
        "" if random else "None are like them.",
    )
    return CheckRow(picture, ConceptCheck(Group(concept, (4, 1), 1.3, 1.4, 0.4), check))


def test_table_and_record_say_the_same() -> None:
    rows = [row(), row("b,c.png", 'a "word"', 0)]
    table = list(csv.DictReader(io.StringIO(checks_table(rows))))
    record = checks_record(rows)
    json.dumps(record, allow_nan=False)
    for line, entry, made in zip(table, record, rows, strict=True):
        assert tuple(line) == COLUMNS
        for name in COLUMNS:
            value = entry[name]
            if isinstance(value, float):
                assert float(line[name]) == pytest.approx(value, rel=1e-5)
            else:
                assert line[name] == ("" if value is None else str(value))
        assert entry["channel_numbers"] == [1, 4]
        assert entry["sentence"] == sentence(made.done.check)
    assert table[0]["verdict"] == "rests on them"
    assert (table[1]["random_low"], table[1]["reason"]) == ("", "None are like them.")
    assert checks_table([]).splitlines() == [",".join(COLUMNS)], "columns also without rows"


def test_text_is_a_table_for_each_picture() -> None:
    lines = checks_text([row(), row(concept="x" * 80), row("b\x1b[31m.png", random=0)]).splitlines()
    assert lines[0] == "cat.png: grey cat (90.0 %), layer layer4"
    assert lines[1].split() == ["concept", "channels", "share", "claim", "drop", "probability",
                                "random", "sets", "verdict"]  # fmt: skip
    assert lines[2].startswith("fur ")
    assert "0.00 (-0.47 to 0.47)  rests on them" in lines[2]
    assert lines[2].index("rests on") == lines[3].index("rests on"), "columns stand in line"
    assert max(map(len, lines)) < 120
    assert lines[4] == ""
    assert "\x1b" not in lines[5]
    assert lines[-1].endswith("none  no comparison")
