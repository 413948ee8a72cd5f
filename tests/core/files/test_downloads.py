"""The owner's switch against downloads."""

from __future__ import annotations

import pytest

from core.errors import DownloadFailed
from core.files import downloads


@pytest.mark.parametrize(
    ("value", "allowed"),
    [("", True), ("1", True), ("yes", True), ("0", False), (" No ", False), ("false", False)],
)
def test_the_switch(monkeypatch: pytest.MonkeyPatch, value: str, allowed: bool) -> None:
    monkeypatch.setenv(downloads.VARIABLE, value)
    assert downloads.allowed() is allowed


def test_without_it_they_are_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(downloads.VARIABLE, raising=False)
    downloads.check("anything")
    monkeypatch.setenv(downloads.VARIABLE, "0")
    with pytest.raises(DownloadFailed, match="ResNet-50 is not on this computer, and its owner"):
        downloads.check("ResNet-50")
