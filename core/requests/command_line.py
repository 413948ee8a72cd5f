"""A request as a command of `python -m core` and back.

The command that makes a report again is the one that was given, whoever asked.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from pathlib import Path

from core.errors import BadOption
from core.requests.agreements import AgreementRequest
from core.requests.audits import WORST, AuditRequest
from core.requests.dissections import DissectionRequest
from core.requests.flags import (
    LIME_FLAGS,
    MEASURE_FLAGS,
    NO_DISSECTION,
    Parser,
    add_agreement,
    add_audit,
    add_dissection,
    add_measures,
    add_study,
    add_truth,
)
from core.requests.maps import SUFFIX, Smooth
from core.requests.measures import MeasuredStudyRequest, MeasureSettings
from core.requests.options import Value
from core.requests.references import ModelRef, PictureRef
from core.requests.resolver import Resolver
from core.requests.settings_text import (
    LIME_OPTIONS,
    changed_lime_values,
    changed_measure_values,
    lime_from_text,
    lime_of,
    measure_settings_of,
    name_and_value,
    option_of,
    spelled,
    text_of,
)
from core.requests.studies import AUTO, KERNEL_SHAP, LIME, StudyRequest, split_label

CommandRequest = (
    StudyRequest | AgreementRequest | MeasuredStudyRequest | DissectionRequest | AuditRequest
)
OF_STUDIES = AgreementRequest | MeasuredStudyRequest | AuditRequest
"""Requests that have a study."""


def command_of(request: CommandRequest) -> tuple[str, ...]:
    """Return the arguments after `python -m core` that ask for the same."""
    if isinstance(request, DissectionRequest):
        return _dissection_command(request)
    if isinstance(request, AgreementRequest):
        study = _study_command(request.study, "positive")
        return ("agree", *study, *_pair("--top", request.top), *_measures_command(request))
    if isinstance(request, MeasuredStudyRequest):
        study = _study_command(request.study, "any")
        truth = _pair("--truth", request.truth.name if request.truth else "")
        return ("measure", *study, *_measures_command(request), *truth)
    if isinstance(request, AuditRequest):
        return ("audit", *_study_command(request.study, "positive"), *_audit_command(request))
    return ("explain", *_study_command(request, "any"))


def request_of(arguments: Sequence[str], resolver: Resolver) -> CommandRequest:
    """Return what a command asks for.

    Args:
        arguments: as `command_of` gives them; options that are no part of a request, such as
            `--out`, are not known here.
        resolver: knows files, models and the like by name.

    Raises:
        BadOption: the command or an option is unknown, or a value is outside its range.
        SeeWhyError: the resolver knows no such file or model.
    """
    name, rest = (arguments[0], list(arguments[1:])) if arguments else ("", [])
    if name not in ("explain", "agree", "measure", "dissect", "audit"):
        raise BadOption(
            f"{name!r:.80} makes no request: give explain, agree, measure, audit or dissect."
        )
    parser = Parser(prog=name, add_help=False, allow_abbrev=False)
    if name == "dissect":
        add_dissection(parser)
        return dissection_from(parser.parse_intermixed_args(rest), resolver)
    add_study(parser)
    if name == "explain":
        return study_from(parser.parse_intermixed_args(rest), resolver)
    if name == "audit":
        add_audit(parser)
        return audit_from(parser.parse_intermixed_args(rest), resolver)
    if name == "measure":
        add_measures(parser)
        add_truth(parser)
        return measured_study_from(parser.parse_intermixed_args(rest), resolver)
    add_agreement(parser)
    return agreement_from(parser.parse_intermixed_args(rest), resolver)


def study_from(
    arguments: argparse.Namespace, resolver: Resolver, sign: str = "any"
) -> StudyRequest:
    """Return the request of arguments that `add_study` declared.

    Args:
        arguments: as parsed.
        resolver: knows files and models by name.
        sign: which superpixels are outlined where `--positive-only` is not given.

    Raises:
        SeeWhyError: an option is outside its range, or a file or model is unknown.
    """
    methods = tuple(dict.fromkeys(_smoothed(arguments)))
    if not methods:
        raise BadOption(f"--methods is {arguments.methods!r}: give one name at least.")
    values: dict[str, Value] = {"sign": "positive" if arguments.positive_only else sign}
    for name in LIME_FLAGS:
        if getattr(arguments, name) is not None:
            values[name] = getattr(arguments, name)
    given = [*values.keys() - {"sign"}, *(["positive-only"] if arguments.positive_only else [])]
    takers = {LIME, KERNEL_SHAP} & {split_label(label)[0] for label in methods}
    if (given or arguments.lime) and not takers:
        raise BadOption(f"--{next(iter(given), 'lime')} needs lime or kernel-shap in --methods.")
    values |= lime_from_text(name_and_value(text, "--lime") for text in arguments.lime)
    names = (name.removeprefix("./") if name[2:3] == "-" else name for name in arguments.pictures)
    return StudyRequest(
        pictures=tuple(resolver.picture(name) for name in names),
        model=_model_from(arguments, resolver),
        fit=arguments.fit,
        methods=methods,
        layers=words(arguments.layer),
        targets=tuple(dict.fromkeys(arguments.targets or (AUTO,))),
        precision=arguments.precision,
        seed=arguments.seed,
        lime=lime_of(values),
        options=tuple(option_of(text) for text in arguments.options),
    )


def agreement_from(arguments: argparse.Namespace, resolver: Resolver) -> AgreementRequest:
    """Return the request of arguments that `add_study` and `add_agreement` declared.

    Raises:
        SeeWhyError: as `study_from`.
    """
    names, settings = words(arguments.measures), _measure_settings(arguments)
    changed = next(iter(changed_measure_values(settings)), "")
    if changed and not names:
        raise BadOption(f"--{changed if changed in MEASURE_FLAGS else 'set'} needs --measures.")
    return AgreementRequest(
        # What is outlined is what is compared: superpixels that support the class.
        study=study_from(arguments, resolver, "positive"),
        top=arguments.top,
        measures=names,
        settings=settings,
    )


def measured_study_from(arguments: argparse.Namespace, resolver: Resolver) -> MeasuredStudyRequest:
    """Return the request of arguments that `add_study` and `add_measures` declared.

    Raises:
        SeeWhyError: as `study_from`.
    """
    names = words(arguments.measures)
    if not names:
        raise BadOption(f"--measures is {arguments.measures!r}: give one name at least.")
    return MeasuredStudyRequest(
        study=study_from(arguments, resolver),
        measures=names,
        settings=_measure_settings(arguments),
        truth=resolver.truth(arguments.truth) if arguments.truth else None,
    )


def audit_from(arguments: argparse.Namespace, resolver: Resolver) -> AuditRequest:
    """Return the request of arguments that `add_study` and `add_audit` declared.

    Raises:
        SeeWhyError: as `study_from`.
    """
    if arguments.targets and set(arguments.targets) != {AUTO}:
        raise BadOption("--class is none of an audit's options: it explains what is predicted.")
    study = study_from(arguments, resolver, "positive")
    of = arguments.dissection
    return AuditRequest(
        study=study,
        table=resolver.truth_table(arguments.table) if arguments.table else None,
        column=arguments.column,
        classes=tuple(arguments.classes),
        worst=arguments.worst,
        dissection=None if of == NO_DISSECTION else resolver.dissection(of, study.model),
    )


def _measure_settings(arguments: argparse.Namespace) -> MeasureSettings:
    pairs = [(name, str(getattr(arguments, name))) for name in MEASURE_FLAGS]
    pairs += [name_and_value(text, "--set") for text in arguments.settings]
    return measure_settings_of(pairs)


def dissection_from(arguments: argparse.Namespace, resolver: Resolver) -> DissectionRequest:
    """Return the request of arguments that `add_dissection` declared.

    Raises:
        SeeWhyError: an option is outside its range, or something named is unknown.
    """
    model = _model_from(arguments, resolver)
    encoder = resolver.encoder(arguments.encoder, arguments.device, model)
    return DissectionRequest(
        model=model,
        layers=words(arguments.layers),
        encoder=encoder,
        probes=resolver.probes(arguments.probes),
        words=resolver.words(arguments.words, encoder),
        similarity=arguments.similarity,
        pool=arguments.pool,
        fit=arguments.fit,
        top_words=arguments.top_words,
        top_probes=arguments.top_probes,
        draws=arguments.draws,
        seed=arguments.seed,
    )


def words(text: str) -> tuple[str, ...]:
    """Split at commas; repeats and empty parts are dropped."""
    parts = (part.strip() for part in text.split(","))
    return tuple(dict.fromkeys(part for part in parts if part))


def _model_from(arguments: argparse.Namespace, resolver: Resolver) -> ModelRef:
    return resolver.model(
        arguments.model,
        arguments.device,
        arguments.weights,
        arguments.labels,
        tuple(arguments.input),
    )


def _smoothed(arguments: argparse.Namespace) -> list[str]:
    """Return the labels of the methods; a suffix wins over `--smooth`."""
    labels = []
    for label in words(arguments.methods):
        method, smooth = split_label(label)
        smoothing: Smooth = smooth if smooth != "none" else arguments.smooth
        labels.append(method + SUFFIX[smoothing])
    return labels


def _study_command(study: StudyRequest, sign: str) -> tuple[str, ...]:
    """Return the arguments of a study; `sign` is what the command outlines by itself."""
    values = changed_lime_values(study.lime)
    values["sign"] = study.lime.outline.sign
    arguments = [_path(picture) for picture in study.pictures]
    arguments += _model_command(study.model)
    arguments += _pair("--fit", study.fit)
    arguments += _pair("--layer", ",".join(study.layers))
    arguments += _pair("--methods", ",".join(study.methods))
    for target in study.targets:
        arguments += _pair("--class", target)
    arguments += _pair("--precision", study.precision)
    arguments += _pair("--seed", study.seed)
    if values["sign"] == sign or not {LIME, KERNEL_SHAP} & {*study.methods}:
        del values["sign"]
    elif values["sign"] == "positive":
        arguments.append("--positive-only")
        del values["sign"]
    for name, value in values.items():
        if name in LIME_FLAGS and (name, value) != ("segments", "mask"):
            arguments += _pair(f"--{name}", spelled(LIME_OPTIONS[name], value))
        else:
            arguments.append(f"--lime={name}={text_of(value)}")
    for method, name, value in study.options:
        arguments.append(f"--option={method}.{name}={text_of(value)}")
    return tuple(arguments)


def _measures_command(request: MeasuredStudyRequest | AgreementRequest) -> tuple[str, ...]:
    arguments = [*_pair("--measures", ",".join(request.measures))]
    for name, value in changed_measure_values(request.settings).items():
        if name in MEASURE_FLAGS:
            arguments += _pair(f"--{name}", value)
        else:
            arguments.append(f"--set={name}={text_of(value)}")
    return tuple(arguments)


def _audit_command(request: AuditRequest) -> tuple[str, ...]:
    worst = request.worst
    return (
        *_pair("--true-classes", request.table.name if request.table else ""),
        *_pair("--label-column", request.column),
        *(f"--true-class={text}" for text in request.classes),
        *(_pair("--worst", worst) if worst != WORST else ()),
        *_pair("--dissection", request.dissection.name if request.dissection else NO_DISSECTION),
    )


def _dissection_command(request: DissectionRequest) -> tuple[str, ...]:
    pairs: dict[str, Value] = {
        "--layers": ",".join(request.layers),
        "--probes": request.probes.name,
        "--words": request.words.name,
        "--encoder": request.encoder.name,
        "--similarity": request.similarity,
        "--pool": request.pool,
        "--fit": request.fit,
        "--top-words": request.top_words,
        "--top-probes": request.top_probes,
        "--draws": request.draws,
        "--seed": request.seed,
    }
    arguments = ["dissect", *_model_command(request.model)]
    for flag, value in pairs.items():
        arguments += _pair(flag, value)
    return tuple(arguments)


def _model_command(model: ModelRef) -> list[str]:
    return [
        *_pair("--model", model.name),
        *_pair("--weights", "" if model.is_local else model.weights_name),
        *_pair("--labels", model.labels_name),
        *(f"--input={change}" for change in model.input),
        *_pair("--device", model.device),
    ]


def _path(picture: PictureRef) -> str:
    return f"./{picture.name}" if picture.name.startswith("-") else picture.name


def _pair(flag: str, value: Value) -> tuple[str, ...]:
    """Return a flag and its value; none for an empty one."""
    text = text_of(value)
    if not text:
        return ()
    return (f"{flag}={text}",) if text.startswith("-") else (flag, text)


def without_folders(request: CommandRequest) -> CommandRequest:
    """Return the same request with file names for paths: a report says no path of this machine."""
    if isinstance(request, OF_STUDIES):
        study = without_folders(request.study)
        assert isinstance(study, StudyRequest)
        request = dataclasses.replace(request, study=study)
        if isinstance(request, MeasuredStudyRequest) and request.truth:
            truth = dataclasses.replace(request.truth, name=_last(request.truth.name))
            request = dataclasses.replace(request, truth=truth)
        if isinstance(request, AuditRequest) and request.table:
            table = dataclasses.replace(request.table, name=_last(request.table.name))
            request = dataclasses.replace(request, table=table)
        return request
    model = dataclasses.replace(
        request.model,
        weights_name=_last(request.model.weights_name),
        labels_name=_last(request.model.labels_name),
    )
    if isinstance(request, DissectionRequest):
        encoder, probes, words = (
            dataclasses.replace(request.encoder, weights_name=_last(request.encoder.weights_name)),
            dataclasses.replace(request.probes, name=_last(request.probes.name)),
            dataclasses.replace(request.words, name=_last(request.words.name)),
        )
        return dataclasses.replace(
            request, model=model, encoder=encoder, probes=probes, words=words
        )
    pictures = tuple(
        dataclasses.replace(picture, name=_last(picture.name)) for picture in request.pictures
    )
    return dataclasses.replace(request, model=model, pictures=pictures)


def _last(path: str) -> str:
    """Return the last part of a path; `.` and `..` are called as the folder they mean."""
    name = Path(path).name
    return Path(path).resolve().name or path if path and name in ("", "..") else name
