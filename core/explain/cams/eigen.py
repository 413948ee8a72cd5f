"""Maps from what varies most in the layer, from its peaks, and from chance as the control."""

from __future__ import annotations

import numpy as np

from core import Heat
from core.errors import UnsupportedLayer
from core.explain.cams.engine import Task, Weighed
from core.explain.cams.gradient import activation, apply_formula, class_gradient, unless_rounding
from core.explain.cams.layer_method import NO_EIGEN, LayerMethod
from core.explain.cams.smoothing import ROUNDING, Maps, first_component
from core.imports.lazy import library

KERNEL_PLACES = 4096
"""Largest grid of KPCA-CAM: its kernel has one row and one column per place (134 MB)."""


def _activation_engine(task: Task) -> Weighed:
    return Weighed(*activation(task))


def _product_engine(task: Task) -> Weighed:
    maps, gradients, logits = class_gradient(task)
    return unless_rounding(Weighed(gradients * maps, logits), maps, gradients)


def _magnitude_engine(task: Task) -> Weighed:
    maps, gradients, logits = class_gradient(task)
    return unless_rounding(Weighed(np.abs(gradients) * maps, logits), maps, gradients)


def _peak_engine(task: Task) -> Weighed:
    maps, logits = activation(task)
    return Weighed(apply_formula("FEM", maps, None), logits)


def _random_engine(task: Task) -> Weighed:
    """Weigh by `uniform(-1, 1)` as the package does, but from the request's own generator."""
    maps, logits = activation(task)
    weights = task.rng.uniform(-1, 1, size=(1, maps.shape[0]))
    return Weighed(weights[0, :, None, None] * maps, logits)


def upright_component(maps: Maps) -> Heat:
    """Return the first component, turned so that its larger extreme is positive.

    Source: Chung and Ying 2025 (Seg-Eigen-CAM), eq. 13.
    """
    heat = first_component(maps)
    return -heat if abs(heat.min()) > abs(heat.max()) else heat


def kernel_component(maps: Maps) -> Heat:
    """Return the first component of kernel PCA with the package's sigmoid kernel.

    Args:
        maps: float32 (C, gh, gw), finite.

    Returns:
        float32 (gh, gw). The starting vector is fixed, so the same maps give the same heat.

    Raises:
        UnsupportedLayer: the kernel has no positive component.
    """
    places = maps.reshape(maps.shape[0], -1).transpose()
    places = places - places.mean(axis=0)
    if np.abs(places).max() <= ROUNDING * np.abs(maps).max():
        return np.zeros(maps.shape[1:], dtype=np.float32)
    kernel_pca = library("sklearn.decomposition").KernelPCA
    model = kernel_pca(n_components=1, kernel="sigmoid", random_state=0)
    try:
        component = model.fit_transform(places)
    except ValueError as error:  # the sigmoid kernel need not be positive definite
        raise UnsupportedLayer(
            f"KPCA-CAM finds no component in this layer ({error}): pick another layer."
        ) from error
    return np.asarray(component.reshape(maps.shape[1:]), dtype=np.float32)


def _kernel_limits(shape: tuple[int, int, int]) -> str:
    _, height, width = shape
    if height * width <= KERNEL_PLACES:
        return ""
    gigabytes = (height * width) ** 2 * 8 / 1e9
    return (
        f"KPCA-CAM compares all places with each other, and a grid of {height} x {width} would "
        f"take {gigabytes:.1f} GB: pick a deeper layer (at most {KERNEL_PLACES} places)."
    )


EIGEN_GRAD_CAM = LayerMethod(
    name="eigen-grad-cam",
    title="EigenGradCAM",
    sentence="Shows what varies most in activation times gradient, a class-aware EigenCAM.",
    paper="variant of the grad-cam package: first principal component of dy/dA * A",
    link="https://arxiv.org/abs/2008.00299",
    engine=_product_engine,
    join=first_component,
    smooths=NO_EIGEN,
)
EIGEN_CAM = LayerMethod(
    name="eigen-cam",
    title="EigenCAM",
    sentence="Shows what varies most in the layer, whatever the class: it never looks at a score.",
    paper="Muhammad and Yeasin 2020: first principal component of A",
    link="https://arxiv.org/abs/2008.00299",
    engine=_activation_engine,
    join=first_component,
    smooths=NO_EIGEN,
)
KPCA_CAM = LayerMethod(
    name="kpca-cam",
    title="KPCA-CAM",
    sentence="EigenCAM with a kernel, so curved structure in the layer counts too; no class.",
    paper="Karmani et al. 2024: first component of kernel PCA of A (sigmoid kernel)",
    link="https://arxiv.org/abs/2410.00267",
    engine=_activation_engine,
    join=kernel_component,
    limits=_kernel_limits,
    smooths=NO_EIGEN,
)
SEG_EIGEN_CAM = LayerMethod(
    name="seg-eigen-cam",
    title="Seg-Eigen-CAM",
    sentence="EigenGradCAM with the size of the gradient only, turned so its peak is positive.",
    paper="Chung and Ying 2025, eq. 10-13: first component of |dy/dA| * A",
    link="https://doi.org/10.3390/app15137562",
    engine=_magnitude_engine,
    join=upright_component,
    smooths=NO_EIGEN,
)
FEM = LayerMethod(
    name="fem",
    title="FEM",
    sentence="Weighs channels by how often they peak two deviations above their mean; no class.",
    paper="Fuad et al. 2020: weight of k is the share of places above mean + 2 deviations",
    link="https://hal.science/hal-02963298",
    engine=_peak_engine,
    smooths=NO_EIGEN,
)
RANDOM_CAM = LayerMethod(
    name="random-cam",
    title="Random-CAM",
    sentence="The control: channels weighted by chance; a map that looks like it explains nothing.",
    paper="control of the grad-cam package: weights uniform in [-1, 1]",
    link="https://github.com/jacobgil/pytorch-grad-cam",
    engine=_random_engine,
)
