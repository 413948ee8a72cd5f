"""Tiny models of other libraries with random weights, and places that hold nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from core.models import hub
from core.pictures.picture import Picture
from tests.conftest import blocks_picture

Saver = Callable[..., Path]


@pytest.fixture(autouse=True)
def no_other_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Neither the hub's cache nor a folder of this machine is looked at."""
    import huggingface_hub.constants

    (tmp_path / "hub").mkdir()
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("SEEWHY_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.delenv("SEEWHY_MODELS", raising=False)
    hub._listed.cache_clear()
    yield
    hub._listed.cache_clear()


@pytest.fixture
def photo() -> Picture:
    """A picture that is neither square nor of a model's size."""
    return blocks_picture(90, 130)


def hub_folder(root: Path, repository: str) -> Path:
    """Make the folder of a repository in the hub's cache, as its library lays it out."""
    base = root / f"models--{repository.replace('/', '--')}"
    (base / "refs").mkdir(parents=True)
    (base / "refs" / "main").write_text("a" * 40)
    folder = base / "snapshots" / ("a" * 40)
    folder.mkdir(parents=True)
    return folder


def edit_json(path: Path, **changes: Any) -> None:
    """Change fields of a file; None takes one away."""
    whole = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({key: value for key, value in whole.items() if value is not None}))


def seeded(make: Callable[[], Any], seed: int = 3) -> Any:
    """Make a model of random weights that are the same every time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make().eval()


def spread(net: torch.nn.Module) -> None:
    """Make logits differ: models start with weights so small that all classes are alike."""
    with torch.no_grad():
        for parameter in net.parameters():
            if parameter.ndim >= 2:
                torch.nn.init.normal_(parameter, std=(1 / parameter[0].numel()) ** 0.5)


HF_KINDS = ("vit", "swin", "resnet", "mobilevit")


@pytest.fixture(scope="session")
def hugging_face_models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of tiny classifiers with their image processors, by architecture."""
    import transformers as tf

    names = {0: "tabby cat, tabby", 1: "dog", 2: "kite"}
    labels = {"id2label": names, "label2id": {name: i for i, name in names.items()}}
    configs = {
        "vit": tf.ViTConfig(
            image_size=32,
            patch_size=8,
            hidden_size=16,
            num_hidden_layers=3,
            num_attention_heads=2,
            intermediate_size=32,
            **labels,
        ),
        "swin": tf.SwinConfig(
            image_size=64,
            patch_size=4,
            embed_dim=8,
            depths=[1, 1],
            num_heads=[1, 2],
            window_size=4,
            **labels,
        ),
        "resnet": tf.ResNetConfig(
            embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic", **labels
        ),
        "mobilevit": tf.MobileViTConfig(
            image_size=64,
            hidden_sizes=[16, 16, 16],
            neck_hidden_sizes=[8, 8, 8, 16, 16, 16, 32],
            num_attention_heads=2,
            **labels,
        ),
    }
    side = {"height": 32, "width": 32}
    processors = {
        "vit": tf.ViTImageProcessor(size=side, resample=2),
        "swin": tf.ViTImageProcessor(
            size={"height": 64, "width": 64}, image_mean=[0.4, 0.5, 0.6], resample=3
        ),
        "resnet": tf.ConvNextImageProcessor(size={"shortest_edge": 48}, crop_pct=0.875),
        "mobilevit": tf.MobileViTImageProcessor(
            size={"shortest_edge": 72}, crop_size={"height": 64, "width": 64}
        ),
    }
    folders = {}
    for kind in HF_KINDS:
        make = tf.AutoModelForImageClassification.from_config
        net = seeded(lambda make=make, config=configs[kind]: make(config))
        seeded(lambda net=net: spread(net) or net)
        side_of = configs[kind].to_dict().get("image_size", 48)
        with torch.no_grad():
            noise = torch.rand(4, 3, side_of, side_of, generator=torch.Generator().manual_seed(2))
            last = [layer for layer in net.modules() if isinstance(layer, torch.nn.Linear)][-1]
            last.weight /= net(noise).logits.std(0).mean()
        folders[kind] = tmp_path_factory.mktemp("hugging_face") / f"tiny-{kind}"
        net.save_pretrained(folders[kind])
        processors[kind].save_pretrained(folders[kind])
    return folders


@pytest.fixture(scope="session")
def timm_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny ResNet of five classes as timm saves models for the hub."""
    import timm
    from timm.models import save_for_hf

    folder = tmp_path_factory.mktemp("timm") / "tiny-resnet"
    net = seeded(lambda: timm.create_model("test_resnet", num_classes=5, act_layer="silu"))
    save_for_hf(
        net,
        folder,
        model_config={"label_names": ["ant", "bee", "cat", "dog", "elk"]},
        model_args={"act_layer": "silu"},
        safe_serialization=True,
    )
    return folder
