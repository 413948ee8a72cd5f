"""Methods without a layer beside their libraries: speed, difference, memory.

Ours and the library's run in turn on the same picture, so a busy machine slows both. Both get
pictures in batches of the same size where a method takes many. Where the same pictures lie in
memory in another order, rounding flips a ReLU here and there: some pixels differ by thousandths.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch

from bench import _stock
from bench._libraries import LIBRARIES, Case, Library, private_net
from bench._memory import peak_extra
from bench._perturbing import kernel_shap_of
from bench._requests import map_of
from core.explain.base import SAMPLES, Explanation
from core.explain.methods import get
from core.models.classifier import Classifier
from core.models.device import describe
from core.models.load import load
from core.pictures import built_in
from core.pictures.picture import Picture, read
from core.requests.maps import KernelShapRequest

Numbers = dict[str, Any]
MODELS = "resnet18,resnet50,vit_b_16"
HEADER = (
    f"{'method':22s}{'library':29s}{'difference':>11s}{'library s':>10s}{'ours s':>8s}{'ratio':>7s}"
    f"{'CPU ratio':>10s}{'MB':>6s}"
)


def main(arguments: list[str]) -> int:
    """Measure, print a table for each model, and write JSON."""
    options = _parser().parse_args(arguments)
    if options.threads:
        torch.set_num_threads(options.threads)
    pictures = _pictures(options.data)[: options.pictures]
    if options.memory_of:
        classifier = _load(options.model, options.data)
        print(json.dumps(_memory(options.memory_of, classifier, pictures[0])))
        return 0
    report: Numbers = {"torch": torch.__version__, "threads": torch.get_num_threads(), "models": {}}
    for name in options.model.split(","):
        classifier = _load(name, options.data)
        print(f"\n{classifier.id} ({classifier.digest[:8]}), {describe(classifier.device)}")
        print(HEADER)
        report["models"][name] = numbers = {}
        for method in options.methods.split(",") if options.methods else LIBRARIES:
            if not get(method).fits(classifier, ""):
                options.name = name
                numbers[method] = _compare(method, classifier, pictures, options)
    if options.out:
        options.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8", newline="\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench methods", description=__doc__)
    parser.add_argument("--model", default=MODELS, help="model ids, comma separated")
    parser.add_argument("--methods", help="names, comma separated; all without")
    parser.add_argument("--data", type=Path, help="folder with data/photos and weights")
    parser.add_argument("--pictures", type=int, default=1, help="how many")
    parser.add_argument("--runs", type=int, default=3, help="of each on each picture")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0: torch's choice")
    parser.add_argument("--memory-of", help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help="JSON file to write")
    return parser


def _pictures(data: Path | None) -> list[Picture]:
    if data is None:
        return [built_in.load(sample.key) for sample in built_in.SAMPLES]
    return [read(path) for path in sorted((data / "data" / "photos").iterdir())]


def _load(name: str, data: Path | None) -> Classifier:
    """Load a model with its weights in the folder, or without any."""
    weights = data / "weights" / f"{name}.pth" if data else None
    if weights and weights.is_file():
        return load(name, weights=weights)
    return load(f"{name}:random")


def _compare(
    method: str, classifier: Classifier, pictures: list[Picture], options: argparse.Namespace
) -> Numbers:
    """Run ours and the library's in turn, each once before anything is timed."""
    library = LIBRARIES[method]
    theirs: list[_stock.Clock] = []
    ours: list[_stock.Clock] = []
    differences = []
    net = private_net(classifier)
    memory = _memory_in_fresh_process(method, options)
    for picture in pictures:
        prepared = classifier.prepare(picture)
        target = classifier.predict(prepared, top=1)[0].index
        case = Case(classifier, net, prepared, target)
        made = _run(method, library, case)
        expected = library.run(case)
        differences.append(float(np.abs(made.heat - expected).max() / np.abs(expected).max()))
        for _ in range(options.runs):
            with _stock.clock(theirs):
                library.run(case)
            with _stock.clock(ours):
                _run(method, library, case)
    numbers: Numbers = {
        "library": library.name,
        "largest difference": max(differences),
        "passes": made.passes,
        "peak extra MB": memory,
    }
    for kind in ("wall", "cpu"):
        stock, own = (median(getattr(clock, kind) for clock in each) for each in (theirs, ours))
        numbers[kind] = {"library": stock, "ours": own, "ratio": own / stock}
    print(
        f"{method:22s}{library.name:29s}{max(differences):11.1e}{numbers['wall']['library']:10.3f}"
        f"{numbers['wall']['ours']:8.3f}{numbers['wall']['ratio']:7.2f}"
        f"{numbers['cpu']['ratio']:10.2f}{memory:6.0f}",
        flush=True,
    )
    return numbers


def _run(method: str, library: Library, case: Case) -> Explanation:
    SAMPLES.clear()  # nothing is kept from the run before
    request, subject = map_of(case.classifier, case.prepared, method, case.target)
    if method == KernelShapRequest.method:
        return get(method).run(kernel_shap_of(case), subject)
    request = replace(request, options=tuple(library.options.items()), seed=case.seed)
    return get(method).run(request, subject)


def _memory(method: str, classifier: Classifier, picture: Picture) -> float:
    """Return the memory that a method takes beyond a model that has answered, in MB."""
    prepared = classifier.prepare(picture)
    classifier.logits(prepared.batch)
    get(method).fits(classifier, "")
    library = replace(LIBRARIES[method], options=LIBRARIES[method].brief)
    case = Case(classifier, classifier._model, prepared, 0)
    return peak_extra(lambda: _run(method, library, case)) / 1e6


def _memory_in_fresh_process(method: str, options: argparse.Namespace) -> float:
    """Ask another process, whose memory no earlier method has left behind."""
    if not Path("/proc/self/statm").exists():
        return float("nan")
    command = [sys.executable, "-m", "bench", "methods", "--memory-of", method]
    command += ["--model", options.name, "--threads", str(torch.get_num_threads())]
    command += ["--data", str(options.data)] if options.data else []
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(json.loads(done.stdout))
