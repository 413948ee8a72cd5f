"""Files that installed packages bring along, found without importing the package."""

from __future__ import annotations

import importlib.util
import sysconfig
from pathlib import Path


def installed_file(package: str, file: str) -> Path:
    """Return where a file of an installed package lies.

    Args:
        package: top-level name as in an import, for example `skimage`.
        file: path inside the package.

    Returns:
        The file; where it is not installed, the path at which pip would put it.
    """
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / file
        if path.is_file():
            return path
    return Path(sysconfig.get_path("purelib")) / package / file
