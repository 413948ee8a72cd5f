"""The launcher, without an installation: what it would run, in which order, and when."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import run

ROOT = Path(__file__).parents[2]
SOURCE = (ROOT / "run.py").read_text("utf-8")


class Started:
    """Notes what would be started."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, *arguments: Any, **_: Any) -> int:
        words = arguments[0] if isinstance(arguments[0], list) else arguments
        self.lines.append(
            " ".join(Path(word).name if Path(word).is_absolute() else word for word in words)
        )
        return 0


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Started:
    """A folder of its own with an environment, in which nothing runs."""
    notes = Started()
    (tmp_path / ".venv").mkdir()
    (tmp_path / "tests").mkdir()
    for name in run.TEST:
        (tmp_path / name).write_text("page>=1\n")
    monkeypatch.setattr(run, "ROOT", tmp_path)
    monkeypatch.setattr(run, "FOLDER", tmp_path / ".venv")
    monkeypatch.setattr(run, "SCRIPTS", tmp_path / ".venv")
    monkeypatch.setattr(run, "PYTHON", Path(sys.executable))
    monkeypatch.setattr(run, "run", notes)
    monkeypatch.setattr(run, "instead", notes)
    monkeypatch.setattr(run, "install_chromium", lambda: None)
    monkeypatch.setattr(subprocess, "run", notes)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    monkeypatch.chdir(tmp_path)
    return notes


def test_it_needs_nothing_but_an_old_python() -> None:
    tree = ast.parse(SOURCE, feature_version=(3, 10))
    names = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [str(node.module)]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert names <= sys.stdlib_module_names


def test_a_second_start_installs_nothing_until_the_files_change(started: Started) -> None:
    assert run.main(["--share"]) == 0
    pip = "-m pip install --quiet --disable-pip-version-check -r requirements.txt"
    assert started.lines == [pip, "-m tools.serve --share"]
    run.main([])
    assert started.lines[2:] == ["-m tools.serve"]
    (run.ROOT / "requirements.txt").write_text("page>=2\n")
    run.main([])
    assert started.lines[3:] == [pip, "-m tools.serve"]


def test_an_installation_that_fails_is_tried_again(
    started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: str) -> None:
        raise subprocess.CalledProcessError(3, "pip")

    monkeypatch.setattr(run, "run", failing)
    assert run.main([]) == 3
    assert not started.lines
    monkeypatch.setattr(run, "run", started)
    assert run.main([]) == 0
    assert started.lines[0].startswith("-m pip install")


def test_all_tests_run_bench_and_browser_alone_and_first(started: Started) -> None:
    assert run.main(["test"]) == 0
    assert started.lines[0].endswith("-r requirements.txt -r tests/requirements.txt")
    assert started.lines[1:] == [
        "-m ruff format --check .",
        "-m ruff check .",
        "-m mypy",
        "lint-imports",
        "-m pytest tests/bench tests/browser",
        "-m pytest -n auto --dist loadgroup --ignore=tests/browser --ignore=tests/bench",
    ]
    assert os.environ["OMP_NUM_THREADS"] == "1"


def test_arguments_go_to_pytest(started: Started) -> None:
    run.main(["test", "tests/core", "-k", "picture"])
    assert started.lines[-2:] == ["lint-imports", "-m pytest tests/core -k picture"]
    assert os.environ["OMP_NUM_THREADS"] == "2"


def test_windows_has_no_process_in_place_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "WINDOWS", True)
    monkeypatch.setattr(run, "PYTHON", Path(sys.executable))
    assert run.instead("-c", "raise SystemExit(7)") == 7


@pytest.mark.parametrize("system", ["nt", "posix"])
def test_where_the_python_of_an_environment_lies(system: str) -> None:
    """The names are made at import, where a `Path` of another system cannot be."""
    code = SOURCE.replace('os.name == "nt"', repr(system == "nt"))
    names: dict[str, Any] = {"__file__": str(ROOT / "run.py"), "__name__": "run"}
    exec(compile(code, "run.py", "exec"), names)
    expected = "Scripts/python.exe" if system == "nt" else "bin/python"
    assert names["PYTHON"] == ROOT / ".venv" / expected


def test_the_python_that_runs_it_goes_first_where_it_is_new_enough() -> None:
    assert next(run.candidates()) == sys.executable
    assert run.suits(sys.executable)
    assert not run.suits("no-such-python")


def test_no_python_and_no_venv_module_are_one_sentence_each(
    started: Started, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(run, "PYTHON", tmp_path / ".venv" / "gone")
    monkeypatch.setattr(run, "suits", lambda python: False)
    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer"):
        run.main([])
    monkeypatch.setattr(run, "suits", lambda python: True)
    monkeypatch.setattr(
        subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], returncode=1)
    )
    with pytest.raises(SystemExit, match="venv module does not work"):
        run.main([])
    assert (tmp_path / ".venv").is_dir()
