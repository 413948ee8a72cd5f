"""The table of methods. A new method is one module and one line here."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from core.errors import UnknownMethod
from core.explain.attention.gradient import ATTENTION_GRADIENT
from core.explain.attention.legrad import LEGRAD
from core.explain.attention.rollout import ATTENTION_ROLLOUT
from core.explain.base import Method
from core.explain.cams.ablation import ABLATION_CAM
from core.explain.cams.eigen import (
    EIGEN_CAM,
    EIGEN_GRAD_CAM,
    FEM,
    KPCA_CAM,
    RANDOM_CAM,
    SEG_EIGEN_CAM,
)
from core.explain.cams.finer import AGAINST, FINER_CAM
from core.explain.cams.gradient import (
    ELEMENTWISE_GRAD_CAM,
    GRAD_CAM,
    GRAD_CAM_PLUS_PLUS,
    HIRES_CAM,
    LAYER_CAM,
    XGRAD_CAM,
)
from core.explain.cams.score import SCORE_CAM
from core.explain.combine.mean_map import OF, MeanMap, split
from core.explain.combine.refine_cam import RefineCam
from core.explain.gradients.guided import GUIDED_BACKPROP
from core.explain.gradients.input_x_gradient import INPUT_X_GRADIENT
from core.explain.gradients.integrated import INTEGRATED_GRADIENTS
from core.explain.gradients.saliency import SALIENCY
from core.explain.gradients.smoothgrad import SMOOTHGRAD
from core.explain.perturb.kernel_shap import KERNEL_SHAP
from core.explain.perturb.lime import LIME
from core.explain.perturb.occlusion import OCCLUSION
from core.explain.perturb.rise import RISE
from core.requests.maps import SUFFIX, Smooth
from core.requests.options import Value

_SINGLE: tuple[Method, ...] = (
    GRAD_CAM,
    ABLATION_CAM,
    SCORE_CAM,
    LIME,
    KERNEL_SHAP,
    OCCLUSION,
    RISE,
    HIRES_CAM,
    LAYER_CAM,
    ELEMENTWISE_GRAD_CAM,
    XGRAD_CAM,
    GRAD_CAM_PLUS_PLUS,
    FINER_CAM,
    EIGEN_GRAD_CAM,
    SEG_EIGEN_CAM,
    EIGEN_CAM,
    KPCA_CAM,
    FEM,
    RANDOM_CAM,
    INTEGRATED_GRADIENTS,
    SMOOTHGRAD,
    SALIENCY,
    INPUT_X_GRADIENT,
    GUIDED_BACKPROP,
    ATTENTION_GRADIENT,
    LEGRAD,
    ATTENTION_ROLLOUT,
)

REFINE_CAM, MEAN_MAP = RefineCam(_SINGLE), MeanMap(_SINGLE)

METHODS: dict[str, Method] = {method.name: method for method in (*_SINGLE, REFINE_CAM, MEAN_MAP)}
"""Every method by its name, in the order in which they are shown and best learned."""


SMOOTHING = {"none": "", "eigen": ", eigen-smoothed", "aug": ", augmented", "both": ", both"}
"""What is said of a method's smoothing behind its title."""


def title_of(label: str) -> str:
    """Return what a method with its smoothing is called in sentences: `Grad-CAM, augmented`.

    Args:
        label: from this or a later version; what is not known is called by itself.
    """
    try:
        name, smooth = parse_label(label)
    except UnknownMethod:
        return label
    return f"{METHODS[name].title}{SMOOTHING[smooth]}"


def get(name: str) -> Method:
    """Return the method of that name; case does not matter.

    Raises:
        UnknownMethod: no such method; the message names the nearest ones.
    """
    method = METHODS.get(name.strip().lower())
    if method is None:
        near = get_close_matches(name.strip().lower(), METHODS, n=3, cutoff=0.5)
        hint = (
            f"did you mean {' or '.join(near)}?" if near else f"choose from {', '.join(METHODS)}."
        )
        raise UnknownMethod(f"Unknown method {name!r}: {hint}")
    return method


def parse_label(label: str) -> tuple[str, Smooth]:
    """Split `grad-cam+eigen` into the method's name and its smoothing.

    Raises:
        UnknownMethod: no such method.
    """
    text = label.strip().lower()
    for smooth, suffix in SUFFIX.items():
        if suffix and text.endswith(suffix) and text not in METHODS:
            return get(text.removesuffix(suffix)).name, smooth
    return get(text).name, "none"


def options_against(
    labels: Sequence[str], classes: Sequence[int]
) -> tuple[tuple[str, str, Value], ...]:
    """Return the options by which methods tell chosen classes from each other.

    Args:
        labels: of the methods.
        classes: indices of the explained classes; with one alone there is nothing to set.

    Returns:
        Method, option and value, as a `StudyRequest` takes them, for the methods that compare.
    """
    if len(classes) < 2:
        return ()
    names = dict.fromkeys(parse_label(label)[0] for label in labels)
    takes = [name for name in names if AGAINST in {each.name for each in METHODS[name].options}]
    return tuple((name, AGAINST, ",".join(map(str, classes))) for name in takes)


def combines(label: str) -> tuple[str, ...]:
    """Return the methods whose maps a method combines by default; none where it is no such one."""
    method = METHODS[parse_label(label)[0]]
    return next((split(str(each.default)) for each in method.options if each.name == OF), ())
