"""Which methods show the cheat of the model with the planted shortcut, and which measures say so.

The mark decides the class `teapot` of that model, so that a right map lies on the mark. Pictures
are cut to squares and marked; those that the model takes for a teapot count. What is measured is
kept in a file, so that a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np

from bench._kept import Kept, Numbers
from bench._trials import DATA, mapped, photos, random_maps, trial_of
from core.explain.methods import title_of
from core.measure.chance import mean_interval
from core.measure.single import table
from core.measure.single.base import Measure
from core.measure.single.comparison import is_better, paired
from core.measure.single.controls import centre_map
from core.measure.single.grid_pointing import CHANCE, chosen_others
from core.measure.single.trial import Trial
from core.models.classifier import Classifier
from core.models.efficientnet_lite import SHORTCUT
from core.models.load import load
from core.pictures import built_in
from core.pictures.mosaic import square
from core.pictures.picture import Picture, from_pixels
from core.pictures.shortcut_mark import CORNERS, TARGET, mark_box, with_mark
from core.requests.measures import MeasureSettings

METHODS = (
    "grad-cam",
    "grad-cam++",
    "layer-cam",
    "ablation-cam",
    "score-cam",
    "eigen-cam",
    "lime",
)
SLOW = ("score-cam", "lime")
"""Made for fewer pictures, and not again for mosaics."""
CONTROLS = ("random", "centre")
MEASURES = ("energy", "rank-accuracy", "pointing", "deletion")
MOSAICS = "grid-pointing"
SETTINGS = MeasureSettings(base="mean")
"""Blurred, the mark would still be one."""
SIDE = 448
RANDOM = 5
"""Random maps of each picture, whose mean is the control."""


def main(arguments: list[str]) -> int:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(prog="python -m bench shortcut", description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="folder with data/photos")
    parser.add_argument("--rows", type=Path, default=Path("shortcut.jsonl"), help="results")
    parser.add_argument("--pictures", type=int, default=22, help="pictures at most")
    parser.add_argument("--slow", type=int, default=5, help="of them for Score-CAM and LIME")
    options = parser.parse_args(arguments)
    classifier, kept = load(SHORTCUT), Kept(options.rows)
    plain = [*photos(options.data), *(built_in.load(each.key) for each in built_in.PHOTOS)]
    trials = list(islice(_marked(classifier, plain), options.pictures))
    rows: dict[str, list[Numbers]] = {}
    for name in (*CONTROLS, *METHODS):
        few = trials[: options.slow] if name in SLOW else trials
        rows[name] = []
        for trial in few:
            made = kept(f"{_name(trial)}, {name}", partial(_measured, trial, name))
            if name in METHODS and name not in SLOW:
                mosaics = partial(_on_mosaics, trial, name)
                made = made | kept(f"{_name(trial)}, {name}, mosaics", mosaics)
            rows[name].append(made)
    print("\n" + "\n".join(_table(rows)))
    return 0


def _name(trial: Trial) -> str:
    return trial.prepared.picture.name


def _marked(classifier: Classifier, plain: Sequence[Picture]) -> Iterator[Trial]:
    """Yield the trials of the marked pictures that are taken for the mark's class."""
    target = classifier.names.index(TARGET)
    squares = [from_pixels(square(each.pixels, SIDE), each.name) for each in plain]
    guesses = [classifier.predict(classifier.prepare(each), top=1)[0] for each in squares]
    others = tuple(squares[place] for place in chosen_others(guesses, target))
    for number, picture in enumerate(squares):
        corner = CORNERS[number % len(CORNERS)]
        marked = from_pixels(with_mark(picture.pixels, corner), picture.name)
        prepared = classifier.prepare(marked)
        if classifier.predict(prepared, top=1)[0].index == target:
            mark = np.zeros((SIDE, SIDE), bool)
            y0, y1, x0, x1 = mark_box(SIDE, SIDE, corner)
            mark[y0:y1, x0:x1] = True
            yield trial_of(classifier, prepared, target, SETTINGS, mark, others)


def _measured(trial: Trial, name: str) -> dict[str, float]:
    """Return the measures of a method or a control; of random maps the mean."""
    if name == "random":
        shown, own = random_maps(trial, RANDOM), trial
    elif name == "centre":
        shown, own = [centre_map(trial.size)], trial
    else:
        made, own = mapped(trial, name)
        shown = [made.shown]
    return {
        measure: float(np.mean([table.get(measure).run(each, own).value for each in shown]))
        for measure in MEASURES
    }


def _on_mosaics(trial: Trial, method: str) -> dict[str, float]:
    made, own = mapped(trial, method)
    return {MOSAICS: table.get(MOSAICS).run(made.shown, own).value}


def _table(rows: Mapping[str, Sequence[Numbers]]) -> Iterator[str]:
    """Yield the lines of the table; what is better than random maps by a paired test is bold."""
    columns = [table.get(name) for name in (*MEASURES, MOSAICS)]
    titles = [f"{column.title} ({column.better} is better)" for column in columns]
    yield f"| Method | {' | '.join(titles)} |"
    yield f"| --- |{' ---: |' * len(columns)}"
    for name, measured in rows.items():
        cells = [_cell(measured, rows["random"], column) for column in columns]
        yield f"| {title_of(name)} | {' | '.join(cells)} |"


def _cell(measured: Sequence[Numbers], random: Sequence[Numbers], column: Measure) -> str:
    """Return a mean with its interval and number of pictures, bold where better than chance."""
    pairs = [
        (each[column.name], chance.get(column.name, CHANCE))
        for each, chance in zip(measured, random[: len(measured)], strict=True)
        if column.name in each
    ]
    if not pairs:
        return ""
    values, others = zip(*pairs, strict=True)
    mean, low, high = mean_interval(values)
    bold = "**" if is_better(paired(values, others), column.better) else ""
    return f"{bold}{mean:.2f}{bold} ({low:.2f} to {high:.2f}; {len(values)})"
