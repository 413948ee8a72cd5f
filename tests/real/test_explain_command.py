"""`python -m core explain` on real weights and photos."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.commands.entry_point import BAD_INPUT, OK, main
from core.explain.scaling import shown as package_shown
from core.models import catalog

CLEAR = {
    "n01443537_goldfish": "goldfish",
    "n01491361_tiger_shark": "tiger shark",
    "n01677366_common_iguana": "common iguana",
    "n02007558_flamingo": "flamingo",
    "n02098286_West_Highland_white_terrier": "West Highland white terrier",
}
"""Photos whose class fills the picture, so that any of the models must name it first."""


@pytest.fixture(name="photos")
def photos_fixture(test_data: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEEWHY_WEIGHTS", str(test_data / "weights"))
    return test_data / "data" / "photos"


def arrays_of(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as file:
        return dict(file)


@pytest.mark.parametrize("model", ["resnet18", "resnet50"])
def test_ten_photos(
    model: str, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["explain", str(photos), "--model", model, "--methods", "grad-cam", "--device", "cpu"]
    assert main([*call, "--out", str(tmp_path)]) == OK
    assert capsys.readouterr() == ("", "")
    told = json.loads((tmp_path / "explain.json").read_text(encoding="utf-8"))
    assert len(told["pictures"]) == 10
    assert "local file" in told["model"]["title"]
    for one in told["pictures"]:
        stem = Path(one["picture"]).stem
        with Image.open(tmp_path / f"{stem}_grad-cam.png") as image:
            assert list(image.size) == one["size"]
        arrays = arrays_of(tmp_path / f"{stem}.npz")
        heat, shown = arrays["heat/grad-cam"], arrays["shown/grad-cam"]
        assert heat.shape == (7, 7)
        assert shown.shape == (224, 224)
        assert shown.min() == 0.0
        assert shown.max() > 0.99
        assert np.allclose(shown, package_shown([heat], (224, 224)), atol=1e-6)
        if stem in CLEAR:
            assert one["predictions"][0]["name"] == CLEAR[stem]
            assert one["explanations"][0]["class_name"] == CLEAR[stem]


def test_the_three_default_maps_find_the_goldfish(photos: Path, tmp_path: Path) -> None:
    call = ["explain", str(photos / "n01443537_goldfish.JPEG"), "--model", "resnet18"]
    assert main([*call, "--layer", "layer4.1", "--device", "cpu", "--out", str(tmp_path)]) == OK
    arrays = arrays_of(tmp_path / "n01443537_goldfish.npz")
    for name in ("grad-cam", "ablation-cam", "score-cam"):
        # The fish lies in the middle; water and plants are along the edges.
        shown = arrays[f"shown/{name}"]
        middle = shown[67:157, 67:157].mean()
        edges = np.concatenate([shown[:22].ravel(), shown[-22:].ravel()]).mean()
        assert middle > 3 * edges, name


def test_own_weights_with_names_of_ones_own(
    photos: Path, test_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"thing {number}" for number in range(catalog.find("mobilenet_v2").classes)]
    (tmp_path / "names.json").write_text(json.dumps(names))
    (tmp_path / "few.txt").write_text("one\ntwo\n")
    call = [
        "explain",
        str(photos / "n01443537_goldfish.JPEG"),
        "--model",
        "mobilenet_v2",
        "--weights",
        str(test_data / "weights" / "mobilenet_v2.pth"),
        "--device",
        "cpu",
        "--methods",
        "grad-cam",
        "--out",
        str(tmp_path / "out"),
        "--labels",
    ]
    assert main([*call, str(tmp_path / "names.json")]) == OK
    told = json.loads((tmp_path / "out" / "explain.json").read_text(encoding="utf-8"))
    assert told["pictures"][0]["predictions"][0]["name"] == "thing 1"
    assert main([*call, str(tmp_path / "few.txt")]) == BAD_INPUT
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert "1000" in line


def test_weights_of_another_architecture_are_one_line(
    photos: Path, test_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["explain", str(photos / "n01443537_goldfish.JPEG"), "--model", "resnet50"]
    weights = str(test_data / "weights" / "resnet18.pth")
    assert main([*call, "--weights", weights, "--out", str(tmp_path)]) == BAD_INPUT
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert "resnet18.pth" in printed.err


def test_odd_pictures_are_taken_and_broken_ones_refused(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "in"
    source.mkdir()
    whole = (photos / "n02007558_flamingo.JPEG").read_bytes()
    with Image.open(io.BytesIO(whole)) as image:
        image.convert("CMYK").save(source / "cmyk.JPG")
        image.convert("L").point(lambda value: value * 257, "I").convert("I;16").save(
            source / "grey16.png"
        )
        image.quantize(16).save(source / "palette.gif", save_all=True, append_images=[image])
        image.resize((1, 1)).save(source / "dot.webp")
        image.save(source / ("n" * 240 + ".bmp"))
    (source / "cut.jpg").write_bytes(whole[: len(whole) // 3])
    call = ["explain", str(source), "--model", "resnet18", "--methods", "grad-cam"]
    assert main([*call, "--device", "cpu", "--out", str(tmp_path / "out")]) == BAD_INPUT
    lines = capsys.readouterr().err.splitlines()
    (line,) = (each for each in lines if "cut.jpg" in each)
    assert "cut off" in line
    said = ("cmyk.JPG", "dot.webp", "palette.gif")
    assert [each for each in lines if each != line and not any(name in each for name in said)] == []
    told = json.loads((tmp_path / "out" / "explain.json").read_text(encoding="utf-8"))
    by_name = {one["picture"]: one for one in told["pictures"]}
    assert len(by_name) == 5
    assert by_name["dot.webp"]["size"] == [1, 1]
    assert by_name["cmyk.JPG"]["predictions"][0]["name"] == "flamingo"
    assert any("first frame" in note.lower() for note in by_name["palette.gif"]["notes"])
