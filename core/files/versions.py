"""Versions of the packages that results depend on."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from core import CODE_VERSION

PACKAGES = ("torch", "torchvision", "grad-cam", "lime", "scikit-image", "numpy", "pillow")


def versions() -> dict[str, str]:
    """Return the versions of SeeWhy's result format, Python and the packages that compute."""
    found = {"seewhy": CODE_VERSION, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "missing"
    return found
