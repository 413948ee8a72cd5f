"""List what the tensors of every architecture are called, so that a file's can be guessed.

    python -m tools.make_architecture_index [--built FILE]

Writes `assets/architectures.json`. Every classifier of torchvision and timm is built without
memory, which takes 10 minutes; `--built` keeps what was built, and a stopped run goes on there.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import timm
import torch
from timm.models._registry import _model_to_module
from torch import nn

from core.models.architectures import (
    INDEX,
    Shape,
    body_of,
    digest,
    ordered_lines,
    patterns_of,
    shapes_digest,
)
from core.models.catalog import entries
from core.models.weights import build

CLASSES = 1013
"""A number that no other side of a tensor has: where it stands first is a head."""
Row = Mapping[str, Any]


def main() -> None:
    """Build what is missing, and write the index."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--built", type=Path, help="file of what was built already")
    built = parser.parse_args().built or Path(tempfile.mkdtemp()) / "built.jsonl"
    lines = built.read_text().splitlines() if built.is_file() else []
    rows = {row["id"]: row for row in map(json.loads, lines)}
    with built.open("a", encoding="utf-8", newline="\n") as file:
        for row in _built(set(rows)):
            rows[row["id"]] = row
            file.write(json.dumps(row) + "\n")
            file.flush()
    index = index_of(list(rows.values()))
    text = json.dumps(index, separators=(",", ":")).replace('{"heads"', '\n{"heads"')
    INDEX.write_text(text + "\n", encoding="utf-8", newline="\n")
    print(f"{INDEX.name}: {len(rows)} architectures, {INDEX.stat().st_size / 1e3:.0f} kB")


def _built(known: set[str]) -> Iterator[Row]:
    """Yield id, family and shapes of all architectures that are not known yet."""
    sizes: set[tuple[str, int]] = set()
    for entry in entries():
        if entry.source != "torchvision" or (entry.arch, entry.input_size) in sizes:
            continue
        first = entry.arch not in {arch for arch, _ in sizes}
        sizes.add((entry.arch, entry.input_size))
        name = entry.arch if first else entry.id
        if name not in known:
            yield _row(name, entry.family, build(entry, CLASSES, empty=True))
    for name in timm.list_models():
        if f"timm:{name}" not in known:
            with torch.device("meta"):
                net = timm.create_model(name, num_classes=CLASSES)
            yield _row(f"timm:{name}", _model_to_module[name], net)


def _row(name: str, family: str, net: nn.Module) -> Row:
    shapes = {key: list(tensor.shape) for key, tensor in net.state_dict().items()}
    return {"id": name, "family": family, "shapes": shapes}


def index_of(rows: list[Row]) -> dict[str, Any]:
    """Return the index of built architectures; what has no head is left out."""
    groups: dict[tuple[tuple[str, ...], str], dict[str, Any]] = {}
    families: dict[str, tuple[str, set[str]]] = {}
    ordered: dict[tuple[int, str], list[str]] = {}
    for row in sorted(rows, key=lambda row: _order(row["id"])):
        shapes: dict[str, Shape] = {name: tuple(shape) for name, shape in row["shapes"].items()}
        ends = [name for name, shape in shapes.items() if shape[:1] == (CLASSES,)]
        if not ends:
            continue
        heads = tuple(dict.fromkeys(name.rpartition(".")[0] for name in ends))
        body = body_of(shapes, heads)
        bodies = [body]
        if not row["id"].startswith("timm:"):
            # All last layers of torchvision lie in one container, which people replace as a whole.
            bare = body_of(body, [head.rpartition(".")[0] or head for head in heads])
            bodies += [bare] * (len(bare) < len(body))
            lines = ordered_lines(bare)
            ordered.setdefault((len(lines), digest(lines)), []).append(row["id"])
        for each in bodies:
            stem = next((name for name, shape in each.items() if shape[1:2] == (3,)), "")
            group = groups.setdefault(
                (heads, digest(each)),
                {"heads": heads, "names": digest(each), "stem": stem, "fits": {}},
            )
            group["fits"].setdefault(shapes_digest(each), []).append(row["id"])
        _, patterns = families.setdefault(row["family"], (row["id"], set()))
        patterns |= patterns_of(body)
    return {
        "made_with": {name: version(name) for name in ("timm", "torchvision")},
        "families": {
            family: [example, " ".join(sorted(patterns))]
            for family, (example, patterns) in families.items()
        },
        "ordered": [[*key, names] for key, names in ordered.items()],
        "groups": list(groups.values()),
    }


def _order(name: str) -> tuple[bool, int, str]:
    """Put torchvision first, and of timm the shortest name."""
    return name.startswith("timm:"), len(name), name


if __name__ == "__main__":
    main()
