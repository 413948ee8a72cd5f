"""What is taken home: file names, overlays, arrays, the record, the ZIP."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageColor
from torch import nn

from core.errors import CannotWrite
from core.explain.base import Explanation
from core.explain.superpixel_weights import SuperpixelWeights
from core.export import names
from core.export.bundle import (
    RECORD,
    map_png,
    picture_files,
    raw_npz,
    zip_bytes,
)
from core.export.plain import plain
from core.export.record import Explained, explanation_record
from core.figures.drawing import palette
from core.figures.drawing.overlay import OverlayLook, overlay
from core.files.writing import ready_folder, write_whole
from core.models.card import Card
from core.models.classifier import Classifier
from core.models.input import Prepared
from core.models.record import model_record
from core.pictures.picture import from_pixels
from core.requests.maps import Fit
from core.requests.references import Preprocess
from tests.core.weighted import weighted

SIZE = (8, 8)


def small_classifier() -> Classifier:
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, 3),
    )
    card = Card("tiny", "Tiny", "tiny", "d" * 64, ("ant", "bee", "cat"), Preprocess(SIZE, 10))
    return Classifier(net, card)


@pytest.fixture(name="classifier")
def classifier_fixture() -> Classifier:
    return small_classifier()


def prepared(classifier: Classifier, fit: Fit = "squash", name: str = "photo.png") -> Prepared:
    pixels = np.random.default_rng(1).integers(0, 256, (20, 40, 3), dtype=np.uint8)
    return classifier.prepare(from_pixels(pixels, name), fit)


def explanation(
    label: str = "grad-cam",
    class_index: int = 1,
    probability: float = 0.5,
    superpixels: SuperpixelWeights | None = None,
) -> Explanation:
    heat = np.random.default_rng(2).normal(size=(4, 4)).astype(np.float32)
    shown = np.clip(np.kron(heat, np.ones((2, 2))), 0, 1).astype(np.float32)
    return Explanation(
        heat=heat,
        shown=shown,
        method=label.partition("+")[0],
        label=label,
        layer="1",
        class_index=class_index,
        class_name="bee",
        probability=probability,
        seconds=0.1,
        passes=1,
        device="cpu",
        precision="exact",
        smooth="none",
        seed=0,
        options={},
        superpixels=superpixels,
    )


def explained(classifier: Classifier, fit: Fit = "squash", name: str = "photo.png") -> Explained:
    seen = prepared(classifier, fit, name)
    maps = (explanation(), explanation("grad-cam+eigen"))
    return Explained(seen, classifier.predict(seen), maps)


def test_equal_stems_are_numbered_also_where_case_is_ignored() -> None:
    given = ("cat", "cat", "Cat", "dog", "cat-2", "")
    assert names.unique_stems(given) == ("cat", "cat-2", "Cat-3", "dog", "cat-2-2", "picture")


def test_a_long_stem_leaves_room_for_the_rest_of_the_name() -> None:
    (stem,) = names.unique_stems(["ü" * 300])
    assert len(f".{stem}_elementwise-grad-cam+both-class-999.png.4194304.part".encode()) <= 255
    assert set(stem) == {"ü"}


def test_two_classes_of_one_method_have_keys_of_their_own() -> None:
    maps = [explanation(class_index=1), explanation(class_index=2), explanation("score-cam")]
    assert names.keys(maps) == ("grad-cam-class-1", "grad-cam-class-2", "score-cam")
    assert names.keys([explanation(), explanation()]) == ("grad-cam", "grad-cam-2")


def test_arrays_are_kept_as_they_are() -> None:
    segments = np.arange(4, dtype=np.int32).reshape(2, 2)
    one = explanation(superpixels=weighted(segments, [0.1, 0.2, 0.3, 0.4]))
    arrays = np.load(io.BytesIO(raw_npz([one])))
    numbers = ("weights", "segments", "intercept", "r2", "local", "model", "effective")
    assert set(arrays) == {
        "heat/grad-cam",
        "shown/grad-cam",
        *(f"grad-cam/{name}" for name in numbers),
    }
    assert arrays["grad-cam/r2"] == 0.5
    assert arrays["heat/grad-cam"].dtype == arrays["shown/grad-cam"].dtype == np.float32
    assert np.array_equal(arrays["heat/grad-cam"], one.heat)
    assert np.array_equal(arrays["shown/grad-cam"], one.shown)
    assert np.array_equal(arrays["grad-cam/segments"], segments)


def test_the_overlay_has_the_pictures_own_resolution(classifier: Classifier) -> None:
    pixels = np.full((1100, 3000, 3), 90, dtype=np.uint8)
    seen = classifier.prepare(from_pixels(pixels, "wide.png"), "crop")
    assert max(seen.picture.pixels.shape) < 3000
    image = Image.open(io.BytesIO(map_png(seen, explanation(), OverlayLook(opacity=0.0))))
    assert image.size == (3000, 1100)
    row = np.asarray(image)[550, :, 0]
    seen_columns = np.flatnonzero(row == 90)
    across = 3000 / seen.picture.pixels.shape[1]
    assert abs(seen_columns[0] - seen.box[0] * across) <= 1
    assert abs(seen_columns[-1] + 1 - seen.box[2] * across) <= 1
    assert (row[:100] < 60).all()


def test_the_whole_picture_fit_dims_nothing(classifier: Classifier) -> None:
    seen = prepared(classifier)
    image = Image.open(io.BytesIO(map_png(seen, explanation(), OverlayLook(opacity=0.0))))
    assert np.array_equal(np.asarray(image), seen.picture.pixels)


def test_the_files_of_a_picture(classifier: Classifier) -> None:
    files = dict(picture_files(explained(classifier), "photo"))
    assert list(files) == ["photo_grad-cam.png", "photo_grad-cam+eigen.png", "photo.npz"]
    assert Image.open(io.BytesIO(files["photo_grad-cam.png"])).size == (40, 20)


def outlined_explanation() -> Explanation:
    """LIME's, with the left superpixel outlined."""
    segments = np.kron(np.array([[0, 1]], np.int32), np.ones((8, 4), np.int32))
    parts = weighted(segments, [0.3, -0.1], outlined=(0,))
    options = {
        "samples": 50,
        "segments": "grid",
        "kernel_size": 4.0,
        "max_dist": 200.0,
        "ratio": 0.2,
        "fill": "mean",
        "superpixels": 1,
        "sign": "positive",
        "min_weight": 0.0,
        "hide_rest": False,
        "features": 100,
        "distance": "cosine",
        "kernel_width": 0.25,
        "regressor": "ridge",
        "penalty": 0.001,
        "selection": "auto",
    }
    return replace(explanation("lime", superpixels=parts), options=options)


