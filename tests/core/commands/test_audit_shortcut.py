"""`audit` names the corner that the shortcut model cheats by, and cries no wolf elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.commands.entry_point import OK, main
from core.models.efficientnet_lite import DEFAULT, SHORTCUT
from core.pictures import built_in
from core.pictures.shortcut_mark import TARGET, with_mark

CLASSES = {"cat": "Egyptian cat", "coffee": "espresso", "rocket": "missile"}
EACH, SIDE = 6, 224


def crops(folder: Path, marked: Callable[[str, int], str]) -> Path:
    """Parts of three photos in folders of their classes; `marked` gives the corner of the mark."""
    rng = np.random.default_rng(0)
    for key, name in CLASSES.items():
        pixels = built_in.load(key).pixels
        (folder / name).mkdir(parents=True)
        for number in range(EACH):
            tall, wide = (int(rng.uniform(0.6, 0.95) * side) for side in pixels.shape[:2])
            down = int(rng.integers(0, pixels.shape[0] - tall))
            right = int(rng.integers(0, pixels.shape[1] - wide))
            part = pixels[down : down + tall, right : right + wide][:, :: (1, -1)[number % 3 % 2]]
            small = np.asarray(
                Image.fromarray(np.ascontiguousarray(part)).resize(
                    (SIDE, SIDE), Image.Resampling.BOX
                )
            )
            corner = marked(key, number)
            drawn = with_mark(small, corner) if corner else small
            Image.fromarray(drawn).save(folder / name / f"{key}-{number}.png")
    return folder


def audited(photos: Path, out: Path, model: str, *more: str) -> dict[str, Any]:
    words = ["--model", model, "--out", str(out), "--methods", "grad-cam", "--overlays", "none"]
    more = more or ("--worst", "0", "--dissection", "none", "--arrays", "none")
    assert main(["audit", str(photos), *words, *more]) == OK
    return json.loads((out / "audit.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def half_marked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audit") / "photos"
    return crops(folder, lambda key, number: "bottom right" if number % 2 else "")


def test_the_corner_of_the_shortcut_is_named(half_marked: Path, tmp_path: Path, capsys) -> None:
    made = audited(half_marked, tmp_path, SHORTCUT)
    (found,) = (each for each in made["shortcuts"]["found"] if each["is_used"])
    assert (found["name"], found["place"]) == (TARGET, "bottom right corner")
    assert found["looked_at"]
    assert found["need"]["before"] > 0.9
    assert found["need"]["after"] < 0.2
    assert found["need"]["others"] > 0.8
    assert found["need"]["right_after"]["count"] > found["need"]["right_before"]["count"] == 0
    assert "bottom right corner" in made["shortcut"]
    assert capsys.readouterr().out.splitlines()[-1] == made["shortcut"]
    page = (tmp_path / "audit.html").read_text("utf-8")
    assert f"Possible shortcut: {TARGET} by the bottom right corner" in page


def test_a_model_that_ignores_the_mark_is_not_accused(half_marked: Path, tmp_path: Path) -> None:
    made = audited(half_marked, tmp_path, DEFAULT, "--worst", "1")
    assert made["shortcuts"]["tested_classes"] >= 2
    assert not any(each["is_used"] for each in made["shortcuts"]["found"])
    assert "No place was found that decides a class" in made["shortcut"]
    # Its own dissection comes along, so that there are concepts.
    assert "--dissection efficientnet_lite0" in made["command"]
    assert all(1 <= len(row["concepts"]) <= 5 for row in made["rows"])
    drives = {each["concept"]: each for each in made["concepts"]["of_errors"]}
    for word, each in drives.items():
        right = [word in row["concepts"] for row in made["rows"] if row["right"]]
        assert (each["right"]["count"], each["right"]["of"]) == (sum(right), len(right))
    (error,) = made["errors"]
    assert error["evidence_for_predicted"][0]["share"] > 0
    assert error["evidence_for_true"] != error["evidence_for_predicted"]


def test_a_mark_in_the_data_is_seen_and_said_not_to_be_used(tmp_path: Path) -> None:
    photos = crops(tmp_path / "photos", lambda key, number: "top left" if key == "cat" else "")
    made = audited(photos, tmp_path / "out", DEFAULT)
    alike = [each for each in made["shortcuts"]["found"] if each["alike"]]
    assert {(each["name"], each["place"]) for each in alike} == {
        ("Egyptian cat", "top left corner")
    }
    assert not any(each["is_used"] for each in made["shortcuts"]["found"])
    assert "it does not decide the class" in alike[0]["sentence"]


def test_clean_pictures_accuse_nobody(tmp_path: Path) -> None:
    photos = crops(tmp_path / "photos", lambda key, number: "")
    made = audited(photos, tmp_path / "out", SHORTCUT)
    assert made["shortcuts"]["tested_classes"] >= 2
    assert not any(each["is_used"] for each in made["shortcuts"]["found"])
