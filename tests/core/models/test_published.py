"""torchvision's part of the catalogue: kept on disk, asked for again where that does not do."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.models import published as module
from core.models.catalog_entry import Entry
from core.models.published import FILE, published

ROOT = Path(__file__).parents[3]


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """An empty cache of the user's; nothing is remembered in this process."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    published.cache_clear()
    yield tmp_path / "seewhy"
    published.cache_clear()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One word for each time that torchvision was asked."""
    calls: list[str] = []
    whole = module._ask

    def counted() -> list[Entry]:
        calls.append("asked")
        return whole()

    monkeypatch.setattr(module, "_ask", counted)
    return calls


def test_what_is_kept_is_what_torchvision_says(cache: Path, asked: list[str]) -> None:
    first = published()
    assert [path.name for path in cache.iterdir()] == [FILE], "no half-written file stays"
    published.cache_clear()
    again = published()
    assert again == first
    assert list(again) == list(first)
    assert asked == ["asked"]
    names = {id(each.names) for entries in again.values() for each in entries}
    assert len(names) == 1, "the 1000 names of ImageNet are in memory once"


@pytest.mark.parametrize("damage", ["", "{}", "[1]", '{"made_of": 1', "made_of", "names"])
def test_damaged_or_older_file_is_replaced(cache: Path, asked: list[str], damage: str) -> None:
    first = published()
    whole = json.loads((cache / FILE).read_text("utf-8"))
    if damage in whole:
        damage = json.dumps({**whole, damage: "another"})
    (cache / FILE).write_text(damage, "utf-8")
    published.cache_clear()
    assert published() == first
    assert asked == ["asked"] * 2
    assert json.loads((cache / FILE).read_text("utf-8")) == whole


def test_no_cache_to_write_to_is_no_fault(
    monkeypatch: pytest.MonkeyPatch, cache: Path, asked: list[str]
) -> None:
    cache.write_text("a file where the folder should be")
    assert "resnet18" in published()
    published.cache_clear()
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)
    assert "resnet18" in published()
    assert asked == ["asked"] * 2


def test_a_model_is_found_without_torchvision(cache: Path) -> None:
    published()
    code = (
        "import sys; from core.models.catalog import find, status\n"
        "status(find('resnet50')); status(find('vit_b_16:random'))\n"
        "assert not {'torchvision', 'torch._dynamo'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
