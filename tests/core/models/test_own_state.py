"""The network is found in a person's own file, whatever lies beside it."""

from __future__ import annotations

import argparse
import enum
import pickle
import warnings
from collections import OrderedDict, defaultdict
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from core.commands.names import Names
from core.errors import BadWeights
from core.models.blueprints import build
from core.models.catalog import find
from core.models.checkpoint import read_contents
from core.models.guess import assumed
from core.models.load import load
from core.models.own_state import OwnState, own_state
from core.models.record import model_record
from core.work.resources import Resources

State = dict[str, Tensor]
CPU = torch.device("cpu")
NAME = "squeezenet1_1"
"""Small; its last layer is a convolution in a container."""
BESIDE = {"epoch": 1, "acc": 91.2}


class Colour(enum.Enum):
    RED = 1


@pytest.fixture(scope="module")
def state() -> State:
    torch.manual_seed(0)
    return dict(build(find(NAME), 5).state_dict())


def below(prefix: str, state: State) -> State:
    return OrderedDict((f"{prefix}{name}", tensor) for name, tensor in state.items())


def taken(path: Path, arch: str = NAME) -> OwnState:
    return own_state(read_contents(path), find(arch))


def saved(tmp_path: Path, content: object) -> Path:
    path = tmp_path / "own.ckpt"
    torch.save(content, path)
    return path


def same(one: State, two: State) -> bool:
    return set(one) == set(two) and all(torch.equal(one[name], two[name]) for name in two)


@pytest.mark.parametrize("prefix", ["", "net.", "model.backbone.", "module.", "_orig_mod.module."])
@pytest.mark.parametrize("keys", [(), ("state_dict",), ("weights",), ("a", "b", "best_model")])
def test_any_prefix_and_any_key(
    prefix: str, keys: tuple[str, ...], state: State, tmp_path: Path
) -> None:
    content: object = below(prefix, state)
    for key in reversed(keys):
        content = {**BESIDE, key: content}
    found = taken(saved(tmp_path, content))
    assert same(found.state, state)
    assert (found.head.classes, found.channels) == (5, 3)
    inside = [".".join((*keys[:depth], name)) for depth in range(len(keys)) for name in BESIDE]
    named = ", ".join(inside[:4]) + f" and {len(inside) - 4} more" * (len(inside) > 4)
    assert found.notes == ((f"Ignored in the file: {named}.",) if keys else ())


def test_what_is_no_network_is_ignored_and_named(state: State, tmp_path: Path) -> None:
    tensors = below("model.", state)
    tensors |= {"criterion.weight": torch.ones(5), "train_acc.tp": torch.zeros(5)}
    tensors |= {"train_acc.fp": torch.zeros(5), "n_averaged": torch.tensor(3)}
    tensors["model.features.0.total_ops"] = torch.zeros(1).double()
    optimizer = {"state": {0: {"exp_avg": torch.ones(3)}}, "param_groups": [{"lr": 0.1}]}
    found = taken(saved(tmp_path, {"state_dict": tensors, "optimizer_states": [optimizer]}))
    assert same(found.state, state)
    (note,) = found.notes
    assert note == (
        "Ignored in the file: optimizer_states, criterion.weight, train_acc (2 tensors), "
        "n_averaged and 1 more."
    )


def test_of_a_network_and_its_average_the_network_is_taken(state: State, tmp_path: Path) -> None:
    average = {name: tensor + 1 for name, tensor in state.items()}
    for content in (
        {"model_ema": average, "model": state},
        {"state_dict": below("ema_model.module.", average) | below("model.", state)},
    ):
        found = taken(saved(tmp_path, content))
        assert same(found.state, state)
        assert "is taken from" in found.notes[0]
        assert "ema" in found.notes[0]


def test_hostile_keys_and_shared_modules_end_in_words(state: State, tmp_path: Path) -> None:
    """A number too long to be written, a line end, and modules that refer to each other."""
    odd = {10**5000: 1, "two\nlines": 2, "long" * 500: 3, ("a",) * 9: 4}
    (note,) = taken(saved(tmp_path, {**odd, "net": state})).notes
    assert note.isprintable()
    assert len(note) < 300
    net = nn.Module()
    for _ in range(60):
        outer = nn.Module()
        outer.one = outer.two = net
        net = outer
    with pytest.raises(BadWeights, match="holds no"):
        taken(saved(tmp_path, {"net": net, "state": {"a": torch.ones(1)}}))


