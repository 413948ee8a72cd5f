"""A request as JSON and back.

Dataclasses become objects with the name of their kind, tuples become lists; nothing else is
known, and what comes back is checked field by field, because it may come from a stranger.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import types
import typing
from collections.abc import Hashable, Mapping
from typing import Any, TypeVar, cast

from core.errors import BadOption
from core.requests import (
    agreements,
    audits,
    dissections,
    maps,
    measures,
    paintings,
    references,
    reveals,
    studies,
)

KIND = "type"
MAX_CHARACTERS = 4 << 20
"""Of JSON that is read: a label image of superpixels is part of a request."""
T = TypeVar("T")

KINDS: Mapping[str, type] = {
    kind.__name__: kind
    for module in (
        references,
        maps,
        studies,
        dissections,
        measures,
        agreements,
        audits,
        paintings,
        reveals,
    )
    for kind in vars(module).values()
    if dataclasses.is_dataclass(kind) and isinstance(kind, type)
}
"""Every dataclass that a request is made of, by name."""


def to_json(request: object) -> str:
    """Return a request as JSON text, one spelling for each content."""
    return json.dumps(as_plain(request), sort_keys=True, ensure_ascii=False, allow_nan=False)


def from_json(text: str) -> Any:  # noqa: ANN401 - the text says which kind it is
    """Return the request that `to_json` wrote.

    Raises:
        BadOption: it is no request, or a field is missing, unknown, or outside its range.
    """
    if len(text) > MAX_CHARACTERS:
        raise BadOption(f"The request has more than {MAX_CHARACTERS} characters: shorten it.")
    try:
        content = json.loads(text, parse_constant=_not_finite)
    except (ValueError, RecursionError) as error:
        raise BadOption("The request is not JSON: copy all of it.") from error
    return from_plain(content)


def _not_finite(text: str) -> float:
    raise ValueError(f"{text} is not a finite number")


def as_plain(value: object) -> object:
    """Return a value as dictionaries, lists, text and numbers."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        content = {
            field.name: as_plain(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
        return {KIND: type(value).__name__, **content}
    if isinstance(value, tuple):
        return [as_plain(item) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"A request holds no {type(value).__name__}.")


def from_plain(content: object, kinds: Mapping[str, type] = KINDS) -> Any:  # noqa: ANN401 - as `from_json`
    """Return the request of a dictionary that `as_plain` made.

    Args:
        content: the dictionary.
        kinds: what it may be, by name; what lies inside is of the kinds that its fields have.

    Raises:
        BadOption: as `from_json`.
    """
    if not isinstance(content, dict) or content.get(KIND) not in kinds:
        raise BadOption("This is not a request: its kind is missing or unknown.")
    return _object(content, kinds[str(content[KIND])])


def _object(content: Mapping[str, object], kind: type[T]) -> T:
    hints = _hints(cast("Hashable", kind))
    given = {name: value for name, value in content.items() if name != KIND}
    if unknown := sorted(set(given) - set(hints)):
        raise BadOption(f"{kind.__name__} has no field {unknown[0]!r:.80}: remove it.")
    values = {name: _value(value, hints[name], name) for name, value in given.items()}
    try:
        return kind(**values)
    except TypeError as error:
        raise BadOption(f"{kind.__name__} lacks a field ({error}): add it.") from error


def _value(value: object, hint: Any, name: str) -> object:  # noqa: ANN401 - any annotation
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _of_union(value, arguments, name)
    if origin is typing.Literal:
        if value not in arguments:
            raise BadOption(f"{name} is {value!r:.80}: choose one of {', '.join(arguments)}.")
        return value
    if origin is tuple:
        return _tuple(value, arguments, name)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        if not isinstance(value, dict) or value.get(KIND) != hint.__name__:
            raise BadOption(f"{name} is not a {hint.__name__}.")
        return _object(value, hint)
    if hint is float and type(value) is int:
        return float(value)
    if type(value) is not hint:
        raise BadOption(f"{name} is {value!r:.80}: give a value of type {hint.__name__}.")
    return value


def _of_union(value: object, kinds: tuple[Any, ...], name: str) -> object:
    """Return a value of one of several kinds: the one it says, else the one of its type."""
    if isinstance(value, dict):
        for kind in kinds:
            if dataclasses.is_dataclass(kind) and value.get(KIND) == getattr(kind, "__name__", ""):
                return _value(value, kind, name)
    if type(value) not in kinds:
        raise BadOption(f"{name} is {value!r:.80}: give a value of another type.")
    return value


def _tuple(value: object, arguments: tuple[Any, ...], name: str) -> tuple[object, ...]:
    if not isinstance(value, list | tuple):
        raise BadOption(f"{name} is {value!r:.80}: give a list.")
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return tuple(_value(item, arguments[0], f"{name}[{at}]") for at, item in enumerate(value))
    if len(value) != len(arguments):
        raise BadOption(f"{name} has {len(value)} entries: give {len(arguments)}.")
    pairs = zip(value, arguments, strict=True)
    return tuple(_value(item, hint, f"{name}[{at}]") for at, (item, hint) in enumerate(pairs))


@functools.cache
def _hints(kind: Hashable) -> Mapping[str, Any]:
    """Return the annotation of every field."""
    hints = typing.get_type_hints(cast("type", kind))
    return {field.name: hints[field.name] for field in dataclasses.fields(cast("Any", kind))}
