"""Faults by their kind, where there are too many to list."""

from __future__ import annotations

import re
from collections.abc import Iterable

EXAMPLES = 3
KINDS = 20


def fault_kinds(faults: Iterable[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """Return a sentence, how often it was said, and names, the most frequent first.

    Sentences are of one kind where they differ only in the name of the picture and in numbers.

    Args:
        faults: names and reasons.
    """
    kinds: dict[str, tuple[str, list[str]]] = {}
    for name, reason in faults:
        short = name.partition(", ")[0]
        said = reason.replace(name, "A file").replace(short, "A file")
        kinds.setdefault(re.sub(r"\d+", "0", said), (said, []))[1].append(name)
    ranked = sorted(kinds.values(), key=lambda each: -len(each[1]))
    rows = [(said, str(len(names)), _few(names)) for said, names in ranked[:KINDS]]
    if rest := ranked[KINDS:]:
        many = sum(len(names) for _, names in rest)
        rows.append((f"{len(rest)} other kinds", str(many), _few([n for _, k in rest for n in k])))
    return rows


def _few(names: list[str]) -> str:
    return ", ".join(names[:EXAMPLES]) + ", …" * (len(names) > EXAMPLES)
