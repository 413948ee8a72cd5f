"""`python -m core measure` on many pictures: maps and values as they come, shares, killed runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.commands.entry_point import OK, main
from core.export.measure_lines import LINES, MeasureLines
from core.export.measures_table import HEADER
from core.models import load
from core.models.classifier import Classifier
from core.requests.maps import MapRequest
from core.requests.measures import MeasureRequest
from core.work.handlers import HANDLERS

QUICK = ("--methods", "grad-cam,layer-cam", "--measures", "single-deletion")
Run = Callable[..., int]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The requests for maps and measures that were computed."""
    found: list[Any] = []
    for kind in (MapRequest, MeasureRequest):
        known = HANDLERS[kind]

        def counted(request: Any, *given: Any, run: Any = known.run) -> Any:
            found.append(request)
            return run(request, *given)

        one = type(known)(run=counted, title=known.title, cost=known.cost)
        monkeypatch.setitem(HANDLERS, kind, one)  # type: ignore[arg-type]
    return found


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(4):
        pixels = np.random.default_rng(number).integers(0, 256, (30, 40, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"photo{number}.png")
    return folder


@pytest.fixture
def measure(tiny: Classifier, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(load, "load", lambda *given, **named: tiny)

    def run(photos: Path, out: Path, *more: object) -> int:
        given = [str(photos), *map(str, more), "--model", "resnet18:random", "--out", str(out)]
        return main(["measure", *given])

    return run


def record(out: Path) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads((out / "measures.json").read_text("utf-8"))
    return whole


def table(out: Path) -> list[str]:
    return (out / "measures.csv").read_text("utf-8").splitlines()


def test_the_folder_holds_the_maps_and_a_second_measure_computes_none_of_them(
    measure: Run, photos: Path, out: Path, asked: list[Any]
) -> None:
    assert measure(photos, out, *QUICK) == OK
    assert len(list(out.glob("photo*.npz"))) == 4
    assert len(list(out.glob("photo*_grad-cam.webp"))) == 4
    assert json.loads((out / "explain.json").read_text("utf-8"))["pictures"]
    asked.clear()
    assert measure(photos, out, *QUICK[:3], "average-drop") == OK
    assert {type(each) for each in asked} == {MeasureRequest}
    assert {each.measure for each in asked} == {"average-drop"}
    assert len(MeasureLines(out)._places) == len(asked) + 4, "4 intervals; the others are gone"


def test_no_files_of_pictures_where_none_are_wanted(measure: Run, photos: Path, out: Path) -> None:
    assert measure(photos, out, *QUICK, "--overlays", "none", "--arrays", "none") == OK
    assert not [each for each in out.iterdir() if each.name.startswith("photo")]
    assert len(record(out)["pictures"]) == 4


def test_shares_give_what_one_run_gives(
    measure: Run, photos: Path, tmp_path: Path, asked: list[Any]
) -> None:
    whole, joined = tmp_path / "whole", tmp_path / "joined"
    assert measure(photos, whole, *QUICK) == OK
    computed = len(asked)
    asked.clear()
    parts = [tmp_path / f"part{part}" for part in (1, 2, 3)]
    for part, place in enumerate(parts, 1):
        assert measure(photos, place, *QUICK, "--shard", f"{part}/3") == OK
    assert len(asked) == computed, "what random maps reach depends on all pictures, not on a share"
    assert main(["merge", *map(str, parts), "--out", str(joined)]) == OK
    asked.clear()
    assert measure(photos, joined, *QUICK) == OK
    assert asked == []
    assert [_numbers(line) for line in table(joined)] == [_numbers(line) for line in table(whole)]


def _numbers(line: str) -> list[str]:
    """Return a row without its seconds."""
    return [cell for at, cell in enumerate(line.split(",")) if at != HEADER.index("seconds")]


def test_of_a_killed_run_every_value_that_was_written_counts(
    measure: Run, photos: Path, out: Path, asked: list[Any]
) -> None:
    assert measure(photos, out, *QUICK) == OK
    before = len(asked)
    whole = (out / LINES).read_bytes()
    cut = whole.splitlines(keepends=True)
    values = len(cut) - 1
    for name in ("measures.json", "measures.csv", "measures.html", "explain.json"):
        (out / name).unlink()  # they come last
    (out / LINES).write_bytes(b"".join(cut[: values // 2 + 1]) + cut[-1][:40])
    asked.clear()
    assert measure(photos, out, *QUICK) == OK
    assert 0 < len(asked) < before - values // 3
    assert not [each for each in asked if isinstance(each, MapRequest)]
    assert len((out / LINES).read_bytes().splitlines()) == len(cut)


def test_values_of_an_older_record_become_lines(
    measure: Run, photos: Path, out: Path, asked: list[Any]
) -> None:
    assert measure(photos, out, *QUICK) == OK
    (out / LINES).unlink()
    asked.clear()
    assert measure(photos, out, *QUICK) == OK
    assert asked == []
    assert (out / LINES).is_file()