def test_objects_beside_the_weights_are_skipped(state: State, tmp_path: Path) -> None:
    inert = {
        "best": np.float64(71.2),
        "history": np.arange(3),
        "args": argparse.Namespace(lr=0.1),
        "path": Path("/somewhere"),
        "colour": Colour.RED,
        "kind": np.dtype("float32"),
        "counts": defaultdict(list, {"a": [1]}),
        "net": {"state_dict": defaultdict(int, state)},
    }
    for protocol in (2, 4):
        path = tmp_path / "own.pth"
        torch.save(inert, path, pickle_protocol=protocol)
        found = taken(path)
        assert same(found.state, state)
        assert "best" in found.notes[0]


def test_a_network_saved_as_a_whole(state: State, tmp_path: Path) -> None:
    net = build(find(NAME), 5)
    net.load_state_dict(state)
    assert same(taken(saved(tmp_path, {"model": net})).state, state)


def test_the_kind_of_file_is_told_by_its_content(state: State, tmp_path: Path) -> None:
    paths = [tmp_path / "UPPER.SAFETENSORS", tmp_path / "inside.pth", tmp_path / "in.safetensors"]
    save_file(state, paths[0])
    save_file(state, paths[1])
    torch.save(state, paths[2])
    assert all(same(taken(path).state, state) for path in paths)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git-lfs pointer"),
        (b"<!DOCTYPE html><html></html>", "web page"),
        (b"\n <HTML><body>404</body></html>", "web page"),
        (b"\x89HDF\r\n\x1a\n" + bytes(99), "Keras or HDF5"),
        (b"\x08\x07\x12\x07pytorch" + bytes(99), "ONNX"),
        (b"\x1f\x8b\x08" + bytes(99), "gzip"),
        (b"GGUF" + bytes(99), "GGUF"),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), "a picture"),
        (b"random text that is nothing", "damaged or no state dict"),
    ],
)
def test_other_kinds_are_named(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "own.pth"
    path.write_bytes(content)
    with pytest.raises(BadWeights, match=rf"^own\.pth is .*{words}") as caught:
        read_contents(path)
    assert "\n" not in str(caught.value)


def test_a_program_is_named_and_not_run(tmp_path: Path) -> None:
    path = tmp_path / "own.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.script(nn.Linear(1, 1)), str(path))
    with pytest.raises(BadWeights, match="TorchScript program"):
        read_contents(path)


def test_a_reference_to_code_is_never_called(tmp_path: Path) -> None:
    """Neither what it names nor what the file wants to change in it."""
    mark = tmp_path / "mark"
    before = dict(vars(torch.nn.Parameter))
    code = (
        f"cposix\nmkdir\n(S'{mark}'\ntR0"  # calls a function
        "ctorch.nn.parameter\nParameter\n}S'evil'\nI1\nsb0"  # sets an attribute of a class
        "ccollections\nOrderedDict\n)R}S'items'\nI1\nsb."  # and one of an object
    )
    inner = code.encode()
    path = tmp_path / "own.pth"
    torch.save({"a": torch.ones(1)}, path, _use_new_zipfile_serialization=False)
    whole = path.read_bytes()
    start = whole.index(b"\x80\x02}", whole.index(b"type_sizes"))
    path.write_bytes(whole[:start] + inner + whole[start:])
    with pytest.raises(BadWeights):
        read_contents(path)
    assert not mark.exists()
    assert dict(vars(torch.nn.Parameter)) == before
    assert not hasattr(torch.nn.Parameter, "evil")


@pytest.mark.parametrize(
    ("arch", "place", "layers", "words"),
    [
        ("resnet18", "fc", [nn.Dropout(), nn.Linear(512, 3)], ""),
        ("resnet18", "fc", [nn.Linear(512, 9), nn.ReLU(), nn.Linear(9, 3)], "512 to 9 to 3"),
        (
            "resnet18",
            "fc",
            [nn.Linear(512, 9), nn.BatchNorm1d(9), nn.ReLU(), nn.Dropout(), nn.Linear(9, 3)],
            "512 to 9 to 3 with ReLU",
        ),
        ("resnet18", "fc", [nn.Linear(512, 9), nn.Linear(9, 3)], "512 to 9 to 3."),
        ("mobilenet_v2", "classifier.1", [nn.Dropout(), nn.Linear(1280, 3)], ""),
        (
            "mobilenet_v2",
            "classifier",
            [nn.Dropout(), nn.Linear(1280, 9), nn.ReLU(), nn.Linear(9, 3)],
            "1280 to 9 to 3",
        ),
        ("vit_b_16", "heads", [nn.Dropout(), nn.Linear(768, 3)], ""),
        ("timm:resnet10t", "fc", [nn.Linear(512, 9), nn.ReLU(), nn.Linear(9, 3)], "512 to 9 to 3"),
    ],
)
def test_heads_are_built_from_their_shapes(
    arch: str, place: str, layers: list[nn.Module], words: str, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    net = timm.create_model(arch[5:]) if arch.startswith("timm:") else build(find(arch))
    outer, _, name = place.rpartition(".")
    setattr(net.get_submodule(outer), name, nn.Sequential(*layers))
    for file, path in (("pth", tmp_path / "own.pth"), ("safe", tmp_path / "own.safetensors")):
        if file == "pth":
            torch.save(net.state_dict(), path)
        else:
            save_file(net.state_dict(), path)
        notes = " ".join(assumed(path, arch).notes)
        assert words in notes
        model = load(arch, CPU, path)
        batch = torch.randn(2, 3, *model.input_size)
        with torch.no_grad():
            torch.testing.assert_close(model.logits(batch), net.eval()(batch))


def test_a_head_without_bias(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = build(find("resnet18"), 4)
    net.fc = nn.Linear(512, 4, bias=False)
    path = saved(tmp_path, net.state_dict())
    model = load("resnet18", CPU, path)
    batch = torch.randn(1, 3, 224, 224)
    with torch.no_grad():
        torch.testing.assert_close(model.logits(batch), net.eval()(batch))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, "no last layer"),
        ({"fc.0.weight": torch.ones(3, 100)}, "of another kind"),
        ({"fc.0.weight": torch.ones(3, 512, 1, 1)}, "of another kind"),
        ({"fc.odd": torch.ones(3)}, "of another kind"),
    ],
)
def test_heads_that_cannot_be_built(change: State, words: str, tmp_path: Path) -> None:
    net = build(find("resnet18"), 4).state_dict()
    body = {name: tensor for name, tensor in net.items() if not name.startswith("fc.")}
    with pytest.raises(BadWeights, match=words):
        taken(saved(tmp_path, body | change), "resnet18")


