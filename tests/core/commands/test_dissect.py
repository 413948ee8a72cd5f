"""`python -m core dissect`: files, columns, going on, refusals."""

from __future__ import annotations

import csv
import io
import json
import os
import shlex
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.commands.entry_point import BAD_INPUT, OK, main
from core.concepts.encoders import load as encoders
from core.concepts.result.dissection import Dissection
from core.concepts.run import activations, disk_blocks
from core.concepts.vocabulary import Vocabulary
from core.export import dissection as export
from core.models import load
from core.models.classifier import Classifier
from tests.core.conftest import COLOURS, Colours, coloured

Dissect = Callable[..., int]
FILES = {"descriptions.csv", "args.json", "summary.json", "concepts.png", "layers.png",
         "similarity.png"}  # fmt: skip


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Colours]:
    """The encoders that were loaded."""
    found: list[Colours] = []

    def load_encoder(name: str, *given: object, **named: object) -> Colours:
        found.append(Colours(Vocabulary("taught", COLOURS)))
        return found[-1]

    monkeypatch.setattr(encoders, "load", load_encoder)
    return found


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "secret" / "photos"
    folder.mkdir(parents=True)
    for place, picture in enumerate(coloured(150).load(n) for n in range(150)):
        Image.fromarray(picture.pixels).save(folder / f"{place:03d}.png")
    (folder / "notes.txt").write_text("no picture")
    return folder


