"""Folders of this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.files.folders import cache_folder, file_names, is_file


def test_the_cache_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "x"))
    assert cache_folder() == tmp_path / "x" / "seewhy"
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    assert cache_folder() == tmp_path / ".cache" / "seewhy"


def test_no_home_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)
    assert cache_folder() is None


def test_what_may_not_be_looked_at_is_not_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "b").touch()
    (tmp_path / "a").touch()
    assert file_names(tmp_path) == ("a", "b")
    assert file_names(tmp_path / "gone") == ()
    assert is_file(tmp_path / "a")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_file", refuse)
    monkeypatch.setattr(Path, "iterdir", refuse)
    assert not is_file(tmp_path / "a")
    assert file_names(tmp_path) == ()
