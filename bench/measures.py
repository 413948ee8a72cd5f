"""Measures of single maps: other libraries' numbers beside ours, RISE's protocol, and times.

The photographs and the weights of ResNet-18 come from a folder of data. What is measured is kept in
a file, so that a run that was stopped goes on. Quantus is not run, because it replaces OpenCV: its
formulas are written out in the tests where they are right.
"""

from __future__ import annotations

import argparse
import statistics
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pytorch_grad_cam.metrics.cam_mult_image import DropInConfidence, IncreaseInConfidence
from pytorch_grad_cam.metrics.road import ROADCombined
from pytorch_grad_cam.utils.model_targets import ClassifierOutputSoftmaxTarget
from torch import Tensor, nn
from torchcam.metrics import ClassificationMetric, DeletionInsertionMetric

from bench import _stock
from bench._kept import Kept, Numbers
from bench._trials import DATA, mapped, photos, random_maps, trial_of
from core import Heat
from core.explain.methods import title_of
from core.measure.chance import mean_interval
from core.measure.single import table
from core.measure.single.base import Measured
from core.measure.single.comparison import paired
from core.measure.single.order import hottest_first
from core.measure.single.trial import Trial
from core.models.classifier import Classifier
from core.models.efficientnet_lite import DEFAULT
from core.models.load import load
from core.pictures import built_in
from core.pictures.picture import Picture
from core.requests.measures import MeasureSettings

WHICH = ("ours", "theirs", "ours alike", "theirs alike")
PARTS = ("libraries", "rise", "times")
METHODS = ("grad-cam", "score-cam", "lime")
RANDOM = 5
"""Random maps of each picture, whose mean stands for chance."""
LIMITS = {"single-deletion": 0.6, "deletion and insertion": 1.5}
"""Seconds on two cores."""
DIFFERENCES: Mapping[str, str] = {
    "ROAD": "grad-cam removes every pixel of equal heat at once, such as all zeros of a map, where "
    "ours removes exactly the stated count; its noise has no seed.",
    "average drop": "grad-cam does not divide the drop by the probability: ours times the "
    "probability is the same number.",
    "increase": "The same definition.",
    "torch-cam drop": "The same definition, apart from 1e-7 in the denominator.",
    "torch-cam deletion": "torch-cam takes 20 steps and here the default is 28; with steps=20 only "
    "the last step differs.",
    "torch-cam insertion": "As deletion; RISE inserts into the blurred picture too.",
}


