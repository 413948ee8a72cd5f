"""`python -m core explain --methods lime`: files, arrays, options, refusals."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageColor
from skimage import data

from core.caching.once import Once
from core.commands.entry_point import BAD_INPUT, OK, main
from core.explain.base import Subject
from core.explain.perturb.lime import LIME
from core.figures.drawing import palette
from core.models import load
from core.models.classifier import Classifier
from core.pictures.picture import read
from core.requests.plain import from_plain

Explain = Callable[..., int]


@pytest.fixture(name="photo")
def photo_fixture(tmp_path: Path) -> Path:
    path = tmp_path / "n02123045_cat.png"
    Image.fromarray(data.chelsea()[:, :400]).save(path)
    return path


@pytest.fixture(name="out")
def out_fixture(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture(name="explain")
def explain_fixture(tiny: Classifier, out: Path, monkeypatch: pytest.MonkeyPatch) -> Explain:
    """`explain(PICTURE, OPTION...)` with LIME and 60 samples on the tiny model, into `out`."""
    monkeypatch.setattr(load, "load", lambda *given, **named: tiny)

    def run(*args: object) -> int:
        given = [str(arg) for arg in args]
        if "--methods" not in given:
            given += ["--methods", "lime"]
        if "--samples" not in given:
            given += ["--samples", "60"]
        return main(["explain", *given, "--out", str(out)])

    return run


def told(out: Path) -> dict[str, object]:
    record = json.loads((out / "explain.json").read_text(encoding="utf-8"))
    return record["pictures"][0]["explanations"][-1]


def test_all_files_are_written(explain: Explain, photo: Path, out: Path, tiny: Classifier) -> None:
    assert explain(photo, "--methods", "grad-cam,lime", "--segments", "grid") == OK
    stem = photo.stem
    assert {path.name for path in out.iterdir()} == {
        f"{stem}_grad-cam.png",
        f"{stem}_lime.png",
        f"{stem}.npz",
        "pictures.jsonl",
        "explain.json",
        "lime_params.json",
        "lime_params.pkl",
    }
    with np.load(out / f"{stem}.npz") as arrays:
        weights, segments = arrays["lime/weights"], arrays["lime/segments"]
        assert weights.dtype == np.float64
        assert weights.shape == (64,)
        assert segments.dtype == np.int32
        assert segments.shape == (224, 224)
        assert np.array_equal(np.unique(segments), np.arange(64))
        assert np.array_equal(arrays["heat/lime"], weights.astype(np.float32)[segments])
        assert arrays["shown/lime"].shape == tiny.input_size
        assert arrays["lime/r2"].shape == ()
        request = json.loads((out / "explain.json").read_text())["pictures"][0]["explanations"][1]
        subject = Subject(tiny, tiny.prepare(read(photo)), Once(1 << 20))
        again = LIME.run(from_plain(request["request"]), subject)
        assert again.class_index == tiny.find_class("auto", subject.prepared)
        assert np.array_equal(weights, again.superpixels.fit.weights)
        assert arrays["lime/r2"] == again.superpixels.fit.r2
    explanation = told(out)
    assert (explanation["method"], explanation["precision"]) == ("lime", "exact")
    assert explanation["passes"] == 60
    assert explanation["signed"] is True
    assert not {"weights", "segments"} & set(explanation["extras"])
    assert len(explanation["extras"]["outlined"]) == 5
    with Image.open(out / f"{stem}_lime.png") as image:
        assert image.size == (400, 300)
        colours = {palette.SPEAKS_FOR, palette.SPEAKS_AGAINST}
        drawn = np.asarray(image)
        assert any((drawn == ImageColor.getrgb(c)).all(axis=2).sum() > 100 for c in colours)


def test_options_arrive(explain: Explain, photo: Path, out: Path) -> None:
    given = "--segments slic --seed 5 --fill black --superpixels 2 --positive-only --samples 70"
    assert explain(photo, *given.split()) == OK
    explanation = told(out)
    options = explanation["options"]
    assert [options[name] for name in ("segments", "fill", "superpixels", "sign", "samples")] == [
        "slic",
        "black",
        2,
        "positive",
        70,
    ]
    assert explanation["seed"] == 5
    params = json.loads((out / "lime_params.json").read_text())["cat"]
    assert params["positive_only"] is True
    given_to_lime = pickle.loads((out / "lime_params.pkl").read_bytes())["cat"]
    assert given_to_lime["hide_color"] == 0
    assert given_to_lime["random_seed"] == 5
    assert given_to_lime["num_samples"] == 70
    assert given_to_lime["labels"] == (explanation["class_index"],)
    assert given_to_lime["segmentation_fn"].startswith("slic(")


def test_both_signs_are_outlined_unless_told_otherwise(
    explain: Explain, photo: Path, out: Path
) -> None:
    assert explain(photo) == OK
    assert told(out)["options"]["sign"] == "any"
    assert json.loads((out / "lime_params.json").read_text())["cat"]["positive_only"] is False


def test_the_same_command_gives_the_same_files(explain: Explain, photo: Path, out: Path) -> None:
    found = []
    for _ in range(2):
        assert explain(photo, "--seed", 3) == OK
        found.append({p.name: p.read_bytes() for p in out.iterdir() if p.name != "explain.json"})
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--samples", "49"), "samples is 49: give 50 to 5000"),
        (("--superpixels", "0"), "superpixels is 0: give 1 to 100"),
        (("--fill", "plaid"), "fill is 'plaid': give mean, blur, a colour"),
        (("--segments", "snic"), "invalid choice: 'snic'"),
        (("--smooth", "eigen"), "does not support smoothing"),
        (
            ("--methods", "grad-cam", "--samples", "100"),
            "--samples needs lime or kernel-shap in --methods",
        ),
        (("--methods", "lime+eigen"), "smoothing"),
    ],
)
def test_refusals(
    explain: Explain,
    photo: Path,
    out: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    words: str,
) -> None:
    assert explain(photo, *arguments) == BAD_INPUT
    printed = capsys.readouterr()
    assert printed.err.count("\n") == 1
    assert words in printed.err
    assert not list(out.glob("*.png"))


def test_positive_only_without_lime_is_refused(
    tiny: Classifier,
    photo: Path,
    out: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(load, "load", lambda *given, **named: tiny)
    arguments = ["explain", str(photo), "--methods", "grad-cam", "--positive-only"]
    assert main([*arguments, "--out", str(out)]) == BAD_INPUT
    assert "--positive-only needs lime or kernel-shap in --methods" in capsys.readouterr().err
