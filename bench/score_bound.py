"""Could Score-CAM stop before it has scored every channel? What a bound on the rest would save.

Channels are scored in order of their peak. With the softmax over those that are scored, the map
so far is a mean of channels; the rest can move it by their share of all weights at most, times how
far a channel of the rest lies from the map so far. The rest's share needs their scores, so that a
bound can only be as good as what it assumes of the largest one:

    seen    none is larger than the largest so far (a guess: a channel may break it)
    recent  none is larger than the largest of the last eighth (a bolder guess, as peaks fall)
    best    the largest of the rest is known (nothing that bounds single scores can do better)
    map     the map itself is known: the first count from which on it stays within the tolerance
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench import _trials
from core.explain.base import no_tick
from core.explain.cams.engine import Task
from core.explain.cams.score import scores
from core.models.classifier import Classifier
from core.models.efficientnet_lite import DEFAULT
from core.models.load import load
from core.pictures.picture import Picture
from core.requests.maps import PRECISIONS, Precision

KINDS = ("seen", "recent", "best", "map")
Numbers64 = npt.NDArray[np.float64]


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench score_bound", description=__doc__)
    add = parser.add_argument
    add("--model", default=DEFAULT)
    add("--data", type=Path, default=_trials.DATA, help="folder with data/photos and weights")
    add("--kept", type=Path, required=True, help="folder of scores; what it has is not computed")
    add("--pictures", type=int, default=10)
    add("--tolerance", type=float, default=0.02, help="of the scaled map")
    add("--precision", default="exact", choices=PRECISIONS, help="of the passes")
    options = parser.parse_args(arguments)
    weights = options.data / "weights" / f"{options.model}.pth"
    classifier = load(options.model, weights=weights if weights.is_file() else None)
    options.kept.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, float]] = []
    for picture in _trials.photos(options.data)[: options.pictures]:
        file = options.kept / f"{classifier.arch}-{options.precision}-{Path(picture.name).stem}.npy"
        rows.append(_saved(classifier, picture, file, options.tolerance, options.precision))
        print(
            picture.name,
            ", ".join(f"{name} {value:.3f}" for name, value in rows[-1].items()),
            flush=True,
        )
    print(f"\n{classifier.id}: share of the passes that is saved, of {len(rows)} pictures")
    for name in KINDS:
        saved, errors = ([row[each] for row in rows] for each in (name, f"{name} error"))
        told = f"median {np.median(saved):.3f}, {min(saved):.3f} to {max(saved):.3f}"
        print(f"{name}: {told}; error of the map {max(errors):.4f} at most")
    print(f"rank correlation of peak and score: median {_median(rows, 'peak'):.2f}")
    print(f"channels as heavy as the heaviest would fill the weights: {_median(rows, 'heavy'):.1f}")
    return 0


def _median(rows: list[dict[str, float]], name: str) -> float:
    return float(np.median([row[name] for row in rows]))


def _saved(
    classifier: Classifier, picture: Picture, file: Path, tolerance: float, precision: Precision
) -> dict[str, float]:
    """Return which share of the channels each kind of bound would leave out.

    Args:
        classifier: the model.
        picture: that is explained.
        file: holds the scores, or will.
        tolerance: of the scaled map.
        precision: of the passes.
    """
    prepared = classifier.prepare(picture)
    split = classifier.split(classifier.default_layer)
    leaf, *_ = split.head(prepared.batch)
    maps = split.maps(leaf)[0].float()
    task = Task(
        classifier=classifier,
        split=split,
        batch=prepared.batch,
        class_index=classifier.predict(prepared, top=1)[0].index,
        precision=precision,
        options={},
        rng=np.random.RandomState(0),
        tick=no_tick,
    )
    if not file.is_file():
        np.save(file, scores(task, maps)[0].numpy())
    found = np.load(file).astype(np.float64)
    peaks = maps.amax(dim=(1, 2)).double().numpy()
    order = np.argsort(-peaks, kind="stable")
    return bounds(found[order], maps.double().numpy()[order], tolerance) | {
        "peak": float(np.corrcoef(_ranks(peaks), _ranks(found))[0, 1])
    }


def bounds(found: Numbers64, maps: Numbers64, tolerance: float) -> dict[str, float]:
    """Return the saved shares, and the error of the map where each kind stops.

    Args:
        found: (K,) scores of the channels in the order of scoring.
        maps: (K, gh, gw) the channels.
        tolerance: of the map, scaled by its largest value.
    """
    count = len(found)
    weights = np.exp(found - found.max())
    total = np.cumsum(weights)
    so_far = np.cumsum(weights[:, None, None] * maps, axis=0) / total[:, None, None]
    left = np.arange(count - 1, -1, -1)
    largest_seen = np.maximum.accumulate(weights)
    largest_left = np.append(np.maximum.accumulate(weights[::-1])[::-1][1:], 0.0)
    peak_left = np.append(np.maximum.accumulate(maps.max((1, 2))[::-1])[::-1][1:], 0.0)
    peak = np.maximum(so_far.max((1, 2)), 1e-12)
    moved = np.maximum(peak_left, peak) / peak
    window = max(1, count // 8)
    recent = np.array([weights[max(0, n - window + 1) : n + 1].max() for n in range(count)])
    recent[:window] = np.inf  # too few to guess from
    error = np.abs(_scaled(so_far) - _scaled(so_far[-1:])).max((1, 2))
    stops = {
        name: _first(_share(left, largest, total) * moved <= tolerance)
        for name, largest in (("seen", largest_seen), ("recent", recent), ("best", largest_left))
    }
    stops["map"] = count - _first(error[::-1] > tolerance) if (error > tolerance).any() else 0
    saved = {name: 1 - (stop + 1) / count for name, stop in stops.items()}
    errors = {f"{name} error": float(error[stop]) for name, stop in stops.items()}
    return saved | errors | {"heavy": float(total[-1] / weights.max())}


def _share(left: npt.NDArray[np.int64], largest: Numbers64, total: Numbers64) -> Numbers64:
    """Return the share of all weights that the rest has at most, for each count."""
    rest = np.where(left > 0, left * largest, 0.0)
    return np.where(np.isinf(rest), 1.0, rest / (np.where(np.isinf(rest), 0.0, rest) + total))


def _first(true: npt.NDArray[np.bool_]) -> int:
    return int(np.argmax(true))


def _scaled(maps: Numbers64) -> Numbers64:
    """Scale maps to [0, 1] as they are shown."""
    low, high = maps.min((1, 2), keepdims=True), maps.max((1, 2), keepdims=True)
    return np.asarray((np.maximum(maps, 0) - np.maximum(low, 0)) / (high - low + 1e-7))


def _ranks(values: Numbers64) -> Numbers64:
    return np.argsort(np.argsort(values)).astype(np.float64)
