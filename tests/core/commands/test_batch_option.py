"""`--batch`: pictures that share a pass give the rows that they give alone."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.commands.entry_point import BAD_INPUT, OK, main
from core.requests.loading import PassesRequest
from core.requests.maps import PredictionRequest
from core.work.handlers import HANDLERS

Run = Callable[..., int]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(5):
        pixels = np.random.default_rng(number).integers(0, 256, (30, 40, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"photo{number}.png")
    return folder


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The requests for passes that were computed."""
    found: list[Any] = []
    known = HANDLERS[PassesRequest]

    def counted(request: Any, *given: Any) -> Any:
        found.append(request)
        return known.run(request, *given)

    one = type(known)(run=counted, title=known.title, cost=known.cost, keep=known.keep)
    monkeypatch.setitem(HANDLERS, PassesRequest, one)  # type: ignore[arg-type]
    return found


@pytest.fixture
def agree(photos: Path, tmp_path: Path, loaded: list[str]) -> Run:
    def run(name: str, *more: object) -> int:
        given = [str(photos), "--model", "resnet18:random", "--methods", "grad-cam,layer-cam"]
        return main(["agree", *given, "--out", str(tmp_path / name), *map(str, more)])

    return run


def rows(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((folder / "agreement.csv").read_text("utf-8"))))


def test_a_batch_gives_what_each_gives_alone(agree: Run, tmp_path: Path, passes: list[Any]) -> None:
    assert agree("alone") == OK
    assert passes == []
    assert agree("batch", "--batch", 2) == OK
    assert [len(each.pictures) for each in passes] == [2, 2], "the fifth is alone"
    for one, other in zip(rows(tmp_path / "alone"), rows(tmp_path / "batch"), strict=True):
        assert one["picture"] == other["picture"]
        assert float(one["spearman"]) == pytest.approx(float(other["spearman"]), abs=1e-3)
    for number in range(5):
        alone, batch = (
            np.load(tmp_path / name / f"photo{number}.npz") for name in ("alone", "batch")
        )
        for name in alone:
            peak = max(np.abs(alone[name]).max(), 1e-9)
            assert np.abs(alone[name] - batch[name]).max() <= 1e-5 * peak


def test_kept_pictures_and_bad_ones_are_not_in_a_pass(
    agree: Run, photos: Path, passes: list[Any]
) -> None:
    assert agree("out") == OK
    pixels = np.random.default_rng(9).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    for name in ("photo5.png", "photo7.png"):
        Image.fromarray(np.roll(pixels, len(name) * int(name[5]), 0)).save(photos / name)
    (photos / "photo6.png").write_bytes(b"no picture")
    assert agree("out", "--batch", 8) == BAD_INPUT
    assert [len(each.pictures) for each in passes] == [2]


def test_classes_that_are_named_share_the_pass(agree: Run, passes: list[Any]) -> None:
    assert agree("out", "--batch", 5, "--class", "2", "--class", "auto") == OK
    (asked,) = passes
    assert asked.targets == ((2,),) * 5
    assert asked.predicted


def test_a_pass_that_fails_leaves_each_picture_to_itself(
    agree: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*given: object) -> None:
        raise MemoryError

    known = HANDLERS[PassesRequest]
    one = type(known)(run=fail, title=known.title, cost=known.cost, keep=known.keep)
    monkeypatch.setitem(HANDLERS, PassesRequest, one)  # type: ignore[arg-type]
    assert agree("out", "--batch", 5) == OK
    assert len(rows(tmp_path / "out")) == 5


def test_predictions_come_from_the_pass_as_well(
    agree: Run, monkeypatch: pytest.MonkeyPatch, passes: list[Any]
) -> None:
    computed: list[Any] = []
    known = HANDLERS[PredictionRequest]

    def counted(request: Any, *given: Any) -> Any:
        computed.append(request)
        return known.run(request, *given)

    one = type(known)(run=counted, title=known.title, cost=known.cost)
    monkeypatch.setitem(HANDLERS, PredictionRequest, one)  # type: ignore[arg-type]
    assert agree("out", "--batch", 5) == OK
    assert computed == []


@pytest.mark.parametrize("text", ["0", "-1", "many", "257", "1.5"])
def test_what_is_no_number_of_pictures_is_refused(
    agree: Run, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert agree("out", "--batch", text) == BAD_INPUT
    assert "give 1 to 256" in capsys.readouterr().err
