"""Hugging Face's classifiers from a folder, from the hub's cache and from its server."""

from __future__ import annotations

import json
import pickle
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch

from core.errors import Cancelled, DownloadFailed, MissingWeights, SeeWhyError, UnknownModel
from core.explain.base import Subject
from core.models import catalog
from core.models.classifier import Classifier
from core.models.load import load
from core.models.reference import reference_of
from core.models.sources.hugging_face import HuggingFace
from core.models.sources.processor import preprocess_from
from core.pictures.picture import Picture
from core.work.resources import Resources
from tests.conftest import asked, asked_lime, blocks_picture, run
from tests.core.models.sources.conftest import HF_KINDS, edit_json, hub_folder

transformers = pytest.importorskip("transformers")
CPU = torch.device("cpu")
REPOSITORY = "anns-models/tiny.vit"


def quiet(share: float, stage: str) -> None:
    """Nobody watches."""


@pytest.fixture
def vit(hugging_face_models: dict[str, Path], tmp_path: Path) -> Path:
    """A copy of the tiny ViT's folder, to be damaged."""
    return Path(shutil.copytree(hugging_face_models["vit"], tmp_path / "tiny-vit"))


@pytest.fixture(scope="module")
def tiny_vit(hugging_face_models: dict[str, Path]) -> Classifier:
    """The tiny ViT, loaded."""
    return load(f"hf:{hugging_face_models['vit']}", CPU)


@pytest.mark.parametrize("kind", HF_KINDS)
def test_logits_equal_those_of_the_library(
    hugging_face_models: dict[str, Path], photo: Picture, kind: str
) -> None:
    folder = hugging_face_models[kind]
    model = load(f"hf:{folder}", CPU)
    theirs = transformers.AutoModelForImageClassification.from_pretrained(folder).eval()
    batch = torch.rand(2, 3, *model.input_size, generator=torch.Generator().manual_seed(1))
    given = batch.flip(1) if kind == "mobilevit" else batch
    with torch.no_grad():
        expected = theirs(given).logits
    assert expected.std(0).max() > 1e-3
    assert torch.equal(model.logits(batch), expected)
    processor = transformers.AutoImageProcessor.from_pretrained(folder)
    pixels = processor(photo.pixels.copy(), return_tensors="pt")["pixel_values"]
    ours = model.prepare(photo, "crop").batch
    seen = ours.flip(1) if kind == "mobilevit" else ours
    assert seen.shape == pixels.shape
    assert (seen - pixels).abs().mean() < 2e-2
    with torch.no_grad():
        logits = theirs(pixels).logits
    assert (model.logits(ours) - logits).abs().max() < 2e-2 * logits.abs().max()
    assert model.names == ("tabby cat", "dog", "kite")


def test_classes_without_names_are_counted(vit: Path) -> None:
    edit_json(vit / "config.json", id2label={str(i): f"LABEL_{i}" for i in range(3)})
    assert load(f"hf:{vit}", CPU).names == ("class 0", "class 1", "class 2")


def test_names_whose_logits_are_not_known_are_not_shown(vit: Path) -> None:
    edit_json(vit / "config.json", id2label={"2": "kite", "0": "cat", "3": "dog"})
    assert load(f"hf:{vit}", CPU).names == ("class 0", "class 1", "class 2")


def test_labels_that_hold_independently_get_a_sigmoid(vit: Path) -> None:
    edit_json(vit / "config.json", problem_type="multi_label_classification")
    reference = reference_of(f"hf:{vit}", "cpu")
    assert reference.activation == "sigmoid"
    model = Resources().classifier(reference)
    prepared = model.prepare(blocks_picture())
    expected = torch.sigmoid(model.logits(prepared.batch))[0].numpy()
    np.testing.assert_allclose(model.probabilities(prepared), expected, rtol=1e-6)
    assert load(f"hf:{vit}", CPU).activation == "sigmoid"


def test_the_default_layer_is_the_input_norm_of_the_last_block(tiny_vit: Classifier) -> None:
    assert tiny_vit.default_layer == "vit.layers.2.layernorm_before"


