"""Stability: a small change that leaves the prediction should leave the map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core import Heat, Pixels
from core.explain.base import Tick
from core.explain.ranks import ranks
from core.measure.overlap import pearson
from core.measure.single.base import UNDEFINED, Card, Measure, Measured
from core.measure.single.trial import Trial
from core.models.input import Prepared
from core.pictures.picture import from_pixels


@dataclass(frozen=True, slots=True)
class Copy:
    """A changed copy of what the model saw.

    Attributes:
        name: what was done.
        pixels: uint8 (h, w, 3).
        down, right: by how many pixels it was shifted.
    """

    name: str
    pixels: Pixels
    down: int = 0
    right: int = 0


def copies_of(view: Pixels, count: int, noise: float, shift: int, seed: int) -> tuple[Copy, ...]:
    """Return changed copies of a picture: noisy and shifted ones in turn.

    Args:
        view: uint8 (h, w, 3).
        count: of the copies.
        noise: standard deviation, white being 1.
        shift: largest shift in pixels, up or down and left or right; never none.
        seed: of all of them; a larger count begins with the same ones.
    """
    made = []
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        if number % 2 == 0:
            noisy = view + rng.normal(0, 255 * noise, view.shape)
            pixels = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
            made.append(Copy(f"{number + 1}: noise", pixels))
        else:
            down, right = _shift(rng, min(shift, min(view.shape[:2]) - 1))
            name = f"{number + 1}: shift {down:+d}, {right:+d}"
            made.append(Copy(name, moved(view, down, right), down, right))
    return tuple(made)


def _shift(rng: np.random.Generator, most: int) -> tuple[int, int]:
    while True:
        down, right = (int(step) for step in rng.integers(-most, most + 1, 2))
        if down or right:
            return down, right


def moved(view: Pixels, down: int, right: int) -> Pixels:
    """Shift a picture; what comes in from outside repeats its edge."""
    height, width = view.shape[:2]
    rows = np.clip(np.arange(height) - down, 0, height - 1)
    columns = np.clip(np.arange(width) - right, 0, width - 1)
    result: Pixels = view[rows[:, None], columns[None, :]]
    return result


def common(shown: Heat, made: Heat, down: int, right: int) -> tuple[Heat, Heat]:
    """Return the part of two maps that shows the same of the picture, the second one shifted."""
    height, width = shown.shape
    ours = shown[max(0, -down) : height - max(0, down), max(0, -right) : width - max(0, right)]
    theirs = made[max(0, down) : height - max(0, -down), max(0, right) : width - max(0, -right)]
    return ours, theirs


def stability(shown: Heat, trial: Trial, tick: Tick) -> Measured:
    """Compare the map with those of changed copies that keep the prediction."""
    settings = trial.settings
    every = copies_of(
        trial.prepared.view, settings.copies, settings.noise, settings.shift, settings.seed
    )
    changes, correlations, maps = [], [], {}
    for number, copy in enumerate(every):
        tick(number / len(every), copy.name)
        picture = from_pixels(copy.pixels, copy.name)
        prepared = trial.classifier.prepare(picture, "squash")
        if not _keeps(trial, prepared):
            continue
        made = trial.explained(prepared=prepared).shown
        maps[copy.name] = made
        ours, theirs = common(shown, made, copy.down, copy.right)
        size = float(np.linalg.norm(ours))
        changes.append(float(np.linalg.norm(ours - theirs)) / size if size else UNDEFINED)
        correlations.append(pearson(ranks(ours), ranks(theirs)))
    known = [change for change in changes if np.isfinite(change)]
    notes: list[str] = []
    if len(maps) < len(every):
        notes.append(
            f"{len(every) - len(maps)} of {len(every)} changed copies have another prediction and "
            "do not count."
        )
    if maps and not known:
        notes.append("The map is empty: no change can be measured.")
    agreeing = [rho for rho in correlations if np.isfinite(rho)]
    return Measured(
        value=max(known, default=UNDEFINED),
        passes=len(every) + 1,
        details={
            "mean change": float(np.mean(known)) if known else UNDEFINED,
            "mean Spearman": float(np.mean(agreeing)) if agreeing else UNDEFINED,
            "copies": float(len(maps)),
        },
        notes=tuple(notes),
        maps=maps,
    )


def _keeps(trial: Trial, prepared: Prepared) -> bool:
    """Tell whether a copy has the picture's prediction: its class, or for sigmoids its answer."""
    model = trial.classifier
    before = trial.once(lambda: model.probabilities(trial.prepared), "probabilities")
    after = model.probabilities(prepared)
    if model.activation == "sigmoid":
        chosen = trial.class_index
        return bool((before[chosen] >= 0.5) == (after[chosen] >= 0.5))
    return bool(before.argmax() == after.argmax())


STABILITY = Measure(
    name="stability",
    title="Stability",
    sentence="Does the map stay when the picture changes a little?",
    paper="Yeh et al. 2019 (maximum sensitivity), relative to the map",
    link="https://arxiv.org/abs/1901.09392",
    better="lower",
    low=0.0,
    high=float("inf"),
    card=Card(
        definition=(
            "The picture is copied five times (unless set), with a little noise and shifted by a "
            "few pixels in turn. Of the copies that keep the prediction the map is made again and "
            "shifted back. The change is the length of the difference of the maps over that of "
            "the original; the value is the largest, and the mean stands beside it."
        ),
        base="The map itself, as it is shown: negative heat cut off, scaled to 0 to 1.",
        units="Relative change, 0 or more; 1 is as much as the map itself.",
        seed="Noise and shifts come from the seed; every map has the same copies.",
        ties="They play no part.",
        not_shown=(
            "Whether the map is right: one that ignores the model and the picture is the stablest. "
            "A model that decides otherwise for a hardly changed picture rightly has another map."
        ),
        elsewhere=(
            "Quantus (MaxSensitivity) adds uniform noise of the process's generator, which nobody "
            "seeds, and counts copies with another prediction unless asked to leave them out.",
        ),
    ),
    compute=stability,
    needs=("explain",),
    passes=lambda settings: settings.copies + 1,
    explanations=lambda settings: settings.copies,
)