@pytest.fixture
def dissect(
    by_colour: Classifier, made: list[Colours], out: Path, photos: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Dissect:  # fmt: skip
    monkeypatch.setattr(load, "load", lambda *given, **named: by_colour)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    drawn = export.figures

    def run(
        *args: object, draw: bool = False, model: str = "resnet18:random", to: Path = out
    ) -> int:
        # Drawing takes most of the time and is looked at in two tests.
        monkeypatch.setattr(export, "figures", drawn if draw else undrawn)
        given = [*map(str, args)]
        for option, value in (("--probes", photos), ("--layers", "relu"), ("--draws", 200)):
            given += [] if option in given else [option, str(value)]
        return main(["dissect", *given, "--model", model, "--out", str(to)])

    return run


def test_a_network_does_not_name_itself_and_an_old_name_is_answered(
    dissect: Dissect, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert dissect("--encoder", "embedded", model="efficientnet_lite2") == OK
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert "The embedded encoder is no longer part of SeeWhy" in lines[0]
    assert "EfficientNet-Lite2 must not name its own units" in lines[1]
    record = read(out, "args.json")
    assert record["request"]["encoder"]["spec"] == "imagenet_words:efficientnet_lite0"
    assert "over EfficientNet-Lite0, not over EfficientNet-Lite2" in record["notes"][0]
    assert "--encoder imagenet_words:efficientnet_lite0" in record["command"]


def undrawn(dissection: Dissection, shown: int, kind: str) -> Iterator[tuple[str, bytes]]:
    yield from ((f"{name}.{kind}", b"") for name in ("concepts", "layers", "similarity"))


def rows(out: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((out / "descriptions.csv").read_text("utf-8"))))


def read(out: Path, name: str) -> dict[str, object]:
    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    return json.loads((out / name).read_text("utf-8"), parse_constant=refuse)


def test_everything_is_written(
    dissect: Dissect, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert dissect(draw=True) == OK
    assert {path.name for path in out.iterdir()} == FILES
    assert capsys.readouterr() == ("", ""), "nothing is said in a pipe"
    for name in ("concepts", "layers", "similarity"):
        with Image.open(out / f"{name}.png") as image:
            assert image.width == 1100


def test_table_begins_with_the_references_columns(dissect: Dissect, out: Path) -> None:
    dissect("--layers", "conv,relu")
    head = (out / "descriptions.csv").read_text("utf-8").splitlines()[0]
    assert head == (
        "layer,unit,description,similarity,labelled,dead,p,q,relative,margin,mean_activation,"
        "word2,similarity2,word3,similarity3,word4,similarity4,top_probes,encoder"
    )
    found = rows(out)
    assert [(row["layer"], row["unit"]) for row in found] == [
        (layer, str(unit)) for layer in ("conv", "relu") for unit in range(5)
    ]
    red, *_, silent, grey = found[5:]
    assert (red["description"], red["labelled"], red["dead"]) == ("red", "1", "0")
    assert (silent["description"], silent["similarity"], silent["dead"]) == ("", "", "1")
    assert silent["labelled"] == "0"
    assert {row["encoder"] for row in found} == {"colours:1"}
    assert float(red["margin"]) == pytest.approx(
        float(red["similarity"]) - float(red["similarity2"]), rel=1e-4
    )
    assert len(grey["top_probes"].split()) == 10
    assert main(["summarize", str(out / "descriptions.csv")]) == OK


def test_record_has_all_that_is_needed_and_no_path(
    dissect: Dissect, out: Path, tmp_path: Path
) -> None:
    words = tmp_path / "secret" / "mine.txt"
    words.write_text("red\n\ngreen\nyeti\nblue\nred\n")
    assert dissect("--words", words, "--similarity", "wpmi", "--pool", "max", "--seed", 3) == OK
    found = read(out, "args.json")
    text = (out / "args.json").read_text("utf-8")
    assert str(tmp_path) not in text
    assert "secret" not in text
    command = shlex.split(str(found["command"]))
    assert command[command.index("--words") + 1] == "mine.txt"
    assert command[command.index("--probes") + 1] == "photos"
    assert found["encoder"] == {"id": "colours:1", "title": "Colours", "note": "Made up for tests."}
    assert found["similarity"]["name"] == "wpmi"  # type: ignore[index]
    assert (found["pool"], found["fit"]) == ("max", "crop")
    assert found["words"]["left_out"] == {"count": 1, "words": ["yeti"]}  # type: ignore[index]
    probes = found["probes"]
    assert isinstance(probes, dict)
    assert (probes["pictures"], probes["skipped"], len(probes["digest"])) == (150, 1, 64)
    assert found["chance"]["seed"] == 3  # type: ignore[index]
    assert {"torch", "seewhy", "numpy"} <= set(found["versions"])  # type: ignore[call-overload]
    assert found["model"]["weights_sha256"] == "0" * 64  # type: ignore[index]


def test_summary(dissect: Dissect, out: Path) -> None:
    dissect("--threshold", "0.5")
    found = read(out, "summary.json")
    table = rows(out)
    assert (found["neurons"], found["dead"]) == (5, 1)
    assert found["labelled"] == sum(row["labelled"] == "1" for row in table)
    above = sum(float(row["similarity"] or "-inf") > 0.5 for row in table)
    assert (found["threshold"], found["above_threshold"]) == (0.5, above)
    assert found["distinct"] == len({row["description"] for row in table if row["description"]})
    assert dict(found["top"]).keys() <= set(COLOURS)  # type: ignore[call-overload]
    assert found["layers"]["relu"]["neurons"] == 5  # type: ignore[index]
    dissect()
    assert "threshold" not in read(out, "summary.json")


def test_stopped_run_goes_on_and_leaves_whole_files(
    dissect: Dissect,
    out: Path,
    made: list[Colours],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(activations, "BLOCK", 40)
    monkeypatch.setattr(disk_blocks, "BLOCK", 40)
    monkeypatch.setattr(activations, "BATCH", 16)
    whole = Colours.pictures

    def pictures(self: Colours, images: list[np.ndarray]) -> np.ndarray:
        if len(made) == 1 and self.seen == 56:  # in the second block
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.5)
        return whole(self, images)

    monkeypatch.setattr(Colours, "pictures", pictures)
    assert dissect() == 130
    assert not list(tmp_path.rglob("*.part"))
    assert not list(out.iterdir())
    assert dissect() == OK
    assert made[1].seen == 150 - 40
    assert {path.name for path in out.iterdir()} == FILES


def test_second_run_computes_nothing_and_gives_the_same_bytes(
    dissect: Dissect, out: Path, made: list[Colours]
) -> None:
    dissect()
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    assert dissect() == OK
    assert made[1].seen == 0
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_figures_as_svg(dissect: Dissect, out: Path) -> None:
    assert dissect("--figures", "svg", draw=True) == OK
    assert (out / "layers.svg").read_text("utf-8").startswith("<?xml")


def saved(path: Path, *colour: int) -> Path:
    """A picture of one colour and a darker row."""
    pixels = np.full((8, 8, 3), colour, np.uint8)
    pixels[0] //= 2
    Image.fromarray(pixels).save(path)
    return path


def test_what_the_class_of_pictures_rests_on(
    dissect: Dissect, out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Behind `relu` is a linear head: the drop is the claim. One bad picture ends nothing."""
    folder = tmp_path / "secret" / "checked"
    folder.mkdir()
    saved(folder / "reddish.png", 250, 40, 20)
    saved(folder / "greenish.png", 30, 240, 60)
    (folder / "broken.png").write_text("no picture")
    single = saved(tmp_path / "blue.png", 10, 20, 200)
    assert dissect("--check", folder, "--check", single) == BAD_INPUT
    said = capsys.readouterr()
    assert said.err == (
        "seewhy: broken.png is not a picture: choose a PNG, JPEG, HEIC, WebP, AVIF, TIFF, "
        "JPEG 2000, BMP, GIF or PPM file.\n"
    )
    assert {path.name for path in out.iterdir()} == FILES | {"checks.csv"}
    table = list(csv.DictReader(io.StringIO((out / "checks.csv").read_text("utf-8"))))
    assert {row["picture"]: row["concept"] for row in reversed(table)} == {
        "blue.png": "blue",
        "reddish.png": "red",
        "greenish.png": "green",
    }
    for row in table:
        assert (row["layer"], row["random_sets"]) == ("relu", "0")
        assert float(row["claimed_drop"]) == pytest.approx(float(row["drop"]), abs=1e-4)
        drop = float(row["logit"]) - float(row["logit_off"])
        assert drop == pytest.approx(float(row["drop"]), abs=1e-5)
        assert row["verdict"] == "no comparison"
        assert row["reason"], "five channels are too few for random sets"
        assert float(row["share"]) > 0
    found = read(out, "summary.json")
    checks = found["checks"]
    assert isinstance(checks, list)
    assert [each["concept"] for each in checks] == [row["concept"] for row in table]
    assert all(each["sentence"].endswith(each["reason"]) for each in checks)
    assert found["neurons"] == 5, "the summary itself is as without pictures"
    assert "greenish.png: class 1" in said.out
    assert "no comparison" in said.out
    command = str(read(out, "args.json")["command"])
    assert command.endswith("--check=checked --check=blue.png")
    assert "secret" not in command


def test_pictures_are_refused_before_anything_is_computed(
    dissect: Dissect, made: list[Colours], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    single = saved(tmp_path / "blue.png", 10, 20, 200)
    for words, message in (
        (["--layers", "fc", "--check", single], "--check needs a layer with a map"),
        (["--check", tmp_path / "gone.png"], "gone.png does not exist"),
    ):
        assert dissect(*words) == BAD_INPUT
        said = capsys.readouterr().err
        assert message in said
        assert said.count("\n") == 1
    assert not sum(each.seen for each in made)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--layers", "layer9"], "no layer 'layer9'"),
        (["--probes", "gone"], "cannot be read as probe pictures"),
        (["--words", "gone.txt"], "gone.txt cannot be read"),
        (["--similarity", "best"], "invalid choice: 'best'"),
        (["--top-words", "0"], "top_words is 0: give 1 to 100"),
        (["--draws", "3"], "draws is 3: give 20 to 100000"),
        (["--probes", "dtd"], "allow its download of about 600 MB"),
        (["--seed", "-1"], "not a whole number"),
    ],
)
def test_bad_input_is_one_line(
    dissect: Dissect, words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert dissect(*words) == BAD_INPUT
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


class Shares:
    """Three shares of a dissection, in folders beside each other."""

    def __init__(self, folder: Path, dissect: Dissect) -> None:
        self.folder, self._dissect = folder, dissect

    def share(self, part: int, *words: object) -> int:
        return self._dissect("--shard", f"{part}/3", *words, to=self.folder / str(part))

    def merge(self, *parts: int) -> int:
        folders = [str(self.folder / str(part)) for part in parts]
        return main(["merge", *folders, "--out", str(self.folder / "all")])

    def whole(self, *words: object) -> int:
        return self._dissect(*words, to=self.folder / "all")


@pytest.fixture
def shares(dissect: Dissect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shares:
    """150 pictures are four blocks."""
    monkeypatch.setattr(activations, "BLOCK", 40)
    monkeypatch.setattr(disk_blocks, "BLOCK", 40)
    return Shares(tmp_path / "shares", dissect)


def test_shares_together_are_one_run(
    shares: Shares,
    dissect: Dissect,
    out: Path,
    made: list[Colours],
    photos: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    (photos / "044.png").write_bytes((photos / "043.png").read_bytes()[:90])
    assert [shares.share(part) for part in (1, 2, 3)] == [OK, OK, OK]
    assert [each.seen for each in made] == [40 + 30, 39, 40], "blocks 1 and 4, then 2, then 3"
    assert {path.name for path in (shares.folder / "1").iterdir()} == {"tables", "shares.json"}
    assert shares.share(3) == OK
    assert made[3].seen == 0, "what is there is not shown again"
    assert shares.merge(1, 2, 3) == OK
    assert shares.whole() == OK
    assert made[4].seen == 0
    assert {path.name for path in (shares.folder / "all").iterdir()} == FILES
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))
    assert dissect() == OK
    assert made[5].seen == 149
    for name in ("descriptions.csv", "args.json", "summary.json"):
        assert (out / name).read_bytes() == (shares.folder / "all" / name).read_bytes()


def test_a_share_that_is_missing_is_named_and_can_be_done_later(
    shares: Shares, made: list[Colours], capsys: pytest.CaptureFixture[str]
) -> None:
    shares.share(1)
    shares.share(3)
    assert shares.merge(1, 3) == BAD_INPUT
    assert "1 of 4 blocks of probe pictures are missing, of share 2 of 3" in capsys.readouterr().err
    assert shares.whole() == OK
    assert made[-1].seen == 40, "only the missing block"


def test_a_killed_share_goes_on(
    shares: Shares, made: list[Colours], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activations, "BATCH", 16)
    whole = Colours.pictures

    def pictures(self: Colours, images: list[np.ndarray]) -> np.ndarray:
        if len(made) == 1 and self.seen >= 40:
            raise KeyboardInterrupt
        return whole(self, images)

    monkeypatch.setattr(Colours, "pictures", pictures)
    assert shares.share(1) == 130
    assert shares.share(1) == OK
    assert made[1].seen == 30


def test_shares_of_two_dissections_are_refused(
    shares: Shares, dissect: Dissect, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shares.share(1)
    shares.share(2, "--pool", "max")
    assert shares.merge(1, 2) == BAD_INPUT
    assert "another dissection" in capsys.readouterr().err
    assert shares.share(1, "--pool", "max") == BAD_INPUT
    assert "give another --out" in capsys.readouterr().err
    assert shares.merge(1) == BAD_INPUT
    assert shares.whole("--pool", "max") == BAD_INPUT
    assert "were made with other options" in capsys.readouterr().err.splitlines()[-1]
    dissect()
    assert main(["merge", str(shares.folder / "1"), str(out), "--out", str(out.parent / "x")]) == 2
    assert "holds no share of a dissection" in capsys.readouterr().err
    assert main(["merge", str(shares.folder / "1"), "--out", str(shares.folder / "1")]) == 2
    assert dissect("--shard", "1/2", "--engine", "ray") == BAD_INPUT
    assert "leave --shard away" in capsys.readouterr().err.splitlines()[-1]


def test_a_damaged_block_of_a_share_is_computed_again(shares: Shares, made: list[Colours]) -> None:
    for part in (1, 2, 3):
        shares.share(part)
    for path in (shares.folder / "2" / "tables").rglob("000001.npz"):
        path.write_bytes(path.read_bytes()[:100])
    assert shares.merge(1, 2, 3) == BAD_INPUT
    shares.whole()
    assert made[-1].seen == 40
