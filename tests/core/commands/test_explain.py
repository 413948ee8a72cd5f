"""The command line: files, exit codes, one line a fault, nothing said in a pipe."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.commands import doctor, entry_point
from core.commands.entry_point import BAD_INPUT, COMMANDS, OK, PIPE_CLOSED, STOPPED, main
from core.commands.progress import Progress, clock, estimate
from core.commands.stop import Stop
from core.errors import Cancelled, CannotWrite
from core.explain.base import Method, Tick
from core.explain.methods import METHODS
from core.explain.scaling import shown as package_shown
from core.figures.drawing import palette
from core.models import catalog, device, download, load
from core.models.aliases import replacement_note
from core.models.catalog_entry import Entry
from core.models.classifier import Classifier
from core.requests import flags
from core.requests.settings_text import spelled
from tests.core.pictures import made_pictures
from tests.windows import refuses, written_under

ROOT = Path(__file__).parents[3]
DRIVER = """
import signal, sys, warnings
signal.signal(signal.SIGINT, signal.default_int_handler)
from core.models import load
from tests.conftest import classifier_of, tiny_net
tiny = classifier_of(tiny_net())
load.load = lambda *given, **named: tiny
from core.commands.entry_point import main
sys.exit(main(sys.argv[1:]))
"""
"""The real command line with a tiny model in place of a large one."""

Explain = Callable[..., int]


def write_picture(path: Path, seed: int = 0) -> Path:
    pixels = np.random.default_rng(seed).integers(0, 256, (24, 48, 3), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, "PNG")
    return path


@pytest.fixture(name="photo")
def photo_fixture(tmp_path: Path) -> Path:
    return write_picture(tmp_path / "in" / "photo.png")


@pytest.fixture(name="out")
def out_fixture(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture(name="explain")
def explain_fixture(tiny: Classifier, out: Path, monkeypatch: pytest.MonkeyPatch) -> Explain:
    """`explain(PICTURE..., OPTION...)` on the tiny model, into `out`."""
    monkeypatch.setattr(load, "load", lambda *given, **named: tiny)

    def run(*args: object) -> int:
        return main(["explain", *map(str, args), "--out", str(out)])

    return run


def record(out: Path) -> dict[str, object]:
    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    text = (out / "explain.json").read_text(encoding="utf-8")
    return json.loads(text, parse_constant=refuse)


def arrays_of(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as file:
        return dict(file)


def size_of(path: Path) -> tuple[int, int]:
    """The picture's size, after reading all of it."""
    with Image.open(path) as image:
        image.load()
        return image.size


def names(out: Path) -> set[str]:
    return {path.name for path in out.iterdir()}


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    """The only line that was printed, on the error stream."""
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert printed.err.startswith("seewhy: ")
    assert "Traceback" not in printed.err
    return printed.err


