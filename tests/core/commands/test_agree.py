"""`python -m core agree`: files, table, resuming, refusals."""

from __future__ import annotations

import csv
import io
import json
import os
import pickle
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage import data

from core.commands.entry_point import BAD_INPUT, OK, main
from core.errors import Cancelled
from core.explain.base import Explanation
from core.explain.cams.layer_method import LayerMethod
from core.export import report
from core.export.reading import Folder
from core.figures.charts.overlaps import PictureBars
from core.figures.print.picture_bars import picture_bars_file
from core.measure.agreement import pairs
from core.measure.masks import default_rule
from core.measure.study import HEADER
from core.models.classifier import Classifier
from core.pictures.picture import read
from core.requests.maps import AnyMap

Agree = Callable[..., int]
METHODS = ("grad-cam", "eigen-cam", "lime")
ROOT = Path(__file__).parents[3]


@pytest.fixture
def agree(loaded: list[str], out: Path) -> Agree:
    def run(*args: object) -> int:
        given = [*map(str, args)]
        if "--methods" not in given:
            given += ["--methods", ",".join(METHODS), "--samples", "60", "--segments", "grid"]
        return main(["agree", *given, "--model", "resnet18:random", "--out", str(out)])

    return run


def rows(out: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((out / "agreement.csv").read_text("utf-8"))))


def test_everything_is_written(agree: Agree, photos: Path, out: Path) -> None:
    assert agree(photos) == OK
    overlays = {f"{stem}_{method}.webp" for stem in ("cat", "rocket") for method in METHODS}
    assert {path.name for path in out.iterdir()} == overlays | {
        "cat.npz",
        "rocket.npz",
        "pictures.jsonl",
        "explain.json",
        "agreement.csv",
        "agreement.parquet",
        "iou_bar.png",
        "report.html",
        "lime_params.json",
        "lime_params.pkl",
    }
    assert set(pickle.loads((out / "lime_params.pkl").read_bytes())) == {"cat", "rocket"}
    with Image.open(out / "iou_bar.png") as bars:
        assert bars.width > 1000


def test_table_holds_each_pair_of_each_picture(
    agree: Agree, photos: Path, out: Path, tiny: Classifier
) -> None:
    agree(photos)
    text = (out / "agreement.csv").read_text("utf-8")
    assert text.splitlines()[0] == ",".join(HEADER)
    assert text.splitlines()[0] == (
        "picture,model,layer,class,method_a,method_b,rule,iou,dice,spearman,chance,"
        "seconds_a,seconds_b"
    )
    found = rows(out)
    assert [(row["picture"], row["method_a"], row["method_b"]) for row in found] == [
        (name, *pair)
        for name in ("cat.png", "rocket.png")
        for pair in (METHODS[:2], (METHODS[0], METHODS[2]), METHODS[1:])
    ]
    mixed = "top10|superpixels5"
    assert [row["rule"] for row in found[:3]] == ["top10", mixed, mixed]
    assert {row["model"] for row in found} == {tiny.id}


def test_numbers_are_those_of_the_written_arrays(agree: Agree, photos: Path, out: Path) -> None:
    agree(photos)
    folder = Folder(out)
    for number, key in enumerate(record["key"] for record in folder.records):
        stored = folder.find(key)
        assert stored is not None
        maps = list(stored.explanations.values())
        assert [each.label for each in maps] == list(METHODS)
        again = pairs(maps, [default_rule(each) for each in maps])
        for pair, row in zip(again, rows(out)[3 * number :], strict=False):
            assert f"{pair.iou:.4f}" == row["iou"]
            assert f"{pair.spearman:.4f}" == row["spearman"]
            assert f"{pair.chance:.4f}" == row["chance"]


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in ("src", "href", "action")]


