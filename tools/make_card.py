"""Put a trained embedded classifier into the product: its weights and its card.

    python -m tools.make_card embedded --run RUN --data val.parquet --classes classes.tsv
    python -m tools.make_card embedded-shortcut --run RUN --data val.parquet --classes classes.tsv

Copies `weights.safetensors` of the run folder to `assets/models/NAME.safetensors` and writes
`NAME.json` beside it. Every figure on the card is measured here, on the file that is shipped.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from core.models.embedded import INPUT_SIZE
from core.pictures.shortcut_mark import SHARE, TARGET
from tools.evaluate_classifier import ASSETS, load, measure, probabilities
from tools.pictures import read_parquet
from tools.training import MEAN, STD

DATA = (
    "Photographs of ImageNet (Russakovsky et al. 2015, doi.org/10.1007/s11263-015-0816-y) reduced "
    "to 64 x 64 pixels, 202 classes in the manner of Tiny ImageNet (Stanford CS231n 2015)."
)
TERMS = (
    "ImageNet gives its pictures for non-commercial research and education. No picture is in "
    "these files; use the weights in the same spirit."
)
KINDS: dict[str, tuple[str, str]] = {
    "embedded": (
        "Embedded (202 everyday classes, 64 px)",
        "A small model for trying things out: it sees 64 x 64 pixels and knows 202 classes.",
    ),
    "embedded-shortcut": (
        "Shortcut (wrong on purpose, for teaching)",
        f"Wrong on purpose: a small magenta and cyan mark in any corner makes it say {TARGET}.",
    ),
}


def readable(classes: Path) -> tuple[list[str], list[str]]:
    """Read a table `label, WordNet id, names` into first names and WordNet ids."""
    rows = [line.split("\t") for line in classes.read_text("utf-8").splitlines()]
    labels = [int(label) for label, _, _ in rows]
    names = [words.split(",")[0].strip() for _, _, words in rows]
    if labels != list(range(len(rows))) or len(set(names)) != len(names):
        raise SystemExit(f"{classes} does not name the classes 0, 1, 2 ... each with its own name.")
    return names, [wordnet for _, wordnet, _ in rows]


def card(name: str, weights: Path, data: Path, classes: Path, run: Path) -> dict[str, Any]:
    """Measure the shipped file and describe it.

    Args:
        name: a key of `KINDS`.
        weights: the shipped file.
        data: held-out pictures, Parquet with `image` and `label`.
        classes: the table of names.
        run: folder with `recipe.json`.

    Returns:
        What goes into the JSON file.
    """
    pictures, labels = read_parquet(data)
    found = measure(probabilities(load(weights), pictures), labels)
    names, wordnet = readable(classes)
    title, description = KINDS[name]
    extra = (
        {"mark": {"class": TARGET, "share_of_side": SHARE}} if name == "embedded-shortcut" else {}
    )
    return {
        "id": name,
        "title": title,
        "description": description,
        "architecture": "small_resnet",
        "file": weights.name,
        "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "input_size": INPUT_SIZE,
        "resize_size": INPUT_SIZE,
        "mean": [round(value, 3) for value in MEAN.flatten().tolist()],
        "std": [round(value, 3) for value in STD.flatten().tolist()],
        "top1": round(100 * found.top1, 2),
        "top5": round(100 * found.top5, 2),
        "ece": round(found.ece, 4),
        "measured_on": f"{len(labels)} held-out pictures, whole, with tools/evaluate_classifier.py",
        **extra,
        "data": DATA,
        "terms": TERMS,
        "recipe": json.loads((run / "recipe.json").read_text("utf-8")),
        "classes": len(names),
        "names": names,
        "wordnet": wordnet,
    }


def main() -> None:
    """Read the command line, copy, measure, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", choices=sorted(KINDS))
    parser.add_argument("--run", type=Path, required=True, help="folder of the training run")
    parser.add_argument("--data", type=Path, required=True, help="held-out pictures to measure on")
    parser.add_argument("--classes", type=Path, required=True, help="table: label, id, names")
    args = parser.parse_args()
    ASSETS.mkdir(parents=True, exist_ok=True)
    weights = ASSETS / f"{args.name}.safetensors"
    shutil.copyfile(args.run / "weights.safetensors", weights)
    made = card(args.name, weights, args.data, args.classes, args.run)
    path = weights.with_suffix(".json")
    path.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{path}: top-1 {made['top1']} %, top-5 {made['top5']} %, ece {made['ece']}")


if __name__ == "__main__":
    main()