def refused(model_id: str) -> str:
    """Load a model that cannot be loaded; return the sentence."""
    with pytest.raises(SeeWhyError) as caught:
        load(model_id, CPU)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500
    return str(caught.value)


@pytest.mark.parametrize(
    "config",
    [
        "",
        "nonsense",
        "[]",
        "{}",
        '{"model_type": "vit", "id2label": 3, "num_labels": "many"}',
        '{"model_type": "vit", "image_size": {"a": 1}}',
        '{"model_type": "vit", "image_size": 0}',
        '{"model_type": "no-such-model"}',
        '{"model_type": "bert"}',
        '{"model_type": "vit", "hidden_size": "wide"}',
        '{"model_type": "vit", "image_size": 1e999}',
    ],
)
def test_a_damaged_configuration(vit: Path, monkeypatch: pytest.MonkeyPatch, config: str) -> None:
    (vit / "config.json").write_text(config)
    (vit / "preprocessor_config.json").unlink()
    assert "tiny-vit" in refused(f"hf:{vit}")
    refused(f"hf:{vit}:random")
    monkeypatch.setenv("SEEWHY_MODELS", str(vit.parent))
    HuggingFace().entries()


@pytest.mark.parametrize(
    "processor",
    [
        {"size": {"height": "tall", "width": 3}},
        {"size": {"shortest_edge": -1}},
        {"image_std": [0, 0, 0]},
        {"image_mean": ["a"]},
        {"image_mean": []},
        {"rescale_factor": 0},
        {"resample": [1]},
        {"size": {"shortest_edge": 40}, "crop_pct": "much"},
        {"do_center_crop": True, "crop_size": {"height": None, "width": 2}},
    ],
)
def test_a_damaged_processor_does_not_take_other_models_away(
    vit: Path,
    hugging_face_models: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    processor: dict,
) -> None:
    shutil.copytree(hugging_face_models["vit"], vit.parent / "whole")
    edit_json(vit / "preprocessor_config.json", **processor)
    monkeypatch.setenv("SEEWHY_MODELS", str(vit.parent))
    assert [entry.id for entry in HuggingFace().entries()] == ["hf:whole"]
    assert "preprocessor_config.json of hf:tiny-vit is damaged" in refused("hf:tiny-vit")


def test_a_folder_without_a_classifier(vit: Path) -> None:
    from safetensors.torch import load_file, save_file

    file = vit / "model.safetensors"
    state = load_file(file)
    save_file(
        {key: each for key, each in state.items() if "classifier" not in key},
        file,
        {"format": "pt"},
    )
    assert "is no trained classifier: it lacks 'classifier.bias' and 1 more" in refused(f"hf:{vit}")
    file.write_bytes(b"nonsense")
    assert "transformers cannot load hf:tiny-vit" in refused(f"hf:{vit}")
    file.unlink()
    with pytest.raises(MissingWeights, match="has no weights"):
        load(f"hf:{vit}", CPU)
    (vit / "config.json").unlink()
    with pytest.raises(UnknownModel, match="is neither OWNER/NAME"):
        load(f"hf:{vit}", CPU)


class Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, (str(self.path), "w")


def test_nothing_that_a_folder_brings_along_is_executed(vit: Path, tmp_path: Path) -> None:
    sprung = tmp_path / "sprung"
    shutil.copytree(vit, vit.with_name("code"))
    (vit / "model.safetensors").unlink()
    (vit / "pytorch_model.bin").write_bytes(pickle.dumps({"a": Trap(sprung)}))
    assert "transformers cannot load" in refused(f"hf:{vit}")
    torch.save({"vit.a": Trap(sprung)}, vit / "pytorch_model.bin")
    assert "transformers cannot load" in refused(f"hf:{vit}")
    code = vit.with_name("code")
    (code / "theirs.py").write_text(f"open({str(sprung)!r}, 'w')")
    edit_json(
        code / "config.json",
        model_type="theirs",
        auto_map={
            "AutoConfig": "theirs.Config",
            "AutoModelForImageClassification": "theirs.Model",
        },
    )
    refused(f"hf:{code}")
    refused(f"hf:{code}:random")
    assert not sprung.exists()


