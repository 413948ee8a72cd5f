"""The architecture of a person's own file, guessed from its tensors."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import timm
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor, nn

from core.commands.entry_point import BAD_INPUT, OK, main
from core.errors import BadWeights
from core.models import architectures, catalog
from core.models.guess import assumed
from core.models.load import load
from core.models.reference import preprocess_of, reference_of
from core.models.weights import build
from tests.conftest import blocks_picture

State = dict[str, Tensor]
CPU = torch.device("cpu")


def torchvision_state(arch: str, classes: int, channels: int = 3) -> State:
    return build(catalog.find(arch), classes, channels=channels).state_dict()


@pytest.fixture(scope="module")
def resnet() -> State:
    torch.manual_seed(0)
    return torchvision_state("resnet18", 7)


@pytest.fixture(name="saved")
def saved_fixture(tmp_path: Path) -> Callable[[object], Path]:
    def save(state: object) -> Path:
        path = tmp_path / "own.pth"
        torch.save(state, path)
        return path

    return save


def test_the_index_knows_all_of_torchvision_and_timm() -> None:
    known = set(architectures.ids())
    assert set(catalog.architectures()) <= known
    missing = {name for name in timm.list_models() if f"timm:{name}" not in known}
    # Encoders without a head classify nothing.
    assert all(name.endswith("_enc") for name in missing), sorted(missing)


@pytest.mark.parametrize(
    ("arch", "classes"),
    [("resnet18", 5), ("mobilenet_v2", 1), ("squeezenet1_1", 3), ("densenet121", 4)],
)
def test_architectures_of_torchvision(
    arch: str, classes: int, saved: Callable[[object], Path]
) -> None:
    found = assumed(saved(torchvision_state(arch, classes)))
    assert (found.id, found.classes, found.channels) == (arch, classes, 3)
    assert found.is_guess
    assert found.activation == ("sigmoid" if classes == 1 else "softmax")


@pytest.mark.parametrize(
    "name",
    ["resnet18", "convnext_atto", "vit_tiny_patch16_224", "levit_128s", "inception_next_atto"],
)
def test_architectures_of_timm(name: str, saved: Callable[[object], Path]) -> None:
    path = saved(timm.create_model(name, num_classes=6).state_dict())
    found = assumed(path)
    fitting = (found.id, *found.others)
    assert f"timm:{name}" in fitting
    assert found.classes == 6
    model = load(found.id, CPU, path)
    assert model.names == tuple(f"class {index}" for index in range(6))
    config = timm.models.get_pretrained_cfg(found.id.removeprefix("timm:"))
    if config is not None and found.id.startswith("timm:"):
        assert model.input_size == config.input_size[1:]
        assert model.preprocess.mean == tuple(config.mean)


def test_torchvision_comes_first_where_both_fit(saved: Callable[[object], Path], resnet) -> None:
    found = assumed(saved(resnet))
    assert found.id == "resnet18"
    assert "timm:resnet18" in found.others
    sentence = found.sentence(preprocess_of(catalog.find("resnet18")), "softmax", named=False)
    assert "others too" in sentence or "1 other too" in sentence
    assert "class 0 to class 6" in sentence
    assert "224 x 224 pixels" in sentence


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: {f"model.{key}": value for key, value in state.items()},
        lambda state: {f"net.backbone.{key}": value for key, value in state.items()},
        lambda state: {"state_dict": {f"module.model.{k}": v for k, v in state.items()}},
        lambda state: {k: v for k, v in state.items() if not k.endswith("num_batches_tracked")},
        lambda state: {k.replace("fc.", "fc.1."): v for k, v in state.items()},
    ],
    ids=["model", "net.backbone", "lightning", "no counters", "dropout before the head"],
)
def test_wrapped_files_are_found_and_load(wrap, saved: Callable[[object], Path], resnet) -> None:
    path = saved(wrap(resnet))
    assert assumed(path).id == "resnet18"
    plain = build(catalog.find("resnet18"), 7)
    plain.load_state_dict(resnet)
    model = load("resnet18", CPU, path)
    prepared = model.prepare(blocks_picture())
    with torch.no_grad():
        assert torch.equal(model.logits(prepared.batch), plain(prepared.batch))


def test_a_file_of_grey_pictures(saved: Callable[[object], Path]) -> None:
    path = saved(torchvision_state("resnet18", 2, channels=1))
    for architecture in ("", "resnet18"):
        assert assumed(path, architecture).channels == 1
        reference = reference_of(architecture, "cpu", path)
        assert reference.preprocess.channels == 1
    model = load("resnet18", CPU, path, preprocess=reference.preprocess)
    assert model.logits(model.prepare(blocks_picture()).batch).shape == (1, 2)


def test_one_logit_is_a_sigmoid_unless_a_person_says_otherwise(
    saved: Callable[[object], Path],
) -> None:
    path = saved(torchvision_state("resnet18", 1))
    assert reference_of("", "cpu", path).activation == "sigmoid"
    assert reference_of("resnet18", "cpu", path).activation == "sigmoid"
    changed = reference_of("", "cpu", path, None, ("activation=softmax", "size=64"))
    assert changed.activation == "softmax"
    assert changed.preprocess.size == (64, 64)
    assert changed.input == ("activation=softmax", "size=64")


def test_safetensors(tmp_path: Path, resnet) -> None:
    path = tmp_path / "own.safetensors"
    save_file(resnet, path)
    assert assumed(path).id == "resnet18"


def wider() -> State:
    state = torchvision_state("resnet18", 3)
    return {**state, "layer1.0.conv1.weight": torch.zeros(65, 64, 3, 3)}


def deeper() -> State:
    state = torchvision_state("resnet18", 3)
    return {**state, "layer4.2.conv1.weight": torch.zeros(512, 512, 3, 3)}


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (wider, "called as those of resnet18"),
        (deeper, "nearest is the family ResNet"),
        (lambda: nn.LSTM(3, 4).state_dict(), "fits no architecture of torchvision or timm:"),
    ],
)
def test_what_fits_nothing_is_said_in_one_sentence(
    state: Callable[[], State], words: str, saved: Callable[[object], Path]
) -> None:
    path = saved(state())
    with pytest.raises(BadWeights) as caught:
        assumed(path)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


class Mean(nn.Module):
    """What fastai puts between a body and a head; it has no tensors."""


def sequential(arch: str) -> State:
    return nn.Sequential(*build(catalog.find(arch), 3).children()).state_dict()


def fastai(arch: str, width: int = 512) -> State:
    body = nn.Sequential(*list(build(catalog.find(arch), 3).children())[:-2])
    layers = [nn.Flatten(), nn.BatchNorm1d(width), nn.Linear(width, 512), nn.ReLU()]
    head = nn.Sequential(Mean(), *layers, nn.BatchNorm1d(512), nn.Linear(512, 3, bias=False))
    return nn.Sequential(body, head).state_dict()


@pytest.mark.parametrize("prefix", ["", "model."])
@pytest.mark.parametrize("make", [sequential, fastai])
@pytest.mark.parametrize("arch", ["resnet18", "resnet34"])
def test_the_numbers_of_sequential_are_named_with_the_architecture_to_choose(
    make: Callable[[str], State], arch: str, prefix: str, saved: Callable[[object], Path]
) -> None:
    path = saved({"net": {f"{prefix}{name}": tensor for name, tensor in make(arch).items()}})
    with pytest.raises(BadWeights) as caught:
        assumed(path)
    said = str(caught.value)
    assert said.startswith("own.pth has tensors under the numbers of nn.Sequential ('0.")
    assert f"order and shapes are those of {arch}" in said
    assert said.endswith(f"choose that architecture (--model {arch}).")
    chosen = assumed(path, arch)
    assert chosen.classes == 3
    assert "matched by order and shape" in " ".join(chosen.notes)


def test_a_head_of_twice_the_width_is_named_with_and_without_an_architecture(
    saved: Callable[[object], Path],
) -> None:
    path = saved(fastai("resnet18", 1024))
    for architecture in ("", "resnet18"):
        with pytest.raises(BadWeights, match=r"take 1024 numbers, twice .*: give the network as"):
            assumed(path, architecture)


def test_numbers_that_tell_no_architecture(saved: Callable[[object], Path]) -> None:
    layers = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8, 2))
    with pytest.raises(BadWeights, match=r"nn\.Sequential .* which tell no architecture"):
        assumed(saved(layers.state_dict()))


def test_names_of_their_own_in_a_known_order(saved: Callable[[object], Path], resnet) -> None:
    renamed = {
        f"head.{name[3:]}" if name.startswith("fc.") else f"body.own{number}.{kind}": tensor
        for number, (name, tensor) in enumerate(resnet.items())
        for kind in [name.rpartition(".")[2]]
    }
    with pytest.raises(BadWeights, match=r"under names of their own .*\(--model resnet18\)"):
        assumed(saved(renamed))


@pytest.mark.parametrize("arch", ["vgg16", "vgg11_bn", "alexnet", "mobilenet_v3_small"])
def test_a_classifier_that_was_replaced_as_a_whole(
    arch: str, saved: Callable[[object], Path]
) -> None:
    with torch.device("meta"):
        net = build(catalog.find(arch), 3, empty=True)
        width = next(part.in_features for part in net.modules() if isinstance(part, nn.Linear))
    net = net.to_empty(device="cpu")
    for tensor in net.state_dict().values():
        tensor.zero_()
    for head in (
        nn.Linear(width, 4),
        nn.Sequential(nn.Dropout(), nn.Linear(width, 32), nn.ReLU(), nn.Linear(32, 4)),
    ):
        net.classifier = head
        found = assumed(saved(net.state_dict()))
        assert (found.id, found.classes) == (arch, 4)


def test_the_command_guesses_and_says_so(
    tmp_path: Path, saved: Callable[[object], Path], capsys: pytest.CaptureFixture[str], resnet
) -> None:
    path, out, photo = saved(resnet), tmp_path / "out", tmp_path / "photo.png"
    Image.fromarray(blocks_picture(60, 80).pixels).save(photo)
    command = ["explain", str(photo), "--weights", str(path), "--methods", "grad-cam"]
    command += ["--input", "size=64", "--device", "cpu", "--out", str(out)]
    assert main(command) == OK
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("seewhy: own.pth: Architecture resnet18 (guessed")
    assert "64 x 64 pixels" in line
    record = json.loads((out / "explain.json").read_text())
    assert record["model"]["architecture"] == "resnet18"
    assert record["model"]["preprocess"]["size"] == [64, 64]
    path.write_bytes(b"nothing")
    assert main(command) == BAD_INPUT
    assert len(capsys.readouterr().err.splitlines()) == 1
