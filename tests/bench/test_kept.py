"""A benchmark that was stopped goes on, and its table says what is better than chance."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench._kept import Kept
from bench.shortcut import MEASURES, MOSAICS, _table


def test_what_the_file_has_is_not_computed_again(tmp_path: Path) -> None:
    path, asked = tmp_path / "rows.jsonl", []

    def make() -> dict[str, float]:
        asked.append(1)
        return {"energy": 0.5}

    assert Kept(path)("one", make) == Kept(path)("one", make) == {"energy": 0.5}
    kept = Kept(path)
    kept("two", make)
    assert len(asked) == 2
    assert Kept(path)("two", pytest.fail) == {"energy": 0.5}


def test_a_steady_difference_to_random_maps_is_bold() -> None:
    def of(value: float) -> list[dict[str, float]]:
        return [dict.fromkeys(MEASURES, value + number / 100) for number in range(6)]

    rows = {"random": of(0.1), "grad-cam": of(0.5), "layer-cam": of(0.1)}
    rows["grad-cam"][0][MOSAICS] = 0.75
    head, _, random, better, same = _table(rows)
    assert "Deletion (lower is better)" in head
    assert "**" not in random + same
    energy, _, _, deletion, mosaics = better.split(" | ")[1:]
    assert energy.startswith("**0.53** (0.5")
    assert not deletion.startswith("**"), "more is left of the class than with random maps"
    assert mosaics.startswith("**0.75** (0.75 to 0.75; 1)")
