"""Mosaics of four pictures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.errors import BadOption, TooFewPictures
from core.explain.base import Explanation, Subject
from core.measure.single.grid_pointing import (
    GRID_POINTING,
    chosen_others,
    mosaic_at,
    quarter_shares,
)
from core.measure.single.trial import Trial
from core.models.card import Guess
from core.pictures.picture import Picture, from_pixels
from core.requests.measures import MeasureSettings
from tests.conftest import OneConv, blocks_picture, classifier_of
from tests.core.measure.single.conftest import distinct_map, explains

RED, GREEN, BLUE, GREY = (250, 5, 5), (5, 250, 5), (5, 5, 250), (90, 90, 90)


def plain(colour: tuple[int, int, int]) -> Picture:
    return from_pixels(np.broadcast_to(np.array(colour, np.uint8), (40, 50, 3)).copy(), "plain")


@pytest.fixture
def colours() -> Trial:
    """A network whose class 0 is red and nothing else, and four plain pictures."""
    kernel = torch.eye(3)
    weight = torch.tensor([[1.0, -1, -1], [-1, 1, -1], [-1, -1, 1]])
    names = ("red", "green", "blue")
    classifier = classifier_of(OneConv(kernel, weight), 32, names)
    others = (plain(GREEN), plain(BLUE), plain(GREY))
    prepared = classifier.prepare(plain(RED))
    explain = explains(classifier, layer="conv")
    return Trial(classifier, prepared, 0, MeasureSettings(), others=others, explain=explain)


def test_a_map_that_knows_the_class(colours: Trial) -> None:
    shown = colours.explained().shown
    measured = GRID_POINTING.run(shown, colours)
    assert measured.value == pytest.approx(1, abs=0.01)
    assert measured.details["chance"] == 0.25
    assert len(measured.maps) == GRID_POINTING.explanations(colours.settings) == 4
    assert measured.picture is not None
    assert tuple(measured.picture[5, 5]) == RED


def test_the_wrong_class(colours: Trial) -> None:
    green = replace(colours, class_index=1)
    assert GRID_POINTING.run(distinct_map(), green).value == pytest.approx(0, abs=0.01)


def test_a_map_that_ignores_the_picture_has_exactly_chance(colours: Trial) -> None:
    made = replace(colours.explained(), heat=distinct_map(32), shown=distinct_map(32))
    same = replace(colours, explain=lambda *given: made)
    assert GRID_POINTING.run(distinct_map(), same).value == pytest.approx(0.25)


def test_each_place(colours: Trial) -> None:
    for place in range(4):
        picture = mosaic_at(colours, place)
        assert picture.shape == (32, 32, 3)
        row, column = divmod(place, 2)
        quarter = picture[16 * row : 16 * row + 16, 16 * column : 16 * column + 16]
        assert (quarter == RED).all()
        assert len(np.unique(picture.reshape(-1, 3), axis=0)) == 4


def test_shares() -> None:
    heat = np.array([[1, 2], [-5, 1]], np.float32)
    assert quarter_shares(heat) == (0.25, 0.5, 0, 0.25)
    odd = np.full((3, 3), 100, np.float32)
    odd[::2, ::2] = [[1, 2], [3, 2]]
    assert quarter_shares(odd) == (0.125, 0.25, 0.375, 0.25)
    assert np.isnan(quarter_shares(-heat * (heat > 0))).all()


def test_no_positive_heat(colours: Trial) -> None:
    def explain(subject: Subject, target: int) -> Explanation:
        made = colours.explained()
        return replace(made, heat=-np.abs(made.heat) - 1)

    measured = GRID_POINTING.run(distinct_map(), replace(colours, explain=explain))
    assert np.isnan(measured.value)
    assert "4 of 4" in measured.notes[0]


def test_three_pictures_are_needed(colours: Trial) -> None:
    few = replace(colours, others=(blocks_picture(), blocks_picture()))
    with pytest.raises(BadOption, match="three pictures of other classes"):
        GRID_POINTING.run(distinct_map(), few)


def guesses(*pairs: tuple[int, float]) -> list[Guess]:
    return [Guess(index, f"class {index}", probability) for index, probability in pairs]


def test_the_three_surest_pictures_of_other_classes_are_taken() -> None:
    given = guesses((7, 0.9), (1, 0.99), (2, 0.7), (2, 0.8), (3, 0.8), (4, 0.5), (5, 0.29))
    assert chosen_others(given, class_index=1) == (0, 3, 4)
    assert chosen_others(given, class_index=7) == (1, 3, 4)
    assert chosen_others(given[1:], class_index=1) == (2, 3, 4), "half a chance is known"


def test_with_fewer_than_three_a_mosaic_is_refused_in_one_sentence() -> None:
    given = guesses((7, 0.9), (1, 0.99), (2, 0.8), (5, 0.29))
    with pytest.raises(TooFewPictures, match=r"of the 4 others it knows 2: give more pictures\.$"):
        chosen_others(given, class_index=1)


def test_it_is_said_when_the_class_is_hardly_seen_in_the_mosaics(colours: Trial) -> None:
    places = iter((0.9, 0.04, 0.05, 0.0))

    def explain(subject: Subject, target: int) -> Explanation:
        assert colours.explain is not None
        return replace(colours.explain(subject, target), probability=next(places))

    measured = GRID_POINTING.run(np.zeros((32, 32), np.float32), replace(colours, explain=explain))
    assert measured.details["probability in mosaics"] == pytest.approx(0.2475)
    assert measured.notes[-1].startswith("In 2 of 4 mosaics the class has a probability below 0.05")
