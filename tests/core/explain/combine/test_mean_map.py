"""The mean map against the mean of ranks, written out, and what it takes from what is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import rankdata

from core.errors import BadOption, Cancelled, UnsupportedLayer
from core.explain.base import Explanation, Subject
from core.explain.combine.mean_map import shares
from core.explain.methods import METHODS, combines
from core.requests.maps import AnyMap, LimeRequest, MapRequest
from tests.conftest import run

Ask = Callable[..., tuple[MapRequest, Subject]]
MEAN_MAP = METHODS["mean-map"]
THREE = "grad-cam,saliency,eigen-cam"


class Shelf:
    """Maps that are kept in a dictionary."""

    def __init__(self) -> None:
        self.held: dict[AnyMap, Explanation] = {}

    def find(self, request: AnyMap) -> Explanation | None:
        return self.held.get(request)

    def keep(self, request: AnyMap, made: Explanation) -> None:
        self.held[request] = made


def test_it_is_the_mean_of_the_ranks(request_of: Ask) -> None:
    made = run(*request_of(method="mean-map", options={"of": THREE}))
    expected = np.zeros((32, 32))
    for name in THREE.split(","):
        shown = run(*request_of(method=name)).shown
        expected += (rankdata(shown).reshape(32, 32) - 1) / (32 * 32 - 1) / 3
    np.testing.assert_allclose(made.heat, expected, atol=1e-6)
    low, high = expected.min(), expected.max()
    np.testing.assert_allclose(made.shown, (expected - low) / (high - low), atol=1e-5)
    assert (made.layer, made.passes) == ("blocks.1", 3)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([[1.0, 1.0], [1.0, 1.0]], [[0.5, 0.5], [0.5, 0.5]]),
        ([[0.0, 0.0], [0.0, 7.0]], [[1 / 3, 1 / 3], [1 / 3, 1.0]]),
        ([[4.0, 2.0], [2.0, 0.0]], [[1.0, 0.5], [0.5, 0.0]]),
    ],
    ids=["constant", "one place", "ties"],
)
def test_equal_values_share_their_place(
    values: list[list[float]], expected: list[list[float]]
) -> None:
    np.testing.assert_allclose(shares(np.array(values, np.float32)), expected, rtol=1e-6)


def test_a_flat_map_changes_nothing_but_the_spread(request_of: Ask) -> None:
    request, subject = request_of(method="mean-map", options={"of": "grad-cam,eigen-cam"})
    grad_cam, eigen_cam = request_of(method="grad-cam")[0], request_of(method="eigen-cam")[0]
    shelf, one = Shelf(), run(*request_of(method="grad-cam"))
    shelf.keep(grad_cam, one)
    shelf.keep(eigen_cam, replace(one, method="eigen-cam", shown=np.zeros_like(one.shown)))
    made = MEAN_MAP.run(request, replace(subject, maps=shelf))
    np.testing.assert_allclose(made.heat, (shares(one.shown) + 0.5) / 2, atol=1e-6)
    flat = replace(one, shown=np.ones_like(one.shown))
    shelf.keep(grad_cam, flat)
    shelf.keep(eigen_cam, flat)
    empty = MEAN_MAP.run(request, replace(subject, maps=shelf))
    assert not empty.shown.any()
    assert any("flat" in note for note in empty.notes)


def test_kept_maps_are_taken_and_made_ones_are_kept(request_of: Ask) -> None:
    request, subject = request_of(method="mean-map", options={"of": THREE})
    shelf = Shelf()
    subject = replace(subject, maps=shelf)
    first = MEAN_MAP.run(request, subject)
    assert [each.method for each in shelf.held] == THREE.split(",")
    again = MEAN_MAP.run(request, subject)
    assert (first.passes, again.passes) == (3, 0)
    np.testing.assert_array_equal(first.shown, again.shown)


def test_what_was_computed_before_a_stop_is_kept(request_of: Ask) -> None:
    request, subject = request_of(method="mean-map", options={"of": THREE})
    shelf = Shelf()

    def stop(share: float, stage: str = "") -> None:
        if share > 0.5:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        MEAN_MAP.run(request, replace(subject, maps=shelf), stop)
    assert [each.method for each in shelf.held] == ["grad-cam"]


def test_sampled_methods_take_part(request_of: Ask) -> None:
    request, subject = request_of(method="mean-map", options={"of": "grad-cam,lime"})
    shelf = Shelf()
    parts = MEAN_MAP.cost(request, subject.classifier)
    assert parts == 1 + 1000
    lime = run(*request_of(method="grad-cam"))
    wanted = [
        each
        for each in MEAN_MAP.parts(request, subject.classifier)
        if isinstance(each, LimeRequest)
    ]
    shelf.keep(wanted[0], replace(lime, method="lime"))
    assert MEAN_MAP.run(request, replace(subject, maps=shelf)).passes == 1


@pytest.mark.parametrize(
    ("of", "said"),
    [
        ("grad-cam", "Mean map of grad-cam: name 2 methods at least"),
        ("", "Mean map of nothing: name 2"),
        ("grad-cam, grad-cam", "of grad-cam: name 2"),
        ("grad-cam,nothing", "cannot take 'nothing': choose from grad-cam, "),
        ("grad-cam,mean-map", "cannot take 'mean-map'"),
    ],
)
def test_bad_names_are_refused_in_one_sentence(of: str, said: str, request_of: Ask) -> None:
    with pytest.raises(BadOption, match=said):
        run(*request_of(method="mean-map", options={"of": of}))


def test_a_method_that_cannot_run_says_why(request_of: Ask) -> None:
    with pytest.raises(UnsupportedLayer, match="no transformer"):
        run(*request_of(method="mean-map", options={"of": "grad-cam,legrad"}))


def test_the_usual_ones_take_a_pass_each(request_of: Ask) -> None:
    request, subject = request_of(method="mean-map")
    usual = combines("mean-map")
    assert MEAN_MAP.cost(request, subject.classifier) == len(usual) == 4
    assert combines("grad-cam+aug") == ()
