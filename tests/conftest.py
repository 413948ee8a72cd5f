"""Fixtures that all tests share: a tiny classifier, a picture, the folder of real data."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
import torch
from hypothesis import settings
from torch import Tensor, nn

from core import Pixels
from core.caching.once import Once
from core.explain.base import SAMPLES, Explanation, Subject, Tick, no_tick
from core.explain.methods import METHODS
from core.models.card import Card
from core.models.classifier import Classifier
from core.models.input import Prepared
from core.pictures.picture import Picture, from_pixels
from core.requests.maps import LimeRequest, MapRequest
from core.requests.options import Value
from core.requests.references import PictureRef, Preprocess
from core.requests.settings_text import lime_of
from core.requests.studies import StudyRequest

# A busy machine is no fault of what is tested.
settings.register_profile("seewhy", deadline=None)
settings.load_profile("seewhy")

TINY_NAMES = ("grey cat", "red dog", "crane (bird)", "crane (machine)")
TINY_SIZE = 32


class TinyNet(nn.Module):
    """Three convolution blocks, the last at 8 x 8, mean over places, one linear layer.

    Has what makes splitting hard: in-place ReLU, batch norm, pooling, a block inside a block.
    """

    def __init__(self, classes: int = 4, channels: int = 6) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, channels, 3, padding=1), nn.BatchNorm2d(channels), nn.ReLU(inplace=True)
        )
        self.pool = nn.MaxPool2d(2)
        self.blocks = nn.Sequential(
            nn.Sequential(
                nn.Conv2d(channels, 2 * channels, 3, padding=1, bias=False),
                nn.BatchNorm2d(2 * channels),
                nn.ReLU(inplace=True),
            ),
            nn.Sequential(
                nn.Conv2d(2 * channels, 2 * channels, 3, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(2 * channels),
                nn.ReLU(inplace=True),
            ),
        )
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(2 * channels, classes)

    def forward(self, batch: Tensor) -> Tensor:
        x = self.blocks(self.pool(self.stem(batch)))
        return self.fc(torch.flatten(self.avgpool(x), 1))


def tiny_net(seed: int = 0, classes: int = 4) -> TinyNet:
    """A `TinyNet` with seeded weights and batch norms that are not the identity."""
    rng = torch.Generator().manual_seed(seed)
    net = TinyNet(classes).eval()
    with torch.no_grad():
        for name, tensor in net.named_parameters():
            tensor.copy_(torch.randn(tensor.shape, generator=rng) * 0.4)
            if "1.weight" in name:
                tensor.abs_().add_(0.5)
        for name, tensor in net.named_buffers():
            if "running" in name:
                tensor.copy_(torch.rand(tensor.shape, generator=rng) + 0.5)
    return net


def classifier_of(
    net: nn.Module, size: int = TINY_SIZE, names: tuple[str, ...] = TINY_NAMES
) -> Classifier:
    """Wrap any small network; its colours are passed on unchanged (mean 0, deviation 1)."""
    card = Card(
        id="tiny:random",
        title="Tiny",
        arch="tiny",
        digest="0" * 64,
        names=names,
        preprocess=Preprocess((size, size), size + 8, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
    )
    return Classifier(net, card, torch.device("cpu"))


class OneConv(nn.Module):
    """One 1 x 1 convolution, ReLU, mean over places, a linear layer: maps by hand.

    With kernel V (C, 3) and linear weight W (K, C), logit k is
    sum_c W[k, c] * mean_ij relu(sum_r V[c, r] * rgb[r, i, j]).
    """

    def __init__(self, kernel: Tensor, weight: Tensor) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, len(kernel), 1, bias=False)
        self.relu = nn.ReLU()
        self.fc = nn.Linear(weight.shape[1], len(weight), bias=False)
        with torch.no_grad():
            self.conv.weight.copy_(kernel[:, :, None, None])
            self.fc.weight.copy_(weight)

    def forward(self, batch: Tensor) -> Tensor:
        return self.fc(self.relu(self.conv(batch)).mean((2, 3)))


@pytest.fixture(scope="session")
def tiny() -> Classifier:
    """A seeded random classifier of four classes for pictures of 32 x 32."""
    return classifier_of(tiny_net())


@pytest.fixture(scope="session")
def one_conv() -> Callable[..., Classifier]:
    """Makes a classifier with known weights: `one_conv(kernel (C, 3), weight (K, C), size)`."""

    def make(kernel: Tensor, weight: Tensor, size: int = 4) -> Classifier:
        names = tuple(f"class {index}" for index in range(len(weight)))
        return classifier_of(OneConv(kernel, weight), size, names)

    return make


def blocks_picture(height: int = 40, width: int = 56, seed: int = 0) -> Picture:
    """Seeded coloured blocks with a gradient over them: smooth regions and edges."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 200, (-(-height // 8), -(-width // 8), 3))
    fine = np.kron(coarse, np.ones((8, 8, 1), dtype=np.int64))[:height, :width]
    ramp = np.linspace(0, 55, width).astype(np.int64)[None, :, None]
    pixels: Pixels = (fine + ramp).astype(np.uint8)
    return from_pixels(pixels, f"blocks-{seed}.png")


