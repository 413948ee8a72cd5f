"""Two photos in a folder, and a folder for results."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from skimage import data

from core.models import load
from core.models.classifier import Classifier


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    Image.fromarray(data.chelsea()[:, :300]).save(folder / "cat.png")
    Image.fromarray(data.rocket()[:300]).save(folder / "rocket.png")
    return folder


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def loaded(tiny: Classifier, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One entry for each time that a model was loaded."""
    calls: list[str] = []

    def counted(*given: object, **named: object) -> Classifier:
        calls.append(str(given[0]))
        return tiny

    monkeypatch.setattr(load, "load", counted)
    return calls
