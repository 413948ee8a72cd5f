"""Grid pointing: in a mosaic of four pictures, does the class's heat lie on its own picture?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core import Heat, Pixels
from core.errors import TooFewPictures
from core.explain.base import Tick
from core.explain.scaling import resized
from core.measure.overlap import ratio
from core.measure.single.base import UNDEFINED, Card, Measure, Measured
from core.measure.single.trial import Trial
from core.models.card import Guess
from core.pictures.mosaic import mosaic
from core.pictures.picture import from_pixels

QUARTERS = ("top left", "top right", "bottom left", "bottom right")
CHANCE = 0.25
UNSEEN = 0.05
"""Probability below which a class is hardly seen in a mosaic."""
OTHERS = 3
KNOWN = 0.3
"""Probability of its first guess from which on a model knows a picture."""


def chosen_others(guesses: Sequence[Guess], class_index: int) -> tuple[int, ...]:
    """Return which pictures become a mosaic with the explained one.

    Those that the model is surest of, of other classes than the explained one and than each other;
    of equally sure ones the first.

    Args:
        guesses: the first guess for each picture.
        class_index: the explained class.

    Returns:
        Three places in `guesses`, the surest first.

    Raises:
        TooFewPictures: the model knows fewer.
    """
    chosen: dict[int, int] = {}
    for place in sorted(range(len(guesses)), key=lambda place: -guesses[place].probability):
        guess = guesses[place]
        if guess.probability >= KNOWN and guess.index != class_index:
            chosen.setdefault(guess.index, place)
    if len(chosen) < OTHERS:
        raise TooFewPictures(
            f"{GRID_POINTING.title} needs three pictures of other classes that the model knows "
            f"(probability {KNOWN:g} or more), and of the {len(guesses)} others it knows "
            f"{len(chosen)}: give more pictures."
        )
    return tuple(chosen.values())[:OTHERS]


def mosaic_at(trial: Trial, place: int) -> Pixels:
    """Return the trial's picture in one quarter and the three others in the rest.

    Args:
        trial: with three other pictures.
        place: 0 to 3, row by row.

    Returns:
        uint8 (2 * side, 2 * side, 3), a quarter being half of the model's input.
    """
    pictures = [picture.pixels for picture in trial.others[:3]]
    pictures.insert(place, trial.prepared.picture.pixels)
    return mosaic(pictures, side=(max(trial.size) + 1) // 2)


def quarter_shares(heat: Heat) -> tuple[float, float, float, float]:
    """Return the share of positive heat in each quarter, row by row; NaN where there is none.

    Args:
        heat: float32 (h, w), signed; of an odd side the middle line counts nowhere.
    """
    positive = np.maximum(heat, 0).astype(np.float64)
    down, right = (side // 2 for side in heat.shape)
    rows, columns = (
        (slice(None, down), slice(-down, None)),
        (slice(None, right), slice(-right, None)),
    )
    sums = [float(positive[row, column].sum()) for row in rows for column in columns]
    whole = sum(sums)
    one, two, three, four = (ratio(part, whole) for part in sums)
    return one, two, three, four


def grid_pointing(shown: Heat, trial: Trial, tick: Tick) -> Measured:
    """Return the share of positive heat on the class's own picture, mean over its four places."""
    shares, seen, maps, first = [], [], {}, None
    for place, name in enumerate(QUARTERS):
        tick(place / 4, f"mosaic, {name}")
        picture = from_pixels(mosaic_at(trial, place), f"mosaic {name}")
        prepared = trial.classifier.prepare(picture, "squash")
        made = trial.explained(prepared=prepared)
        maps[name] = made.shown
        first = prepared.view if first is None else first
        seen.append(made.probability)
        shares.append(quarter_shares(resized(np.maximum(made.heat, 0), trial.size))[place])
    known = [share for share in shares if np.isfinite(share)]
    notes: list[str] = []
    if len(known) < 4:
        notes.append(f"{4 - len(known)} of 4 mosaics have a map without positive heat.")
    if unseen := sum(probability < UNSEEN for probability in seen):
        notes.append(
            f"In {unseen} of 4 mosaics the class has a probability below {UNSEEN:g}: the model "
            "hardly sees it at half the size, and the number says little."
        )
    return Measured(
        value=float(np.mean(known)) if known else UNDEFINED,
        details={
            "chance": CHANCE,
            "probability in mosaics": float(np.mean(seen)),
            **dict(zip(QUARTERS, shares, strict=True)),
        },
        notes=tuple(notes),
        maps=maps,
        picture=first,
    )


GRID_POINTING = Measure(
    name="grid-pointing",
    title="Grid pointing",
    sentence="In a mosaic of four pictures, does the heat lie on the class's own picture?",
    paper="Böhle et al. 2021; 2 x 2 as in Rao et al. 2022",
    link="https://arxiv.org/abs/2104.00032",
    better="higher",
    low=0.0,
    high=1.0,
    card=Card(
        definition=(
            "The picture and three others become a 2 x 2 mosaic. The map of the picture's class is "
            "made for it; the share of positive heat in the picture's quarter is averaged over its "
            "four places in the mosaic. The others are those that the model is surest of, its "
            f"first guess having probability {KNOWN:g} or more, of other classes than the "
            "explained one and than each other."
        ),
        base=(
            "The three other pictures. Chance is 0.25 for a map that ignores all of them; one that "
            "reacts to pictures and not to the class may have any value."
        ),
        units="Share, 0 to 1.",
        seed="Nothing is random; of pictures that are equally sure the first is taken.",
        ties="They play no part. A map without positive heat has no value.",
        not_shown=(
            "What within its picture the class rests on. Pictures are shown at half their size, "
            "and a model that has learned from whole pictures may look at a mosaic in another way. "
            "Other pictures beside it give another number."
        ),
        elsewhere=("The published protocol takes 3 x 3 mosaics and one place a class.",),
    ),
    compute=grid_pointing,
    needs=("explain", "others"),
    explanations=lambda settings: 4,
)
