"""A person's own networks in files of code."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core.commands.entry_point import main
from core.errors import BadOption, BadWeights, DownloadFailed, SeeWhyError, UnknownModel
from core.models import catalog, picker_order
from core.models.classifier import Classifier
from core.models.load import load
from core.models.reference import reference_of
from core.models.sources.own_code import OwnCode, functions
from core.work.resources import Resources
from tests.conftest import blocks_picture

CPU = torch.device("cpu")
CODE = """
import warnings
from pathlib import Path

import torch
from torch import nn

from core.requests.references import Preprocess

Path(__file__).with_name("ran").touch()


class Net(nn.Module):
    def __init__(self, classes=3):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.fc = nn.Linear(4, classes)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(torch.linspace(-1, 2, parameter.numel()).view_as(parameter).sin())

    def forward(self, batch):
        return self.fc(self.conv(batch).relu().mean((2, 3)))


class Named(Net):
    def forward(self, batch):
        return {"logits": super().forward(batch), "loss": None}


class Flat(Net):
    def forward(self, batch):
        return super().forward(batch)[0]


HOW = Preprocess((40, 24), 48, (0.5,) * 3, (0.25,) * 3, "bicubic")


def plain(): return Net()
def whole(): return Net(), ["ant", "bee", "cat"], HOW
def ordered(): return HOW, Net(), ("ant", "bee", "cat")
def inside(): return Named(), ["ant", "bee", "cat"]
def single(): return Net(1), ["defect"]
def nothing(): return None
def texts(): return "net", "ant"
def two(): return Net(), Net()
def few(): return Net(), ["ant"]
def flat(): return Flat()
def raising(): raise RuntimeError("no such\\nfile")
def leaving(): raise SystemExit("bye")
def soft(): return nn.Sequential(Net(), nn.Softmax(1))
def softened():
    net = Net()
    net.forward = lambda batch: Net.forward(net, batch).softmax(1)
    return net
def squashed(): return nn.Sequential(Net(1), nn.Sigmoid())
def broken():
    net = Net()
    net.fc.bias.data[0] = float("nan")
    return net
def interrupted(): raise GeneratorExit
def half(): return Net().half()
def compiled(): return torch.compile(Net())
def program():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.jit.script(nn.Linear(3, 3))
def looking():
    net = Net()
    net.forward = lambda batch: Net.forward(net, batch * float(batch.max().item() > -9))
    return net
def grey():
    net = Net()
    net.conv = nn.Conv2d(1, 4, 3)
    return net
def nameless(): return Net(), ["ant", " ", ""]
def stored():
    net = Net()
    net.load_state_dict(torch.load(Path(__file__).with_name("net.pth"), weights_only=True))
    return net