def test_pickled_tensors_are_read(vit: Path) -> None:
    from safetensors.torch import load_file

    before = load(f"hf:{vit}", CPU)
    torch.save(load_file(vit / "model.safetensors"), vit / "pytorch_model.bin")
    (vit / "model.safetensors").unlink()
    batch = torch.ones(1, 3, 32, 32)
    assert torch.equal(load(f"hf:{vit}", CPU).logits(batch), before.logits(batch))


@pytest.mark.parametrize("control", [False, True])
def test_resources_load_a_folder_and_its_control(vit: Path, control: bool) -> None:
    reference = reference_of(f"hf:{vit}" + ":random" * control, "cpu")
    resources = Resources()
    resources.offer_model(reference)
    model = resources.classifier(reference)
    assert model.reference == reference
    assert (model.digest == load(f"hf:{vit}", CPU).digest) is not control


def test_a_repository_of_the_hubs_cache(vit: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingWeights, match="download them on the page"):
        load(f"hf:{REPOSITORY}", CPU)
    shutil.copytree(vit, hub_folder(tmp_path / "hub", REPOSITORY), dirs_exist_ok=True)
    assert [entry.id for entry in HuggingFace().entries()] == [f"hf:{REPOSITORY}"]
    model = load(f"hf:{REPOSITORY}", CPU)
    assert (model.id, model.names[1]) == (f"hf:{REPOSITORY}", "dog")
    assert catalog.status(catalog.find(model.id)).words == "on disk"
    assert load(f"hf:{REPOSITORY}:random", CPU).digest != model.digest


class Hub(BaseHTTPRequestHandler):
    """The two addresses of the hub that a download needs."""

    folder: Path

    def do_HEAD(self) -> None:
        """Tell size and version of a file."""
        self.answer(body=False)

    def do_GET(self) -> None:
        """Send a file, or the list of files."""
        self.answer(body=True)

    def answer(self, *, body: bool) -> None:
        """Send what is asked for."""
        path = self.path.partition("?")[0]
        if path.startswith(f"/api/models/{REPOSITORY}"):
            files = [
                {"rfilename": file.name, "size": file.stat().st_size}
                for file in self.folder.iterdir()
            ]
            whole = {"id": REPOSITORY, "sha": "b" * 40, "siblings": files}
            content = json.dumps(whole).encode()
        elif (file := self.folder / path.rpartition("/")[2]).is_file() and REPOSITORY in path:
            content = file.read_bytes()
        else:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("X-Repo-Commit", "b" * 40)
        self.send_header("ETag", f'"{path.rpartition("/")[2]}"')
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet."""


@pytest.fixture
def server(vit: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A hub that has one repository; gives the folder with its files."""
    import huggingface_hub.constants as constants

    with ThreadingHTTPServer(("127.0.0.1", 0), type("Served", (Hub,), {"folder": vit})) as http:
        address = f"http://127.0.0.1:{http.server_address[1]}"
        monkeypatch.setattr(constants, "ENDPOINT", address)
        monkeypatch.setattr(
            constants,
            "HUGGINGFACE_CO_URL_TEMPLATE",
            address + "/{repo_id}/resolve/{revision}/{filename}",
        )
        monkeypatch.setenv("no_proxy", "*")
        thread = threading.Thread(target=http.serve_forever, args=(0.01,))
        thread.start()
        yield vit
        http.shutdown()
        thread.join()


def test_a_download_tells_how_far_it_is(server: Path) -> None:
    seen: list[tuple[float, str]] = []
    source, entry = HuggingFace(), catalog.find(f"hf:{REPOSITORY}")
    source.fetch(entry, lambda share, stage: seen.append((share, stage)))
    assert seen[0] == (0.0, "asking for config.json")
    assert seen[-1][0] == 1.0
    assert seen[-1][1].endswith("of 0 MB")
    theirs = load(f"hf:{server}", CPU)
    batch = torch.ones(1, 3, 32, 32)
    assert torch.equal(load(f"hf:{REPOSITORY}", CPU).logits(batch), theirs.logits(batch))