@pytest.fixture(scope="session")
def picture() -> Picture:
    """A small seeded picture, 56 x 40."""
    return blocks_picture()


@pytest.fixture(scope="session")
def prepared(tiny: Classifier, picture: Picture) -> Prepared:
    """The seeded picture as the tiny classifier sees it."""
    return tiny.prepare(picture)


def asked(
    classifier: Classifier,
    prepared: Prepared,
    layers: tuple[str, ...] = (),
    target: int = 0,
    method: str = "grad-cam",
    options: Mapping[str, Value] | None = None,
    **settings: object,
) -> tuple[MapRequest, Subject]:
    """A request for a map with what it names, loaded: `get(method).run(*asked(...))`.

    `settings` are further fields of `MapRequest`, for example `smooth="aug"`.
    """
    picture = prepared.picture
    request = MapRequest(
        picture=PictureRef(picture.sha256, picture.name),
        model=classifier.reference,
        fit=prepared.fit,
        method=method,
        target=target,
        layers=layers,
        options=tuple((options or {}).items()),
        **settings,
    )
    return request, Subject(classifier, prepared)


def asked_lime(
    classifier: Classifier,
    prepared: Prepared,
    target: int = 0,
    store: Once = SAMPLES,
    seed: int = 0,
    precision: str = "exact",
    **options: Value,
) -> tuple[LimeRequest, Subject]:
    """A request for LIME with what it names, loaded: `LIME.run(*asked_lime(...))`.

    `options` are LIME's settings by the names that people use, for example `segments="grid"`;
    samples stay in `store`.
    """
    picture = PictureRef(prepared.picture.sha256, prepared.picture.name)
    study = StudyRequest(
        pictures=(picture,),
        model=classifier.reference,
        fit=prepared.fit,
        methods=("lime",),
        seed=seed,
        precision=precision,
        lime=lime_of(options),
    )
    return study.map_of("lime", picture, target), Subject(classifier, prepared, store)


def run(request: MapRequest | LimeRequest, subject: Subject, tick: Tick = no_tick) -> Explanation:
    """Run the method that the request names: `run(*asked(...))`."""
    return METHODS[request.method].run(request, subject, tick)


@pytest.fixture(scope="session")
def test_data() -> Path:
    """Folder of real weights and photos; tests that need it skip where it is missing."""
    folder = Path(os.environ.get("SEEWHY_TEST_DATA", "../shared")).expanduser().resolve()
    missing = [name for name in ("weights", "data/photos") if not (folder / name).is_dir()]
    if missing:
        pytest.skip(f"SEEWHY_TEST_DATA={folder} has no folder {' and no '.join(missing)}")
    return folder


@pytest.fixture(scope="session")
def ray_machines() -> Iterator[None]:
    """Two machines of Ray with a core each, on this one; tests of them share one process."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install -r requirements-ray.txt")
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray
    from ray.cluster_utils import Cluster

    memory = 100 << 20
    head = {"num_cpus": 1, "include_dashboard": False, "object_store_memory": memory}
    # It would name itself as the cluster of this machine, which commands run by hand then join.
    with patch("ray._private.utils.write_ray_address"):
        cluster = Cluster(initialize_head=True, head_node_args=head)
    cluster.add_node(num_cpus=1, object_store_memory=memory)
    ray.init(cluster.address, log_to_driver=False, logging_level="ERROR")
    yield
    ray.shutdown()
    cluster.shutdown()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file in one process, and those of Ray in one for all files."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(str(item.path)))
