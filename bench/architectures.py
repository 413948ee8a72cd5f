"""One small model of every architecture: does it give maps at its default layer?

Random weights, so no map means anything; what counts is that the way from a picture to a map exists
for the architecture and is not flat. Writes a table; models that are in it already are kept, so a
run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch

from bench._requests import lime_of, map_of
from core.errors import SeeWhyError
from core.explain import methods
from core.imports.lazy import library
from core.models import catalog
from core.models.classifier import Classifier
from core.models.load import load
from core.models.split_tapped import TappedPlan
from core.pictures import built_in

MAPS = ("grad-cam", "ablation-cam", "eigen-cam")
NAMES = 200
"""Models of timm in the table."""
PARAMETERS, SIDE = 20_000_000, 256
"""Most parameters and pixels a side of those that are not the smallest of their family."""
SAMPLES = 50


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one architecture.

    Attributes:
        name: id in the catalogue, without `:random`.
        family: timm's module or torchvision's family.
        layer: default layer; empty where there is none.
        kind: class of that layer's module.
        shape: channels, rows and columns of its map.
        split: how the model is cut, `traced` by torch.fx or `replaced` in a private tree.
        flat: maps that are the same everywhere.
        problem: why there is no map; empty where there is one.
    """

    name: str
    family: str
    layer: str = ""
    kind: str = ""
    shape: tuple[int, ...] = ()
    split: str = ""
    flat: tuple[str, ...] = ()
    problem: str = ""


def main(arguments: list[str]) -> int:
    """Try the architectures and write the table."""
    parser = argparse.ArgumentParser(prog="python -m bench architectures", description=__doc__)
    parser.add_argument("names", nargs="*", help="only these, for example timm:resnet10t")
    parser.add_argument("--rows", type=Path, default=Path("architectures.jsonl"), help="results")
    parser.add_argument("--out", type=Path, default=Path("docs/architectures.md"))
    parser.add_argument("--number", type=int, default=NAMES, help="models of timm")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    lines = options.rows.read_text().splitlines() if options.rows.is_file() else []
    rows = {row["name"]: Row(**row) for row in map(json.loads, lines)}
    wanted = options.names or [*_of_torchvision(), *_of_timm(options.number)]
    for name in wanted:
        if name in rows and not options.names:
            continue
        started = time.perf_counter()
        rows[name] = _tried(name)
        with options.rows.open("a", encoding="utf-8", newline="\n") as file:
            file.write(json.dumps(asdict(rows[name])) + "\n")
        print(f"{time.perf_counter() - started:6.1f} s  {rows[name]}", flush=True)
    options.out.write_text(
        _table([rows[name] for name in wanted if name in rows]), "utf-8", newline="\n"
    )
    return 0


def _of_torchvision() -> Iterable[str]:
    """Yield the smallest architecture of every family of torchvision."""
    smallest: dict[str, tuple[int, str]] = {}
    for entry in catalog.entries("torchvision"):
        size = (entry.parameters, entry.arch)
        smallest[entry.family] = min(size, smallest.get(entry.family, size))
    return (arch for _, arch in smallest.values())


def _of_timm(number: int) -> Sequence[str]:
    """Return the smallest architecture of every family of timm, then its others that are small."""
    timm = library("timm")
    families: dict[str, list[tuple[int, str, bool]]] = defaultdict(list)
    module_of = library("timm.models._registry")._model_to_module
    for arch in timm.list_models():
        with torch.device("meta"):
            net = timm.create_model(arch)
        if net.num_classes:
            size = sum(parameter.numel() for parameter in net.parameters())
            side = max(net.pretrained_cfg.get("input_size", (3, 224, 224)))
            small = size <= PARAMETERS and side <= SIDE
            families[module_of[arch]].append((size, arch, small))
    ranked = []
    for family in map(sorted, families.values()):
        tried = [family[0], *(each for each in family[1:] if each[2])]
        ranked += [(place, size, arch) for place, (size, arch, _) in enumerate(tried)]
    return [f"timm:{arch}" for _, _, arch in sorted(ranked)[:number]]


def _tried(name: str) -> Row:
    """Make four maps of one model with random weights."""
    entry = catalog.find(f"{name}:random")
    row = Row(name, entry.family)
    try:
        classifier = load(entry.id)
        layer = classifier.check_layer(classifier.default_layer)
        replaced = isinstance(classifier.split(layer.path)._plan, TappedPlan)
        row = replace(
            row,
            layer=layer.path,
            kind=layer.kind,
            shape=layer.shape,
            split="replaced" if replaced else "traced",
        )
        row = replace(row, flat=tuple(_flat(classifier)))
        if "grad-cam" in row.flat and _constant(classifier):
            return replace(row, problem="the random layer gives one value a channel everywhere")
        return row
    except SeeWhyError as error:
        return replace(row, problem=str(error))
    except Exception as error:  # a network's own code may raise anything
        return replace(row, problem=f"{type(error).__name__}: {str(error).splitlines()[:1]}")


def _flat(classifier: Classifier) -> Iterable[str]:
    """Yield the methods whose map is the same everywhere."""
    prepared = classifier.prepare(built_in.load("cat"))
    target = classifier.predict(prepared, top=1)[0].index
    lime = lime_of(classifier, prepared, target, SAMPLES)
    for name in (*MAPS, "lime"):
        asked = lime if name == "lime" else map_of(classifier, prepared, name, target)
        heat = methods.get(name).run(*asked).heat
        if not np.isfinite(heat).all() or float(np.ptp(heat)) == 0:
            yield name


def _constant(classifier: Classifier) -> bool:
    """Tell whether the default layer answers all places of the cat alike, to rounding."""
    split = classifier.split(classifier.default_layer)
    maps = split.maps(split.head(classifier.prepare(built_in.load("cat")).batch)[0])
    return float(maps.std((2, 3)).max()) < 1e-6 * float(maps.abs().max())


def _table(rows: Sequence[Row]) -> str:
    """Return the table with what it says in total."""
    timm = [row for row in rows if row.name.startswith("timm:")]
    bad = [row for row in timm if row.problem or "grad-cam" in row.flat]
    other = sum(bool(row.flat) for row in timm if row not in bad)
    share = f"{len(bad)} of {len(timm)} ({len(bad) / max(len(timm), 1):.1%})"
    lines = [
        "# Architectures",
        "",
        "Made by `python -m bench architectures`: networks with random weights, Grad-CAM, "
        f"Ablation-CAM, EigenCAM and LIME with {SAMPLES} samples at the default layer, on the "
        "built-in cat. *Traced* models are cut in two by torch.fx, *replaced* ones in a private "
        "copy of the module tree. A map is flat when it has one value everywhere.",
        "",
        f"timm {library('timm').__version__}: {share} give no Grad-CAM map, and {other} "
        "more a flat map of another method, because the random network answers all pictures alike. "
        f"torchvision: {len(rows) - len(timm)} architectures.",
        "",
        "| model | family | default layer | map | cut | maps |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in sorted(rows, key=lambda row: (row.name.startswith("timm:"), row.family, row.name)):
        size = " x ".join(map(str, row.shape))
        result = row.problem or (f"flat: {', '.join(row.flat)}" if row.flat else "all")
        layer = f"`{row.layer}` ({row.kind})" if row.layer else ""
        lines.append(f"| {row.name} | {row.family} | {layer} | {size} | {row.split} | {result} |")
    return "\n".join(lines) + "\n"
