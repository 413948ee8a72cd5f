"""What methods are compared with gives their maps, so that only its time differs."""

from __future__ import annotations

import numpy as np
import pytest

from bench._libraries import LIBRARIES, Case, private_net
from core.explain.input_method import InputMethod
from core.explain.methods import METHODS, get
from core.pictures.picture import Picture
from tests.conftest import asked, classifier_of, run, tiny_net
from tests.core.explain.conftest import seeded


def test_every_gradient_and_attention_has_one() -> None:
    families = {"gradient", "attention"}
    ours = {name for name, one in METHODS.items() if one.family.name in families}
    assert ours <= set(LIBRARIES)


@pytest.mark.parametrize(
    "name", [name for name in LIBRARIES if isinstance(METHODS[name], InputMethod)]
)
def test_it_gives_our_map(name: str, picture: Picture) -> None:
    from torchvision.models import VisionTransformer

    models = (
        classifier_of(tiny_net()),
        seeded(VisionTransformer(32, 8, 2, 2, 16, 32, num_classes=4), 32),
    )
    model = next(each for each in models if not get(name).fits(each, ""))
    prepared = model.prepare(picture)
    options = dict(LIBRARIES[name].options)
    heat = run(*asked(model, prepared, (), 1, name, options)).heat
    expected = LIBRARIES[name].run(Case(model, private_net(model), prepared, 1))
    assert heat.shape == expected.shape
    np.testing.assert_allclose(heat, expected, atol=1e-4 * np.abs(expected).max())
