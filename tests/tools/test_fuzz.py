"""The command that feeds damaged files: what it counts, and a short run of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import BadPicture
from core.pictures.kinds import known_kind
from tools import fuzz, fuzz_pictures
from tools.fuzz_case import Case


@pytest.mark.parametrize("kind", fuzz.KINDS)
def test_damaged_files_give_a_result_or_one_sentence(
    kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fuzz.main([kind, "--cases", "150", "--seed", "3"]) == 0
    assert f"{kind}: 150 cases: " in capsys.readouterr().out


def test_the_seed_decides_the_cases() -> None:
    one, same, other = (
        [(case.name, case.data) for case in fuzz_pictures.cases(60, seed)] for seed in (1, 1, 2)
    )
    assert one == same != other


def test_undamaged_files_are_of_every_kind_that_is_read() -> None:
    kinds = {known_kind(data) for data in fuzz_pictures.whole_files().values()}
    assert kinds == set(fuzz_pictures.PICTURE_SUFFIXES.values())
    for name, data in fuzz_pictures.whole_files().items():
        assert fuzz_pictures.check(data, "a") == "", name


def refuse(_data: bytes, name: str) -> str:
    raise BadPicture(name)


def fail(_data: bytes, _name: str) -> str:
    raise ZeroDivisionError


def test_faults_are_counted_named_and_stored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = [
        Case("good", "a", b"", lambda *_: ""),
        Case("refused", "It is bad.", b"", refuse),
        Case("two lines", "It\nis bad.", b"", refuse),
        Case("stack trace", "c.png", b"data", fail),
        Case("wrong", "d.png", b"", lambda *_: "it is black"),
    ]
    sums = fuzz.tally(iter(cases), tmp_path / "new")
    assert (sums.results, sums.sentences, sums.faults) == (1, 1, 3)
    printed = capsys.readouterr().out
    assert "ZeroDivisionError" in printed
    assert "wrong: it is black" in printed
    assert (tmp_path / "new" / "002_c.png").read_bytes() == b"data"


def test_an_unknown_kind_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        fuzz.main(["sounds"])
    assert "no kind is called 'sounds': choose among pictures" in capsys.readouterr().err
