"""Versions of the packages that results depend on."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from core import CODE_VERSION

PACKAGES = (
    "torch",
    "torchvision",
    "timm",
    "transformers",
    "grad-cam",
    "lime",
    "scikit-image",
    "scikit-learn",
    "scipy",
    "numpy",
    "pillow",
)
OPTIONAL = ("open_clip_torch",)
"""Named only where they are installed: nothing depends on them without them."""


def versions() -> dict[str, str]:
    """Return the versions of SeeWhy's result format, Python and the packages that compute."""
    numbers = {"seewhy": CODE_VERSION, "python": platform.python_version()}
    numbers |= {package: _version(package) or "missing" for package in PACKAGES}
    optional = {package: _version(package) for package in OPTIONAL}
    return numbers | {package: number for package, number in optional.items() if number}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
