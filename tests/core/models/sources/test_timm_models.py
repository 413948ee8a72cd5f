"""timm's models by name, from a folder and from the hub's cache."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from core.errors import BadWeights, DownloadFailed, MissingWeights, UnknownModel
from core.models import catalog, picker_order
from core.models.load import load
from core.models.reference import preprocess_of, reference_of
from core.models.sources import timm_models
from core.pictures.picture import Picture
from core.work.resources import Resources
from tests.core.models.sources.conftest import edit_json, hub_folder, seeded

timm = pytest.importorskip("timm")
CPU = torch.device("cpu")
NAME = "test_resnet.r160_in1k"


def quiet(share: float, stage: str) -> None:
    """Nobody watches."""


@pytest.fixture
def cached(tmp_path: Path) -> tuple[Path, torch.nn.Module]:
    """Weights of `NAME` in the hub's cache, and timm's own model with them."""
    net = seeded(lambda: timm.create_model("test_resnet"))
    folder = hub_folder(tmp_path / "hub", catalog.find(f"timm:{NAME}").repository)
    save_file(net.state_dict(), folder / "model.safetensors")
    return folder, net


def test_the_list_is_read_from_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = timm_models.TimmModels().entries()
    assert len(listed) > 1000
    assert len({entry.id for entry in listed}) == len(listed)
    monkeypatch.setattr(timm_models, "_ask", pytest.fail)
    timm_models._listed.cache_clear()
    assert timm_models.TimmModels().entries() == listed


def test_ids_with_and_without_a_tag() -> None:
    tagged = catalog.find(f"timm:{NAME}")
    assert (tagged.id, tagged.classes, tagged.input_size) == (f"timm:{NAME}", 1000, 160)
    assert tagged.names[1].startswith("goldfish")
    assert catalog.find("TIMM:Test_ResNet") == tagged
    assert catalog.find("timm:test_vit4").names[1].startswith("goldfish")
    assert catalog.status(tagged).state == "downloadable"


@pytest.mark.parametrize(
    ("model_id", "words"),
    [
        ("timm:test_resnett", "did you mean timm:test_resnet"),
        ("timm:test_resnet.nowhere", r"did you mean .*timm:test_resnet\.r160_in1k"),
        ("timm:test_resnet:trained", "did you mean timm:test_resnet"),
        ("timm:zzz", "takes any name of"),
        ("timm:", "takes any name of"),
        ("timm:local-dir:/nowhere", "is no folder of a timm model"),
    ],
)
def test_an_unknown_name_gives_near_ones(model_id: str, words: str) -> None:
    with pytest.raises(UnknownModel, match=words) as caught:
        catalog.find(model_id)
    assert "\n" not in str(caught.value)


def test_the_control_is_what_its_own_id_means() -> None:
    control = catalog.find("timm:test_resnet:random")
    assert control.id == "timm:test_resnet:random"
    listed = timm_models.TimmModels().entries()
    large = next(e for e in listed if e.classes > 1000 and not e.is_default)
    control = catalog.find(f"{large.id}:random")
    assert catalog.find(control.id) == control
    first, second = load("timm:test_resnet:random", CPU), load("timm:test_resnet:random", CPU)
    assert first.digest == second.digest
    assert first.reference is not None
    assert first.reference.weights == "random"


def test_weights_of_the_hubs_cache(cached: tuple[Path, torch.nn.Module]) -> None:
    folder, net = cached
    status = catalog.status(catalog.find(f"timm:{NAME}"))
    assert (status.state, status.words) == ("on disk", "on disk")
    assert status.path == folder / "model.safetensors"
    model = load(f"timm:{NAME}", CPU)
    batch = torch.rand(2, 3, 160, 160, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        assert torch.equal(model.logits(batch), net(batch))
    assert model.names[1].startswith("goldfish")


def test_weights_that_do_not_fit(cached: tuple[Path, torch.nn.Module]) -> None:
    folder, net = cached
    state = {**net.state_dict(), "conv1.0.weight": torch.zeros(1, 2, 3, 4)}
    save_file(state, folder / "model.safetensors")
    with pytest.raises(BadWeights, match=r"does not fit timm's test_resnet") as caught:
        load(f"timm:{NAME}", CPU)
    assert "\n" not in str(caught.value)


def test_names_of_twelve_thousand_classes_are_looked_up_when_the_model_is_loaded(
    tmp_path: Path,
) -> None:
    from timm.data import ImageNetInfo

    listed = timm_models.TimmModels().entries()
    assert all(not entry.names for entry in listed if entry.classes != 1000)
    entry = next(e for e in listed if e.classes == 11821 and e.arch.startswith("timm:resnet"))
    names = timm_models.class_names(entry)
    assert names[5] == ImageNetInfo("imagenet-12k").index_to_description(5)
    assert (len(names), names[0]) != (1000, "tench")


def test_a_folder_equals_timms_own_model(timm_folder: Path) -> None:
    model_id = f"timm:local-dir:{timm_folder}"
    model = load(model_id, CPU)
    assert model.names == ("ant", "bee", "cat", "dog", "elk")
    theirs = timm.create_model(f"local-dir:{timm_folder}", pretrained=True).eval()
    batch = torch.rand(2, 3, *model.input_size, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        assert torch.equal(model.logits(batch), theirs(batch))
    control = load(f"{model_id}:random", CPU)
    assert len(control.names) == 5
    assert control.digest != model.digest


def test_a_folder_that_changes_is_another_model(timm_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(timm_folder, folder)
    before = reference_of(f"timm:local-dir:{folder}")
    edit_json(folder / "config.json", model_args={"act_layer": "relu"})
    assert reference_of(f"timm:local-dir:{folder}").weights != before.weights
    (folder / "model.safetensors").unlink()
    with pytest.raises(MissingWeights, match="has no weights"):
        reference_of(f"timm:local-dir:{folder}")


def test_the_owners_folder_is_listed_and_found_by_its_name(
    timm_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEEWHY_MODELS", str(timm_folder.parent))
    assert picker_order.offered("timm")[0] == "timm:local-dir:tiny-resnet"
    found = catalog.find("timm:local-dir:tiny-resnet")
    assert found.local == timm_folder
    assert catalog.find(f"{found.id}:random").classes == 5


@pytest.mark.parametrize("control", [False, True])
def test_resources_load_a_folder_and_its_control(timm_folder: Path, control: bool) -> None:
    reference = reference_of(f"timm:local-dir:{timm_folder}" + ":random" * control, "cpu")
    resources = Resources()
    resources.offer_model(reference)
    model = resources.classifier(reference)
    assert model.reference == reference
    theirs = load(f"timm:local-dir:{timm_folder}", CPU)
    assert (model.digest == theirs.digest) is not control


@pytest.mark.parametrize(("crop_mode", "fit"), [("center", "crop"), ("squash", "crop")])
@pytest.mark.parametrize("percent", [0.875, 0.9, 0.95, 1.0])
def test_preprocessing_equals_timms(
    timm_folder: Path, tmp_path: Path, photo: Picture, crop_mode: str, fit: str, percent: float
) -> None:
    from PIL import Image
    from timm.data import create_transform

    folder = tmp_path / "copy"
    shutil.copytree(timm_folder, folder)
    config = {
        "input_size": [3, 61, 61],
        "crop_pct": percent,
        "crop_mode": crop_mode,
        "interpolation": "bicubic",
        "mean": [0.4, 0.5, 0.6],
        "std": [0.2, 0.3, 0.25],
    }
    edit_json(folder / "config.json", pretrained_cfg=config)
    model = load(f"timm:local-dir:{folder}", CPU)
    assert model.input_size == (61, 61)
    prepared = model.prepare(photo, fit)  # type: ignore[arg-type]
    transform = create_transform(**(config | {"input_size": (3, 61, 61)}))
    theirs = transform(Image.fromarray(photo.pixels))
    ours = prepared.batch[0]
    # One step of rounding is 1/255 of the colours, divided by the deviation.
    assert (ours - theirs).abs().max() < 2.01 / 255 / 0.2
    assert (ours - theirs).abs().mean() < 0.5 / 255 / 0.2


def test_nothing_to_download(timm_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = timm_models.TimmModels()
    for model_id in (f"timm:local-dir:{timm_folder}", "timm:test_vit4"):
        with pytest.raises(DownloadFailed, match="Nobody publishes weights"):
            source.fetch(catalog.find(model_id), quiet)
    monkeypatch.setattr("core.models.hub.published_files", lambda repository: {"a.txt": 1})
    with pytest.raises(DownloadFailed, match="no weights that PyTorch can read"):
        source.fetch(catalog.find(f"timm:{NAME}"), quiet)
    assert preprocess_of(catalog.find(f"timm:{NAME}")).size == (160, 160)
