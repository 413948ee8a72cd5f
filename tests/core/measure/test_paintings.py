"""Paintings beside maps: the formulas written out, pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest

from core import Heat, Mask
from core.errors import Cancelled
from core.measure.chance import chance, chance_band, correlated, shifted
from core.measure.paintings import Reveal, mean_of, places_of, reveal

SIDE = 24


def ramp(side: int = SIDE) -> Heat:
    """Hotter and hotter to the right, no two pixels alike."""
    down, across = np.indices((side, side))
    return ((across * side + down) / side**2).astype(np.float32)


def bumps(seed: int, height: int = SIDE, width: int = SIDE) -> Heat:
    rng = np.random.default_rng(seed)
    down, across = np.indices((height, width))
    heat = sum(
        np.exp(-((down - y * height) ** 2 + (across - x * width) ** 2) / (0.02 * height * width))
        for y, x in rng.random((3, 2))
    )
    return (heat / heat.max()).astype(np.float32)


def box(rows: slice, columns: slice, size: tuple[int, int] = (6, 6)) -> Mask:
    mask = np.zeros(size, bool)
    mask[rows, columns] = True
    return mask


def at_size(painting: Mask, height: int, width: int) -> Mask:
    """Look each pixel's middle up in the painting."""
    mask = np.zeros((height, width), bool)
    for row in range(height):
        for column in range(width):
            down, right = (row + 0.5) / height, (column + 0.5) / width
            mask[row, column] = painting[
                int(down * painting.shape[0]), int(right * painting.shape[1])
            ]
    return mask


def hottest(shown: Heat, count: int) -> Mask:
    """Mark pixels from the hottest on, ties row by row, none at the map's minimum."""
    height, width = shown.shape
    places = [(-float(shown[row, col]), row, col) for row in range(height) for col in range(width)]
    mask = np.zeros((height, width), bool)
    for heat, row, column in sorted(places)[:count]:
        mask[row, column] = -heat > shown.min()
    return mask


def naive(shown: Heat, painting: Mask) -> tuple[float, float, float, float, float]:
    """IoU, chance, the ends of the band, energy."""
    painted = at_size(painting, *shown.shape)
    marked = hottest(shown, int(painted.sum()))
    iou = (painted & marked).sum() / (painted | marked).sum()
    ious = []
    for down in range(painting.shape[0]):
        for right in range(painting.shape[1]):
            moved = at_size(np.roll(painting, (down, right), (0, 1)), *shown.shape)
            ious.append((moved & marked).sum() / (moved | marked).sum())
    low, high = np.percentile(ious, [2.5, 97.5])
    energy = shown[painted].sum(dtype=np.float64) / shown.sum(dtype=np.float64)
    return iou, chance(int(painted.sum()), int(marked.sum()), shown.size), low, high, energy


def table(found: Reveal, number: int, at: int) -> list[float]:
    each = (found.iou, found.chance, found.low, found.high, found.energy)
    return [float(values[number, at]) for values in each]


@pytest.mark.parametrize(
    ("size", "grid"),
    [
        ((24, 24), (6, 6)),
        ((24, 24), (7, 5)),
        ((20, 31), (8, 6)),
        ((9, 9), (9, 9)),
        ((8, 8), (9, 9)),
    ],
)
def test_each_number_is_that_of_its_formula(size: tuple[int, int], grid: tuple[int, int]) -> None:
    rng = np.random.default_rng(3)
    maps = [bumps(1, *size), np.round(4 * bumps(2, *size)) / 4]  # the second has many ties
    paintings = [rng.random(grid) < share for share in (0.1, 0.3, 0.8)]
    found = reveal(maps, paintings)
    for number, shown in enumerate(maps):
        for at, painting in enumerate(paintings):
            expected = naive(shown.astype(np.float32), painting)
            np.testing.assert_allclose(table(found, number, at), expected, rtol=1e-6)
    np.testing.assert_array_equal(found.shares, [painting.mean() for painting in paintings])


def test_at_the_maps_own_size_the_band_is_that_of_all_shifts() -> None:
    shown, painting = bumps(5), box(slice(3, 12), slice(2, 9), (SIDE, SIDE))
    found = reveal([shown], [painting])
    marked = hottest(shown, int(painting.sum()))
    np.testing.assert_allclose((found.low[0, 0], found.high[0, 0]), chance_band(marked, painting))


def test_correlations_of_several_are_those_of_each() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 9, (4, 5, 6)), rng.random((4, 5, 6)) < 0.5
    together = correlated(first, second)
    for at in range(4):
        shifts = [
            (first[at] * np.roll(second[at], (down, right), (0, 1))).sum()
            for down in range(5)
            for right in range(6)
        ]
        np.testing.assert_array_equal(together[at], shifts)
    one, two = second[0], second[1]
    both = (one & two).sum()
    assert shifted(one, two)[0] == both / (one | two).sum()


