"""The class of the benchmark understands today's pages, and what it says is in the rooms' file."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from bench import classroom
from bench._school import Student
from core.classroom import codes


def test_two_students_play_a_round(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classroom, "JOINING", 0.1)
    monkeypatch.setattr(classroom, "ANSWERING", 0.1)
    assert classroom.main(["--students", "2", "--rounds", "1", "--samples", "0"]) == 0
    measured = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (measured["students"], measured["errors"], measured["lost"]) == (2, 0, 0)
    assert measured["answers"] == 4
    for name in ("join_p95", "answer_p95", "reveal_p95", "follow_p95", "memory_mb"):
        assert measured[name] > 0


def test_an_answer_that_the_file_has_not_is_lost(tmp_path: Path) -> None:
    file, token = tmp_path / "rooms.sqlite", codes.new_token()
    with sqlite3.connect(file) as base:
        base.execute("CREATE TABLE answers (room, screen, part, student, value)")
        who = codes.student_of("BKRT", token)
        base.execute("INSERT INTO answers VALUES ('BKRT', 0, 'guess', ?, 'tabby')", (who,))
    base.close()
    student = Student("http://localhost:1", "BKRT", 0)
    student.token = token
    student.accepted = {(0, "guess"): "tabby"}
    assert student.lost(file) == []
    student.accepted = {(0, "guess"): "lynx", (1, "guess"): "tabby"}
    assert student.lost(file) == [(0, "guess"), (1, "guess")]
