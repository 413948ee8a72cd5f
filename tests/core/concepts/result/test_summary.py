"""Counts, shares and their comparison by hand, and for sets of any kind."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.commands.entry_point import BAD_INPUT, OK, main
from core.concepts.result.label_table import Label
from core.concepts.result.summary import counts_of, entropy, layers_of, shared, top

COUNTS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 9), min_size=1)


def test_top_is_ordered_by_count_then_name_and_tells_ties() -> None:
    found = top({"b": 2, "a": 2, "c": 5, "d": 2, "e": 1}, 2)
    assert found.ranked == (("c", 5), ("a", 2))
    assert (found.above, found.tied) == (1, 3)
    assert top({}, 3).ranked == ()


def test_layers_in_the_order_of_the_file() -> None:
    labels = [Label("z", 0, "dog", 0.2), Label("z", 1, "dog", 0.1), Label("a", 0, "cat", 0.3)]
    found = layers_of(labels, 0.16)
    assert list(found) == ["z", "a"]
    assert (found["z"].neurons, found["z"].distinct, found["z"].labelled) == (2, 1, 1)
    assert found["z"].redundancy == 0.5


def test_shared_by_hand() -> None:
    found = shared({"dog": 3, "cat": 1}, {"dog": 1, "car": 1}, 1)
    assert found.top == 0, "car and dog are tied in the second; car comes first by name"
    assert (found.common, found.union) == (1, 3)
    assert found.overlap == pytest.approx(0.5)
    assert found.differences[0][0] == "car"
    p, q = (0.75, 0.25, 0), (0.5, 0, 0.5)
    middle = [(a + b) / 2 for a, b in zip(p, q, strict=True)]
    expected = sum(
        share / 2 * math.log2(share / m)
        for pair in (p, q)
        for share, m in zip(pair, middle, strict=True)
        if share
    )
    assert found.divergence == pytest.approx(expected)


@given(COUNTS, COUNTS)
def test_comparison_is_symmetric_and_bounded(first: dict[str, int], second: dict[str, int]) -> None:
    one, two = shared(first, second, 3), shared(second, first, 3)
    assert (one.top, one.jaccard) == (two.top, two.jaccard)
    assert one.overlap == pytest.approx(two.overlap)
    assert one.divergence == pytest.approx(two.divergence)
    assert 0 <= one.overlap <= 1 + 1e-9
    assert -1e-9 <= one.divergence <= 1 + 1e-9


@given(COUNTS)
def test_a_model_shares_everything_with_itself(counts: dict[str, int]) -> None:
    found = shared(counts, counts, 50)
    assert (found.top, found.jaccard) == (len(counts), 1)
    assert found.overlap == pytest.approx(1)
    assert found.divergence == pytest.approx(0)
    assert entropy(counts) <= math.log(len(counts)) + 1e-9


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.csv"
    path.write_text("layer,unit,description,similarity\nx,0,dog,0.2\nx,1,dog,0.1\ny,0,cat,0.3\n")
    assert main(["summarize", str(path), str(path), "--top", "1"]) == OK
    found = json.loads(capsys.readouterr().out)
    assert found["files"][0]["top"] == [["dog", 2]]
    assert found["files"][0]["labelled"] == 2
    assert found["files"][0]["layers"]["x"]["distinct"] == 1
    assert found["jaccard"] == 1
    assert main(["summarize", str(tmp_path / "gone.csv")]) == BAD_INPUT
    assert "cannot be read" in capsys.readouterr().err


def test_tables_without_a_concept_are_json_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("layer,unit,description,similarity\nx,0,,\nx,1,,\n")
    assert main(["summarize", str(path), str(path)]) == OK

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    found = json.loads(capsys.readouterr().out, parse_constant=refuse)
    assert (found["jaccard"], found["histogram_overlap"]) == (None, 0)
    assert found["files"][0]["distinct"] == 0


def test_counts() -> None:
    assert counts_of([Label("x", 0, "a"), Label("y", 0, "a")]) == Counter(a=2)
