"""Heat maps for FiftyOne, read with the lines of the documentation and a stand-in for it."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.errors import BadResults
from core.export.formats.fiftyone import SAMPLES, write_fiftyone
from core.export.formats.map_set import KeptPicture, MapSet

PAGE = (Path(__file__).parents[4] / "docs" / "exports.md").read_text(encoding="utf-8")


class Sample(dict):  # type: ignore[type-arg]
    """Fields by name, as `fiftyone.Sample` has them."""

    def __init__(self, **fields: Any) -> None:
        assert all(re.fullmatch(r"[a-z_]\w*", name) for name in fields)
        super().__init__(fields)


def stand_in(samples: list[Sample]) -> ModuleType:
    """What of FiftyOne the documentation uses; each kind takes only its own arguments."""

    def heatmap(*, map_path: str, range: list[float], **more: str) -> SimpleNamespace:
        return SimpleNamespace(map_path=map_path, range=range, **more)

    def classification(*, label: str, confidence: float | None = None) -> SimpleNamespace:
        return SimpleNamespace(label=label, confidence=confidence)

    def dataset(name: str, *, overwrite: bool) -> SimpleNamespace:
        assert overwrite  # else a second run is refused: the name is taken
        return SimpleNamespace(add_sample=samples.append)

    module = ModuleType("fiftyone")
    vars(module).update(
        Sample=Sample,
        Heatmap=heatmap,
        Classification=classification,
        Dataset=dataset,
    )
    return module


def test_the_lines_of_the_page_make_samples(
    folder: Path, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = write_fiftyone(MapSet(folder), tmp_path / "maps", lambda each: photos / each.name)
    assert count == 8
    samples: list[Sample] = []
    monkeypatch.setitem(sys.modules, "fiftyone", stand_in(samples))
    monkeypatch.chdir(tmp_path)
    code = re.search(r"```python\n(.*?)```", PAGE.split("## FiftyOne", 1)[1], re.DOTALL)
    assert code
    assert len(code[1].split("\n\n")[-1].strip().splitlines()) == 8
    exec(code[1], {})
    for sample, picture in zip(samples, MapSet(folder).pictures(), strict=True):
        assert Path(sample["filepath"]) == (photos / picture.name).absolute()
        best = picture.stored.predictions[0]
        assert sample["prediction"].label == best.name
        assert sample["prediction"].confidence == pytest.approx(best.probability)
        truth = picture.stored.truth
        assert ("ground_truth" in sample) == (truth is not None)
        assert truth is None or sample["ground_truth"].label == truth[1]
        fields = ("grad_cam", "grad_cam_2", "lime", "lime_2")
        for name, each in zip(fields, picture.maps, strict=True):
            heat = sample[name]
            assert heat.explained == each.made.class_name
            assert heat.range == [0, 255]
            image = Image.open(heat.map_path)
            assert image.mode == "L"
            values = np.asarray(image) / heat.range[1]
            np.testing.assert_allclose(values, each.made.shown, atol=0.5 / 255 + 1e-6)


def test_a_crop_lies_where_it_was_seen(cropped: Path, photos: Path, tmp_path: Path) -> None:
    write_fiftyone(MapSet(cropped), tmp_path, lambda each: photos / each.name)
    samples = json.loads((tmp_path / SAMPLES).read_bytes())["samples"]
    for sample, picture in zip(samples, MapSet(cropped).pictures(), strict=True):
        values = np.asarray(Image.open(sample["heatmaps"]["grad_cam"]["map_path"]))
        width, height = picture.size
        assert values.shape[1] / values.shape[0] == pytest.approx(width / height, rel=0.03)
        scale = max(1, max(picture.size) / 2048)
        left, top, right, bottom = (edge * scale for edge in picture.stored.box)
        down, across = np.nonzero(values)
        cell = width / values.shape[1]  # nothing lies further off than one value of the map
        assert across.min() * cell >= left - cell
        assert (across.max() + 1) * cell <= right + cell
        assert down.min() * cell >= top - cell
        assert (down.max() + 1) * cell <= bottom + cell
        inside = values[values > 0]
        shown = np.round(picture.maps[0].made.shown * 255).astype(np.uint8)
        np.testing.assert_array_equal(inside, shown[shown > 0])


def test_a_flat_map_is_black_and_the_true_class_is_told(
    results: Any, photos: Path, tmp_path: Path
) -> None:
    flat = results(tmp_path / "flat", methods=("grad-cam",), flat=True)
    write_fiftyone(MapSet(flat), tmp_path, lambda each: photos / each.name)
    samples = json.loads((tmp_path / SAMPLES).read_bytes())["samples"]
    assert not np.asarray(Image.open(samples[0]["heatmaps"]["grad_cam"]["map_path"])).any()
    assert "ground_truth" not in samples[0]
    assert samples[1]["ground_truth"] == {"label": "crane (machine)"}


def test_pictures_that_are_not_there_are_left_out(
    folder: Path, photos: Path, tmp_path: Path
) -> None:
    def find(picture: KeptPicture) -> Path | None:
        return photos / picture.name if picture.name == "large.png" else None

    assert write_fiftyone(MapSet(folder), tmp_path, find) == 4
    with pytest.raises(BadResults, match="None of the pictures"):
        write_fiftyone(MapSet(folder), tmp_path, lambda each: None)
