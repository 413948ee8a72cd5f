"""LIME's parameters as files: what stock lime needs to give the same explanation.

The pickle holds plain Python objects only, so that it loads without this project, and
`LimeImageExplainer(random_state=seed).explain_instance(picture, classifier, **parameters)` takes
them. What lime cannot be told is a string there (a segmentation other than its default, the blur
fill, a lasso): lime stops at it, where a default in its place would silently explain something
else. The JSON says so in words, and holds lime's other arguments and how the picture was outlined.
"""

from __future__ import annotations

import json
import pickle
import re
from collections.abc import Sequence
from typing import Any

from core.explain.base import Explanation, weighted_superpixels
from core.explain.perturb.answers import BATCH
from core.explain.perturb.composition import colour_of
from core.explain.perturb.lime import LIME
from core.explain.perturb.superpixels import ALGORITHMS
from core.export.names import Namer
from core.export.plain import plain

JSON_NAME, PICKLE_NAME = "lime_params.json", "lime_params.pkl"
Parameters = dict[str, Any]

_CLASS_PREFIX = re.compile(r"^n\d{8}_")
"""ImageNet's number of a class before its name."""
_DEFAULT = {option.name: option.default for option in ALGORITHMS["quickshift"]}


class LimeParameters:
    """Collects the parameters of many pictures, and keeps nothing else of them."""

    def __init__(self) -> None:
        self._namer = Namer()
        self._for_lime: dict[str, Parameters] = {}
        self._for_people: dict[str, Parameters] = {}

    def add(self, stem: str, explanations: Sequence[Explanation]) -> None:
        """Add one picture.

        Explanations that differ in the class only share one entry. It carries the stem without
        ImageNet's class number in front; equal names get `-2`, `-3`.

        Args:
            stem: of the picture's files.
            explanations: of any method.
        """
        for group in _groups(explanations):
            name = self._namer.name(_CLASS_PREFIX.sub("", stem) or stem)
            given = self._for_lime[name] = parameters(group)
            self._for_people[name] = given | _surroundings(group[0])

    def files(self) -> list[tuple[str, bytes]]:
        """Return the name and content of both files, nothing where no map was LIME's."""
        if not self._for_lime:
            return []
        whole = plain(self._for_people)
        text = json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        # A file's name may hold lone surrogates: written as JSON's own escape.
        data = text.encode(errors="backslashreplace")
        return [(JSON_NAME, data), (PICKLE_NAME, pickle.dumps(self._for_lime, protocol=4))]


def parameters(group: Sequence[Explanation]) -> Parameters:
    """Return the arguments of lime's `explain_instance`.

    Args:
        group: LIME explanations of one picture that differ in the class only.
    """
    first = group[0]
    options = first.options
    lasso = options["regressor"] == "lasso"
    return {
        "top_labels": None,
        "hide_color": _hide_color(str(options["fill"])),
        "num_samples": int(options["samples"]),
        "num_features": int(options["features"]),
        "labels": tuple(int(each.class_index) for each in group),
        "batch_size": BATCH,
        "segmentation_fn": None if _is_default(first) else weighted_superpixels(first).recipe,
        "distance_metric": str(options["distance"]),
        "model_regressor": f"Lasso(alpha={options['penalty']})" if lasso else None,
        "random_seed": int(first.seed),
    }


def _surroundings(explanation: Explanation) -> Parameters:
    """Return what lime takes elsewhere, and what it cannot be told."""
    options, sign = explanation.options, explanation.options["sign"]
    height, width = explanation.heat.shape
    return {
        "positive_only": sign == "positive",
        "negative_only": sign == "negative",
        "hide_rest": bool(options["hide_rest"]),
        "min_weight": float(options["min_weight"]),
        "outlined": int(options["superpixels"]),
        "explainer": {
            "kernel_width": float(options["kernel_width"]),
            "feature_selection": str(options["selection"]),
            "random_state": int(explanation.seed),
        },
        "picture_size": [width, height],
        "not_in_lime": _not_in_lime(explanation),
    }


def _not_in_lime(explanation: Explanation) -> list[str]:
    """Return a sentence for each argument that lime cannot take as it stands here."""
    notes = []
    if not _is_default(explanation):
        notes.append(
            "segmentation_fn is a name: give lime a function that returns the segments, which "
            "are kept with the explanation's arrays."
        )
    if explanation.options["fill"] == "blur":
        notes.append("hide_color is 'blur', which lime does not have.")
    sampling = explanation.options.get("sampling", "random")  # older records have none
    if sampling != "random":
        notes.append(
            f"sampling is '{sampling}', which lime does not have: its own "
            "samples give other weights, equal within their error."
        )
    if explanation.options["regressor"] == "lasso":
        notes.append("model_regressor is a name: give lime scikit-learn's object of that name.")
    return notes


def _groups(explanations: Sequence[Explanation]) -> list[list[Explanation]]:
    """Return LIME's explanations, those together that differ in the class only."""
    groups: list[list[Explanation]] = []
    for each in explanations:
        if each.method != LIME.name:
            continue
        same = (g for g in groups if (g[0].options, g[0].seed) == (each.options, each.seed))
        group = next(same, None)
        if group is None:
            groups.append([each])
        elif each.class_index not in {other.class_index for other in group}:
            group.append(each)
    return groups


def _is_default(explanation: Explanation) -> bool:
    """Whether lime finds the same superpixels when no `segmentation_fn` is given."""
    options = explanation.options
    chosen = {name: options[name] for name in _DEFAULT}
    return options["segments"] == "quickshift" and chosen == _DEFAULT


def _hide_color(fill: str) -> int | str | tuple[int, int, int] | None:
    """Return the fill as lime takes it; blur, which it does not have, as a string."""
    if fill == "mean":
        return None
    if fill == "blur":
        return fill
    colour = colour_of(fill)
    return 0 if not any(colour) else colour
