"""Class names in JSON: lists, `id2label`, `class_to_idx`, and configurations that hold one."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from core.errors import BadLabels
from core.files.names import visible
from core.models.class_names import in_order

KEYS = (
    *("id2label", "idx2label", "index2label", "idx_to_class", "index_to_class", "idx2class"),
    *("label2id", "class_to_idx", "class_to_index", "class2idx", "label_to_idx"),
    *("class_names", "label_names", "names", "classes", "categories", "labels"),
)
"""Under which a configuration holds class names; the first that does counts."""
DEPTH = 4
"""Mappings inside mappings that are looked into."""

_NAME = ("name", "label", "class_name", "label_name", "class")
_INDEX = ("id", "index", "idx", "class_id", "label_id", "class_index")
_BEGINS = re.compile(r"""[\[{][ \t]*(?:["'\[{\]}\n]|-?\d+\s*[,:]|$)""")
_COMMENT = re.compile(
    r"""("(?:\\.|[^"\\])*(?:"|\Z))|//[^\n]*|/\*.*?(?:\*/|\Z)|^[ \t]*\#[^\n]*""",
    re.DOTALL | re.MULTILINE,
)
"""A text, which is no comment whatever it holds, or a comment. Both may end with the file, or
looking for their end again and again would take minutes."""
_WORD_NET = re.compile(r"[a-z]?\d+", re.IGNORECASE)
_LITERAL_LIMIT = 1 << 18
"""Characters of Python's own notation; its parser takes some hundred bytes for each number."""


class _Pairs(tuple[tuple[Any, Any], ...]):
    """A mapping whose repeated keys are not lost."""

    __slots__ = ()


def names_in(text: str, file: str) -> Sequence[object] | None:
    """Return the class names of JSON text, in the order of the logits.

    Read are a list of names; `{"0": "tench"}`; `{"0": ["n01440764", "tench"]}`; `{"tench": 0}`;
    a list of `{"id": 0, "name": "tench"}`; each of these under one of `KEYS` in a larger mapping;
    and all of it as Python prints it (`{0: 'tench'}`).

    Args:
        text: of the file.
        file: its name, for messages.

    Returns:
        What stands for each class, which may be no text; None where the text is not JSON.

    Raises:
        BadLabels: it looks like JSON and is damaged or holds no class names; indices with gaps or
            repeats.
    """
    body = text.strip()
    if not body.startswith(("[", "{", "//", "/*", "#")):
        return None
    bare = _COMMENT.sub(lambda found: found[1] or "", body).strip()
    if not bare.startswith(("[", "{")):
        return None
    try:
        value = _value(body)
    except ValueError as error:
        if not _BEGINS.match(bare):  # a class such as `[background]`
            return None
        if bare != body:
            raise BadLabels(
                f"{file} looks like JSON with comments, which JSON does not have: remove them."
            ) from error
        raise BadLabels(
            f"{file} looks like JSON and is damaged ({str(error)[:80]}): write it anew, or give "
            "one class name per line."
        ) from error
    names = _listed(value, file) if isinstance(value, list) else _mapped(value, file)
    if names is None:
        raise BadLabels(
            f"{file} looks like JSON with {_keys(value)} and no class names: give a list of names, "
            "id2label, class_to_idx, or one name per line."
        )
    return names


def _value(body: str) -> Any:  # noqa: ANN401 - whatever a stranger wrote
    """Read JSON or Python's own notation; mappings become pairs.

    Raises:
        ValueError: it is neither.
    """
    try:
        return json.loads(body, object_pairs_hook=_Pairs)
    except RecursionError:
        raise ValueError("too many brackets inside each other") from None
    except ValueError as fault:
        if len(body) > _LITERAL_LIMIT or "'" not in body:
            raise
        try:
            return _paired(ast.literal_eval(body))
        except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
            raise fault from None


def _paired(value: object) -> object:
    if isinstance(value, dict):
        return _Pairs((key, _paired(inner)) for key, inner in value.items())
    if isinstance(value, (list, tuple)):
        return [_paired(inner) for inner in value]
    return value


def _mapped(pairs: object, file: str) -> Sequence[object] | None:
    """Return the names in a mapping: under a known key here or further inside, or all of it."""
    level = [pairs] if isinstance(pairs, _Pairs) else []
    for _ in range(DEPTH):
        for value in chain(*map(_known, level)):
            names = _listed(value, file) if isinstance(value, list) else _indexed(value, file)
            if names is not None:
                return names
        level = [value for each in level for _, value in each if isinstance(value, _Pairs)]
    return _indexed(pairs, file) if isinstance(pairs, _Pairs) else None


def _known(pairs: _Pairs) -> Iterator[Any]:
    """Return what may hold names by its key."""
    by_key = {str(key).lower(): value for key, value in pairs if isinstance(value, (list, _Pairs))}
    given = (by_key[key] for key in KEYS if by_key.get(key))
    return (each for each in given if not all(isinstance(item, (int, float)) for item in each))


def _indexed(pairs: _Pairs, file: str) -> list[object] | None:
    """Return the names of a mapping from indices, or to them."""
    keys, values = zip(*pairs, strict=True) if pairs else ((), ())
    # The folders of digits are called "0" to "9": there numbers are the indices, not texts.
    texts = any(isinstance(value, str) for value in values)
    by_key, by_value = _indices(keys), _indices(values)
    if by_value and not (texts and by_key):
        return in_order(zip(by_value, keys, strict=True), file)
    return in_order(zip(by_key, map(_text, values), strict=True), file) if by_key else None


def _listed(items: list[Any], file: str) -> Sequence[object] | None:
    """Return the names in a list; None where it holds mappings without names."""
    if not any(isinstance(item, (list, _Pairs)) for item in items):
        return items
    names = [_text(item) for item in items]
    if any(isinstance(item, list) and len(item) == 2 for item in items):
        numbers = _indices([item[0] if isinstance(item, list) else None for item in items])
        names = [item[1] for item in items] if numbers else names
    else:
        facts = [dict(item) if isinstance(item, _Pairs) else {} for item in items]
        numbers = _indices(
            [next((fact[key] for key in _INDEX if key in fact), None) for fact in facts]
        )
    if None in names:
        return None
    return in_order(zip(numbers, names, strict=True), file) if numbers else names


def _text(value: object) -> object:
    """Return the name in what stands for one class: itself, of a mapping, or of `[id, name]`."""
    if isinstance(value, _Pairs):
        facts = dict(value)
        return next((facts[key] for key in _NAME if isinstance(facts.get(key), str)), None)
    if isinstance(value, list):
        texts = [item for item in value if isinstance(item, str)]
        return next((text for text in texts if not _WORD_NET.fullmatch(text)), None)
    return value


def _indices(values: Iterable[object]) -> list[int]:
    """Return class indices, which JSON's keys hold as text; nothing where one is none."""
    indices: list[int] = []
    for value in values:
        if (isinstance(value, str) and value.isdecimal() and len(value) < 10) or (
            isinstance(value, (int, float)) and not isinstance(value, bool) and value == value // 1
        ):
            indices.append(int(value))
        else:
            return []
    return indices


def _keys(value: object) -> str:
    """Say what JSON holds."""
    if isinstance(value, _Pairs):
        shown = ", ".join(visible(str(key)[:30]) for key, _ in value[:4])
        return f"{shown or 'nothing'}{' ...' if len(value) > 4 else ''}"
    return f"a list of {len(value)} things" if isinstance(value, list) else "one value"
