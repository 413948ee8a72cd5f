"""What results depend on is named with its version."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

import pytest

from core.files import versions as module


def test_every_package_that_computes_is_named() -> None:
    named = module.versions()
    for package in ("scikit-learn", "scipy", "numpy", "torch"):
        assert named[package] == version(package)
    assert {"seewhy", "python"} <= named.keys()


def test_what_is_optional_is_named_only_where_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(package: str) -> str:
        raise PackageNotFoundError(package)

    monkeypatch.setattr(module, "version", missing)
    named = module.versions()
    assert named["scipy"] == "missing"
    assert "open_clip_torch" not in named