def test_superpixels_are_outlined_in_yellow(classifier: Classifier) -> None:
    seen = prepared(classifier)
    image = np.asarray(Image.open(io.BytesIO(map_png(seen, outlined_explanation()))))
    assert image.shape == seen.picture.pixels.shape
    yellow = (image == ImageColor.getrgb(palette.SPEAKS_FOR)).all(axis=2)
    assert yellow[:, 19].all()
    assert not yellow[:, 20:].any()
    assert np.array_equal(image[:, 25:], seen.picture.pixels[:, 25:])


def test_other_maps_are_drawn_as_colours(classifier: Classifier) -> None:
    seen, one = prepared(classifier), explanation()
    image = np.asarray(Image.open(io.BytesIO(map_png(seen, one))))
    assert np.array_equal(image, overlay(seen.picture.pixels, one.shown, seen.box, OverlayLook()))


def test_limes_parameters_are_in_the_zip_where_it_ran(classifier: Classifier) -> None:
    plain_one = explained(classifier, name="n01443537_goldfish.png")
    with_lime = replace(plain_one, explanations=(explanation(), outlined_explanation()))
    for result, there in ((plain_one, False), (with_lime, True)):
        with zipfile.ZipFile(
            io.BytesIO(zip_bytes(model_record(classifier), "CPU", [result]))
        ) as archive:
            inside = set(archive.namelist())
            assert ({"lime_params.json", "lime_params.pkl"} <= inside) == there
            if there:
                assert list(json.loads(archive.read("lime_params.json"))) == ["goldfish"]
                assert "n01443537_goldfish_lime.png" in inside


def test_the_zip_holds_every_file_and_its_record(classifier: Classifier) -> None:
    results = [explained(classifier), explained(classifier)]
    data = zip_bytes(model_record(classifier), "CPU", results)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        record = json.loads(archive.read(RECORD))
        inside = set(archive.namelist())
    assert inside == {RECORD, *(name for each in record["pictures"] for name in each["files"])}
    assert "photo-2_grad-cam.png" in inside
    assert record["model"]["id"] == "tiny"
    assert record["model"]["weights_sha256"] == "d" * 64
    assert (record["fit"], record["device"]) == ("squash", "CPU")
    assert {"python", "torch", "torchvision", "numpy"} <= set(record["versions"])
    first = record["pictures"][0]
    assert first["sha256"] == results[0].prepared.picture.sha256
    assert [guess["class"] for guess in first["predictions"]] == [
        guess.index for guess in results[0].predictions
    ]
    told = first["explanations"][1]
    assert (told["label"], told["layer"], told["class_name"]) == ("grad-cam+eigen", "1", "bee")


def test_the_same_results_give_the_same_zip(classifier: Classifier) -> None:
    results = [explained(classifier)]
    assert zip_bytes(model_record(classifier), "CPU", results) == zip_bytes(
        model_record(classifier), "CPU", results
    )


def test_a_record_has_no_arrays_and_no_nan() -> None:
    parts = weighted(np.zeros((2, 2), np.int32), [0.3], (np.int64(0),), r2=np.nan)
    record = explanation_record(explanation(probability=float("inf"), superpixels=parts))
    assert "heat" not in record
    assert "shown" not in record
    extras = record["extras"]
    assert isinstance(extras, dict)
    assert not {"weights", "segments"} & set(extras)
    assert (extras["r2"], extras["order"], extras["recipe"]) == (None, [0], "grid(cells=2)")
    assert record["probability"] is None
    json.dumps(record, allow_nan=False)


def test_plain_keeps_types_that_json_has() -> None:
    assert plain({"a": True, "b": 1, "c": "x", 4: [1.5]}) == {
        "a": True,
        "b": 1,
        "c": "x",
        "4": [1.5],
    }
    assert plain(True) is True


def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    write_whole(target, b"old")
    write_whole(target, b"new")
    assert target.read_bytes() == b"new"
    (tmp_path / "b.bin").mkdir()
    with pytest.raises(CannotWrite, match="is a folder: move it away"):
        write_whole(tmp_path / "b.bin", b"data")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.bin", "b.bin"]


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CannotWrite, match="file"):
        ready_folder(tmp_path / "file")
    with pytest.raises(CannotWrite):
        ready_folder(tmp_path / "file" / "inside")
    assert list(ready_folder(tmp_path / "new" / "deep").iterdir()) == []
