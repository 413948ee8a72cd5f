"""Which architectures a state dict fits, by the names and shapes of its tensors.

Building a thousand networks takes minutes, so `assets/architectures.json` holds digests of the
names and shapes of all of torchvision's and timm's classifiers without their heads;
`tools.make_architecture_index` makes it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from core.files.assets import ASSETS

INDEX = ASSETS / "architectures.json"
Shape = tuple[int, ...]
Shapes = Mapping[str, Shape]
"""Shapes of the tensors of a network by name."""

_LEFT_OUT = re.compile(r"(?:aux1|aux2|AuxLogits)\.|.*\.num_batches_tracked$")
"""Auxiliary heads of GoogLeNet and Inception, and counters that older files lack."""
_OLD_DENSENET = re.compile(r"(denselayer\d+\.(?:norm|conv))\.([12])\.")
NEAR = 0.5
"""Share of the names of a file that a family must know to be called the nearest."""


@dataclass(frozen=True, slots=True)
class Fit:
    """What the tensors of a file say about its network.

    Attributes:
        ids: architectures that it fits, torchvision's first; empty where names fit and sizes do
            not.
        named: architectures whose tensors have these names.
        head: path of the layer that gives the logits.
        channels: of the input.
    """

    ids: tuple[str, ...]
    named: tuple[str, ...]
    head: str
    channels: int


def fit_of(shapes: Shapes) -> Fit | None:
    """Return the architectures that a state dict fits; None where not even the names fit one.

    Args:
        shapes: of all its tensors; what is below the path of the head does not matter.
    """
    groups = _groups()
    for heads, replaced in _places_of_heads():
        body = body_of(shapes, replaced)
        group = groups.get((heads, digest(body)))
        if group is not None:
            stem, fits = str(group["stem"]), group["fits"]
            grey = body.get(stem, ())[1:2] == (1,)
            if grey:
                body[stem] = (body[stem][0], 3, *body[stem][2:])
            ids = fits.get(shapes_digest(body), ())
            named = tuple(each for some in fits.values() for each in some)
            return Fit(tuple(ids), named, heads[0], 1 if grey else 3)
    return None


def ids_in_order(shapes: Shapes) -> tuple[str, ...]:
    """Return the architectures of torchvision that a state dict under other names may be.

    Args:
        shapes: of all its tensors, in the order of the file; those of the last layers, in one
            module, come after the others.
    """
    lines = ordered_lines(shapes)
    names = [name for name in shapes if not _LEFT_OUT.match(name)]
    fits = {
        count: tuple(ids)
        for count, lines_digest, ids in _index()["ordered"]
        if len({name.partition(".")[0] for name in names[count:]}) == 1
        and digest(lines[:count]) == lines_digest
    }
    return fits[max(fits)] if fits else ()


def ordered_lines(shapes: Shapes) -> list[str]:
    """Return the place, kind and shape of every tensor but counters, which some files lack."""
    counted = (each for each in shapes.items() if not _LEFT_OUT.match(each[0]))
    return [
        f"{place} {name.rpartition('.')[2]} {' '.join(map(str, shape))}"
        for place, (name, shape) in enumerate(counted)
    ]


def nearest_family(shapes: Shapes) -> tuple[str, str] | None:
    """Return the family whose tensors are called most alike, and one of it; None for none."""
    patterns = patterns_of(shapes)
    best: tuple[float, str, str] | None = None
    for family, (example, known) in _index()["families"].items():
        share = len(patterns & set(known.split())) / max(1, len(patterns))
        if share >= NEAR and (best is None or share > best[0]):
            best = share, family, example
    return best and best[1:]


def head_of(architecture: str) -> str | None:
    """Return the path of the layer that gives the logits; None for an unknown architecture."""
    return _heads().get(architecture)


@cache
def ids() -> tuple[str, ...]:
    """Return every architecture of the index: torchvision's first, then `timm:NAME`."""
    own = [each for each in _heads() if not each.startswith("timm:")]
    return (*own, *sorted(each for each in _heads() if each.startswith("timm:")))


def body_of(shapes: Shapes, heads: Iterable[str]) -> dict[str, Shape]:
    """Return the tensors without heads and without what some files lack, under today's names."""
    prefixes = tuple(f"{head}." for head in heads)
    return {
        todays_name(name): tuple(shape)
        for name, shape in shapes.items()
        if not name.startswith(prefixes) and not _LEFT_OUT.match(name)
    }


def todays_name(name: str) -> str:
    """Return a tensor's name as today's networks spell it; DenseNet's were others once."""
    return _OLD_DENSENET.sub(r"\1\2.", name)


def digest(lines: Iterable[str]) -> str:
    """Return the first 48 bits of the SHA-256 of lines in any order."""
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:12]


def shapes_digest(body: Shapes) -> str:
    """Return `digest` of names with shapes."""
    return digest(f"{name} {' '.join(map(str, shape))}" for name, shape in body.items())


def patterns_of(shapes: Shapes) -> set[str]:
    """Return 16 bits of each name with all numbers made equal: what layers of a family share."""
    patterns = {re.sub(r"\d+", "0", name) for name in shapes if not _LEFT_OUT.match(name)}
    return {hashlib.sha256(pattern.encode()).hexdigest()[:4] for pattern in patterns}


@cache
def _index() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(INDEX.read_text(encoding="utf-8"))
    return content


@cache
def _groups() -> Mapping[tuple[tuple[str, ...], str], Mapping[str, Any]]:
    return {(tuple(each["heads"]), each["names"]): each for each in _index()["groups"]}


@cache
def _places_of_heads() -> Iterable[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Every tuple of heads with itself, and with the containers that may be replaced as a whole."""
    heads = {heads for heads, _ in _groups()}
    outer = {each: tuple(head.rpartition(".")[0] or head for head in each) for each in heads}
    return [*((each, each) for each in heads), *outer.items()]


@cache
def _heads() -> Mapping[str, str]:
    return {
        one: each["heads"][0]
        for each in _index()["groups"]
        for fits in each["fits"].values()
        for one in fits
    }
