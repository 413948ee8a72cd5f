"""Finished dissections by name: kept with pictures, found again, searched, compared, reported."""

from __future__ import annotations

import argparse
import csv
import io
import json
import shlex
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.commands import dissect as command
from core.concepts.probes.uploaded import from_upload
from core.concepts.result import dissection
from core.concepts.result.compared_model import ABOVE, EVERY, SURE, Side, of_dissection, of_table
from core.concepts.result.dissection import Dissection
from core.concepts.result.label_table import Label
from core.concepts.result.search import address, find_units, one_unit
from core.concepts.result.summary import counts_of, shared
from core.concepts.run import library
from core.concepts.run.inputs import Inputs
from core.concepts.vocabulary import parse
from core.errors import BadLabels, BadOption, BadProbes, Cancelled
from core.export import concept_tables
from core.export.concept_report import PAGE, command_of, report_page, report_zip
from core.export.dissection import ARGS, SUMMARY, TABLE, descriptions
from core.figures.drawing.probe_strip import GAP, SIDE, strip
from core.files import uploads
from core.models.classifier import Classifier
from core.models.reference import control_of
from tests.core.concepts.loaded import inputs
from tests.core.conftest import COLOURS, Colours, coloured


def asked(classifier: Classifier, encoder: Colours) -> Inputs:
    words = parse("\n".join(COLOURS), "colours")
    return inputs(classifier, encoder, coloured(120), words, ("relu", "fc"), draws=200)


@pytest.fixture
def made(by_colour: Classifier, colours: Colours) -> Dissection:
    return library.dissect_and_keep(asked(by_colour, colours))


def test_kept_with_pictures_and_found_by_name(
    by_colour: Classifier, colours: Colours, tmp_path: Path
) -> None:
    wanted = asked(by_colour, colours)
    shares: list[float] = []
    first = library.dissect_and_keep(wanted, lambda share, stage="": shares.append(share), tmp_path)
    assert shares == sorted(shares)
    strongest = {place for units in first.layers for place in units.probes[:, :5].ravel().tolist()}
    assert set(first.thumbs) == strongest
    name = library.name_of(wanted.request)
    found = library.find(name, tmp_path)
    assert found is not None
    assert found.thumbs == first.thumbs
    seen = colours.seen
    again = library.dissect_and_keep(wanted, root=tmp_path)
    assert colours.seen == seen, "nothing is computed twice"
    assert again.thumbs == first.thumbs
    assert dissection.title_of(found).endswith("relu, fc")


@pytest.mark.parametrize(
    "name", ["", "../../etc", "0" * 16, "0123456789abcdeg", "*" * 16, "a" * 99]
)
def test_other_names_find_nothing(name: str, tmp_path: Path) -> None:
    assert library.find(name, tmp_path) is None
    assert library.find(name, None) is None


def test_finished_dissections_are_listed_with_their_requests(
    by_colour: Classifier, colours: Colours, tmp_path: Path
) -> None:
    wanted = asked(by_colour, colours)
    (shipped,) = library.finished(tmp_path)
    assert shipped.is_shipped
    assert shipped.name == library.SHIPPED
    library.dissect_and_keep(wanted, root=tmp_path)
    damaged = tmp_path / ("f" * 64) / "dissection.npz"
    damaged.parent.mkdir()
    damaged.write_bytes(b"nonsense")
    _, made = library.finished(tmp_path)
    assert made.name == library.name_of(wanted.request)
    assert made.request.layers == ("relu", "fc")
    assert made.request.model == wanted.request.model
    assert not made.is_shipped
    assert library.describe("x", library.dissect_and_keep(wanted, root=tmp_path)) == replace(
        made, name="x"
    )


def test_a_control_has_the_same_settings_and_no_training() -> None:
    (shipped,) = library.finished()
    control = control_of(shipped.request.model)
    assert control is not None
    untrained = replace(shipped.request, model=control)
    assert library.is_control(untrained, shipped.request)
    assert library.is_control(replace(untrained, layers=("bn2",)), shipped.request)
    assert not library.is_control(shipped.request, shipped.request)
    assert not library.is_control(replace(untrained, pool="max"), shipped.request)
    assert not library.is_control(untrained, replace(shipped.request, layers=("bn2",)))
    smaller = replace(control, preprocess=replace(control.preprocess, resize=224))
    assert not library.is_control(replace(untrained, model=smaller), shipped.request)


