"""LIME's options, and what is kept for a request: its superpixels and its neighbourhood."""

from __future__ import annotations

import hashlib

from core.caching.once import Once
from core.explain.base import Option, Request, Value, settle
from core.explain.perturb.composition import base_view, check_fill
from core.explain.perturb.lime_fit import DISTANCES, REGRESSORS, SELECTIONS, Recipe
from core.explain.perturb.samples import Neighbourhood
from core.explain.perturb.superpixels import ALGORITHMS, Share, Superpixels, segment
from core.requests.keys import content_key

KEPT = Once(256 << 20)
"""Superpixels and neighbourhoods of this process: a changed class or regressor finds them here."""

OPTIONS = (
    Option("samples", 1000, "Perturbed pictures; more give steadier weights.", 50, 5000),
    Option("segments", "quickshift", "How superpixels are found.", choices=tuple(ALGORITHMS)),
    *(option for options in ALGORITHMS.values() for option in options),
    Option("drawn", "", "Label image of the segmentation `mask`, as text."),
    Option("fill", "mean", "What a hidden superpixel shows: mean, blur or a colour."),
    Option("superpixels", 5, "How many superpixels are outlined.", 1, 100),
    Option("sign", "positive", "Which of them.", choices=("positive", "negative", "any")),
    Option("min_weight", 0.0, "Smallest absolute weight that is outlined.", 0, 1),
    Option("hide_rest", False, "Whether everything that is not outlined is hidden."),
    Option("features", 100_000, "Superpixels in the linear model at most.", 1, 100_000),
    Option("distance", "cosine", "Between samples and the picture.", choices=DISTANCES),
    Option("kernel_width", 0.25, "Smaller keeps the fit nearer to the picture.", 0.01, 10),
    Option("regressor", "ridge", "The linear model.", choices=REGRESSORS),
    Option("penalty", 0.001, "Of the lasso.", 1e-6, 1),
    Option("selection", "auto", "How features are chosen.", choices=SELECTIONS),
)


def values_of(request: Request) -> dict[str, Value]:
    """Every option of LIME with the request's value or the default, checked.

    Raises:
        BadOption: a value is out of range, or there is no option of that name.
    """
    values = settle(OPTIONS, request.options)
    check_fill(str(values["fill"]))
    return values


def recipe_of(request: Request) -> Recipe:
    """How the request wants the linear model fitted."""
    values = values_of(request)
    return Recipe(
        distance=str(values["distance"]),
        kernel_width=float(values["kernel_width"]),
        regressor=str(values["regressor"]),
        penalty=float(values["penalty"]),
        selection=str(values["selection"]),
        features=int(values["features"]),
        seed=request.seed,
    )


def superpixels_of(request: Request) -> Superpixels:
    """The superpixels of a request's picture, found once.

    Raises:
        BadOption: the options are out of range, or give one superpixel or too many.
    """
    values, prepared = values_of(request), request.prepared
    algorithm, drawn = str(values["segments"]), str(values["drawn"])
    view = base_view(prepared, request.classifier.input_size)
    return KEPT.get(
        superpixels_key(request), lambda: segment(view, algorithm, values, drawn, _seen(request))
    )


def neighbourhood_of(request: Request) -> Neighbourhood:
    """The kept neighbourhood of a request's picture, model, superpixels, seed and fill.

    Raises:
        BadOption: as for the superpixels.
    """
    parts, fill = superpixels_of(request), str(values_of(request)["fill"])
    model, prepared = request.classifier, request.prepared
    precision = model.effective_precision(request.precision)
    return KEPT.get(
        neighbourhood_key(request, parts),
        lambda: Neighbourhood(model, prepared, parts, request.seed, fill, precision),
    )


def kept_samples(request: Request) -> int:
    """How many of a request's samples are there already; nothing is computed."""
    parts = KEPT.find(superpixels_key(request))
    if not isinstance(parts, Superpixels):
        return 0
    kept = KEPT.find(neighbourhood_key(request, parts))
    wanted = int(values_of(request)["samples"])
    return min(len(kept), wanted) if isinstance(kept, Neighbourhood) else 0


def superpixels_key(request: Request) -> str:
    """Key of the superpixels: the pixels that are cut, and the options that cut them."""
    values = values_of(request)
    algorithm = str(values["segments"])
    names = [option.name for option in ALGORITHMS[algorithm]]
    if algorithm == "mask":
        names.append("drawn")
    return content_key(
        kind="superpixels",
        view=_view_digest(request),
        seen=_seen(request),
        algorithm=algorithm,
        options={name: values[name] for name in names},
    )


def neighbourhood_key(request: Request, parts: Superpixels) -> str:
    """Key of the samples: all that a perturbed picture or the model's answer depends on."""
    model, prepared = request.classifier, request.prepared
    return content_key(
        kind="neighbourhood",
        picture=prepared.picture.sha256,
        fit=prepared.fit,
        box=prepared.box,
        view=_view_digest(request),
        model=model.id,
        weights=model.digest,
        device=str(model.device),
        segments=parts.digest,
        seed=request.seed,
        fill=values_of(request)["fill"],
        precision=model.effective_precision(request.precision),
    )


def _view_digest(request: Request) -> str:
    """SHA-256 of the pixels, because the same box may be resized with different filters."""
    view = base_view(request.prepared, request.classifier.input_size)
    return hashlib.sha256(str(view.shape).encode() + view.tobytes()).hexdigest()


def _seen(request: Request) -> Share:
    """The part of the picture that the model sees."""
    height, width = request.prepared.picture.pixels.shape[:2]
    left, top, right, bottom = request.prepared.box
    return left / width, top / height, right / width, bottom / height
