"""Settings as text: shared by the command line and the address."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from core.errors import BadOption
from core.requests.maps import Outline, Segmentation, Surrogate, flat
from core.requests.measures import MeasureSettings
from core.requests.options import Option, Value, options_of
from core.requests.studies import LimeSettings

SEGMENTS = "segments"
"""What the algorithm of a segmentation is called outside the code."""
GROUPS: Mapping[str, type] = {
    "segmentation": Segmentation,
    "surrogate": Surrogate,
    "outline": Outline,
}


def _options() -> dict[str, Option]:
    grouped = [option for group in GROUPS.values() for option in options_of(group)]
    every = [*grouped, *options_of(LimeSettings)]
    named = [dataclasses.replace(option, name=_outside(option.name)) for option in every]
    return {option.name: option for option in named}


def _outside(name: str) -> str:
    return SEGMENTS if name == "algorithm" else name


def _inside(name: str) -> str:
    return "algorithm" if name == SEGMENTS else name


LIME_OPTIONS: Mapping[str, Option] = _options()
"""Every setting of LIME by the name that people use."""


def text_of(value: Value) -> str:
    """Return a setting as text; reading it again gives the same value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)


def spelled(option: Option, value: Value) -> str:
    """Return a setting as people write it: the word for it, where it has one."""
    return next((word for word, meant in option.words if meant == value), text_of(value))


def value_of(option: Option, text: str) -> Value:
    """Read a setting.

    Raises:
        BadOption: it is no value of the option's type, or outside its range.
    """
    kind = type(option.default)
    for word, value_meant in option.words:
        if text.strip().lower() == word:
            return value_meant
    try:
        if kind is bool:
            return {"true": True, "false": False}[text.strip().lower()]
        value: Value = kind(text)
    except (KeyError, ValueError) as error:
        raise BadOption(
            f"{option.name} is {text!r:.80}: give a value of type {kind.__name__}."
        ) from error
    return option.check(value)


def lime_values(settings: LimeSettings) -> dict[str, Value]:
    """Return all settings of LIME by the names that people use."""
    values: dict[str, Value] = {"samples": settings.samples}
    values |= {_outside(name): value for name, value in flat(settings.segmentation).items()}
    values |= {"fill": settings.fill, "sampling": settings.sampling}
    values |= {**flat(settings.outline), **flat(settings.surrogate)}
    return values


def changed_lime_values(settings: LimeSettings) -> dict[str, Value]:
    """Return the settings that differ from the defaults."""
    default = lime_values(LimeSettings())
    return {name: value for name, value in lime_values(settings).items() if value != default[name]}


def lime_of(values: Mapping[str, Value]) -> LimeSettings:
    """Return LIME's settings; what is absent has its default.

    Raises:
        BadOption: no such setting, or a value outside its range.
    """
    for name in values:
        if name not in LIME_OPTIONS:
            raise BadOption(f"LIME has no setting {name!r:.80}: it has {', '.join(LIME_OPTIONS)}.")
    checked = {name: LIME_OPTIONS[name].check(value) for name, value in values.items()}
    groups: dict[str, Any] = {}
    for group, kind in GROUPS.items():
        names = {option.name for option in options_of(kind)}
        inside = {_inside(name): value for name, value in checked.items()}
        groups[group] = kind(**{name: inside[name] for name in names & set(inside)})
    default = LimeSettings(**groups)
    return dataclasses.replace(
        default,
        samples=int(checked.get("samples", default.samples)),
        fill=str(checked.get("fill", default.fill)),
        sampling=str(checked.get("sampling", default.sampling)),
    )


def lime_from_text(pairs: Iterable[tuple[str, str]]) -> dict[str, Value]:
    """Read settings of LIME from text.

    Raises:
        BadOption: no such setting, or no value of its type.
    """
    values: dict[str, Value] = {}
    for name, text in pairs:
        if name not in LIME_OPTIONS:
            raise BadOption(f"LIME has no setting {name!r:.80}: it has {', '.join(LIME_OPTIONS)}.")
        values[name] = value_of(LIME_OPTIONS[name], text)
    return values


MEASURE_OPTIONS: Mapping[str, Option] = {each.name: each for each in options_of(MeasureSettings)}
"""Every setting of the measures by its name, apart from the seed."""


def changed_measure_values(settings: MeasureSettings) -> dict[str, Value]:
    """Return the settings of measures that differ from the defaults, without the seed."""
    return {
        name: getattr(settings, name)
        for name, option in MEASURE_OPTIONS.items()
        if getattr(settings, name) != option.default
    }


def measure_settings_of(pairs: Iterable[tuple[str, str]]) -> MeasureSettings:
    """Return the settings of measures from text; what is absent has its default.

    Raises:
        BadOption: no such setting, or a value outside its range.
    """
    values: dict[str, Any] = {}
    for name, text in pairs:
        if name not in MEASURE_OPTIONS:
            has = ", ".join(MEASURE_OPTIONS)
            raise BadOption(f"Measures have no setting {name!r:.80}: they have {has}.")
        values[name] = value_of(MEASURE_OPTIONS[name], text)
    return MeasureSettings(**values)


def option_of(text: str) -> tuple[str, str, Value]:
    """Read `METHOD.NAME=VALUE`; the value is a number where it looks like one.

    Raises:
        BadOption: it has another form.
    """
    name, value = name_and_value(text, "--option")
    method, _, setting = name.rpartition(".")
    if not method:
        raise BadOption(f"--option is {text!r:.80}: give METHOD.NAME=VALUE.")
    if value in ("true", "false"):
        return method, setting, value == "true"
    for kind in (int, float):
        try:
            return method, setting, kind(value)
        except ValueError:
            continue
    return method, setting, value


def name_and_value(text: str, flag: str) -> tuple[str, str]:
    """Read `NAME=VALUE`.

    Raises:
        BadOption: there is no equals sign; the message names `flag`.
    """
    name, equals, value = text.partition("=")
    if not equals:
        raise BadOption(f"{flag} is {text!r:.80}: give NAME=VALUE.")
    return name.strip(), value
