"""Input gradients against their formulas, against captum on a copy, and where nothing is there."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from captum import attr
from scipy.special import roots_legendre
from torch import Tensor, nn

from core.errors import UnsupportedLayer
from core.explain.gradients import smoothgrad
from core.explain.gradients.guided import HEADLESS, activations
from core.explain.methods import get
from core.models.classifier import Classifier
from core.models.input import Prepared
from core.pictures.picture import Picture, from_pixels
from tests.conftest import asked, classifier_of, run, tiny_net

CLASS = 1


@pytest.fixture(scope="module", name="net")
def net_fixture(tiny: Classifier) -> nn.Module:
    """A copy for captum, whose hooks allow no ReLU that overwrites its input."""
    net = copy.deepcopy(tiny._model)
    for module in net.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = False
    return net


def heat_of(model: Classifier, prepared: Prepared, name: str, **options: float | str) -> np.ndarray:
    return run(*asked(model, prepared, (), CLASS, name, options, seed=2)).heat


def slope(net: nn.Module, pictures: Tensor) -> Tensor:
    """dy/dx of each picture."""
    pictures = pictures.detach().clone().requires_grad_()
    return torch.autograd.grad(net(pictures)[:, CLASS].sum(), pictures)[0]


def close(ours: np.ndarray, theirs: Tensor, share: float = 1e-5) -> None:
    expected = theirs.detach().numpy()
    assert ours.shape == expected.shape
    assert np.abs(expected).max() > 0
    np.testing.assert_allclose(ours, expected, atol=share * float(np.abs(expected).max()))


def test_saliency(tiny: Classifier, prepared: Prepared, net: nn.Module) -> None:
    ours = heat_of(tiny, prepared, "saliency")
    close(ours, slope(net, prepared.batch)[0].abs().amax(0))
    stock = attr.Saliency(net).attribute(prepared.batch.clone().requires_grad_(), target=CLASS)
    close(ours, stock[0].amax(0))


def test_input_x_gradient(tiny: Classifier, prepared: Prepared, net: nn.Module) -> None:
    ours = heat_of(tiny, prepared, "input-x-gradient")
    close(ours, (prepared.batch * slope(net, prepared.batch))[0].sum(0))
    batch = prepared.batch.clone().requires_grad_()
    close(ours, attr.InputXGradient(net).attribute(batch, target=CLASS)[0].sum(0))
    assert ours.min() < 0 < ours.max()


def base_of(name: str, model: Classifier, batch: Tensor) -> Tensor:
    if name == "blur":
        side = np.zeros((11, 11))
        side[5, 5] = 1
        ndimage = pytest.importorskip("scipy.ndimage")
        kernel = torch.from_numpy(ndimage.gaussian_filter(side, 5)).float()[None, None]
        return torch.cat([nn.functional.conv2d(c, kernel, padding=5) for c in batch.split(1, 1)], 1)
    how = model.preprocess
    black = -torch.tensor(how.mean) / torch.tensor(how.std)
    return torch.zeros_like(batch) + (black[None, :, None, None] if name == "black" else 0)


@pytest.mark.parametrize("name", ["mean", "black", "blur"])
@pytest.mark.parametrize("steps", [2, 13])
def test_integrated_gradients(
    name: str, steps: int, tiny_vit: Classifier, picture: Picture
) -> None:
    prepared = tiny_vit.prepare(picture)
    x, base = prepared.batch, base_of(name, tiny_vit, prepared.batch)
    ours = heat_of(tiny_vit, prepared, "integrated-gradients", steps=steps, base=name)
    places, weights = roots_legendre(steps)  # of [-1, 1], whose weights add up to 2
    mean = sum(
        w / 2 * slope(tiny_vit._model, base + (1 + place) / 2 * (x - base))
        for place, w in zip(places.tolist(), weights.tolist(), strict=True)
    )
    close(ours, ((x - base) * mean)[0].sum(0))
    stock = attr.IntegratedGradients(tiny_vit._model).attribute(
        x, base, target=CLASS, n_steps=steps
    )
    close(ours, stock[0].sum(0))


def test_integrated_gradients_say_how_complete_they_are(tiny_vit: Classifier) -> None:
    prepared = tiny_vit.prepare(from_pixels(np.full((32, 32, 3), 99, np.uint8), "grey.png"))
    made = run(*asked(tiny_vit, prepared, (), CLASS, "integrated-gradients"))
    x = prepared.batch
    score, base = (float(tiny_vit.logits(each)[0, CLASS]) for each in (x, torch.zeros_like(x)))
    assert made.heat.sum() == pytest.approx(score - base, rel=1e-2)
    assert f"add up to {made.heat.sum(dtype=np.float64):.4g}; " in made.notes[0]
    assert made.notes[0].endswith(f"is {score - base:.4g}.")
    assert "the model's mean colour" in made.notes[0]
    assert made.passes == 52


@pytest.mark.parametrize(("most", "said"), [(-1.0, True), (1e9, False)])
def test_more_steps_are_recommended_where_the_sum_is_far_off(
    most: float, said: bool, request_of: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.explain.gradients.integrated.CLOSE", most)
    made = run(*request_of(method="integrated-gradients", options={"steps": 4}))
    assert made.notes[0].endswith(" More steps come closer.") is said


def test_a_linear_model_is_shared_out_exactly(one_conv: Callable[..., Classifier]) -> None:
    """With positive colours no ReLU cuts anything off: the score is linear in the picture."""
    kernel = torch.tensor([[1.0, 0.5, 0.25], [0.5, 1.0, 2.0]])
    weight = torch.tensor([[1.0, 2.0], [-3.0, 1.0]])
    model = one_conv(kernel, weight)
    rng = np.random.default_rng(0)
    prepared = model.prepare(from_pixels(rng.integers(1, 255, (4, 4, 3), np.uint8), "noise.png"))
    of_colour = weight[CLASS] @ kernel / 16  # dy/dx of every pixel
    expected = (of_colour[:, None, None] * prepared.batch[0]).sum(0)
    close(heat_of(model, prepared, "integrated-gradients", base="black"), expected)
    close(heat_of(model, prepared, "input-x-gradient"), expected)
    flat = of_colour.abs().max() * torch.ones(4, 4)
    close(heat_of(model, prepared, "saliency"), flat)
    made = run(*asked(model, prepared, (), CLASS, "saliency"))
    assert made.notes[0].startswith("The map is flat: every position")


def test_smoothgrad(
    tiny: Classifier, prepared: Prepared, net: nn.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = heat_of(tiny, prepared, "smoothgrad", samples=5, noise=0.2)
    x = prepared.batch
    deviation = 0.2 * (x.max() - x.min())
    drawn = np.random.RandomState(2).standard_normal((5, *x.shape[1:])).astype(np.float32)
    noise = deviation * torch.from_numpy(drawn)
    close(ours, slope(net, x + noise).mean(0).abs().amax(0))

    def normal(mean: Tensor, std: Tensor) -> Tensor:
        assert float(std.max()) == pytest.approx(float(deviation))
        return mean + noise

    monkeypatch.setattr(torch, "normal", normal)
    stock = attr.NoiseTunnel(attr.Saliency(net)).attribute(
        x.clone().requires_grad_(), nt_samples=5, stdevs=float(deviation), target=CLASS, abs=False
    )
    close(ours, stock[0].abs().amax(0))


def test_noisy_copies_lie_in_memory_as_those_of_captum(
    prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not prepared.batch.is_contiguous(), "the picture itself lies pixel by pixel"
    laid: list[bool] = []
    scores = Classifier.scores

    def seen(self: Classifier, batch: Tensor) -> Tensor:
        laid.append(batch.is_contiguous())
        return scores(self, batch)

    monkeypatch.setattr(Classifier, "scores", seen)
    heat_of(classifier_of(tiny_net()), prepared, "smoothgrad", samples=5)
    assert laid
    assert all(laid)


def test_noise_does_not_depend_on_how_many_go_through_at_once(
    tiny: Classifier, prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = heat_of(tiny, prepared, "smoothgrad", samples=7)
    monkeypatch.setattr(smoothgrad, "rows_at_once", lambda classifier: 2)
    close(heat_of(tiny, prepared, "smoothgrad", samples=7), torch.from_numpy(whole))
    assert not np.allclose(whole, heat_of(tiny, prepared, "smoothgrad", samples=6))


def test_a_flat_picture_gets_no_noise(tiny: Classifier) -> None:
    prepared = tiny.prepare(from_pixels(np.full((32, 32, 3), 99, np.uint8), "grey.png"))
    made = run(*asked(tiny, prepared, (), CLASS, "smoothgrad", {"samples": 3}))
    assert made.notes == (smoothgrad.FLAT,)
    close(made.heat, torch.from_numpy(heat_of(tiny, prepared, "saliency")))


def test_a_picture_that_is_the_base_has_nothing_to_share_out(tiny: Classifier) -> None:
    prepared = tiny.prepare(from_pixels(np.zeros((32, 32, 3), np.uint8), "black.png"))
    for name in ("integrated-gradients", "input-x-gradient"):
        made = run(*asked(tiny, prepared, (), CLASS, name))
        assert not made.heat.any()
        assert made.notes[-1] == "The map is empty: the method gives 0 everywhere."


@pytest.mark.parametrize("size", [0.0, 1e-9])
@pytest.mark.parametrize(
    "name", ["saliency", "input-x-gradient", "integrated-gradients", "smoothgrad"]
)
def test_a_class_that_no_pixel_changes_has_an_empty_map(
    name: str, size: float, prepared: Prepared
) -> None:
    net = tiny_net()
    with torch.no_grad():
        net.fc.weight[CLASS] *= size
    made = run(*asked(classifier_of(net), prepared, (), CLASS, name))
    assert not made.shown.any()
    assert "there is nothing to show" in made.notes[0] or not size
    assert made.notes[-1].startswith("The map is empty")


@pytest.mark.filterwarnings("ignore:Setting backward hooks")
def test_guided_backprop(tiny: Classifier, prepared: Prepared, net: nn.Module) -> None:
    made = run(*asked(tiny, prepared, (), CLASS, "guided-backprop"))
    stock = attr.GuidedBackprop(copy.deepcopy(net)).attribute(
        prepared.batch.clone().requires_grad_(), target=CLASS
    )
    close(made.heat, stock[0].abs().amax(0))
    assert made.notes[0] == HEADLESS
    assert not np.allclose(made.heat, heat_of(tiny, prepared, "saliency"))
    assert activations(tiny) == (3, 0)


class Functional(nn.Module):
    """Two layers whose ReLUs are functions of the most diverse kinds; one has a top."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        rng = torch.Generator().manual_seed(5)
        self.one, self.two = nn.Conv2d(3, 8, 1), nn.Linear(8, 4)
        for parameter in self.parameters():
            nn.init.normal_(parameter, 0.0, 4.0, generator=rng)
        self.kind = kind
        self.six = nn.ReLU6(inplace=True)

    def forward(self, batch: Tensor) -> Tensor:
        x = self.one(batch)
        if self.kind == "six":
            x = self.six(x)
        elif self.kind == "overwriting":
            nn.functional.relu(x, inplace=True)  # what it gives is not used
        elif self.kind == "underscored":
            x.relu_()
        else:
            x = {"torch": torch.relu, "tensor": Tensor.relu, "relu6": nn.functional.relu6}[
                self.kind
            ](x)
        return self.two(nn.functional.gelu(x).mean((2, 3)))


