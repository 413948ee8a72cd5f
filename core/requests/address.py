"""A request as the parameters of a page's address and back.

The parameters are named as the controls of the page, and the values are their options, so a page
opened at the address shows the request. The device is not part of an address: a link is opened on
another machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from core.errors import BadOption
from core.requests.agreements import AgreementRequest
from core.requests.audits import WORST, AuditRequest
from core.requests.command_line import CommandRequest
from core.requests.dissections import DRAWS, DissectionRequest
from core.requests.measures import DEFAULT_MEASURES, MeasuredStudyRequest
from core.requests.options import Value
from core.requests.references import WORD_BANK, ModelRef
from core.requests.resolver import Resolver
from core.requests.settings_text import (
    LIME_OPTIONS,
    MEASURE_OPTIONS,
    changed_lime_values,
    changed_measure_values,
    lime_from_text,
    lime_of,
    measure_settings_of,
    option_of,
    spelled,
    text_of,
)
from core.requests.studies import AUTO, LIME, StudyRequest

Page = Literal["heatmaps", "superpixels", "agreement", "gallery", "trust", "concepts"]
Parameters = Mapping[str, Sequence[str]]

_METHODS: Mapping[Page, str] = {
    "heatmaps": "maps",
    **dict.fromkeys(("agreement", "gallery", "trust"), "compare"),
}
_PICTURE: Mapping[Page, str] = {"gallery": "pictures"}
_PRECISION: Mapping[Page, str] = {"superpixels": "numbers"}
_MEASURES: Mapping[Page, str] = {"trust": "measures", "gallery": "measured"}
"""The gallery measures nothing by itself, so what is chosen there is no choice for other pages."""
_LIME: Mapping[Page, Mapping[str, str]] = {
    **dict.fromkeys(
        ("superpixels", "gallery"),
        {name: name for name in LIME_OPTIONS} | {"superpixels": "outlined"},
    ),
    **dict.fromkeys(
        ("heatmaps", "agreement", "trust"),
        {name: f"lime_{name}" for name in LIME_OPTIONS} | {"superpixels": "parts"},
    ),
}
"""What a page calls its parameter, by the setting of LIME."""
AUDIT, AUDITED = "audit", "audited"
"""Mode of the gallery that audits, and what it calls its methods."""
_DISSECTION: Mapping[str, Value] = {
    "similarity": "soft_wpmi",
    "pool": "mean",
    "fit": "crop",
    "top_words": 5,
    "top_probes": 10,
    "draws": DRAWS,
    "seed": 0,
}
"""Fields of a dissection that are text or numbers, with their defaults."""


def page_of(request: CommandRequest) -> Page:
    """Return the page that shows a request."""
    if isinstance(request, DissectionRequest):
        return "concepts"
    if isinstance(request, AgreementRequest):
        alone = len(request.study.pictures) == 1 and not request.measures
        return "agreement" if alone else "gallery"
    if isinstance(request, MeasuredStudyRequest):
        return "trust"
    if isinstance(request, AuditRequest):
        return "gallery"
    return "superpixels" if request.methods == (LIME,) else "heatmaps"


def address_of(request: CommandRequest) -> dict[str, tuple[str, ...]]:
    """Return the parameters of the address of `page_of`, without those that have their default."""
    if isinstance(request, DissectionRequest):
        return _dissection_address(request)
    page = page_of(request)
    study = request if isinstance(request, StudyRequest) else request.study
    given: dict[str, tuple[str, ...]] = {
        _PICTURE.get(page, "picture"): tuple(picture.name for picture in study.pictures),
        **_model_address(study.model),
        "fit": () if study.fit == "squash" else (study.fit,),
        "layer": study.layers,
        "class": () if study.targets == (AUTO,) else study.targets[:1],
        "versus": study.targets[1:],
        _PRECISION.get(page, "precision"): (study.precision,),
        "seed": (str(study.seed),) if study.seed else (),
        "option": tuple(f"{of}.{name}={text_of(value)}" for of, name, value in study.options),
    }
    if page in _METHODS:
        given[AUDITED if isinstance(request, AuditRequest) else _METHODS[page]] = study.methods
    if page == "superpixels":
        given["sampling"] = (study.lime.sampling,)  # the page has a default of its own
    for name, value in changed_lime_values(study.lime).items():
        given[_LIME[page][name]] = (spelled(LIME_OPTIONS[name], value),)
    if isinstance(request, AgreementRequest):
        given["top"] = (text_of(request.top).removesuffix(".0"),)
    if isinstance(request, AgreementRequest | MeasuredStudyRequest):
        given[_MEASURES.get(page, "measures")] = request.measures
        for name, value in changed_measure_values(request.settings).items():
            given[name] = (text_of(value),)
    if isinstance(request, MeasuredStudyRequest) and request.truth:
        given["truth"] = (request.truth.name,)
    if isinstance(request, AuditRequest):
        given |= _audit_address(request)
    return {name: each for name, each in given.items() if each}


def request_at(page: Page, parameters: Parameters, resolver: Resolver) -> CommandRequest:
    """Return the request of an address.

    Args:
        page: which page is opened.
        parameters: as `address_of` gives them; unknown ones are ignored.
        resolver: knows pictures, models and the like by name.

    Raises:
        BadOption: a value is outside its range, or a picture or method is missing.
        SeeWhyError: the resolver knows no such picture or model.
    """
    if page == "concepts":
        return _dissection_at(parameters, resolver)
    lime = ((name, parameters.get(key, ())) for name, key in _LIME[page].items())
    is_audit = page == "gallery" and _one(parameters, "mode", "") == AUDIT
    methods = AUDITED if is_audit else _METHODS.get(page, "")
    choice: dict[str, Any] = {
        "fit": _one(parameters, "fit", "squash"),
        "precision": _one(parameters, _PRECISION.get(page, "precision"), "exact"),
    }
    study = StudyRequest(
        pictures=tuple(
            resolver.picture(name) for name in parameters.get(_PICTURE.get(page, "picture"), ())
        ),
        model=_model_at(parameters, resolver),
        methods=tuple(parameters.get(methods, ())) if page in _METHODS else (LIME,),
        layers=tuple(parameters.get("layer", ())),
        targets=(_one(parameters, "class", AUTO), *parameters.get("versus", ())),
        seed=_whole(parameters, "seed", 0),
        lime=lime_of(lime_from_text((name, each[0]) for name, each in lime if each)),
        options=tuple(option_of(text) for text in parameters.get("option", ())),
        **choice,
    )
    if page in ("heatmaps", "superpixels"):
        return study
    pairs = [(name, parameters.get(name, ())) for name in MEASURE_OPTIONS]
    names = tuple(parameters.get(_MEASURES.get(page, "measures"), ()))
    settings = measure_settings_of((name, each[0]) for name, each in pairs if each)
    if page == "trust":
        truth = _one(parameters, "truth", "")
        return MeasuredStudyRequest(
            study=study,
            measures=names or DEFAULT_MEASURES,
            settings=settings,
            truth=resolver.truth(truth) if truth else None,
        )
    if is_audit:
        return _audit_at(study, parameters, resolver)
    top = _real(parameters, "top", 10.0)
    return AgreementRequest(study=study, top=top, measures=names, settings=settings)


def _audit_address(request: AuditRequest) -> dict[str, tuple[str, ...]]:
    return {
        "mode": (AUDIT,),
        "true_classes": (request.table.name,) if request.table else (),
        "label_column": (request.column,) if request.column else (),
        "true_class": tuple(f"={text}" for text in request.classes),
        "worst": (str(request.worst),) if request.worst != WORST else (),
        "dissection": (request.dissection.name,) if request.dissection else (),
    }


def _audit_at(study: StudyRequest, parameters: Parameters, resolver: Resolver) -> AuditRequest:
    table, of = _one(parameters, "true_classes", ""), _one(parameters, "dissection", "")
    return AuditRequest(
        study=study,
        table=resolver.truth_table(table) if table else None,
        column=_one(parameters, "label_column", ""),
        classes=tuple(text.removeprefix("=") for text in parameters.get("true_class", ())),
        worst=_whole(parameters, "worst", WORST),
        dissection=resolver.dissection(of, study.model) if of else None,
    )


def _dissection_address(request: DissectionRequest) -> dict[str, tuple[str, ...]]:
    given = {
        **_model_address(request.model),
        "layer": request.layers,
        "probes": (request.probes.name,),
        "words": (request.words.name,),
        "encoder": (request.encoder.name,),
    }
    for name, default in _DISSECTION.items():
        value: Value = getattr(request, name)
        if value != default:
            given[name] = (text_of(value),)
    return {name: each for name, each in given.items() if each}


def _dissection_at(parameters: Parameters, resolver: Resolver) -> DissectionRequest:
    model = _model_at(parameters, resolver)
    encoder = resolver.encoder(_one(parameters, "encoder", WORD_BANK), "auto", model)
    values: dict[str, Any] = {
        name: _whole(parameters, name, default)
        if isinstance(default, int)
        else _one(parameters, name, str(default))
        for name, default in _DISSECTION.items()
    }
    return DissectionRequest(
        model=model,
        layers=tuple(parameters.get("layer", ())),
        encoder=encoder,
        probes=resolver.probes(_one(parameters, "probes", "builtin")),
        words=resolver.words(_one(parameters, "words", "builtin"), encoder),
        **values,
    )


def _model_address(model: ModelRef) -> dict[str, tuple[str, ...]]:
    own = {
        "weights": "" if model.is_local else model.weights_name,
        "labels": model.labels_name,
    }
    return {
        "model": (model.id,),
        **{name: (text,) for name, text in own.items() if text},
        "input": model.input,
    }


def _model_at(parameters: Parameters, resolver: Resolver) -> ModelRef:
    return resolver.model(
        _one(parameters, "model", ""),
        "auto",
        _one(parameters, "weights", ""),
        _one(parameters, "labels", ""),
        tuple(parameters.get("input", ())),
    )


def _one(parameters: Parameters, name: str, default: str) -> str:
    values = parameters.get(name, ())
    return values[0] if values else default


def _whole(parameters: Parameters, name: str, default: int) -> int:
    text = _one(parameters, name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise BadOption(f"{name} is {text!r:.80}: give a whole number.")
    return int(text)


def _real(parameters: Parameters, name: str, default: float) -> float:
    text = _one(parameters, name, str(default))
    try:
        return float(text)
    except ValueError as error:
        raise BadOption(f"{name} is {text!r:.80}: give a number.") from error
