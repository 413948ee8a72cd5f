"""The first thing every computing command does: see that the heavy packages are there."""

from __future__ import annotations

from core.errors import BadInstallation


def ready() -> None:
    """Import torch and torchvision, once.

    Raises:
        BadInstallation: one is missing or they do not fit each other.
    """
    try:
        # Not at the top of the file: torch takes seconds, and `--help` must not wait for it.
        from core.models.device import check_installation
    except ModuleNotFoundError as error:
        raise BadInstallation(
            f"The package {error.name} is missing: run `pip install -r requirements.txt`."
        ) from error
    check_installation()
