"""Maps with what they are tried on."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from bench._requests import lime_of, map_of
from core import Heat, Mask
from core.explain import methods
from core.explain.base import Explanation, Subject, no_tick
from core.measure.single.controls import random_map
from core.measure.single.localisation import fitted
from core.measure.single.trial import Trial
from core.models.classifier import Classifier
from core.models.input import Prepared
from core.pictures.picture import Picture, read
from core.requests.maps import AnyMap
from core.requests.measures import MeasureSettings

DATA = Path(os.environ.get("SEEWHY_TEST_DATA", "../shared"))
"""Folder with `data/photos` and `weights`."""


def photos(data: Path) -> list[Picture]:
    """Return the photographs of a folder of data, by name."""
    return [read(path) for path in sorted((data / "data/photos").iterdir())]


def random_maps(trial: Trial, count: int) -> list[Heat]:
    """Return random maps of a picture, others for each."""
    seed = int(trial.prepared.picture.sha256[:8], 16)
    return [random_map(trial.size, seed, number) for number in range(count)]


def trial_of(
    classifier: Classifier,
    prepared: Prepared,
    target: int,
    settings: MeasureSettings,
    truth: Mask | None = None,
    others: tuple[Picture, ...] = (),
) -> Trial:
    """Return the trial of the maps of one picture; `mapped` makes them.

    Args:
        classifier: the model.
        prepared: the picture as it sees it.
        target: the explained class.
        settings: of the measures.
        truth: bool (H, W), where the object is.
        others: three pictures for a mosaic.
    """
    cut = None if truth is None else fitted(truth, prepared)
    return Trial(classifier, prepared, target, settings, truth=cut, others=others)


def mapped(trial: Trial, method: str, samples: int = 1000) -> tuple[Explanation, Trial]:
    """Make a map and return it with its trial.

    Args:
        trial: of the picture.
        method: command-line name.
        samples: of LIME.
    """
    request: AnyMap
    if method == "lime":
        request, subject = lime_of(trial.classifier, trial.prepared, trial.class_index, samples)
    else:
        request, subject = map_of(trial.classifier, trial.prepared, method, trial.class_index)

    def explain(other: Subject, target: int) -> Explanation:
        return methods.get(method).run(replace(request, target=target), other, no_tick)

    made = explain(subject, trial.class_index)
    return made, trial.of(made, explain)
