"""The owner's switch: whether visitors and commands may fetch files to this computer."""

from __future__ import annotations

import os

from core.errors import DownloadFailed

VARIABLE = "SEEWHY_ALLOW_DOWNLOADS"


def allowed() -> bool:
    """Return whether downloads are allowed; they are, unless `SEEWHY_ALLOW_DOWNLOADS=0`."""
    return os.environ.get(VARIABLE, "").strip().lower() not in ("0", "no", "false", "off")


def refusal(what: str) -> str:
    """Return the sentence for something that is not here and must not be fetched."""
    return (
        f"{what} is not on this computer, and its owner does not allow downloads ({VARIABLE}=0): "
        "choose something that is here, or ask for it."
    )


def check(what: str) -> None:
    """Refuse where downloads are not allowed.

    Raises:
        DownloadFailed: they are not.
    """
    if not allowed():
        raise DownloadFailed(refusal(what))
