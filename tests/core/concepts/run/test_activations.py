"""Tables made at different times: their rows stay together, and changed files leave no trace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from weakref import ref

import numpy as np
import pytest

from core import Pixels
from core.concepts.probes.folder import from_folder
from core.concepts.probes.probe_set import ProbeSet
from core.concepts.run import activations, library
from core.concepts.run.activations import Tables
from core.concepts.run.dissect import dissect
from core.concepts.run.inputs import Inputs
from core.concepts.vocabulary import parse
from core.errors import BadOption
from core.models.classifier import Classifier
from core.pictures.picture import Picture
from tests.core.concepts.loaded import inputs
from tests.core.conftest import COLOURS, Colours, coloured
from tests.core.pictures.made_pictures import encoded

WORDS = parse("\n".join(COLOURS), "colours")
LAYER = "relu"


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activations, "BLOCK", 40)


def asked(classifier: Classifier, probes: ProbeSet) -> Inputs:
    return inputs(classifier, Colours(), probes, WORDS, (LAYER,), draws=20)


def with_damage(probes: ProbeSet, damaged: Sequence[int]) -> ProbeSet:
    """The same set on a machine that cannot decode some of its pictures."""
    return replace(probes, load=coloured(len(probes), damaged).load)


def test_rows_of_tables_that_lack_different_pictures(by_colour: Classifier, tmp_path: Path) -> None:
    """The model's table was made without pictures 3 and 50, the encoder's without 7 and 50."""
    probes = coloured(100)
    one = Tables(asked(by_colour, with_damage(probes, (3, 50))), tmp_path)
    one.fill()
    encoders = next(iter({*tmp_path.iterdir()} - {table._folder for table in one._layers}))
    for block in encoders.iterdir():
        block.unlink()
    both = Tables(asked(by_colour, with_damage(probes, (7, 50))), tmp_path)
    both.fill()
    assert both.good().tolist() == [n for n in range(100) if n not in (3, 7, 50)]
    straight = Tables(asked(by_colour, with_damage(probes, (3, 7, 50))), None)
    straight.fill()
    mixed, alone = both.activations(0), straight.activations(0)
    np.testing.assert_allclose(mixed.values, alone.values, atol=1e-6)
    np.testing.assert_array_equal(mixed.positions, alone.positions)
    np.testing.assert_allclose(both.cosines(COLOURS), straight.cosines(COLOURS), atol=1e-6)


def test_no_more_pictures_than_a_batch_are_held(
    by_colour: Classifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What grows with the pictures is their rows."""
    monkeypatch.setattr(activations, "BATCH", 10)
    load, made, most = coloured(200).load, list[ref[Pixels]](), []

    def counted(place: int) -> Picture:
        picture = load(place)
        made.append(ref(picture.pixels))
        most.append(sum(pixels() is not None for pixels in made))
        return picture

    Tables(asked(by_colour, replace(coloured(200), load=counted)), tmp_path).fill()
    assert len(most) == 200
    assert max(most) <= 2 * 10, "of a batch, and of the one before until its names are taken"


def test_another_decoder_makes_tables_of_its_own(
    by_colour: Classifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Tables(asked(by_colour, coloured(50)), tmp_path).fill()
    assert not Tables(asked(by_colour, coloured(50)), tmp_path).missing()
    monkeypatch.setattr(activations.PIL, "__version__", "0.0.1")
    again = Tables(asked(by_colour, coloured(50)), tmp_path)
    assert again.missing() == [0, 1]
    assert not any(table.has(0) for table in (*again._layers, again._pictures))


def folder_of(path: Path, count: int) -> Path:
    path.mkdir()
    for number in range(count):
        pixels = np.array(coloured(count).load(number).pixels)
        (path / f"{number:03}.png").write_bytes(encoded(pixels, "PNG"))
    return path


def test_a_picture_that_changes_meanwhile_is_not_kept_under_the_old_digest(
    by_colour: Classifier, tmp_path: Path
) -> None:
    folder, root = folder_of(tmp_path / "set", 60), tmp_path / "root"
    probes = from_folder(folder)
    before = (folder / "050.png").read_bytes()
    (folder / "050.png").write_bytes(encoded(np.zeros((12, 16, 3), np.uint8), "PNG"))
    wanted = asked(by_colour, probes)
    made = library.dissect_and_keep(wanted, root=root)
    about = made.record["probes"]
    assert isinstance(about, dict)
    assert (about["pictures"], about["damaged"], about["changed"]) == (59, ["050.png"], 1)
    assert any("changed while they were read" in note for note in made.notes)
    assert library.find(library.name_of(wanted.request), root) is None, "the result is not saved"
    tables = Tables(asked(by_colour, probes), root)
    assert tables.missing() == [1], "nor is the block with the changed picture"
    (folder / "050.png").write_bytes(before)
    assert len(dissect(wanted, root=root).probes) == 60
    whole = dissect(wanted, root=root).record["probes"]
    assert isinstance(whole, dict)
    assert (whole["pictures"], whole["changed"]) == (60, 0)


def test_tables_that_the_machine_cannot_hold_are_refused(
    by_colour: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.concepts.run.dissect.machine_memory", lambda: 20_000)
    with pytest.raises(BadOption, match=r"60 pictures, 4 words and 5 units take 0\.0 GB"):
        dissect(asked(by_colour, coloured(60)))
