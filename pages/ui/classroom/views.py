"""What a screen's view asks for: a page's address as the request that the page would make."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NoReturn

from core.classroom.lesson import View
from core.errors import BadOption, BadPicture
from core.models.class_names import find_index
from core.models.efficientnet_lite import DEFAULT
from core.models.reference import reference_of
from core.pictures import built_in
from core.requests.address import request_at
from core.requests.agreements import AgreementRequest
from core.requests.maps import PredictionRequest
from core.requests.measures import MeasuredStudyRequest
from core.requests.references import (
    DissectionRef,
    EncoderRef,
    ModelRef,
    PictureRef,
    ProbesRef,
    TruthFileRef,
    TruthTableRef,
    WordsRef,
)
from core.requests.studies import AUTO, StudyRequest
from core.work.handlers.maps import Prediction
from pages.ui.classroom import pasted
from pages.ui.parts import jobs, visit_pictures

WITH_MAPS = ("heatmaps", "superpixels", "agreement", "trust")
"""Pages whose maps a screen shows itself."""


class _Named:
    """Pictures and models by the names that stand in addresses."""

    def picture(self, name: str) -> PictureRef:
        """Return a picture that everybody here has."""
        found = visit_pictures.find(name)
        if found is None:
            raise BadPicture(
                f"The picture {name[:80]} of this lesson is not here: share it again, or choose "
                "another."
            )
        return visit_pictures.reference(found)

    def model(
        self, id: str, device: str, weights: str, labels: str, input: tuple[str, ...]
    ) -> ModelRef:
        """Return a model of the catalogue."""
        if weights or labels:
            raise BadOption("A lesson takes a model from the list, without own weights or labels.")
        asked = reference_of(id or DEFAULT, device, None, None, input)
        jobs.resources().offer_model(asked)
        return asked

    def encoder(self, spec: str, device: str, model: ModelRef) -> EncoderRef:
        """Lessons explain pictures."""
        self._refuse()

    def probes(self, name: str) -> ProbesRef:
        """Lessons explain pictures."""
        self._refuse()

    def truth(self, name: str) -> TruthFileRef:
        """Lessons explain pictures."""
        self._refuse()

    def words(self, name: str, encoder: EncoderRef) -> WordsRef:
        """Lessons explain pictures."""
        self._refuse()

    def truth_table(self, name: str) -> TruthTableRef:
        """Lessons explain pictures."""
        self._refuse()

    def dissection(self, name: str, model: ModelRef) -> DissectionRef | None:
        """Lessons explain pictures."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise BadOption("A screen shows maps of a picture: give it a page without a dissection.")


def study_of(view: View) -> StudyRequest | None:
    """Return the maps that a view shows; None for a page that shows others.

    Raises:
        SeeWhyError: the picture, the model or a value is not there.
    """
    if view.page not in WITH_MAPS:
        return None
    plain = pasted.spelled(view.page, parameters(view))
    if "layer" in plain:
        plain["layer"] = pasted.layers(prediction_of(view).model, plain["layer"])
    request = request_at(view.page, plain, _Named())
    if isinstance(request, AgreementRequest | MeasuredStudyRequest):
        return request.study
    return request if isinstance(request, StudyRequest) else None


def prediction_of(view: View) -> PredictionRequest:
    """Return the request for what the model says about the view's first picture.

    Raises:
        SeeWhyError: the picture or the model is not there.
    """
    plain, named = pasted.spelled(view.page, parameters(view)), _Named()
    fit = plain.get("fit", ("squash",))[0]
    given = {name: (*plain.get(name, ()), "")[0] for name in ("model", "weights", "labels")}
    ready = tuple(plain.get("input", ()))
    return PredictionRequest(
        picture=named.picture(plain["picture"][0]),
        model=named.model(given["model"], "auto", given["weights"], given["labels"], ready),
        fit="crop" if fit == "crop" else "squash",
    )


def true_names(view: View) -> tuple[str, ...]:
    """Return the classes that a built-in picture shows; empty for others."""
    asked = view.all("picture")[:1]
    found = (
        one.classes for one in built_in.SAMPLES if (one.title,) == asked or (one.key,) == asked
    )
    return next(found, ())


def parameters(view: View) -> Mapping[str, tuple[str, ...]]:
    """Return the parameters of a view's address."""
    names = dict.fromkeys(name for name, _ in view.parameters)
    return {name: view.all(name) for name in names}


def targets_of(
    study: StudyRequest, prediction: Prediction, names: Sequence[str]
) -> tuple[int, ...]:
    """Return the classes that a study explains, one or several side by side.

    Raises:
        UnknownClass: the model has none of that name.
    """
    first = target_of(study, prediction, names)
    return tuple(dict.fromkeys((first, *(_index(name, names) for name in study.targets[1:]))))


def target_of(study: StudyRequest, prediction: Prediction, names: Sequence[str]) -> int:
    """Return the class that a study explains first.

    Raises:
        UnknownClass: the model has none of that name.
    """
    asked = study.targets[0]
    return prediction.guesses[0].index if asked == AUTO else _index(asked, names)


def _index(text: str, names: Sequence[str]) -> int:
    """Return the index of a class, which may be labelled `crane (134)` where two are called so."""
    twin = re.fullmatch(r"(.+) \((\d{1,6})\)", text)
    if twin and int(twin[2]) < len(names) and names[int(twin[2])] == twin[1]:
        return int(twin[2])
    return find_index(text, names)