def test_layers_too_many_are_not_ignored(tmp_path: Path) -> None:
    """ResNet-34 has all tensors of ResNet-18."""
    path = saved(tmp_path, build(find("resnet34"), 4).state_dict())
    with pytest.raises(BadWeights, match=r"also has 'layer1\.2\.conv1\.weight'"):
        load("resnet18", CPU, path)
    assert assumed(path).id == "resnet34"


def test_a_container_that_was_replaced_is_guessed(tmp_path: Path) -> None:
    net = build(find("mobilenet_v2"))
    net.classifier = nn.Linear(1280, 3)
    found = assumed(saved(tmp_path, net.state_dict()))
    assert (found.id, found.classes) == ("mobilenet_v2", 3)


def test_a_file_that_holds_another_network_says_so(state: State, tmp_path: Path) -> None:
    with pytest.raises(BadWeights, match=r"holds no resnet18 .*SqueezeNet"):
        taken(saved(tmp_path, state), "resnet18")
    with pytest.raises(BadWeights, match="holds no tensors by name"):
        taken(saved(tmp_path, torch.ones(3)))


def test_a_plain_pickle_is_no_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "own.pkl"
    path.write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(BadWeights, match="damaged or no state dict"):
        read_contents(path)


@pytest.fixture(scope="module")
def resnet() -> State:
    torch.manual_seed(0)
    return dict(build(find("resnet18"), 5).state_dict())


def test_a_state_dict_that_was_cast_as_a_whole_loads(resnet: State, tmp_path: Path) -> None:
    for kind in (torch.bfloat16, torch.float64):
        cast = {name: tensor.to(kind) for name, tensor in resnet.items()}
        path = saved(tmp_path, cast)
        assert len(load("resnet18", CPU, path).names) == 5
        assert assumed(path).classes == 5