def test_stop_ends_a_download(server: Path) -> None:
    def stop(share: float, stage: str) -> None:
        if "MB" in stage:
            raise Cancelled("Stop was pressed.")

    entry = catalog.find(f"hf:{REPOSITORY}")
    with pytest.raises(Cancelled):
        HuggingFace().fetch(entry, stop)
    assert catalog.status(catalog.find(entry.id)).state == "downloadable"
    HuggingFace().fetch(entry, quiet)
    assert catalog.status(catalog.find(entry.id)).state == "on disk"


def test_downloads_that_fail(server: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = HuggingFace()
    with pytest.raises(DownloadFailed, match="check the name and the network"):
        source.fetch(catalog.find("hf:nobody/nothing"), quiet)
    with pytest.raises(DownloadFailed, match="is a folder"):
        source.fetch(catalog.find(f"hf:{server}"), quiet)
    (server / "model.safetensors").unlink()
    with pytest.raises(DownloadFailed, match="no weights that PyTorch can read"):
        source.fetch(catalog.find(f"hf:{REPOSITORY}"), quiet)
    (server / "config.json").unlink()
    with pytest.raises(DownloadFailed, match=r"has no config\.json"):
        source.fetch(catalog.find(f"hf:{REPOSITORY}"), quiet)
    monkeypatch.setenv("SEEWHY_ALLOW_DOWNLOADS", "0")
    with pytest.raises(DownloadFailed, match="its owner does not allow downloads"):
        source.fetch(catalog.find(f"hf:{REPOSITORY}"), quiet)
    with pytest.raises(MissingWeights) as caught:
        load(f"hf:{REPOSITORY}", CPU)
    assert "download them on the page" not in str(caught.value)


@pytest.mark.parametrize("method", ["grad-cam", "ablation-cam", "eigen-cam", "score-cam", "lime"])
def test_methods_run_on_a_vit(tiny_vit: Classifier, photo: Picture, method: str) -> None:
    prepared = tiny_vit.prepare(photo)
    made = asked_lime(tiny_vit, prepared, samples=50) if method == "lime" else None
    explanation = run(*(made or asked(tiny_vit, prepared, method=method)))
    assert np.isfinite(explanation.heat).all()
    assert np.ptp(explanation.heat) > 0


def test_many_threads_give_the_maps_of_one(
    tiny_vit: Classifier, hugging_face_models: dict[str, Path]
) -> None:
    folder = hugging_face_models["vit"]
    pictures = [tiny_vit.prepare(blocks_picture(seed=seed)) for seed in range(8)]
    requests = [asked(tiny_vit, pictures[i % 8], target=i // 8 % 3) for i in range(64)]
    serial = [run(*request).heat for request in requests]
    fresh = load(f"hf:{folder}", CPU)
    again = [(request, Subject(fresh, subject.prepared)) for request, subject in requests]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda pair: run(*pair).heat, again))
    for one, other in zip(serial, together, strict=True):
        np.testing.assert_array_equal(one, other)


def test_units_of_a_vit_are_read(tiny_vit: Classifier, photo: Picture) -> None:
    paths = [layer.path for layer in tiny_vit.layers()]
    readout = tiny_vit.readout(paths)
    values = readout(tiny_vit.prepare(photo).batch)
    assert len(values) == len(paths)


def test_settings_of_processors() -> None:
    how = preprocess_from({"size": 40, "do_rescale": False, "do_normalize": False}, {})
    assert (how.size, how.crop, how.mean) == ((40, 40), "squash", (0.0, 0.0, 0.0))
    assert how.std == pytest.approx((1 / 255,) * 3)
    how = preprocess_from({"rescale_factor": 1 / 127.5, "rescale_offset": True}, {"image_size": 50})
    assert how.size == (50, 50)
    assert how.mean == pytest.approx((0.75,) * 3)
    how = preprocess_from({"size": {"shortest_edge": 384}, "crop_pct": 0.9}, {})
    assert (how.size, how.crop) == ((384, 384), "squash")