def given(path): return Net()
def default(path=None, *rest, width=2, **more): return Net()
def required(*, width): return Net()
def _private(): return Net()
async def later(): return Net()
"""


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """A file of own code in a folder of its own."""
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "mine.py").write_text(CODE)
    return folder / "mine.py"


def by_resources(model_id: str) -> Classifier:
    """Load a model as pages and commands do."""
    reference = reference_of(model_id, "cpu")
    resources = Resources()
    resources.offer_model(reference)
    return resources.classifier(reference)


def test_functions_are_listed_without_running_the_file(
    code: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = functions(code)
    assert {"plain", "default"} <= set(listed)
    assert not {"given", "required", "_private", "later"} & set(listed)
    monkeypatch.setenv("SEEWHY_MODELS", str(code.parent))
    assert picker_order.offered("Own code") == tuple(f"mine.py:{name}" for name in listed)
    assert catalog.status(catalog.find("mine.py:plain")).state == "on disk"
    assert not code.with_name("ran").exists()
    load("mine.py:plain", CPU)
    assert code.with_name("ran").exists()


def test_a_module_alone(code: Path) -> None:
    model = by_resources(f"{code}:plain")
    assert model.names == ("class 0", "class 1", "class 2")
    assert model.input_size == (224, 224)
    assert model.id == "mine.py:plain"


@pytest.mark.parametrize("function", ["whole", "ordered"])
def test_a_module_with_names_and_preprocessing(code: Path, function: str) -> None:
    model = by_resources(f"{code}:{function}")
    assert model.names == ("ant", "bee", "cat")
    assert model.input_size == (40, 24)
    assert model.preprocess.interpolation == "bicubic"
    prepared = model.prepare(blocks_picture(), "crop")
    assert prepared.batch.shape == (1, 3, 40, 24)
    assert float(prepared.batch.min()) < -1


def test_a_person_may_change_what_the_code_says(code: Path) -> None:
    reference = reference_of(f"{code}:whole", "cpu", changes=("size=30", "crop=squash"))
    model = Resources().classifier(reference)
    assert model.input_size == (30, 30)
    assert model.preprocess == reference.preprocess


def test_logits_in_a_dictionary(code: Path) -> None:
    batch = torch.rand(2, 3, 224, 224, generator=torch.Generator().manual_seed(1))
    inside, plain = load(f"{code}:inside", CPU), load(f"{code}:plain", CPU)
    assert torch.equal(inside.logits(batch), plain.logits(batch))


def test_one_logit_gets_a_sigmoid(code: Path) -> None:
    model = by_resources(f"{code}:single")
    assert model.activation == "sigmoid"
    prepared = model.prepare(blocks_picture())
    expected = torch.sigmoid(model.logits(prepared.batch))[0].numpy()
    np.testing.assert_allclose(model.probabilities(prepared), expected, rtol=1e-6)
    assert 0 < float(expected[0]) < 1


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("nothing", "returns NoneType: return an nn.Module"),
        ("texts", "returns str, str: return an nn.Module"),
        ("two", "returns Net, Net: return an nn.Module"),
        ("few", "1 class names and the model has 3 classes"),
        ("flat", "it must give one row of logits"),
        ("raising", r"failed with RuntimeError \(no such\)"),
        ("leaving", r"failed with SystemExit \(bye\)"),
        ("stored", "failed with FileNotFoundError"),
        ("soft", "ends in Softmax and gives probabilities"),
        ("softened", "gives probabilities, which add up to 1"),
        ("squashed", "ends in Sigmoid and gives probabilities"),
        ("broken", "gives NaN or infinite logits"),
        ("interrupted", "failed with GeneratorExit"),
        ("program", "is a TorchScript program"),
        ("grey", "its first layer takes 1 channel: give --input channels=1"),
    ],
)
def test_a_function_that_does_something_else(code: Path, function: str, words: str) -> None:
    with pytest.raises(BadWeights, match=words) as caught:
        load(f"{code}:{function}", CPU)
    assert "\n" not in str(caught.value)


def test_a_network_that_looks_at_its_numbers_is_refused_in_words(code: Path) -> None:
    with pytest.raises(BadOption, match=r"looks at numbers on its way, .*\.item\(\)"):
        load(f"{code}:looking", CPU)


@pytest.mark.parametrize("function", ["half", "compiled"])
def test_other_numbers_and_compilers_are_taken_off(code: Path, function: str) -> None:
    model, plain = (load(f"{code}:{name}", CPU) for name in (function, "plain"))
    batch = model.prepare(blocks_picture()).batch
    torch.testing.assert_close(model.logits(batch), plain.logits(batch), rtol=1e-2, atol=1e-2)


def test_classes_without_a_name_have_a_number(code: Path) -> None:
    assert load(f"{code}:nameless", CPU).names == ("ant", "class 1", "class 2")


@pytest.mark.parametrize(
    ("model_id", "words"),
    [
        ("{folder}/mine.py:given", "has no function 'given' without arguments; it has: plain"),
        ("{folder}/mine.py:_private", "has no function"),
        ("{folder}/mine.py:", "has no function"),
        ("{folder}/broken.py:net", r"is no Python code \(.*, line 1\)"),
        ("{folder}/nul.py:net", "is no Python code"),
        ("{folder}/other.py:net", "is no file"),
        ("{folder}:net", "Unknown model"),
    ],
)
def test_an_id_that_names_nothing(code: Path, model_id: str, words: str) -> None:
    code.with_name("broken.py").write_text("def net(:")
    code.with_name("nul.py").write_bytes(b"def net(): return 0\0")
    with pytest.raises(UnknownModel, match=words):
        catalog.find(model_id.format(folder=code.parent))


def test_the_file_itself_fails(code: Path) -> None:
    code.write_text("import no_such_library\ndef net(): return None")
    with pytest.raises(BadWeights, match="failed with ModuleNotFoundError"):
        load(f"{code}:net", CPU)
    code.write_text("def net():\n    return compile('x y', 'a', 'eval')")
    with pytest.raises(BadWeights, match="failed with SyntaxError"):
        load(f"{code}:net", CPU)


def test_weights_beside_the_code_are_part_of_what_a_model_is(code: Path) -> None:
    torch.save(load(f"{code}:plain", CPU)._model.state_dict(), code.with_name("net.pth"))
    first = reference_of(f"{code}:stored", "cpu")
    assert reference_of(f"{code}:stored", "cpu") == first
    assert reference_of(f"{code}:plain", "cpu").weights != first.weights
    os.utime(code.with_name("net.pth"), ns=(1, 1))
    changed = reference_of(f"{code}:stored", "cpu")
    assert changed.weights != first.weights
    with pytest.raises(BadWeights, match="have changed: choose it again"):
        Resources().classifier(first)
    Resources().classifier(changed)


def test_a_link_that_leads_nowhere_is_no_weight_file(code: Path) -> None:
    code.with_name("gone.pth").symlink_to(code.with_name("nowhere"))
    assert by_resources(f"{code}:plain").digest


def test_modules_beside_the_code_are_read_anew(code: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for folder, names in ((code.parent, "['a', 'b', 'c']"), (other, "['x', 'y', 'z']")):
        (folder / "helper_of_net.py").write_text(f"NAMES = {names}\n")
        text = CODE + "\nfrom helper_of_net import NAMES\ndef helped(): return Net(), NAMES\n"
        (folder / "mine.py").write_text(text)
    assert load(f"{code}:helped", CPU).names == ("a", "b", "c")
    assert load(f"{other / 'mine.py'}:helped", CPU).names == ("x", "y", "z")
    code.with_name("helper_of_net.py").write_text("NAMES = ['one', 'two', 'three']\n")
    assert load(f"{code}:helped", CPU).names == ("one", "two", "three")


def test_there_is_no_control_and_nothing_to_download(code: Path) -> None:
    entry = catalog.find(f"{code}:plain")
    with pytest.raises(UnknownModel, match="no control with random weights"):
        OwnCode().build(entry, 3)
    with pytest.raises(DownloadFailed, match="a file of code"):
        OwnCode().fetch(entry, lambda share, stage: None)
    with pytest.raises(SeeWhyError):
        catalog.find(f"{code}:plain:random")


def test_a_command_explains_own_code(code: Path, tmp_path: Path) -> None:
    picture = tmp_path / "blocks.png"
    Image.fromarray(blocks_picture().pixels).save(picture)
    out = tmp_path / "out"
    status = main(
        [
            "explain",
            str(picture),
            f"--model={code}:whole",
            "--methods=grad-cam",
            "--layer=conv",
            "--device=cpu",
            f"--out={out}",
        ]
    )
    assert status == 0
    assert any(out.rglob("*.png"))


def test_a_command_explains_a_folder(hugging_face_models: dict[str, Path], tmp_path: Path) -> None:
    picture = tmp_path / "blocks.png"
    Image.fromarray(blocks_picture().pixels).save(picture)
    out = tmp_path / "out"
    folder = hugging_face_models["vit"]
    status = main(
        [
            "explain",
            str(picture),
            f"--model=hf:{folder}",
            "--methods=grad-cam",
            "--device=cpu",
            f"--out={out}",
        ]
    )
    assert status == 0
    assert any(out.rglob("*.png"))
