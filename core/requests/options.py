"""Typed settings with a range: enough to check a value, to draw a control and to read a flag."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import BadOption

Value = bool | int | float | str


@dataclass(frozen=True, slots=True)
class Option:
    """One typed setting.

    Attributes:
        name: of the setting.
        default: value when not given; its type is the option's type.
        help: one sentence.
        low, high: range of numbers, both inclusive; None for other types.
        choices: allowed values of a text option.
        words: names of values outside the range, for example ("auto", 0).
    """

    name: str
    default: Value
    help: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    words: tuple[tuple[str, int], ...] = ()

    @property
    def range(self) -> str:
        """The values that it may have, for a person; empty for any text."""
        if isinstance(self.default, bool):
            return "true or false"
        if self.choices or self.low is None or self.high is None:
            return ", ".join(self.choices)
        named = "".join(f", or {word}" for word, _ in self.words)
        return f"{self.low:.10g} to {self.high:.10g}{named}"

    def check(self, value: object) -> Value:
        """Return `value` in the option's type.

        Raises:
            BadOption: wrong type or outside the range.
        """
        kind = type(self.default)
        if kind is float and type(value) is int:
            value = float(value)
        if kind is str and type(value) is int:  # text that looked like a number
            value = str(value)
        if type(value) is not kind or not isinstance(value, bool | int | float | str):
            raise BadOption(f"{self.name} is {value!r}: give a value of type {kind.__name__}.")
        if self.choices and value not in self.choices:
            raise BadOption(f"{self.name} is {value!r}: choose one of {', '.join(self.choices)}.")
        if any(value == meant for _, meant in self.words):
            return value
        low, high = self.low, self.high
        if low is None or high is None or isinstance(value, str):
            return value
        if not low <= value <= high:
            raise BadOption(f"{self.name} is {value}: give {self.range}.")
        return value


def fill_defaults(options: tuple[Option, ...], given: Mapping[str, Value]) -> dict[str, Value]:
    """Return a value for every option: the given one, else the default.

    Raises:
        BadOption: a value is outside its range, or there is no option of that name.
    """
    by_name = {option.name: option for option in options}
    for name in given:
        if name not in by_name:
            has = f"it has {', '.join(by_name)}" if by_name else "it has none"
            raise BadOption(f"The method has no option {name!r}: {has}.")
    return {name: option.check(given.get(name, option.default)) for name, option in by_name.items()}


def setting(
    default: Value,
    help: str,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    words: tuple[tuple[str, int], ...] = (),
) -> Any:  # noqa: ANN401 - a dataclass field stands for a value of the setting's type
    """Return a dataclass field that knows its range; see `Option` for the arguments."""
    return dataclasses.field(
        default=default, metadata={"option": Option("", default, help, low, high, choices, words)}
    )


def options_of(kind: type) -> tuple[Option, ...]:
    """Return the options of a dataclass whose fields were made with `setting`."""
    return tuple(
        dataclasses.replace(field.metadata["option"], name=field.name)
        for field in dataclasses.fields(kind)
        if "option" in field.metadata
    )


def check_settings(settings: object) -> None:
    """Check every field of a dataclass that was made with `setting`.

    Raises:
        BadOption: a value has another type or is outside its range.
    """
    for option in options_of(type(settings)):
        value = option.check(getattr(settings, option.name))
        object.__setattr__(settings, option.name, value)
