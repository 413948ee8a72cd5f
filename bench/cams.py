"""Class activation maps: agreement with the stock package, speed, memory, threads.

Ours and the package's run in turn on the same picture, so a busy machine slows both.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from torch import nn

from bench import _stock
from bench._memory import peak_extra
from bench._requests import map_of
from core import Heat
from core.errors import MissingWeights
from core.explain import methods
from core.explain.base import Explanation
from core.models.classifier import Classifier
from core.models.device import describe
from core.models.efficientnet_lite import DEFAULT
from core.models.input import Prepared
from core.models.load import load
from core.pictures import built_in
from core.pictures.picture import Picture, read
from core.requests.maps import Precision

Numbers = dict[str, Any]
REQUESTS, THREADS = 64, 4
HEADER = (
    f"{'method':22s}{'max difference':>15s}{'stock s':>10s}{'ours s':>10s}{'ratio':>8s}"
    f"{'CPU ratio':>10s}"
)


def main(arguments: list[str]) -> int:
    """Measure, print a table, and write JSON."""
    options = _parser().parse_args(arguments)
    if options.threads:
        torch.set_num_threads(options.threads)
    if options.memory_of:
        print(json.dumps(_memory(options.memory_of, _pictures(options.photos)[0])))
        return 0
    pictures = _pictures(options.photos)[: 2 if options.quick else None]
    report: Numbers = {
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "pictures": [picture.name for picture in pictures],
        "models": {},
    }
    for name in options.model.split(","):
        classifier = _load(name)
        report["device"] = describe(classifier.device)
        print(f"\n{classifier.id} ({classifier.digest[:8]}), {report['device']}")
        report["models"][classifier.id] = numbers = _measure(classifier, pictures, options)
        numbers["digest"] = classifier.digest
    if options.out:
        options.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8", newline="\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench cams", description=__doc__)
    parser.add_argument("--model", default=DEFAULT, help="model ids, comma separated")
    parser.add_argument("--photos", type=Path, help="folder of pictures; the built-in ones without")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    parser.add_argument("--quick", action="store_true", help="two pictures, no slow stock methods")
    parser.add_argument("--slow", type=int, default=1, help="pictures for the slow stock methods")
    parser.add_argument("--fast", type=int, default=6, help="pictures for fast against exact")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0: torch's choice")
    parser.add_argument("--memory-of", help=argparse.SUPPRESS)
    return parser


def _pictures(folder: Path | None) -> list[Picture]:
    if folder is None:
        return [built_in.load(sample.key) for sample in built_in.SAMPLES]
    return [read(path) for path in sorted(folder.iterdir()) if path.is_file()]


def _load(model_id: str) -> Classifier:
    try:
        return load(model_id)
    except MissingWeights:
        return load(f"{model_id.partition(':')[0]}:random")


def _measure(
    classifier: Classifier, pictures: list[Picture], options: argparse.Namespace
) -> Numbers:
    net, layer = _stock.private_copy(classifier), classifier.default_layer
    prepared = [classifier.prepare(picture) for picture in pictures]
    indices = [classifier.predict(item, top=1)[0].index for item in prepared]
    pairs = list(zip(prepared, indices, strict=True))
    numbers: Numbers = {"layer": layer, "one pass": {}}
    print(HEADER)
    for name in _stock.QUICK:
        numbers["one pass"][name] = _compare(name, classifier, net, layer, pairs)
    numbers["threads"] = _threads(classifier, pairs)
    print("threads:", json.dumps(numbers["threads"]))
    numbers["score-cam memory"] = _memory_in_fresh_process(classifier, options)
    print("memory:", json.dumps(numbers["score-cam memory"]))
    numbers["score-cam fast"] = _fast(classifier, pairs[: options.fast])
    print("fast:", json.dumps(numbers["score-cam fast"]))
    if not options.quick:
        numbers["pass per channel"] = {
            name: _compare(name, classifier, net, layer, pairs[: options.slow])
            for name in _stock.SLOW
        }
        if numbers["score-cam fast"]["available"]:
            _chain(numbers["pass per channel"]["score-cam"], numbers["score-cam fast"])
    return numbers


def _chain(exact: Numbers, fast: Numbers) -> None:
    """Add what fast mode gains on the package: its gain on exact mode times exact mode's."""
    for kind in ("wall", "cpu"):
        fast[f"{kind} ratio to stock"] = exact[kind]["ratio"] * fast[f"{kind} ratio to exact"]
    wall, cpu = fast["wall ratio to stock"], fast["cpu ratio to stock"]
    print(f"score-cam fast: {wall:.2f} times as fast as stock, {cpu:.2f} in CPU time")


