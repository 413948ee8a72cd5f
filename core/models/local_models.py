"""The folder in which the server's owner offers models of their own: `SEEWHY_MODELS`.

It holds files of code and folders of models. Code in it is run, so visitors must not be able to
write there.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from core.files.folders import file_names
from core.models.hub import OWNER_AND_NAME

VARIABLE = "SEEWHY_MODELS"
_OF_HUB = re.compile(rf"hf:{OWNER_AND_NAME.pattern}(:random)?", re.IGNORECASE)


def folder() -> Path | None:
    """Return the folder, where one is named."""
    named = os.environ.get(VARIABLE, "")
    return Path(named).expanduser() if named else None


def paths() -> tuple[Path, ...]:
    """Return what lies in the folder, in alphabetical order."""
    where = folder()
    return () if where is None else tuple(where / name for name in file_names(where))


def is_path(model_id: str) -> bool:
    """Tell whether an id says where on the disk a model lies; visitors may not ask for that."""
    return not _OF_HUB.fullmatch(model_id.strip()) and any(sign in model_id for sign in "/\\~")


def find(name: str) -> Path | None:
    """Return what has a name in the folder; None for anything that is not directly in it."""
    where = folder()
    if where is None or not name or name != Path(name).name:
        return None
    return where / name if name in file_names(where) else None
