"""Only pictures that lie in the named folder can be read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import BadPicture
from core.pictures import server_folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "pictures"
    path.mkdir()
    image = Image.fromarray(np.full((8, 9, 3), 90, np.uint8))
    for name in ("b.png", "a.JPG", ".hidden.png"):
        image.save(path / name, "PNG")
    image.save(tmp_path / "outside.png")
    (path / "link.png").symlink_to(tmp_path / "outside.png")
    (path / "inner.png").symlink_to(path / "b.png")
    (path / "notes.txt").write_text("no picture")
    (path / "folder.png").mkdir()
    monkeypatch.setenv("SEEWHY_PICTURES", str(path))
    return path


def test_lists_pictures_of_the_folder_alone(folder: Path) -> None:
    assert server_folder.names() == ("a.JPG", "b.png", "inner.png")
    assert server_folder.load("b.png").original_size == (9, 8)


@pytest.mark.parametrize(
    "name",
    [
        "../outside.png",
        "link.png",
        ".hidden.png",
        "notes.txt",
        "/etc/passwd",
        "gone.png",
        "",
        "folder.png",
        "a\0.png",
        "sub/../b.png",
    ],
)
def test_nothing_else_is_read(folder: Path, name: str) -> None:
    with pytest.raises(BadPicture, match="is not in the server's picture folder"):
        server_folder.load(name)


def test_a_folder_that_cannot_be_read_is_not_an_empty_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(BadPicture, match=r"cannot be read \(Permission denied\).*SEEWHY_PICTURES"):
        server_folder.names()


def test_a_folder_below_one_that_may_not_be_entered(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_dir", refuse)
    assert server_folder.names() == ()


@pytest.mark.parametrize("value", ["", "/nowhere/at/all"])
def test_no_folder(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("SEEWHY_PICTURES", value)
    assert server_folder.names() == ()
    with pytest.raises(BadPicture):
        server_folder.load("b.png")
