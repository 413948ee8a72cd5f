"""A dissection end to end on tiny models: words, places, cancelling, going on, keeping."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.concepts.probes.probe_set import ProbeSet
from core.concepts.result.dissection import Dissection, region_of
from core.concepts.result.file import FILE, load, save
from core.concepts.result.thumbnails import with_thumbs
from core.concepts.result.units import BINS, Units
from core.concepts.run import activations, disk_blocks, significance
from core.concepts.run.activations import Tables
from core.concepts.run.disk_blocks import Parts
from core.concepts.run.dissect import dissect, estimate
from core.concepts.run.inputs import Inputs, words_for
from core.concepts.run.similarity import SIMILARITIES
from core.concepts.vocabulary import Vocabulary, built_in, parse
from core.errors import (
    BadLabels,
    BadOption,
    BadProbes,
    Cancelled,
    SeeWhyError,
    UnknownLayer,
    UnsupportedLayer,
)
from core.models.classifier import Classifier
from core.requests.references import Preprocess
from tests.core.concepts.loaded import inputs
from tests.core.conftest import COLOURS, Colours, coloured

WORDS = parse("\n".join((*COLOURS, "unicorn")), "colours")
LAYER = "relu"


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activations, "BLOCK", 40)
    monkeypatch.setattr(disk_blocks, "BLOCK", 40)
    monkeypatch.setattr(activations, "BATCH", 16)


def asked(
    classifier: Classifier,
    encoder: Colours,
    probes: ProbeSet | None = None,
    layers: Sequence[str] = (LAYER,),
    vocabulary: Vocabulary = WORDS,
    **settings: object,
) -> Inputs:
    return inputs(
        classifier,
        encoder,
        probes or coloured(300),
        vocabulary,
        layers,
        **{"draws": 200, **settings},
    )


def same(one: Dissection, two: Dissection) -> None:
    assert one.record == two.record
    assert (one.words, one.probes, one.categories) == (two.words, two.probes, two.categories)
    for first, second in zip(one.layers, two.layers, strict=True):
        for each in fields(Units):
            np.testing.assert_array_equal(
                getattr(first, each.name), getattr(second, each.name), each.name
            )


# What is found


@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_planted_concepts_are_found(
    by_colour: Classifier, colours: Colours, similarity: str
) -> None:
    found = dissect(asked(by_colour, colours, similarity=similarity))
    units = found.layer(LAYER)
    assert [found.words[word] for word in units.words[:3, 0]] == ["red", "green", "blue"]
    assert units.inactive.tolist() == [False, False, False, True, False]
    assert not units.labelled[3]
    assert (units.p[3], units.q[3]) == (1, 1)
    if similarity not in ("wpmi", "rank_reorder"):  # those take 28 and 15 probes here: too few
        assert units.labelled[:3].all()
        assert found.names(LAYER).items() >= {0: "red", 1: "green", 2: "blue"}.items()


def test_a_unit_in_words(by_colour: Classifier, colours: Colours) -> None:
    probes = coloured(300)
    found = dissect(asked(by_colour, colours, probes, top_words=3, top_probes=6))
    red = found.unit(LAYER, 0)
    assert red.words[0].text == "red"
    gaps = [a.similarity - b.similarity for a, b in zip(red.words, red.words[1:], strict=False)]
    np.testing.assert_allclose([word.margin for word in red.words[:2]], gaps, rtol=1e-5)
    assert red.relative == pytest.approx(red.words[0].similarity / math.log(5), rel=1e-5)
    assert (red.labelled, red.inactive) == (True, False)
    assert len(red.strongest) == 6
    strengths = [probe.activation for probe in red.strongest]
    assert strengths == sorted(strengths, reverse=True)
    for probe in red.strongest:
        pixels = probes.load(probe.index).pixels
        assert pixels[..., 0].mean() > pixels[..., 1:].mean() + 100
        assert probe.name == f"colour {probe.index}"
        left, top, right, bottom = probe.region or (0, 0, 0, 0)
        assert (right - left, bottom - top) == (0.25, 0.25)
    assert red.histogram.sum() == 300
    assert len(red.histogram) == BINS
    assert red.low <= red.mean <= red.high
    with pytest.raises(UnknownLayer, match="was not dissected: choose one of relu"):
        found.unit("conv", 0)
    with pytest.raises(BadOption, match="has no unit 5: give 0 to 4"):
        found.unit(LAYER, 5)


def test_a_dead_unit_has_no_word(by_colour: Classifier, colours: Colours) -> None:
    labels = dissect(asked(by_colour, colours)).labels()
    assert [label.description for label in labels][:4] == ["red", "green", "blue", ""]
    assert math.isnan(labels[3].similarity)
    assert [label.unit for label in labels] == [0, 1, 2, 3, 4]


def test_numbers_equal_the_layer_read_by_hand(tiny: Classifier, colours: Colours) -> None:
    probes = coloured(50)
    for pool in ("mean", "max"):
        found = dissect(asked(tiny, colours, probes, ("blocks.1", "fc"), pool=pool))
        batch = torch.cat([tiny.prepare(probes.load(n), "crop").batch for n in range(50)])
        leaf = tiny.split("blocks.1").head(batch)[0].flatten(2)
        values = leaf.mean(2) if pool == "mean" else leaf.amax(2)
        units = found.layer("blocks.1")
        np.testing.assert_allclose(units.means, values.mean(0), rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(units.highs, values.amax(0), rtol=1e-4, atol=1e-5)
        for unit in range(len(units)):
            picture, place = units.probes[unit, 0], units.positions[unit, 0]
            strongest = float(values[:, unit].max())
            assert units.activations[unit, 0] == pytest.approx(strongest, rel=1e-4, abs=1e-5)
            own = leaf[picture, unit]
            assert float(own[place]) == pytest.approx(float(own.max()), rel=1e-4, abs=1e-5)
        logits = found.layer("fc")
        assert logits.grid == (0, 0)
        assert (logits.positions == -1).all()
        np.testing.assert_allclose(logits.means, tiny.logits(batch).mean(0), rtol=1e-3, atol=1e-4)


def test_model_and_encoder_prepare_the_same_raw_picture(tiny: Classifier, colours: Colours) -> None:
    dissect(asked(tiny, colours, coloured(20), ("fc",)))
    assert colours.sizes == {(12, 16, 3)}, "the encoder sees the picture, not the model's input"
    assert tiny.input_size == (32, 32)


def test_damaged_pictures_are_left_out_and_told(by_colour: Classifier, colours: Colours) -> None:
    bad = (0, 41, 42, 299)
    found = dissect(asked(by_colour, colours, coloured(300, bad)))
    record = found.record["probes"]
    assert isinstance(record, dict)
    assert (record["pictures"], record["damaged"]) == (296, [f"colour {n}" for n in bad])
    assert not np.isin(found.layer(LAYER).probes, bad).any()
    assert found.layer(LAYER).histogram[0].sum() == 296
    assert any("could not be decoded" in note for note in found.record["notes"])  # type: ignore[attr-defined]


def test_words_that_the_encoder_does_not_know_are_told(
    by_colour: Classifier, colours: Colours
) -> None:
    found = dissect(asked(by_colour, colours))
    record = found.record["words"]
    assert isinstance(record, dict)
    assert found.words == COLOURS
    assert (record["count"], record["left_out"]) == (4, {"count": 1, "words": ["unicorn"]})
    with pytest.raises(BadOption, match="Colours knows none of the 2 words of beasts"):
        asked(by_colour, colours, vocabulary=parse("unicorn\nyeti", "beasts"))


def test_draws_are_recorded_and_too_few_are_noted(
    by_colour: Classifier, colours: Colours, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked(by_colour, colours, coloured(60), draws=20)
    enough = dissect(request)
    assert enough.record["chance"]["drawn"] == {LAYER: 200}  # type: ignore[index]
    assert not any("random draws" in note for note in enough.notes)
    monkeypatch.setattr(significance, "WORK", 0.0)
    few = dissect(request)
    assert few.record["chance"]["drawn"] == {LAYER: 20}  # type: ignore[index]
    assert (
        "relu: with 20 random draws for 4 units, a unit is labelled only if at least 4 stand out "
        "together. For a single one, ask for 80 draws."
    ) in few.notes


def test_words_for_an_encoder() -> None:
    own = Vocabulary("taught", ("red",))
    assert words_for(Colours(own)) is own
    assert words_for(Colours()) is built_in()


def test_what_cannot_be_done_is_refused_in_one_sentence(
    by_colour: Classifier, colours: Colours
) -> None:
    with pytest.raises(UnknownLayer):
        asked(by_colour, colours, layers=("gone",))
    with pytest.raises(BadProbes, match="has 9 pictures that can be decoded: give 10 at least"):
        dissect(asked(by_colour, colours, coloured(12, (1, 2, 3))))
    assert issubclass(UnsupportedLayer, SeeWhyError)


def test_few_words_and_few_pictures(by_colour: Classifier, colours: Colours) -> None:
    few = asked(by_colour, colours, coloured(11), vocabulary=parse("red\nblue", "two"))
    units = dissect(few).layer(LAYER)
    assert units.words.shape == (5, 2)
    assert np.isnan(units.margins[:, 1]).all()
    assert np.isfinite(units.margins[:, 0]).all()
    assert units.probes.shape == (5, 10)


# Keeping, stopping, going on


class Stopping:
    """A tick that stops the work after some calls."""

    def __init__(self, after: int = 10**9) -> None:
        self.after = after
        self.told: list[tuple[float, str]] = []

    def __call__(self, fraction: float, stage: str = "") -> None:
        self.told.append((fraction, stage))
        if len(self.told) > self.after:
            raise Cancelled("Stopped.")


def test_stopped_run_computes_only_what_is_missing(by_colour: Classifier, tmp_path: Path) -> None:
    straight = dissect(asked(by_colour, Colours()))
    first = Colours()
    with pytest.raises(Cancelled):
        dissect(asked(by_colour, first), Stopping(14), tmp_path)
    kept = first.seen - first.seen % 40
    assert 0 < kept < 300
    assert not list(tmp_path.rglob("*.part"))
    second = Colours()
    found = dissect(asked(by_colour, second), root=tmp_path)
    assert second.seen == 300 - kept
    same(found, straight)


def test_again_computes_nothing(by_colour: Classifier, tmp_path: Path) -> None:
    whole = dissect(asked(by_colour, Colours()), root=tmp_path)
    again = Colours()
    same(dissect(asked(by_colour, again), root=tmp_path), whole)
    assert again.seen == 0
    assert estimate(asked(by_colour, again), tmp_path).seconds == 0


def test_other_words_and_layers_run_no_picture_twice(tiny: Classifier, tmp_path: Path) -> None:
    probes = coloured(60)
    encoder = Colours()
    dissect(asked(tiny, encoder, probes, ("stem",)), root=tmp_path)
    assert encoder.seen == 60
    other = asked(tiny, encoder, probes, ("stem",), parse("red\ngrey", "w"))
    dissect(other, root=tmp_path)
    assert encoder.seen == 60, "another list asks the encoder for words only"
    more = asked(tiny, encoder, probes, ("stem", "fc"))
    tables = Tables(more, tmp_path)
    read: list[tuple[int, ...]] = []
    real = tables._readout
    tables._readout = lambda layers: read.append(layers) or real(layers)  # type: ignore[method-assign]
    tables.fill()
    assert set(read) == {(1,)}, "only the new layer is read"
    assert encoder.seen == 60
    straight = dissect(asked(tiny, Colours(), probes, ("stem", "fc")))
    same(dissect(more, root=tmp_path), straight)


def test_whatever_the_result_shows_has_a_key_of_its_own(
    by_colour: Classifier, colours: Colours, tmp_path: Path
) -> None:
    probes = coloured(60)
    base = asked(by_colour, colours, probes)
    dissect(base, root=tmp_path)
    renamed = [
        replace(probes, name="other"),
        replace(probes, names=("first", *probes.names[1:])),
    ]
    changed = [
        *(asked(by_colour, colours, each) for each in (coloured(61), *renamed)),
        *(
            asked(by_colour, colours, probes, vocabulary=each)
            for each in (parse("red\nblue", "w"), replace(WORDS, name="other"))
        ),
    ]
    for number, each in enumerate(changed):
        assert estimate(each, tmp_path).seconds > 0, number
    assert [estimate(each, tmp_path).pictures for each in changed] == [61, 0, 0, 0, 0], (
        "names change the result, but no activation"
    )
    other = Colours()
    other.id = "colours:2"
    assert estimate(asked(by_colour, other, probes), tmp_path).pictures == 60
    cropped = replace(base.request.model, preprocess=Preprocess(size=(8, 8), resize=9))
    seen_otherwise = replace(base, request=replace(base.request, model=cropped))
    assert estimate(seen_otherwise, tmp_path).pictures == 60
    assert estimate(base, tmp_path) == replace(estimate(base, tmp_path), pictures=0, seconds=0.0)


def test_damaged_parts_are_made_again(by_colour: Classifier, tmp_path: Path) -> None:
    whole = dissect(asked(by_colour, Colours()), root=tmp_path)
    (result,) = tmp_path.rglob(FILE)
    result.write_bytes(result.read_bytes()[:100])
    blocks = sorted(tmp_path.rglob("000002.npz"))
    for block in blocks:
        block.write_bytes(b"")
    again = Colours()
    same(dissect(asked(by_colour, again), root=tmp_path), whole)
    assert again.seen == 40
    table = Parts(tmp_path, blocks[0].parent.name)
    data = bytearray(blocks[0].read_bytes())
    data[len(data) // 3] ^= 0xFF
    blocks[0].write_bytes(data)
    assert table.has(2)
    with pytest.raises(SeeWhyError, match="was removed: start again"):
        table.need(2)
    assert not table.has(2)


def test_progress_names_the_stages_and_never_falls(by_colour: Classifier, tmp_path: Path) -> None:
    tick = Stopping()
    dissect(asked(by_colour, Colours()), tick, tmp_path)
    shares = [share for share, _ in tick.told]
    assert shares == sorted(shares)
    assert (shares[0] >= 0, shares[-1]) == (True, 1.0)
    stages = [stage.partition(" ")[0].rstrip(":") for _, stage in tick.told]
    assert list(dict.fromkeys(stages)) == ["picture", "pictures", "words", "relu", "chance", "done"]


def test_stopping_in_any_stage_leaves_whole_files(by_colour: Classifier, tmp_path: Path) -> None:
    straight = dissect(asked(by_colour, Colours(), coloured(90)))
    every = Stopping()
    dissect(asked(by_colour, Colours(), coloured(90)), every)
    for after in range(0, len(every.told) - 1, 5):
        root = tmp_path / str(after)
        root.mkdir()
        with pytest.raises(Cancelled):
            dissect(asked(by_colour, Colours(), coloured(90)), Stopping(after), root)
        assert not list(root.rglob("*.part"))
        same(dissect(asked(by_colour, Colours(), coloured(90)), root=root), straight)


def test_estimate_counts_what_is_missing(by_colour: Classifier, tmp_path: Path) -> None:
    request = asked(by_colour, Colours())
    before = estimate(request, tmp_path)
    assert (before.pictures, before.of) == (300, 300)
    assert before.seconds > 0
    with pytest.raises(Cancelled):
        dissect(request, Stopping(14), tmp_path)
    assert 0 < estimate(request, tmp_path).pictures < 300


# Saving


def test_saved_is_loaded_again(by_colour: Classifier, colours: Colours, tmp_path: Path) -> None:
    probes = coloured(60)
    found = dissect(asked(by_colour, colours, probes))
    pictured = with_thumbs(found, probes, by_colour, first=2, side=16)
    places = {int(place) for place in found.layer(LAYER).probes[:, :2].ravel()}
    assert set(pictured.thumbs) == places
    assert all(data.startswith(b"\xff\xd8") for data in pictured.thumbs.values())
    save(pictured, tmp_path / "one.npz")
    again = load(tmp_path / "one.npz")
    same(again, pictured)
    assert again.thumbs == pictured.thumbs
    assert again.encoder == "Colours: Made up for tests."
    save(again, tmp_path / "two.npz")
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


def test_other_files_are_no_dissection(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.zeros(3))
    (tmp_path / "b.npz").write_bytes(b"nothing")
    np.savez(tmp_path / "c.npz", about=np.array([{}], object))
    for name in "abcd":
        with pytest.raises(BadLabels, match="is not a dissection or is damaged"):
            load(tmp_path / f"{name}.npz")


def test_regions() -> None:
    assert region_of(-1, (0, 0)) is None
    assert region_of(5, (2, 4)) == (0.25, 0.5, 0.5, 1.0)


def test_scores_are_asked_for_all_pictures_at_once(by_colour: Classifier, colours: Colours) -> None:
    """A word's scores may depend on the whole probe set, however many blocks it lies in."""
    sizes: list[int] = []
    scores = colours.scores

    def noted(pictures: np.ndarray, words: np.ndarray) -> np.ndarray:
        sizes.append(len(pictures))
        return scores(pictures, words)

    colours.scores = noted  # type: ignore[method-assign]
    dissect(asked(by_colour, colours, coloured(130, damaged=(3, 50))))
    assert sizes == [128]