def main(arguments: list[str]) -> int:
    """Measure and print tables in Markdown."""
    parser = argparse.ArgumentParser(prog="python -m bench measures", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all when not given")
    parser.add_argument("--data", type=Path, default=DATA, help="folder with data/photos, weights")
    parser.add_argument("--rows", type=Path, default=Path("measures.jsonl"), help="results")
    parser.add_argument("--pictures", type=int, default=10, help="photographs at most")
    options = parser.parse_args(arguments)
    parts, kept = options.parts or PARTS, Kept(options.rows)
    warnings.simplefilter("ignore")  # the packages' own
    if {"libraries", "rise"} & set(parts):
        classifier = load("resnet18", weights=options.data / "weights/resnet18.pth")
        pictures = photos(options.data)[: options.pictures]
        print(f"{classifier.id}, {len(pictures)} photographs")
        if "libraries" in parts:
            _libraries(classifier, pictures, kept)
        if "rise" in parts:
            _rise(classifier, pictures, kept)
    if "times" in parts:
        _times()
    return 0


def _trial(classifier: Classifier, picture: Picture, **settings: object) -> Trial:
    prepared = classifier.prepare(picture)
    target = classifier.predict(prepared, top=1)[0].index
    return trial_of(classifier, prepared, target, MeasureSettings(**settings))  # type: ignore[arg-type]


def _libraries(classifier: Classifier, pictures: Sequence[Picture], kept: Kept) -> None:
    """Print Grad-CAM's measures as ours and as the libraries compute them."""
    net = _stock.private_copy(classifier).requires_grad_(False)
    rows = [
        kept(f"libraries, {picture.name}", partial(_both, classifier, net, picture))
        for picture in pictures
    ]
    print("\n| Measure | ours | theirs | ours, alike | theirs, alike | largest difference | why |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | --- |")
    for name, why in DIFFERENCES.items():
        columns = [np.array([row[f"{name}, {which}"] for row in rows]) for which in WHICH]
        means = " | ".join(f"{column.mean():.4f}" for column in columns)
        print(f"| {name} | {means} | {np.abs(columns[2] - columns[3]).max():.4f} | {why} |")


def _both(classifier: Classifier, net: nn.Module, picture: Picture) -> Numbers:
    """Return each number as ours, as theirs, and both where the settings are made alike."""
    trial = _trial(classifier, picture)
    made, own = mapped(trial, "grad-cam")
    shown, target = made.shown, [ClassifierOutputSoftmaxTarget(trial.class_index)]

    def ours(name: str, heat: Heat = shown, **settings: object) -> Measured:
        where = _trial(classifier, picture, **settings) if settings else own
        return table.get(name).run(heat, where)

    def theirs(metric: Callable[..., Sequence[float]], heat: Heat = shown) -> float:
        torch.manual_seed(0)  # of the noise
        return metric(trial.prepared.batch, heat[None], target, net)[0]

    drop, increase, ranks = ours("average-drop"), ours("increase"), _without_ties(shown)
    undivided, gains = theirs(DropInConfidence()), theirs(IncreaseInConfidence())
    road = ours("road").value, theirs(ROADCombined())
    torch_cam = _torch_cam(net, shown, trial)
    found = {
        "ROAD": (*road, ours("road", ranks).value, theirs(ROADCombined(), ranks)),
        "average drop": (
            *(drop.value, undivided),
            *(drop.value * drop.details["probability"], undivided),
        ),
        "increase": (increase.value, gains) * 2,
        "torch-cam drop": (drop.value, torch_cam["avg_drop"]) * 2,
    }
    for name in ("deletion", "insertion"):
        other = torch_cam[f"{name}_auc"]
        alike = ours(name, base="mean", steps=20).value
        found[f"torch-cam {name}"] = (ours(name).value, other, alike, other)
    return {
        f"{name}, {which}": float(value)
        for name, values in found.items()
        for which, value in zip(WHICH, values, strict=True)
    }


def _without_ties(shown: Heat) -> Heat:
    """Return a map of the same order in which no two pixels are equal."""
    order = hottest_first(shown)
    heat = np.empty(shown.size, np.float32)
    heat[order] = np.linspace(1, 0, shown.size, dtype=np.float32)
    return heat.reshape(shown.shape)


class _Extractor:
    """Stands for an extractor of torch-cam with a map of its own."""

    def __init__(self, net: nn.Module, heat: Heat) -> None:
        self.model, self._heat = net, heat

    def __call__(self, class_idx: object, scores: Tensor) -> list[Tensor]:
        return [torch.from_numpy(self._heat)[None]]

    def fuse_cams(self, cams: list[Tensor]) -> Tensor:
        return cams[0]

    def _hooks_off(self) -> nullcontext[None]:
        return nullcontext()


def _torch_cam(net: nn.Module, shown: Heat, trial: Trial) -> Mapping[str, float]:
    """Return torch-cam's summaries."""
    found: dict[str, float] = {}
    extractor: Any = _Extractor(net, shown)
    for metric in (ClassificationMetric, DeletionInsertionMetric):
        made = metric(extractor, partial(torch.softmax, dim=-1))
        made.update(trial.prepared.batch, trial.class_index)
        found |= made.summary()
    return found


def _rise(classifier: Classifier, pictures: Sequence[Picture], kept: Kept) -> None:
    """Print deletion to the mean colour and insertion into the blurred picture, 28 steps."""
    rows: dict[str, list[Numbers]] = {name: [] for name in (*METHODS, "random")}
    for picture in pictures:
        for name in rows:
            made = partial(_of, classifier, picture, name)
            rows[name].append(kept(f"rise, {picture.name}, {name}", made))
    print("\n| Method | Deletion (lower) | to random | Insertion (higher) | to random |")
    print("| --- | --- | --- | --- | --- |")
    for name, measured in rows.items():
        cells = []
        for measure in ("deletion", "insertion"):
            values = [each[measure] for each in measured]
            chance = [each[measure] for each in rows["random"]]
            difference = paired(values, chance)
            cells.append("{:.3f} ({:.3f} to {:.3f})".format(*mean_interval(values)))
            cells.append(
                f"{difference.mean:+.3f} ({difference.low:+.3f} to {difference.high:+.3f})"
                if name != "random"
                else ""
            )
        print(f"| {title_of(name)} | {' | '.join(cells)} |")


def _of(classifier: Classifier, picture: Picture, name: str) -> Numbers:
    """Return a method's deletion and insertion, or the mean of those of random maps."""
    trials = {
        "deletion": _trial(classifier, picture, base="mean"),
        "insertion": _trial(classifier, picture, base="blur"),
    }
    if name == "random":
        maps = random_maps(trials["deletion"], RANDOM)
    else:
        maps = [mapped(trials["deletion"], name)[0].shown]
    return {
        measure: float(np.mean([table.get(measure).run(each, trial).value for each in maps]))
        for measure, trial in trials.items()
    }


def _times() -> None:
    """Print seconds of the measures of one map of the default model."""
    classifier = load(DEFAULT)
    print(
        f"\n| {classifier.id}, {torch.get_num_threads()} threads | seconds | CPU seconds | limit |"
    )
    print("| --- | ---: | ---: | ---: |")
    for what, limit in LIMITS.items():
        clocks: list[_stock.Clock] = []
        for _ in range(6):
            made, own = mapped(_trial(classifier, built_in.load("cat")), "grad-cam")
            with _stock.clock(clocks):
                for name in what.split(" and "):
                    table.get(name).run(made.shown, own)
        wall = statistics.median(each.wall for each in clocks[1:])  # the first is a cold start
        cpu = statistics.median(each.cpu for each in clocks[1:])
        print(f"| {what} | {wall:.2f} | {cpu:.2f} | {limit} |")