@pytest.mark.parametrize("kind", ["six", "overwriting", "underscored", "torch", "tensor", "relu6"])
def test_every_kind_of_relu_is_guided(kind: str, prepared: Prepared) -> None:
    net = Functional(kind)
    model = classifier_of(net)
    made = run(*asked(model, prepared, (), CLASS, "guided-backprop"))
    top = 6.0 if kind in ("six", "relu6") else torch.inf
    y = net.one(prepared.batch).clamp(0, top).detach()
    z = y.clone().requires_grad_()
    (g,) = torch.autograd.grad(nn.functional.gelu(z).mean((2, 3)) @ net.two.weight[CLASS], z)
    passed = g.clamp(min=0) * ((y > 0) & (y < top))
    expected = torch.einsum("ncij,cr->nrij", passed, net.one.weight[:, :, 0, 0])
    assert bool((y == 0).any())
    assert bool((y == 6).any()) == (top == 6)
    close(made.heat, expected[0].abs().amax(0))
    assert made.notes[1].startswith("Only 1 of the model's 2 activations are ReLUs")
    np.testing.assert_allclose(made.probability, model.probabilities(prepared)[CLASS], rtol=1e-5)


def test_a_model_without_relus_is_refused_in_one_sentence(
    tiny_vit: Classifier, picture: Picture
) -> None:
    assert get("guided-backprop").fits(tiny_vit, "").startswith("T has no ReLU, whose gradient")
    with pytest.raises(UnsupportedLayer, match="such as Saliency or SmoothGrad"):
        heat_of(tiny_vit, tiny_vit.prepare(picture), "guided-backprop")


class Detached(nn.Module):
    """Forgets on its way where its values come from."""

    def __init__(self) -> None:
        super().__init__()
        self.net = tiny_net()

    def forward(self, batch: Tensor) -> Tensor:
        return self.net(batch.detach())


@pytest.mark.parametrize("name", ["saliency", "smoothgrad", "integrated-gradients"])
def test_a_model_without_a_gradient_is_refused_in_one_sentence(
    name: str, prepared: Prepared
) -> None:
    with pytest.raises(UnsupportedLayer, match=r"No gradient passes .*such as LIME\.$"):
        heat_of(classifier_of(Detached()), prepared, name)