def test_the_hottest_place_painted_is_1_and_another_is_0() -> None:
    here, there = box(slice(0, 2), slice(4, 6)), box(slice(3, 5), slice(0, 2))
    shown = (0.3 * ramp() + 0.7 * at_size(here, SIDE, SIDE)).astype(np.float32)
    found = reveal([shown], [there, here])
    assert found.iou[0].tolist() == [0.0, 1.0]
    assert not np.signbit(found.iou).any(), "it would be read as -0.00"
    assert found.beats[0].tolist() == [False, True]
    assert found.energy[0, 1] > found.shares[1] > found.energy[0, 0]
    assert (found.places, found.order) == ((2, 1), (1, 0))


def test_a_stripe_that_chance_finds_as_often_beats_nothing() -> None:
    found = reveal([ramp()], [box(slice(None), slice(4, 6))])
    assert found.iou[0, 0] == found.high[0, 0] == 1.0, "one shift of six leaves it where it is"
    assert not found.beats[0, 0]


def test_all_painted_is_what_chance_gives() -> None:
    found = reveal([ramp()], [np.ones((6, 6), bool)])
    lowest = 1 / SIDE**2  # the pixel at the minimum is never among the hottest
    assert found.iou[0, 0] == pytest.approx(1 - lowest)
    assert found.chance[0, 0] == pytest.approx(1 - lowest)
    assert found.low[0, 0] == found.high[0, 0] == found.iou[0, 0]
    assert not found.beats[0, 0]
    assert found.energy[0, 0] == pytest.approx(1.0)


def test_an_empty_painting_has_no_numbers_and_is_last() -> None:
    empty, some = np.zeros((6, 6), bool), box(slice(0, 3), slice(0, 3))
    found = reveal([ramp(), bumps(1)], [empty, some, empty])
    for number in (0, 1):
        assert np.isnan(table(found, number, 0)).all()
        assert np.isfinite(table(found, number, 1)).all()
    assert found.places == (2, 1, 2)
    assert found.order == (1, 0, 2)
    np.testing.assert_array_equal(found.mean, at_size(some, SIDE, SIDE).astype(np.float32))


def test_without_paintings_there_is_an_empty_mean() -> None:
    found = reveal([ramp()], [])
    assert found.iou.shape == found.beats.shape == (1, 0)
    assert (found.places, found.order, found.shares.size) == ((), (), 0)
    assert found.mean.shape == (SIDE, SIDE)
    assert not found.mean.any()


@pytest.mark.parametrize("value", [0.0, 0.5])
def test_a_flat_map_marks_nothing(value: float) -> None:
    painting = box(slice(0, 3), slice(0, 2))
    found = reveal([np.full((SIDE, SIDE), value, np.float32)], [painting, painting])
    assert np.isnan(table(found, 0, 0)[:4]).all()
    energy = found.energy[0, 0]
    assert energy == pytest.approx(6 / 36) if value else np.isnan(energy)
    assert found.places == (1, 1)
    assert not found.beats.any()


def test_a_speck_that_falls_between_the_pixels_has_no_numbers() -> None:
    speck = np.zeros((24, 24), bool)
    speck[0, 0] = True
    found = reveal([ramp(8)], [speck])
    assert np.isnan(table(found, 0, 0)).all()


def test_equal_paintings_share_a_place() -> None:
    near, far = box(slice(None), slice(3, 6)), box(slice(None), slice(0, 3))
    found = reveal([ramp()], [far, near, near, far, box(slice(None), slice(1, 4))])
    assert found.places == (4, 1, 1, 4, 3)
    assert found.order == (1, 2, 4, 0, 3)
    assert places_of(np.array([np.nan, 0.5, np.nan])) == (2, 1, 2)
    assert places_of(np.array([])) == ()


def test_the_mean_counts_those_who_painted() -> None:
    rng = np.random.default_rng(1)
    paintings = [rng.random((6, 6)) < 0.4 for _ in range(5)]
    mean = mean_of([*paintings, np.zeros((6, 6), bool)], (12, 18))
    expected = np.mean([at_size(each, 12, 18) for each in paintings], axis=0)
    assert mean.dtype == np.float32
    np.testing.assert_allclose(mean, expected, rtol=1e-6)


def test_paintings_of_several_grids_keep_their_order() -> None:
    one, two = box(slice(0, 3), slice(0, 3)), box(slice(4, 8), slice(0, 8), (8, 8))
    together = reveal([bumps(1)], [one, two, one])
    for at, painting in enumerate((one, two, one)):
        alone = reveal([bumps(1)], [painting])
        np.testing.assert_array_equal(table(together, 0, at), table(alone, 0, 0))


def test_it_tells_how_far_it_is_and_can_be_stopped() -> None:
    paintings = [box(slice(0, 2), slice(0, at + 1)) for at in range(6)]
    told: list[float] = []
    reveal([ramp(), bumps(1)], paintings, lambda share, stage="": told.append(share))
    assert told == sorted(told)
    assert len(told) == 12
    assert 0 <= told[0] <= told[-1] < 1

    def stop(share: float, stage: str = "") -> None:
        if share > 0.5:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        reveal([ramp(), bumps(1)], paintings, stop)