def test_a_quantised_network_is_refused_before_anything_is_said(
    resnet: State, tmp_path: Path
) -> None:
    path = saved(tmp_path, {name: tensor.to(torch.int8) for name, tensor in resnet.items()})
    with pytest.raises(BadWeights, match="quantised networks are not read"):
        assumed(path)


@pytest.mark.parametrize("body", ["backbone.", "module.encoder.", ""])
@pytest.mark.parametrize("head", ["head", "classifier.1"])
def test_a_head_beside_its_network_is_taken(
    body: str, head: str, resnet: State, tmp_path: Path
) -> None:
    around = "module." if body.startswith("module.") else ""
    moved = {
        f"{around}{head}.{name[3:]}" if name.startswith("fc.") else f"{body}{name}": tensor
        for name, tensor in resnet.items()
    }
    path = saved(tmp_path, moved)
    for found in (assumed(path), assumed(path, "resnet18")):
        assert found.classes == 5
        place = f"{around}{head.partition('.')[0]}"
        assert found.notes == (f"Its last layers are taken from {place}.",)
    state = taken(path, "resnet18").state
    weight = next(state[name] for name in state if name.startswith("fc.") and "weight" in name)
    assert torch.equal(weight, resnet["fc.weight"])


@pytest.mark.parametrize(
    ("heads", "words"),
    [
        ({"cat": 512, "dog": 512}, r"several lie beside the network \(cat, dog\)"),
        ({"head": 1024}, r"\(head\) does not take the 512 numbers"),
    ],
)
def test_heads_beside_a_network_that_are_not_taken_are_named(
    heads: dict[str, int], words: str, resnet: State, tmp_path: Path
) -> None:
    content = below("backbone.", {k: v for k, v in resnet.items() if not k.startswith("fc.")})
    content |= {f"{name}.weight": torch.ones(3, size) for name, size in heads.items()}
    with pytest.raises(BadWeights, match=words):
        taken(saved(tmp_path, content), "resnet18")


def test_a_second_head_is_ignored_with_and_without_an_architecture(
    resnet: State, tmp_path: Path
) -> None:
    path = saved(tmp_path, {**resnet, "fc2.weight": torch.ones(3, 512), "fc2.bias": torch.ones(3)})
    for found in (assumed(path), assumed(path, "resnet18")):
        assert found.notes == ("Ignored in the file: fc2 (2 tensors).",)


@pytest.mark.parametrize("form", ["{}", "net.{}", "features.{}"])
def test_tensors_under_other_names_are_matched_by_order_and_shape(
    form: str, resnet: State, tmp_path: Path
) -> None:
    stock = build(find("resnet18"), 5)
    numbers = {name: str(number) for number, (name, _) in enumerate(stock.named_children())}
    renamed = {}
    for name, tensor in resnet.items():
        module, _, part = name.partition(".")
        outer = "classifier" if module == "fc" and form != "{}" else form.format(numbers[module])
        renamed[f"{outer}.{part}"] = tensor
    path = saved(tmp_path, renamed)
    found = taken(path, "resnet18")
    assert same(
        found.state, {k: v for k, v in resnet.items() if not k.endswith("num_batches_tracked")}
    )
    assert found.notes == ("Its tensors have other names: they are matched by order and shape.",)
    with pytest.raises(BadWeights, match=r"called otherwise, .* differ in order or shape"):
        taken(path, "resnet34")


def test_what_was_taken_is_said_and_recorded_though_the_architecture_was_chosen(
    resnet: State, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    teacher = {name: tensor.clone() for name, tensor in resnet.items()}
    path = saved(tmp_path, {"student": resnet, "teacher": teacher, "epoch": 3})
    Names(Resources()).model("resnet18", "cpu", str(path), "")
    assert "The network is taken from student; teacher fits too." in capsys.readouterr().err
    record = model_record(load("resnet18", CPU, path))
    assert record["checkpoint"] == {
        "path": "student",
        "others": ("teacher",),
        "ignored": ("epoch",),
        "more": 0,
        "head": "",
        "built": "",
        "renamed": False,
    }