def test_report_needs_no_network_and_says_how_to_make_it_again(
    agree: Agree, photos: Path, out: Path
) -> None:
    agree(photos)
    page = (out / "report.html").read_text("utf-8")
    links = Links()
    links.feed(page)
    assert len(links.found) == 1 + 2 * (1 + len(METHODS))
    assert all(link.startswith("data:image/") for link in links.found)
    assert "http" not in page.replace("xmlns", "")
    command = page.partition("<pre>python")[2].partition("</pre>")[0]
    words = shlex.split(command)
    assert words[words.index("--samples") + 1] == "60"
    assert "mean IoU" in page


def test_the_report_calls_methods_by_their_titles_and_the_table_by_their_ids(
    agree: Agree, photos: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    legends: list[str] = []

    def drawn(chart: PictureBars) -> bytes:
        legends.extend(chart.pairs)
        return picture_bars_file(chart)

    monkeypatch.setattr(report, "picture_bars_file", drawn)
    agree(photos, "--methods", "grad-cam,grad-cam+aug,eigen-cam")
    page = (out / "report.html").read_text("utf-8")
    words = re.sub(r"<pre>.*?</pre>|<[^>]*>", " ", page, flags=re.DOTALL)  # not the command
    assert "grad-cam" not in words
    assert "eigen-cam" not in words
    assert words.count("Grad-CAM, augmented and EigenCAM") >= 3, "over all, and each picture"
    assert "Methods: Grad-CAM; Grad-CAM, augmented; EigenCAM." in words
    assert legends[0] == "Grad-CAM and Grad-CAM, augmented"
    assert {row["method_a"] for row in rows(out)} == {"grad-cam", "grad-cam+aug"}


def contents(out: Path) -> dict[str, object]:
    """Bytes by name; of a pickle its value, because equal values may be spelled in two ways."""
    found: dict[str, object] = {path.name: path.read_bytes() for path in out.iterdir()}
    return found | {
        name: pickle.loads(data)
        for name, data in found.items()
        if isinstance(data, bytes) and name.endswith(".pkl")
    }


def written(out: Path) -> dict[str, int]:
    return {f"{path}": path.stat().st_mtime_ns for path in out.glob("*_*-cam.webp")}


def test_second_run_computes_nothing_and_gives_the_same_bytes(
    agree: Agree, photos: Path, out: Path, loaded: list[str]
) -> None:
    agree(photos)
    before, stamps = contents(out), written(out)
    loaded.clear()
    assert agree(photos) == OK
    assert loaded == []
    assert contents(out) == before
    assert written(out) == stamps, "overlays are left as they are"


@pytest.mark.slow
def test_second_run_needs_no_library_that_computes(
    agree: Agree, photos: Path, out: Path, tmp_path: Path
) -> None:
    agree(photos)
    code = (
        "import sys; from core.commands.entry_point import main; done = main(sys.argv[1:])\n"
        "slow = {'torchvision', 'timm', 'torch._dynamo', 'pytorch_grad_cam', 'lime', 'sklearn',\n"
        "        'sympy', 'scipy.stats', 'matplotlib.pyplot'}\n"
        "assert not slow & set(sys.modules), slow & set(sys.modules)\n"
        "sys.exit(done)"
    )
    methods = ["--methods", ",".join(METHODS), "--samples", "60", "--segments", "grid"]
    words = ["agree", str(photos), *methods, "--model", "resnet18:random", "--out", str(out)]
    before = contents(out)
    subprocess.run([sys.executable, "-c", code, *words], cwd=ROOT, check=True)
    assert contents(out) == before


def test_stopped_run_goes_on(
    agree: Agree, photos: Path, out: Path, tiny: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    predicted: list[str] = []
    whole = Classifier.probabilities

    def counted(self: Classifier, prepared: object) -> object:
        name = prepared.picture.name  # type: ignore[attr-defined]
        if "rocket" in name and len(predicted) < 3:
            os.kill(os.getpid(), signal.SIGINT)
            raise Cancelled("Stopped.")
        predicted.append(name)
        return whole(self, prepared)  # type: ignore[arg-type]

    # A process that was started in the background ignores the signal.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    monkeypatch.setattr(Classifier, "probabilities", counted)
    assert agree(photos) == 130
    assert not list(out.glob("*.part"))
    assert not (out / "report.html").exists()
    first = len(predicted)
    predicted += ["", "", ""]
    assert agree(photos) == OK
    assert "cat.png" not in predicted[first:]
    assert len(rows(out)) == 6


def test_maps_of_the_picture_that_was_stopped_are_kept(
    agree: Agree, photos: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    run = LayerMethod.run

    def stopped(self: LayerMethod, request: AnyMap, *rest: Any) -> Explanation:
        begun.append(self.name)
        if begun == ["grad-cam", "eigen-cam"]:
            os.kill(os.getpid(), signal.SIGINT)
            raise Cancelled("Stopped.")
        return run(self, request, *rest)

    signal.signal(signal.SIGINT, signal.default_int_handler)
    monkeypatch.setattr(LayerMethod, "run", stopped)
    assert agree(photos / "cat.png", "--methods", "grad-cam,eigen-cam") == 130
    (record,) = Folder(out).records
    assert record["files"] == ["cat_grad-cam.webp", "cat.npz"]
    assert agree(photos / "cat.png", "--methods", "grad-cam,eigen-cam") == OK
    assert begun == ["grad-cam", "eigen-cam", "eigen-cam"]
    assert (out / "cat_eigen-cam.webp").is_file()
    assert len(rows(out)) == 1


def test_changed_request_is_computed_again(
    agree: Agree, photos: Path, loaded: list[str], out: Path
) -> None:
    agree(photos, "--methods", "grad-cam,eigen-cam")
    agree(photos, "--methods", "grad-cam,eigen-cam", "--top", "20")
    assert len(loaded) == 1, "another threshold needs no map"
    assert {row["rule"] for row in rows(out)} == {"top20"}
    agree(photos, "--methods", "grad-cam,eigen-cam", "--class", "1")
    assert len(loaded) == 2


def test_damaged_folder_is_computed_again(
    agree: Agree, photos: Path, out: Path, loaded: list[str]
) -> None:
    agree(photos, "--methods", "grad-cam,eigen-cam")
    good = (out / "cat.npz").read_bytes()
    (out / "cat.npz").write_bytes(good[: len(good) // 2])
    (out / "rocket_grad-cam.webp").unlink()
    assert agree(photos, "--methods", "grad-cam,eigen-cam") == OK
    assert len(loaded) == 2
    assert (out / "rocket_grad-cam.webp").is_file()
    with np.load(out / "cat.npz") as arrays:
        assert "heat/grad-cam" in arrays
    for nonsense in ("[]", "{", json.dumps({"pictures": 3})):
        (out / "explain.json").write_text(nonsense)
        assert agree(photos, "--methods", "grad-cam,eigen-cam") == OK


def test_bad_picture_is_a_line_and_the_others_go_on(
    agree: Agree, photos: Path, out: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (photos / "broken.png").write_bytes(b"no picture")
    assert agree(photos, "--methods", "grad-cam,eigen-cam") == BAD_INPUT
    assert "broken.png" in capfd.readouterr().err
    assert {row["picture"] for row in rows(out)} == {"cat.png", "rocket.png"}
    assert "broken.png" in (out / "report.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--top", "0"], "top is 0: give 0.01 to 100"),
        (["--methods", "grad-cam", "--superpixels", "3"], "--superpixels needs lime"),
    ],
)
def test_bad_options(
    agree: Agree, photos: Path, words: list[str], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert agree(photos, *words) == BAD_INPUT
    assert message in capfd.readouterr().err


def test_a_failing_picture_is_listed_by_its_whole_name(
    agree: Agree, photos: Path, out: Path
) -> None:
    (photos / "my summer holiday.png").write_bytes(b"no picture")
    assert agree(photos, "--methods", "grad-cam,eigen-cam") == 2
    assert "my summer holiday.png</h3>" in (out / "report.html").read_text("utf-8")


def test_names_of_methods_are_spelled_in_any_case(agree: Agree, photos: Path, out: Path) -> None:
    words = ["--methods", "Grad-CAM,LIME", "--samples", "60", "--segments", "grid"]
    assert agree(photos, *words) == OK
    record = json.loads((out / "explain.json").read_text())
    lime = record["pictures"][0]["explanations"][1]
    assert lime["options"]["sign"] == "positive", "what is outlined is what is compared"


def test_the_true_class_comes_from_the_name_of_the_folder(
    agree: Agree, photos: Path, out: Path, tiny: Classifier, capsys: pytest.CaptureFixture[str]
) -> None:
    guessed = tiny.predict(tiny.prepare(read(photos / "cat.png"), "squash"))[0]
    other = next(name for name in tiny.names if name != guessed.name)
    for name, picture in ((guessed.name, "cat.png"), (other, "rocket.png")):
        (photos / name).mkdir()
        (photos / picture).rename(photos / name / picture)
    Image.fromarray(data.coffee()[:200]).save(photos / "cup.png")
    methods = ("--methods", "grad-cam,eigen-cam")
    assert agree(photos, *methods) == OK
    wrong = tiny.predict(tiny.prepare(read(photos / other / "rocket.png"), "squash"))[0].name
    assert {row["picture"]: (row["true_class"], row["right"]) for row in rows(out)} == {
        "cat.png": (guessed.name, "yes"),
        "rocket.png": (other, "yes" if wrong == other else "no"),
        "cup.png": ("", ""),
    }
    record = json.loads((out / "explain.json").read_text("utf-8"))
    true = {each["picture"]: each.get("true_class", {}).get("name") for each in record["pictures"]}
    assert true == {"cat.png": guessed.name, "rocket.png": other, "cup.png": None}
    page = (out / "report.html").read_text("utf-8")
    assert f"right, true class {guessed.name}." in page

    capsys.readouterr()
    shutil.rmtree(out)
    assert agree(photos, *methods, "--class", "folder") == BAD_INPUT
    assert capsys.readouterr().err.count("named after a class of the model") == 1
    assert {row["class"] for row in rows(out)} == {guessed.name, other}


def test_the_report_says_title_author_and_notes_and_the_record_keeps_them(
    agree: Agree, photos: Path, out: Path
) -> None:
    about = ("--title", "Cats <b>", "--author", "Ada", "--notes", "First.\nSecond & last.")
    assert agree(photos, "--methods", "grad-cam,eigen-cam", *about, "--date", "1 May") == OK
    page = (out / "report.html").read_text("utf-8")
    assert "<h1>Cats &lt;b&gt;</h1>\n<p>Ada, 1 May</p>\n<p>First.</p>" in page
    assert "<p>Second &amp; last.</p>" in page
    assert "--author=Ada" in page, "the command makes the same again"
    record = json.loads((out / "explain.json").read_text("utf-8"))
    assert record["report"] == {
        "title": "Cats <b>",
        "author": "Ada",
        "date": "1 May",
        "notes": "First.\nSecond & last.",
    }


def test_a_report_without_a_head_has_the_usual_title(agree: Agree, photos: Path, out: Path) -> None:
    assert agree(photos, "--methods", "grad-cam,eigen-cam") == OK
    page = (out / "report.html").read_text("utf-8")
    assert "<h1>Where explanation methods agree</h1>\n<p>Model: " in page
    assert "report" not in json.loads((out / "explain.json").read_text("utf-8"))


def test_a_title_that_is_too_long_is_refused(
    agree: Agree, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert agree(photos, "--title", "x" * 121) == BAD_INPUT
    assert "The title has 121 characters: give 120 at most." in capsys.readouterr().err