def test_the_three_maps_of_a_picture(
    explain: Explain, photo: Path, out: Path, tiny: Classifier, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain(photo) == OK
    assert capsys.readouterr() == ("", "")
    labels = ("grad-cam", "ablation-cam", "score-cam")
    assert names(out) == {
        "pictures.jsonl",
        "explain.json",
        "photo.npz",
        *(f"photo_{name}.png" for name in labels),
    }
    arrays = arrays_of(out / "photo.npz")
    assert set(arrays) == {f"{kind}/{name}" for kind in ("heat", "shown") for name in labels}
    for name in labels:
        heat, shown = arrays[f"heat/{name}"], arrays[f"shown/{name}"]
        assert heat.dtype == shown.dtype == np.float32
        assert shown.shape == tiny.input_size
        assert 0.0 <= shown.min() <= shown.max() <= 1.0
        assert np.allclose(shown, package_shown([heat], tiny.input_size), atol=1e-6)
        assert size_of(out / f"photo_{name}.png") == (48, 24)


def test_the_record_says_how_to_make_it_again(
    explain: Explain, photo: Path, out: Path, tiny: Classifier
) -> None:
    assert explain(photo, "--seed", 7, "--class", "red dog", "--fit", "crop") == OK
    told = record(out)
    assert {"versions", "model", "fit", "device", "pictures"} <= set(told)
    assert told["fit"] == "crop"
    assert told["model"]["id"] == tiny.id
    assert told["model"]["weights_sha256"] == tiny.digest
    (one,) = told["pictures"]
    assert one["picture"] == "photo.png"
    assert len(one["sha256"]) == 64
    shares = [guess["probability"] for guess in one["predictions"]]
    assert shares == sorted(shares, reverse=True)
    assert abs(sum(shares) - 1) < 1e-5
    assert {guess["name"] for guess in one["predictions"]} == set(tiny.names)
    for each in one["explanations"]:
        assert each["class_index"] == 1
        assert each["class_name"] == "red dog"
        assert each["layer"] == tiny.default_layer
        assert each["seed"] == 7
        assert {
            "method",
            "label",
            "seconds",
            "passes",
            "device",
            "precision",
            "options",
            "notes",
            "smooth",
            "probability",
        } <= set(each)
        assert not {"heat", "shown"} & set(each)


def test_auto_explains_the_prediction(explain: Explain, photo: Path, out: Path) -> None:
    assert explain(photo, "--methods", "grad-cam") == OK
    (one,) = record(out)["pictures"]
    assert one["explanations"][0]["class_index"] == one["predictions"][0]["class"]


def test_equal_stems_are_numbered(explain: Explain, tmp_path: Path, out: Path) -> None:
    pictures = [
        write_picture(tmp_path / folder / "cat.png", seed) for seed, folder in enumerate("abc")
    ]
    assert explain(*pictures, "--methods", "grad-cam") == OK
    stems = {"cat", "cat-2", "cat-3"}
    assert names(out) == {"pictures.jsonl", "explain.json"} | {
        f"{stem}{rest}" for stem in stems for rest in (".npz", "_grad-cam.png")
    }
    files = [one["files"] for one in record(out)["pictures"]]
    assert files[2] == ["cat-3_grad-cam.png", "cat-3.npz"]
    heats = [arrays_of(out / f"{stem}.npz")["heat/grad-cam"] for stem in sorted(stems)]
    assert not np.array_equal(heats[0], heats[1])


REFUSED = (
    *("CON.png", "nul.png", "com1.tar.png", "a:b?.png", 'x*"<>|.png', "dots. ..png", " blank .png"),
    *("new\nline\x01.png", "back\\slash.png", f"{'long' * 50}.png"),
)
"""Names of pictures that this system takes and Windows does not."""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows does not take these names")
def test_every_file_has_a_name_that_windows_takes(
    explain: Explain, tmp_path: Path, out: Path
) -> None:
    photos = [write_picture(tmp_path / "in" / name, seed) for seed, name in enumerate(REFUSED)]
    with written_under(out) as written:
        assert explain(*photos, "--methods", "grad-cam+eigen,lime", "--samples", 50) == OK
    assert len(written) > 3 * len(photos)
    assert not [name for name in written if refuses(name)]
    listed = [name for each in record(out)["pictures"] for name in each["files"]]
    assert len(set(map(str.casefold, listed))) == 3 * len(photos)
    assert set(listed) <= names(out) <= set(written)


def test_smoothing_by_option_and_by_suffix(explain: Explain, photo: Path, out: Path) -> None:
    assert explain(photo, "--methods", "grad-cam,grad-cam+eigen", "--smooth", "aug") == OK
    assert {"photo_grad-cam+aug.png", "photo_grad-cam+eigen.png"} < names(out)
    assert "shown/grad-cam+eigen" in arrays_of(out / "photo.npz")


def test_layers_are_averaged(explain: Explain, photo: Path, out: Path) -> None:
    assert explain(photo, "--methods", "grad-cam", "--layer", "blocks.0,blocks.1") == OK
    assert record(out)["pictures"][0]["explanations"][0]["layer"] == "blocks.0,blocks.1"


def test_a_method_that_is_named_twice_runs_once(explain: Explain, photo: Path, out: Path) -> None:
    assert explain(photo, "--methods", "grad-cam, Grad-CAM ,grad-cam") == OK
    assert len(record(out)["pictures"][0]["explanations"]) == 1


def test_a_folder_gives_its_pictures_in_order(explain: Explain, tmp_path: Path, out: Path) -> None:
    for number, name in enumerate(("b.PNG", "a.png", ".hidden.png")):
        write_picture(tmp_path / "in" / name, number)
    assert explain(tmp_path / "in", "--methods", "grad-cam") == OK
    assert [one["picture"] for one in record(out)["pictures"]] == ["a.png", "b.PNG"]


def test_what_a_folder_holds_besides_pictures_is_counted_and_named(
    explain: Explain, photo: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (photo.parent / "notes.txt").write_text("no picture")
    (photo.parent / "table.csv").write_text("a,b")
    assert explain(photo.parent, "--methods", "grad-cam") == BAD_INPUT
    (line,) = capsys.readouterr().err.splitlines()
    assert "2 files of" in line
    assert line.endswith("are no pictures and were left out: notes.txt, table.csv.")
    assert [one["picture"] for one in record(out)["pictures"]] == ["photo.png"]


def test_folders_of_classes_are_entered_and_names_tell_files_apart(
    explain: Explain, tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, name in enumerate(("dogs/a.png", "cats/a.png", "cats/b.png", ".git/c.png")):
        write_picture(tmp_path / "in" / name, number)
    (tmp_path / "in" / "dogs" / "b.png").write_text("this is text")
    assert explain(tmp_path / "in", "--methods", "grad-cam") == BAD_INPUT
    pictures = [one["picture"] for one in record(out)["pictures"]]
    assert pictures == ["cats/a.png", "cats/b.png", "dogs/a.png"]
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("seewhy: dogs/b.png: ")


def test_results_of_an_earlier_run_are_not_explained_again(
    explain: Explain, photo: Path, out: Path
) -> None:
    assert explain(photo, "--methods", "grad-cam") == OK
    write_picture(out / "new.png", 3)
    assert explain(out, "--methods", "grad-cam") == OK
    assert [one["picture"] for one in record(out)["pictures"]] == ["new.png"]


def test_options_may_stand_between_pictures(explain: Explain, photo: Path, out: Path) -> None:
    assert explain(photo, "--methods", "grad-cam", photo) == OK
    assert len(record(out)["pictures"]) == 2


def test_the_good_pictures_of_a_batch_are_written(
    explain: Explain, photo: Path, tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text.png").write_text("this is text")
    (tmp_path / "empty.jpg").write_bytes(b"")
    whole = photo.read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    bad = [tmp_path / name for name in ("text.png", "empty.jpg", "cut.png", "missing.png")]
    assert explain(*bad[:2], photo, *bad[2:], "--methods", "grad-cam") == BAD_INPUT
    printed = capsys.readouterr()
    assert printed.out == ""
    lines = printed.err.splitlines()
    assert len(lines) == len(bad)
    for path in bad:
        assert sum(path.name in line for line in lines) == 1
    assert [one["picture"] for one in record(out)["pictures"]] == ["photo.png"]
    assert names(out) == {"pictures.jsonl", "explain.json", "photo.npz", "photo_grad-cam.png"}


def test_a_method_that_fails_on_one_picture_takes_nothing_else_away(
    explain: Explain, photo: Path, tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blank = tmp_path / "in" / "blank.png"
    Image.new("RGB", (48, 48), "white").save(blank)
    other = write_picture(tmp_path / "in" / "z.png", seed=1)
    options = ("--methods", "grad-cam,lime", "--segments", "felzenszwalb", "--samples", "50")
    assert explain(photo, blank, other, *options) == BAD_INPUT
    note, line = capsys.readouterr().err.splitlines()
    assert note == "seewhy: blank.png: The picture is one flat colour."  # once, not per method
    assert "blank.png, LIME: The picture is one flat colour" in line
    methods = [[each["method"] for each in one["explanations"]] for one in record(out)["pictures"]]
    assert methods == [["grad-cam", "lime"], ["grad-cam"], ["grad-cam", "lime"]]
    (fault,) = record(out)["faults"]
    assert fault["name"] == "blank.png, LIME"
    assert fault["reason"].startswith("The picture is one flat colour")


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        (("--methods", "grad-kam"), ("grad-kam", "grad-cam")),
        (("--methods", ","), ("--methods",)),
        (("--layer", "blocks.9"), ("blocks.9",)),
        (("--layer", "fc"), ("fc",)),
        (("--class", "zebra"), ("zebra",)),
        (("--class", "400"), ("400",)),
        (("--class", "-1"), ("-1",)),
        (("--fit", "stretch"), ("stretch", "squash")),
        (("--precision", "half"), ("half", "exact")),
        (("--smooth", "blur"), ("blur", "eigen")),
        (("--methods", "eigen-cam+eigen"), ("eigen-cam", "none, aug")),
        (("--device", "cuda:99"), ("cuda:99",)),
        (("--device", "toaster"), ("toaster",)),
        (("--seed", "-3"), ("-3",)),
        (("--seed", "one"), ("one",)),
        (("--scale", "rainbow"), ("rainbow", "inferno")),
        (("--opacity", "2"), ("opacity", "2")),
        (("--contour", "nan"), ("contour", "nan")),
        (("--weights", "w.pth"), ("w.pth", "cannot be read")),
        (("--model", "tiny", "--labels", "no-such-file"), ("no-such-file",)),
        (("--colour", "red"), ("--colour",)),
        (("--meth", "grad-cam"), ("--meth",)),
    ],
)
def test_bad_input_is_one_line(
    explain: Explain,
    photo: Path,
    out: Path,
    extra: tuple[str, ...],
    words: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert explain(photo, *extra) == BAD_INPUT
    line = one_line(capsys)
    assert all(word in line for word in words)
    assert not out.exists() or not names(out)


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ([], ("explain", "doctor")),
        (["explian"], ("explian", "did you mean explain")),
        (["--verbose"], ("--verbose",)),
        (["explain", "a.png"], ("--out",)),
        (["explain", "--out", "x"], ("PICTURE",)),
        (["explain", "a.png", "--model", "resnet19", "--out", "x"], ("resnet19",)),
        (["models", "no-such-model"], ("no-such-model",)),
        (["models", "--download", "resnet19"], ("resnet19", "resnet18")),
        (["doctor", "--device", "toaster"], ("toaster",)),
    ],
)
def test_bad_calls_are_one_line(
    argv: list[str],
    words: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(argv) == BAD_INPUT
    line = one_line(capsys)
    assert all(word in line for word in words)


def test_an_unknown_model_and_missing_weights(
    photo: Path,
    tmp_path: Path,
    out: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("SEEWHY_WEIGHTS", "XDG_CACHE_HOME", "TORCH_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "nothing"))
    call = ["explain", str(photo), "--out", str(out), "--model"]
    assert main([*call, "resnet19"]) == BAD_INPUT
    assert "resnet18" in one_line(capsys)
    assert main([*call, "resnet18"]) == BAD_INPUT
    assert "resnet18-" in one_line(capsys)
    (tmp_path / "own.pth").write_bytes(b"not a state dict")
    assert main([*call, "resnet18", "--weights", str(tmp_path / "own.pth")]) == BAD_INPUT
    assert "own.pth" in one_line(capsys)


@pytest.mark.parametrize("old", ["embedded", "embedded-shortcut", "embedded:random"])
def test_the_id_of_a_model_that_is_gone_is_answered_with_a_note(
    explain: Explain, photo: Path, out: Path, capsys: pytest.CaptureFixture[str], old: str
) -> None:
    assert explain(photo, "--model", old, "--methods", "grad-cam") == OK
    line, *_ = capsys.readouterr().err.splitlines()
    assert line == f"seewhy: {replacement_note(old)}"
    for listed in ([old.partition(":")[0]], ["--download", old.partition(":")[0]]):
        assert main(["models", *listed]) == OK
        printed = capsys.readouterr()
        assert printed.err.count("is used instead") == 1
        assert "efficientnet_lite0" in printed.out


def test_a_folder_that_cannot_be_written(
    tiny: Classifier,
    photo: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(load, "load", lambda *given, **named: tiny)
    assert main(["explain", str(photo), "--out", str(photo)]) == BAD_INPUT
    assert str(photo) in one_line(capsys)


def test_a_full_disk_ends_with_one_line(
    explain: Explain,
    photo: Path,
    out: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def full(self: Path, data: bytes) -> int:
        with self.open("wb") as file:
            file.write(data[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert explain(photo, "--methods", "grad-cam") == BAD_INPUT
    assert "No space left" in one_line(capsys)
    assert not names(out)


def test_ctrl_c_in_a_map(
    explain: Explain,
    photo: Path,
    out: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Stopping:
        def __init__(self, method: Method) -> None:
            self.method = method

        def __getattr__(self, name: str) -> object:
            return getattr(self.method, name)

        def run(self, request: object, subject: object, tick: Tick) -> None:
            os.kill(os.getpid(), signal.SIGINT)
            while True:
                tick(0.5, "")
                time.sleep(0.01)

    # A process that was started in the background ignores the signal.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    monkeypatch.setitem(METHODS, "score-cam", Stopping(METHODS["score-cam"]))
    assert explain(photo, "--methods", "grad-cam,score-cam") == STOPPED
    one_line(capsys)
    kept = {"pictures.jsonl", "photo.npz", "photo_grad-cam.png"}
    assert names(out) == kept, "what was finished is not lost"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_ctrl_c_leaves_whole_files_only(photo: Path, out: Path) -> None:
    argv = [sys.executable, "-c", DRIVER, "explain", *[str(photo)] * 3000]
    process = subprocess.Popen(
        [*argv, "--methods", "grad-cam", "--out", str(out)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 120
    while not list(out.glob("*.npz")) and time.monotonic() < deadline:
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == STOPPED
    assert said.splitlines() == ["seewhy: Stopped."]
    assert not [name for name in names(out) if name.startswith(".") or name.endswith(".json")]
    for path in out.glob("*.png"):
        assert size_of(path) == (48, 24)
    for path in out.glob("*.npz"):
        assert arrays_of(path)["shown/grad-cam"].shape == (32, 32)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGPIPE")
def test_a_reader_that_goes_away_is_no_error() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "core", "models"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert (process.wait(timeout=60), said) == (PIPE_CLOSED, "")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
@pytest.mark.parametrize("ending", ["2>&1 | true", ">&- 2>&-", "2>&-"])
def test_closed_streams_are_no_error(ending: str) -> None:
    call = f"{sys.executable} -m core explian {ending}; echo ${{PIPESTATUS[0]}} >&3"
    done = subprocess.run(
        ["bash", "-c", f"exec 3>&1; {call}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.stdout.split(), done.stderr) == ([str(BAD_INPUT)], "")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow only UTF-8 file names")
def test_a_file_name_that_is_no_text(explain: Explain, photo: Path, out: Path) -> None:
    odd = photo.with_name(os.fsdecode(b"caf\xe9.png"))
    odd.write_bytes(photo.read_bytes())
    assert explain(odd, "--methods", "grad-cam") == OK
    (one,) = record(out)["pictures"]
    assert one["picture"] == "caf.png"
    assert names(out) == {"pictures.jsonl", "explain.json", "caf.npz", "caf_grad-cam.png"}


def test_help_answers_without_loading_torch() -> None:
    script = (
        "import sys\nfrom core.commands.entry_point import COMMANDS, main\n"
        "codes = [main(['--help'])] + [main([name, '--help']) for name in COMMANDS]\n"
        "heavy = {'torch', 'torchvision', 'PIL', 'plotly'} & set(sys.modules)\n"
        "sys.exit(f'{codes} {heavy}' if any(codes) or heavy else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert all(name in done.stdout for name in COMMANDS)


def test_an_installation_that_does_not_fit_is_one_line(
    explain: Explain,
    photo: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "torchvision", None)
    assert explain(photo) == BAD_INPUT
    assert "torchvision" in one_line(capsys)


def test_models_as_table_and_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "resnet18"]) == OK
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["model", "classes", "input", "weights"]
    assert [row.split()[:3] for row in rows[:3]] == [
        ["resnet18:IMAGENET1K_V1", "1000", "224"],
        ["resnet18:places365", "365", "224"],
        ["timm:resnet18.a1_in1k", "1000", "224"],
    ]
    assert main(["models", "--json"]) == OK
    listed = json.loads(capsys.readouterr().out)
    assert [each["id"] for each in listed] == [entry.id for entry in catalog.entries()]
    states = {"built in", "on disk", "downloadable", "missing"}
    assert {each["state"] for each in listed} <= states


def test_models_fetches_what_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []

    def fetch(entry: Entry, tick: object) -> Path:
        asked.append(entry.id)
        path = tmp_path / entry.file_name
        path.write_bytes(b"weights")
        return path

    monkeypatch.setenv("SEEWHY_WEIGHTS", str(tmp_path))
    monkeypatch.setattr(download, "download", fetch)
    for _ in range(2):  # the second time it is there already
        assert main(["models", "--download", "alexnet"]) == OK
        _, row = capsys.readouterr().out.splitlines()
        assert row.startswith("alexnet:IMAGENET1K_V1")
        assert row.endswith(str(tmp_path / "alexnet-owt-7be5be79.pth"))
    assert asked == ["alexnet:IMAGENET1K_V1"]


def test_doctor_tells_of_the_weights_it_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "resnet18.pth").write_bytes(b"weights")
    monkeypatch.setenv("SEEWHY_WEIGHTS", str(tmp_path))
    assert main(["doctor", "--json", "--device", "cpu"]) == OK
    found = json.loads(capsys.readouterr().out)
    assert "CPU" in found["device"]
    assert found["build"] == device.build()
    assert found["precision"]["exact"] == "float32"
    assert found["precision"]["fast"] in (None, "bfloat16")
    assert str(tmp_path / "resnet18.pth") in [each["path"] for each in found["weights"]]
    assert main(["doctor", "--device", "cpu"]) == OK
    text = capsys.readouterr().out
    assert f"{found['versions']['torch']}, built for {device.build()}" in text
    for package in ("timm", "transformers"):
        assert f"{package} {version(package)}" in text
    assert "resnet18:IMAGENET1K_V1: local file" in text


@pytest.mark.parametrize(
    ("build", "devices", "words"),
    [
        ("CUDA 13.0", ["cuda", "cpu"], "built for CUDA 13.0\n"),
        ("CUDA 13.0", ["cpu"], "built for CUDA 13.0, but it finds no GPU"),
        ("ROCm 6.4", ["cpu"], "built for ROCm 6.4, but it finds no GPU"),
        ("MPS", ["mps", "cpu"], "built for MPS\n"),
        ("CPU", ["cpu"], "built for CPU\n"),
    ],
)
def test_doctor_says_when_a_build_for_gpus_finds_none(
    build: str, devices: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    doctor.show({**doctor.examine("cpu"), "build": build, "devices": devices})
    assert words in capsys.readouterr().out


def test_doctor_says_when_there_are_no_weights(capsys: pytest.CaptureFixture[str]) -> None:
    findings = doctor.examine("cpu")
    doctor.show({**findings, "weights": []})
    assert "none found" in capsys.readouterr().out


def test_methods_lists_every_method(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["methods"]) == OK
    text = capsys.readouterr().out
    assert all(f"\n{name}  (" in f"\n{text}" for name in METHODS)


def test_methods_lists_every_setting_with_default_range_and_meaning(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["methods"]) == OK
    text = capsys.readouterr().out
    of = dict(part.strip().split("  (", 1) for part in text.split("\n\n") if "  (" in part)
    told = {name: " ".join(each.split()) for name, each in of.items()}
    for method in METHODS.values():
        assert all(
            f" {o.name}={spelled(o, o.default)} " in told[method.name] for o in method.options
        )
        assert all(o.help in told[method.name] for o in method.options)
    assert "--option smoothgrad.NAME=VALUE: samples=50 1 to 1000. Noisy" in told["smoothgrad"]
    assert "samples=1000 50 to 5000, or auto. " in told["kernel-shap"]
    assert "hide_rest=false true or false. " in told["lime"]
    assert "sampling=" not in told["kernel-shap"]
    assert "NAME=VALUE" not in told["grad-cam"]


def test_the_defaults_that_help_names_exist() -> None:
    assert all(name in METHODS for name in flags.DEFAULT_METHODS)
    assert palette.DEFAULT == "inferno"
    help_text = io.StringIO()
    parser = entry_point.Parser(prog="x")
    entry_point.command("explain").add_arguments(parser)
    parser.print_help(help_text)
    assert all(name in help_text.getvalue() for name in palette.sequential())


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_one_line_on_a_terminal_and_nothing_elsewhere() -> None:
    screen, pipe = Terminal(), io.StringIO()
    for stream in (screen, pipe):
        progress = Progress(stream)
        progress(0.25, "cat.png, Score-CAM")
        progress.clear()
        progress.finish("done")
    assert " 25%  cat.png, Score-CAM" in screen.getvalue()
    assert screen.getvalue().count("\n") == 1
    assert pipe.getvalue() == ""


def test_a_log_gets_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    log = io.StringIO()
    progress = Progress(log)
    monkeypatch.setattr("core.commands.progress.LOG_PAUSE", 0.0)
    for done in (0.25, 0.5):
        progress(done, "two\nlines.png")
    lines = log.getvalue().splitlines()
    assert lines == [" 25%  two lines.png", " 50%  two lines.png"]


@pytest.mark.parametrize("given", [("", "--out", "out"), ("photos", "--out", "")])
def test_an_empty_name_is_no_folder(
    given: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", *given]) == BAD_INPUT
    assert "the name is empty: give a file or folder" in capsys.readouterr().err


def test_the_estimate_is_the_rest_at_the_pace_so_far() -> None:
    assert estimate(10.0, 0.25) == ", about 30 s left"
    assert estimate(0.1, 0.5) == ""
    assert estimate(10.0, 0.0) == ""
    assert [clock(seconds) for seconds in (0.44, 12.2, 200.0)] == ["0.4 s", "12 s", "3 min 20 s"]


def test_the_first_ctrl_c_waits_for_a_safe_place_and_the_second_does_not() -> None:
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with Stop() as stop:
            stop.check()
            signal.raise_signal(signal.SIGINT)
            with pytest.raises(Cancelled):
                stop.check()
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_an_ignored_ctrl_c_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Stop() as stop:
            signal.raise_signal(signal.SIGINT)
            stop.check()
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_complaint_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    entry_point.complain(str(CannotWrite("a\nb\tc")))
    assert capsys.readouterr().err == "seewhy: a b c\n"


@pytest.mark.slow
def test_a_damaged_tiff_gives_one_line_and_nothing_of_libtiff(photo: Path, out: Path) -> None:
    bad = photo.with_name("bad.tif")
    bad.write_bytes(made_pictures.damaged_tiff())
    command = [sys.executable, "-m", "core", "explain", str(bad), str(photo), "--out", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == BAD_INPUT
    assert done.stderr.splitlines() == [
        "seewhy: bad.tif is a TIFF file that cannot be decoded (damaged or cut off): copy or save "
        "it again."
    ]
    assert (out / "photo_grad-cam.png").exists()
