"""What counts as marked."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from core import Heat
from core.errors import BadOption
from core.explain.base import Explanation
from core.measure.masks import Rule, common_size, default_rule, marked
from tests.core.weighted import weighted

Make = Callable[..., Explanation]


def values(*rows: list[float]) -> Heat:
    return np.array(rows, np.float32)


def test_top_percent_is_an_exact_count_with_ties_by_position(explanation: Make) -> None:
    tied = values([1, 3, 3], [3, 3, 0], [2, 2, 2])
    found = marked(explanation(tied), Rule("top", 100 * 3 / 9))
    np.testing.assert_array_equal(found.mask, [[0, 1, 1], [1, 0, 0], [0, 0, 0]])
    assert found.share == pytest.approx(1 / 3)
    assert not found.notes


def test_pixels_at_the_minimum_never_enter(explanation: Make) -> None:
    focused = np.zeros((10, 10), np.float32)
    focused[4, 4:7] = 0.5
    found = marked(explanation(focused), Rule("top", 10))
    assert found.mask.sum() == 3
    assert found.notes == (
        "Only 3.0 % of the pixels are above the map's minimum: these are marked.",
    )


@pytest.mark.parametrize("level", [0.0, 0.7])
@pytest.mark.parametrize("rule", [Rule("top", 10), Rule("value", 0.5), Rule("otsu")])
def test_flat_map_marks_nothing_and_says_so(explanation: Make, rule: Rule, level: float) -> None:
    found = marked(explanation(np.full((6, 6), level, np.float32)), rule)
    assert not found.mask.any()
    assert len(found.notes) == 1
    assert "nothing is marked" in found.notes[0]


def test_value_and_otsu(explanation: Make) -> None:
    rng = np.random.default_rng(0)
    bright = rng.random((40, 40)) < 0.3
    two_humps = np.where(bright, 0.8, 0.2) + rng.uniform(-0.15, 0.15, bright.shape)
    found = marked(explanation(two_humps.astype(np.float32)), Rule("otsu"))
    np.testing.assert_array_equal(found.mask, bright)
    heat = values([0, 0.1, 0.1], [0.1, 0.9, 1], [0, 0.1, 0.8])
    np.testing.assert_array_equal(marked(explanation(heat), Rule("value", 0.85)).mask, heat > 0.85)
    zero = marked(explanation(heat), Rule("value", 0.0))
    np.testing.assert_array_equal(zero.mask, heat > 0)


def test_superpixels_positive_or_any(explanation: Make) -> None:
    segments = np.repeat(np.arange(4, dtype=np.int32), 4).reshape(4, 4)
    lime = explanation(np.zeros((2, 2), np.float32), segments=segments, weights=[0.1, -0.9, 0.4, 0])
    best = marked(lime, Rule("superpixels", 1))
    np.testing.assert_array_equal(best.mask, segments == 2)
    strongest = marked(lime, Rule("superpixels", 1, "any"))
    np.testing.assert_array_equal(strongest.mask, segments == 1)
    few = marked(lime, Rule("superpixels", 5))
    np.testing.assert_array_equal(few.mask, (segments == 0) | (segments == 2))
    assert few.notes == ("Only 2 superpixels support the class; all of them are marked.",)


@pytest.mark.parametrize("sign", ["positive", "any"])
@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_masks_and_outlines_hold_the_same_superpixels_also_at_ties(sign: str, count: int) -> None:
    weights, order = np.array([0.2, 0.5, -0.5, 0.5, 0.0]), (3, 2, 1, 0, 4)
    segments = np.repeat(np.arange(5, dtype=np.int32), 5).reshape(5, 5)
    parts = weighted(segments, weights.tolist(), order)
    lime = Explanation(
        heat=weights.astype(np.float32)[segments],
        shown=np.zeros((5, 5), np.float32),
        method="lime",
        label="lime",
        layer="",
        class_index=0,
        class_name="cat",
        probability=0.5,
        seconds=0.1,
        passes=1,
        device="cpu",
        precision="exact",
        smooth="none",
        seed=0,
        options={},
        superpixels=parts,
    )
    mask = marked(lime, Rule("superpixels", count, sign)).mask
    assert set(segments[mask].tolist()) == set(parts.fit.top(count, sign))
    assert 4 not in segments[mask], "a superpixel of weight 0 speaks for nothing"


def test_no_superpixel_for_the_class(explanation: Make) -> None:
    segments = np.zeros((4, 4), np.int32)
    lime = explanation(np.zeros((2, 2), np.float32), segments=segments, weights=[-1.0])
    found = marked(lime, Rule("superpixels", 5))
    assert not found.mask.any()
    assert "nothing is marked" in found.notes[0]


def test_rules_are_checked_and_named(explanation: Make) -> None:
    assert [rule.text for rule in (Rule(), Rule("value", 0.25), Rule("otsu"))] == [
        "top10",
        "value0.25",
        "otsu",
    ]
    assert Rule("superpixels", 5, "any").text == "superpixels5any"
    for kind, amount in (("top", 0), ("top", 101), ("value", 1.5), ("superpixels", 0)):
        with pytest.raises(BadOption, match=f"{kind} is {amount:g}: give"):
            Rule(kind, amount)
    with pytest.raises(BadOption, match="Grad-CAM has no superpixels"):
        marked(explanation(values([0, 1])), Rule("superpixels", 5))
    assert Rule("top", 12.5).words == "the highest 12.5 % of the pixels"
    assert (
        Rule("superpixels", 5).words == "the 5 highest-weighted superpixels that support the class"
    )


def test_defaults_and_sizes(explanation: Make) -> None:
    cam = explanation(np.eye(8, dtype=np.float32))
    segments = np.zeros((32, 32), np.int32)
    lime = explanation(np.zeros((8, 8), np.float32), segments=segments, weights=[1.0])
    assert default_rule(cam) == Rule("top", 10)
    assert default_rule(lime) == Rule("superpixels", 5)
    assert common_size(cam, lime) == (32, 32)
    assert common_size(cam, cam) == (8, 8)
    assert marked(cam, Rule(), (32, 32)).mask.shape == (32, 32)