def _compare(
    name: str,
    classifier: Classifier,
    net: nn.Module,
    layer: str,
    pairs: list[tuple[Prepared, int]],
) -> Numbers:
    """Run ours, the package, and ours again on each picture."""
    if name in _stock.QUICK:
        _run(name, classifier, *pairs[0])  # a cold start is not what is compared
    differences: list[float] = []
    theirs: list[_stock.Clock] = []
    ours: list[_stock.Clock] = []
    for prepared, index in pairs:
        with _stock.clock(ours):
            made = _run(name, classifier, prepared, index)
        with _stock.clock(theirs):
            shown = _stock.run(name, net, layer, prepared, index)
        with _stock.clock(ours):
            _run(name, classifier, prepared, index)
        differences.append(float(np.abs(shown - made.shown).max()))
    numbers: Numbers = {"max difference": max(differences), "pictures": len(pairs)}
    for kind in ("wall", "cpu"):
        stock_seconds = median(getattr(clock, kind) for clock in theirs)
        seconds = median(getattr(clock, kind) for clock in ours)
        numbers[kind] = {"stock": stock_seconds, "ours": seconds, "ratio": stock_seconds / seconds}
    numbers["passes"] = made.passes
    print(
        f"{name:22s}{numbers['max difference']:15.2e}{numbers['wall']['stock']:10.3f}"
        f"{numbers['wall']['ours']:10.3f}{numbers['wall']['ratio']:8.1f}"
        f"{numbers['cpu']['ratio']:10.1f}",
        flush=True,
    )
    return numbers


def _run(
    name: str,
    classifier: Classifier,
    prepared: Prepared,
    index: int,
    precision: Precision = "exact",
) -> Explanation:
    return methods.get(name).run(*map_of(classifier, prepared, name, index, precision))


def _threads(classifier: Classifier, pairs: list[tuple[Prepared, int]]) -> Numbers:
    """Ask for Grad-CAM from several threads at once and compare with one after another."""
    work = [pairs[number % len(pairs)] for number in range(REQUESTS)]

    def one(pair: tuple[Prepared, int]) -> Heat:
        return _run("grad-cam", classifier, *pair).shown

    serial = [one(pair) for pair in work]
    with ThreadPoolExecutor(THREADS) as pool:
        parallel = list(pool.map(one, work))
    differences = [float(np.abs(a - b).max()) for a, b in zip(serial, parallel, strict=True)]
    wrong = sum(difference > 1e-4 for difference in differences)
    return {"requests": REQUESTS, "wrong": wrong, "max difference": max(differences)}


def _fast(classifier: Classifier, pairs: list[tuple[Prepared, int]]) -> Numbers:
    """Compare ScoreCAM in bfloat16 with exact ScoreCAM."""
    if classifier.effective_precision("fast") == "exact":
        return {"available": False}
    _run("score-cam", classifier, *pairs[0], precision="fast")
    correlations: list[float] = []
    overlaps: list[float] = []
    clocks: dict[str, list[_stock.Clock]] = {"exact": [], "fast": []}
    for prepared, index in pairs:
        with _stock.clock(clocks["exact"]):
            exact = _run("score-cam", classifier, prepared, index)
        with _stock.clock(clocks["fast"]):
            fast = _run("score-cam", classifier, prepared, index, "fast")
        correlations.append(float(np.corrcoef(exact.shown.ravel(), fast.shown.ravel())[0, 1]))
        overlaps.append(_top_overlap(exact.shown, fast.shown))
    ratios = {
        f"{kind} ratio to exact": median(getattr(c, kind) for c in clocks["exact"])
        / median(getattr(c, kind) for c in clocks["fast"])
        for kind in ("wall", "cpu")
    }
    return {
        "available": True,
        "pictures": len(pairs),
        "lowest correlation": min(correlations),
        "lowest top-10% IoU": min(overlaps),
        "exact seconds": median(c.wall for c in clocks["exact"]),
        "fast seconds": median(c.wall for c in clocks["fast"]),
        **ratios,
    }


def _top_overlap(a: Heat, b: Heat) -> float:
    """Return the intersection over union of the strongest tenth of two maps."""
    tops = [heat >= np.quantile(heat, 0.9) for heat in (a, b)]
    return float((tops[0] & tops[1]).sum() / (tops[0] | tops[1]).sum())


def _memory(model_id: str, picture: Picture) -> Numbers:
    """Return the memory that ScoreCAM takes beyond a model that is ready, in MB."""
    classifier = load(model_id)
    prepared = classifier.prepare(picture)
    _run("grad-cam", classifier, prepared, 0)
    classifier.logits(prepared.batch.repeat(4, 1, 1, 1))  # makes the form for big batches
    extra = peak_extra(lambda: _run("score-cam", classifier, prepared, 0))
    split = classifier.split(classifier.default_layer)
    channels = split.leaf_shape[split.channel_axis]
    return {"peak extra MB": extra / 1e6, "all masked MB": channels * prepared.batch.nbytes / 1e6}


def _memory_in_fresh_process(classifier: Classifier, options: argparse.Namespace) -> Numbers:
    if not Path("/proc/self/statm").exists():
        return {"available": False}
    command = [sys.executable, "-m", "bench", "cams", "--memory-of", classifier.id]
    command += ["--threads", str(torch.get_num_threads())]
    command += ["--photos", str(options.photos)] if options.photos else []
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=dict(os.environ))
    numbers: Numbers = json.loads(done.stdout)
    return numbers