def test_stopping_while_pictures_are_made_small(
    by_colour: Classifier, colours: Colours, tmp_path: Path
) -> None:
    wanted = asked(by_colour, colours)

    def stop(share: float, stage: str = "") -> None:
        if share > 1 - library.PICTURES:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        library.dissect_and_keep(wanted, stop, tmp_path)
    seen = colours.seen
    assert library.dissect_and_keep(wanted, root=tmp_path).thumbs
    assert colours.seen == seen, "the dissection itself was kept"


def test_units_are_found_by_word_number_and_address(made: Dissection) -> None:
    words = {unit: made.words[word] for unit, word in enumerate(made.layer("relu").words[:, 0])}
    reds = [unit for unit in (0, 1, 2, 4) if words[unit] == "red"]
    found = find_units(made, " RED ", ["relu"])
    assert [number for _, number in found[: len(reds)]] == reds
    assert ("relu", 3) not in found, "a dead unit has no words"
    assert find_units(made, "1") == (("relu", 1), ("fc", 1))
    assert find_units(made, "fc/1") == (("fc", 1),)
    assert find_units(made, "fc 1") == (("fc", 1),)
    assert one_unit(made, address("relu", 4)) == ("relu", 4)
    for nobody in ("relu/99", "conv/1", "relu/x", "red", "", "/", "relu/-1", "relu/1" + "0" * 30):
        assert one_unit(made, nobody) is None
    assert find_units(made, "unicorn") == ()
    assert find_units(made, "9" * 40) == ()


def test_orders_of_units(made: Dissection) -> None:
    everything = find_units(made, "", order="number")
    assert [number for layer, number in everything if layer == "relu"] == [0, 1, 2, 3, 4]
    assert [number for layer, number in everything if layer == "fc"] == [0, 1]
    units = made.layer("relu")
    ranked = [number for _, number in find_units(made, "", ["relu"], "similarity")]
    alive = [unit for unit in ranked if not units.inactive[unit]]
    values = units.similarities[alive, 0]
    assert list(values) == sorted(values, reverse=True)
    assert ranked[-1] == 3, "the dead one comes last"
    answers = [units.means[n] for _, n in find_units(made, "", ["relu"], "activation")][:-1]
    assert answers == sorted(answers, reverse=True)
    sure = find_units(made, "", only_labelled=True)
    assert len(sure) == sum(int(each.labelled.sum()) for each in made.layers)


def test_sides_count_units_by_rule(made: Dissection) -> None:
    side = of_dissection(made)
    assert side.layers == ("relu", "fc")
    assert len(side.labels) == 7
    assert len(side.counted(EVERY)) == 6, "the dead unit has no word"
    assert len(side.counted(EVERY, "fc")) == 2
    assert side.counted(SURE) == made.labels(only_labelled=True)
    known = sorted(label.similarity for label in side.labels if label.description)
    for threshold in (known[0] - 1, known[0], known[-1]):
        above = side.counted(ABOVE, "", threshold)
        assert len(above) == sum(value > threshold for value in known)
    with pytest.raises(BadOption, match="not a rule"):
        side.counted("perhaps")


def test_a_table_of_ours_gives_the_same_side(made: Dissection) -> None:
    side = of_table(descriptions(made).encode(), "ours.csv")
    same = of_dissection(made)
    assert counts_of(side.counted(SURE)) == counts_of(same.counted(SURE))
    assert side.encoder == Colours.id
    both = shared(counts_of(side.counted(EVERY)), counts_of(same.counted(EVERY)), 50)
    assert (both.jaccard, both.overlap, both.divergence) == (1, pytest.approx(1), pytest.approx(0))


def test_a_foreign_table_counts_every_unit() -> None:
    side = of_table(b"layer,unit,description,similarity\nl,0,dog,0.3\nl,1,cat,0.1\n", "x.csv")
    assert side.sure is None
    assert side.counted(SURE) == side.labels
    assert side.counted(ABOVE, threshold=0.2) == (Label("l", 0, "dog", 0.3),)
    with pytest.raises(BadLabels):
        of_table(b"a,b\n", "x.csv")


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_tables_hold_what_is_drawn(made: Dissection) -> None:
    counts = counts_of(made.labels())
    rows = rows_of(concept_tables.frequent_table(counts, {"red": "colours"}, 10))
    assert {row["concept"]: int(row["units"]) for row in rows} == dict(counts)
    assert {row["category"] for row in rows} <= {"colours", "other"}
    found = concept_tables.layers_rows(of_dissection(made), SURE)
    assert [row.layer for row in found] == ["relu", "fc", "all"]
    assert [row.units for row in found] == [5, 2, 7]
    assert found[-1].labelled == len(made.labels(only_labelled=True))
    assert 0 <= found[0].redundancy < 1
    every = concept_tables.layers_rows(of_dissection(made), EVERY)[0]
    assert (every.units, every.labelled) == (5, 4), "the dead unit has no word"
    assert rows_of(concept_tables.layers_table(found))[1]["units"] == "2"
    assert len(rows_of(concept_tables.similarity_table(made))) == 6, "without the dead unit"
    unit = made.unit("relu", 0)
    bins = rows_of(concept_tables.answers_table(unit))
    assert sum(int(row["probes"]) for row in bins) == 120
    assert float(bins[-1]["to"]) == pytest.approx(unit.high, rel=1e-4)
    empty = concept_tables.layers_rows(Side("x", (), None), SURE)
    assert concept_tables.layers_table(empty).startswith("layer")
    compared = rows_of(concept_tables.compared_table([("dog", 0.5, 0.25)]))
    assert compared == [
        {"concept": "dog", "first": "0.500000", "second": "0.250000", "difference": "0.250000"}
    ]


