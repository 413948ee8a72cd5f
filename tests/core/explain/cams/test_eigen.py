"""What lies behind the component maps, and the control by chance."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pytorch_grad_cam.utils.svd_on_activations import (
    get_2d_projection,
    get_2d_projection_kernel,
    get_2d_projection_with_sign_correction,
)
from sklearn.decomposition import KernelPCA

from core.errors import UnsupportedLayer
from core.explain.base import Subject
from core.explain.cams.eigen import KPCA_CAM, kernel_component, upright_component
from core.explain.cams.smoothing import first_component, total
from core.requests.maps import MapRequest
from tests.conftest import run

SHAPES = [(5, 3, 3), (40, 3, 4), (12, 8, 8), (64, 14, 14), (300, 7, 7)]


def maps_of(shape: tuple[int, int, int], *, sparse: bool = False) -> np.ndarray:
    maps = np.random.default_rng(1).random(shape, dtype=np.float32)
    return maps * (maps > 0.7) if sparse else maps


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_reduced_decomposition_gives_the_package_s_component(
    shape: tuple[int, int, int], sparse: bool
) -> None:
    maps = maps_of(shape, sparse=sparse)
    np.testing.assert_allclose(first_component(maps), get_2d_projection(maps[None])[0], atol=1e-5)
    np.testing.assert_allclose(
        upright_component(maps), get_2d_projection_with_sign_correction(maps[None])[0], atol=1e-5
    )


@pytest.mark.parametrize("shape", [(12, 8, 8), (20, 16, 16)])
def test_kernel_component_equals_the_package_and_repeats(shape: tuple[int, int, int]) -> None:
    maps = maps_of(shape)
    ours = kernel_component(maps)
    expected = get_2d_projection_kernel(maps[None])[0]
    np.testing.assert_allclose(ours, expected, atol=1e-4 * np.abs(expected).max())
    np.testing.assert_array_equal(ours, kernel_component(maps))


@pytest.mark.parametrize("rounding", [0.0, 1e-7])
def test_flat_channels_have_no_component(rounding: float) -> None:
    flat = np.ones((4, 3, 3), dtype=np.float32)
    flat += np.float32(rounding) * np.random.default_rng(0).random(flat.shape, dtype=np.float32)
    assert bool(np.ptp(flat)) == bool(rounding)
    assert not kernel_component(flat).any()
    assert not first_component(flat).any()
    assert not np.ptp(total(flat))


def test_kpca_cam_refuses_a_grid_whose_kernel_would_not_fit() -> None:
    assert KPCA_CAM.limits((64, 64, 64)) == ""
    assert "112 x 112 would take 1.3 GB" in KPCA_CAM.limits((64, 112, 112))


def test_a_kernel_without_a_component_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(self: KernelPCA, places: np.ndarray) -> np.ndarray:
        raise ValueError("All eigenvalues are negative")

    monkeypatch.setattr(KernelPCA, "fit_transform", fails)
    with pytest.raises(UnsupportedLayer, match="pick another layer"):
        kernel_component(maps_of((4, 3, 3)))


def test_random_cam_follows_the_seed_only(
    request_of: Callable[..., tuple[MapRequest, Subject]],
) -> None:
    first = run(*request_of(method="random-cam", seed=7))
    np.random.seed(0)  # noqa: NPY002 the global generator must not matter
    again, other = (run(*request_of(method="random-cam", seed=seed)) for seed in (7, 8))
    np.testing.assert_array_equal(first.heat, again.heat)
    assert not np.allclose(first.heat, other.heat)
    assert first.seed == 7


def test_class_blind_methods_say_the_same_for_every_class(
    request_of: Callable[..., tuple[MapRequest, Subject]],
) -> None:
    for name in ("eigen-cam", "kpca-cam", "fem"):
        first = run(*request_of(method=name, target=0))
        other = run(*request_of(method=name, target=3))
        np.testing.assert_array_equal(first.heat, other.heat)
        assert first.probability != other.probability
