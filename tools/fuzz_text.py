"""Damaged label files, tables of units and lists of words, in all ways to write them."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Iterator

from core.concepts import vocabulary
from core.concepts.result import label_table
from core.files.names import printable
from core.models.label_file import read_labels
from tools.fuzz_case import Case, damaged

NAMES = ("tench", "Kätzchen", "猫", "red fox, Vulpes vulpes", 'say "ah"', "[background]", "7")
ENCODINGS = (*("utf-8",) * 6, "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "cp1252")
ENDS = ("\n", "\r\n", "\r")
DELIMITERS = (*(",", ";", "\t") * 3, "|")
SUFFIXES = (".txt", ".csv", ".tsv", ".json", ".xlsx", "")

_LAYER = '"layer 4"'


def labels(count: int, seed: int) -> Iterator[Case]:
    """Yield damaged label files.

    Args:
        count: how many.
        seed: decides all that is by chance.
    """
    return _cases(count, seed, _label_texts, _check_labels)


def tables(count: int, seed: int) -> Iterator[Case]:
    """Yield damaged tables of units; see `labels`."""
    return _cases(count, seed, _table_texts, _check_table)


def words(count: int, seed: int) -> Iterator[Case]:
    """Yield damaged lists of words; see `labels`."""
    return _cases(count, seed, lambda chance: {"list": "\n".join(NAMES)}, _check_words)


def _cases(
    count: int,
    seed: int,
    texts: Callable[[random.Random], dict[str, str]],
    check: Callable[[bytes, str], str],
) -> Iterator[Case]:
    chance = random.Random(seed)  # noqa: S311
    for number in range(count):
        made = texts(chance)
        kind = list(made)[number % len(made)]
        encoding, end = chance.choice(ENCODINGS), chance.choice(ENDS)
        data, other = (
            text.replace("\n", end).encode(encoding, "replace")
            for text in (made[kind], made[chance.choice(list(made))])
        )
        what, data = damaged(data, other, chance)
        name = f"names {number}{chance.choice(SUFFIXES)}"
        yield Case(f"{number} {kind}, {encoding}, {what}, as {name!r}", name, data, check)


def _label_texts(chance: random.Random) -> dict[str, str]:
    """Return every kind of label file, classes in an order of chance, some indices wrong."""
    indices = list(range(len(NAMES)))
    if chance.random() < 0.3:
        indices[chance.randrange(len(indices))] = chance.choice((0, -1, 7, 99, 10**12))
    pairs = list(zip(indices, NAMES, strict=True))
    chance.shuffle(pairs)
    delimiter = chance.choice(DELIMITERS)
    rows = "\n".join(f"{index}{delimiter}{_quoted(name)}" for index, name in pairs)
    by_index = {str(index): name for index, name in pairs}
    by_name = {name: index for index, name in pairs}
    mappings = {
        "id2label": {"size": {"height": 224}, "id2label": by_index, "label2id": by_name},
        "index": {key: [f"n{int(key):08d}", name] for key, name in by_index.items()},
        "class_to_idx": by_name,
        "rows": [{"id": index, "name": name} for index, name in pairs],
        "pairs": [[index, name] for index, name in pairs],
        "list": [name for _, name in pairs],
        "none": {"classes": 3, "sizes": [[1], {}]},
    }
    return {
        "lines": "\n".join(NAMES),
        "numbered": "\n".join(f"{index}: {name}" for index, name in pairs),
        "table": f"id{delimiter}name\n{rows}\n",
        "rows": rows,
        "repr": repr(by_index),
        **{name: json.dumps(each, ensure_ascii=False) for name, each in mappings.items()},
        "indented": json.dumps(mappings["id2label"], indent=2),
    }


def _table_texts(chance: random.Random) -> dict[str, str]:
    """Return every kind of table, in a way of chance."""
    delimiter = chance.choice(DELIMITERS)
    unit: Callable[[int], str] = chance.choice((str, "{}.0".format, "{:03d}".format, "+{}".format))
    score = chance.choice(("0.25", "nan", "", "0,25", "1e400", "high"))
    rows = [(_LAYER, unit(n), _quoted(name), score) for n, name in enumerate(NAMES)]
    heads = {
        "ours": "layer,unit,description,similarity",
        "other": "Layer,Neuron,Concept,Score",
        "twice": "layer,unit,label,concept",
        "netdissect": "category,unit,label,score",
        "unknown": "a,b,c,d",
    }
    body = "\n".join(delimiter.join(row) for row in rows)
    return {kind: f"{head.replace(',', delimiter)}\n{body}\n" for kind, head in heads.items()} | {
        "noted": f"sep={delimiter}\n{heads['ours'].replace(',', delimiter)}\n{body}\n"
    }


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _check_labels(data: bytes, name: str) -> str:
    names = read_labels(data)
    wrong = [name for name in names if name != printable(name) or not 0 < len(name) <= 200]
    return f"names are {wrong[:3]}" if wrong or not names else ""


def _check_table(data: bytes, name: str) -> str:
    rows = label_table.parse(data, name)
    units = {(label.layer, label.unit) for label in rows}
    if len(units) < len(rows) or min(label.unit for label in rows) < 0:
        return "units repeat or are negative"
    again = label_table.parse(label_table.write(rows).encode(), name)
    same = all(
        (one.unit, one.description) == (two.unit, two.description)
        and (one.similarity == two.similarity or math.isnan(one.similarity))
        for one, two in zip(rows, again, strict=True)
    )
    return "" if same else "what is written is read as something else"


def _check_words(data: bytes, name: str) -> str:
    found = vocabulary.decode(data, name).words
    wrong = [word for word in found if word != " ".join(word.split()) or not word]
    return f"words are {wrong[:3]}" if wrong or len(set(found)) < len(found) else ""
