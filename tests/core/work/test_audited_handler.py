"""An audit of a few pictures as one request: what it gives, stopped and asked again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from core.errors import BadOption, BadPicture, Cancelled, UnknownClass
from core.explain.base import Explanation
from core.explain.cams.layer_method import LayerMethod
from core.measure.audit.places import place_map
from core.measure.audit.rows import facts_of
from core.models.classifier import Classifier
from core.pictures.picture import Picture, from_pixels
from core.requests.audits import PLACES, AuditRequest, CoverRequest, FactsRequest
from core.requests.keys import key_of
from core.requests.references import DissectionRef, PictureRef
from core.requests.studies import StudyRequest
from core.work.handlers import handler_of
from core.work.resources import Resources
from tests.conftest import blocks_picture


class Link:
    """Counts ticks, and stops at one of them."""

    def __init__(self, most: int = 10**9) -> None:
        self.ticks, self.most, self.done = 0, most, 0.0

    def __call__(self, fraction: float, stage: str = "") -> None:
        self.ticks += 1
        assert fraction >= self.done - 1e-9, "the share done never falls"
        self.done = fraction
        if self.ticks > self.most:
            raise Cancelled("Stopped.")

    def publish(self, value: object) -> None: ...


def shades(count: int) -> list[Picture]:
    pictures = [blocks_picture(40, 40, seed) for seed in range(count)]
    return [replace(each, name=f"p{at}.png") for at, each in enumerate(pictures)]


@pytest.fixture
def resources(tiny: Classifier) -> Resources:
    made = Resources()
    made.models.get(key_of(tiny.reference), lambda: tiny)
    return made


def asked(tiny: Classifier, resources: Resources, count: int = 4, **more: Any) -> AuditRequest:
    pictures = shades(count)
    for each in pictures:
        resources.offer_picture(each)
    study = StudyRequest(
        pictures=tuple(map(PictureRef.of, pictures)),
        model=tiny.reference,
        methods=("grad-cam", "layer-cam"),
    )
    given = {"classes": ("0", "1", "2", "")[:count], "worst": 2, **more}
    return AuditRequest(study=study, **given)


def run(request: object, resources: Resources, link: Link | None = None) -> Any:
    return handler_of(request).run(request, resources, link or Link())


def test_rows_and_details_are_those_of_the_model(tiny: Classifier, resources: Resources) -> None:
    request = asked(tiny, resources)
    report = run(request, resources)
    for row, picture, truth in zip(report.found.rows, shades(4), (0, 1, 2, -1), strict=True):
        shares = tiny.probabilities(tiny.prepare(picture)).astype(np.float64)
        assert (row.guess, row.truth) == (int(shares.argmax()), truth)
        assert row.confidence == pytest.approx(shares.max())
        assert row.squares == pytest.approx((shares**2).sum())
        if truth >= 0:
            assert row.true_probability == pytest.approx(shares[truth])
            assert row.rank == 1 + int((shares > shares[truth]).sum())
    assert [detail.row for detail in report.details] == [
        report.found.rows[at] for at in report.found.chosen
    ]
    for detail in report.details:
        assert len(detail.figures) == 4, "the picture, two maps of the guess, one of the truth"
        assert detail.check is not None
        assert len(detail.pairs) == 1
    assert report.command.startswith("python -m core audit p0.png p1.png")


def test_a_stopped_audit_computes_nothing_twice(
    tiny: Classifier, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed: list[tuple[str, str, int]] = []
    whole = LayerMethod.run

    def counted(self: LayerMethod, request: Any, *rest: Any) -> Explanation:
        computed.append((request.picture.digest, self.name, request.target))
        return whole(self, request, *rest)

    monkeypatch.setattr(LayerMethod, "run", counted)
    request = asked(tiny, resources)
    with pytest.raises(Cancelled):
        run(request, resources, Link(20))
    assert len(computed) > 0
    run(request, resources)
    finished = [each for at, each in enumerate(computed) if each not in computed[:at]]
    assert len(computed) - len(finished) <= 1, "only what was cut off"


def test_a_bad_picture_is_a_fault_and_the_others_go_on(
    tiny: Classifier, resources: Resources
) -> None:
    request = asked(tiny, resources)
    gone = PictureRef("1" * 64, "gone.png")
    study = replace(request.study, pictures=(gone, *request.study.pictures[1:]))
    report = run(replace(request, study=study), resources)
    assert [name for name, _ in report.faults] == ["gone.png"]
    assert len(report.found.rows) == 3
    only = replace(request.study, pictures=(gone,))
    with pytest.raises(BadPicture, match=r"gone\.png"):
        run(replace(request, study=only, classes=("0",)), resources)


def test_what_is_wrong_for_all_is_one_sentence(tiny: Classifier, resources: Resources) -> None:
    with pytest.raises(UnknownClass, match="unicorn"):
        run(asked(tiny, resources, classes=("unicorn", "", "", "")), resources)
    with pytest.raises(BadOption, match="3 true classes are given for 4"):
        asked(tiny, resources, classes=("0", "1", "2"))
    missing = DissectionRef("2" * 64, "nowhere")
    with pytest.raises(Exception, match="The dissection nowhere is not on this machine"):
        run(asked(tiny, resources, dissection=missing), resources)


def test_covered_places_by_hand(tiny: Classifier, resources: Resources) -> None:
    picture = shades(1)[0]
    resources.offer_picture(picture)
    request = CoverRequest(
        picture=PictureRef.of(picture), model=tiny.reference, target=1, places=(8, 0), base="mean"
    )
    made = run(request, resources)
    batch = tiny.prepare(picture).batch.clone()
    height, width = batch.shape[-2:]
    places = place_map(height, width)
    assert PLACES[8] == "bottom right corner"
    for number, place in enumerate((0, 8)):
        covered = batch.clone()
        covered[..., torch.from_numpy(places == place)] = 0
        shares = tiny.activated(tiny.logits(covered))[0].numpy()
        assert made.probabilities[number] == pytest.approx(shares[1], abs=1e-6)
        assert made.guesses[number] == shares.argmax()
    assert made.before == pytest.approx(tiny.probabilities(tiny.prepare(picture))[1])


def test_facts_need_no_pass_of_their_own(
    tiny: Classifier, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = from_pixels(blocks_picture(30, 30).pixels, "a.png")
    resources.offer_picture(picture)
    request = FactsRequest(picture=PictureRef.of(picture), model=tiny.reference, truth=2)
    made = run(request, resources)
    assert made == facts_of(tiny.probabilities(tiny.prepare(picture)), 2)
    monkeypatch.setattr(Classifier, "probabilities", None)
    assert run(request, resources) == made