def test_report_holds_figures_tables_record_and_command(made: Dissection) -> None:
    page = report_page(made).decode()
    assert page.count('src="data:image/png;base64,') == 3
    assert "http" not in page.replace("http-equiv", ""), "it needs no network"
    for said in (Colours.title, "200", "Benjamini-Hochberg", "python -m core dissect"):
        assert said in page
    with zipfile.ZipFile(io.BytesIO(report_zip(made))) as archive:
        names = archive.namelist()
        assert {TABLE, ARGS, SUMMARY, PAGE} <= set(names)
        assert len(names) == len(set(names))
        assert json.loads(archive.read(ARGS))["command"] == command_of(made)
    assert report_zip(made) == report_zip(made)


def test_command_is_one_that_the_command_line_takes(made: Dissection) -> None:
    words = shlex.split(command_of(made))
    assert words[:4] == ["python", "-m", "core", "dissect"]
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    args = parser.parse_args(words[4:])
    assert (args.layers, args.pool, args.draws, args.seed) == ("relu,fc", "mean", 200, 0)
    assert args.fit == "crop"


def jpeg(size: tuple[int, int], colour: str = "blue") -> bytes:
    store = io.BytesIO()
    Image.new("RGB", size, colour).save(store, "JPEG")
    return store.getvalue()


def test_strip_outlines_the_place() -> None:
    row = strip([(jpeg((32, 32)), (0.25, 0.25, 0.5, 0.5)), (jpeg((32, 16)), None)])
    with Image.open(io.BytesIO(row)) as image:
        assert image.size == (2 * SIDE + GAP, SIDE)
        first = np.asarray(image.convert("RGB")).astype(int)[:, :SIDE]
    light = np.argwhere(first.min(2) > 200)
    top, left = light.min(0)
    bottom, right = light.max(0)
    np.testing.assert_allclose([left, top, right, bottom], [36, 36, 71, 71], atol=2)
    whole = strip([(jpeg((32, 32)), (0.0, 0.0, 1.0, 1.0))])
    assert whole == strip([(jpeg((32, 32)), None)]), "the whole picture is no place"
    tiny = strip([(jpeg((32, 32)), (0.0, 0.0, 0.01, 0.01))])
    with Image.open(io.BytesIO(tiny)) as image:
        assert (np.asarray(image.convert("RGB")).min(2) > 200).any()
    with Image.open(io.BytesIO(strip([]))) as image:
        assert image.size == (SIDE, SIDE)


def test_probes_from_a_file_that_a_visitor_brings() -> None:
    store = io.BytesIO()
    with zipfile.ZipFile(store, "w") as archive:
        for number in range(3):
            archive.writestr(f"a/{number}.jpg", jpeg((20 + number, 20)))
    found = from_upload(uploads.keep(store.getvalue(), "mine.zip"), "mine.zip")
    assert len(found) == 3
    assert found.load(1).pixels.shape == (20, 21, 3)
    with pytest.raises(BadProbes, match="neither"):
        from_upload(uploads.keep(b"hello", "x.zip"), "x.zip")
    with pytest.raises(BadProbes):
        from_upload(uploads.keep(b"PAR1 and nothing else", "x.parquet"), "../x.parquet")


def test_private_files_lie_under_their_digest() -> None:
    one, two = uploads.keep(b"one", "a.txt"), uploads.keep(b"two", "a.txt")
    assert one != two
    assert one.read_bytes() == b"one"
    assert uploads.keep(b"one", "a.txt") == one
    assert one.parent.parent.stat().st_mode & 0o77 == 0
