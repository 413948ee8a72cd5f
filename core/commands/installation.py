"""The first thing every computing command does: see that the heavy packages are there."""

from __future__ import annotations

from core.errors import BadInstallation


def ready(*, torchvision: bool = True) -> None:
    """Import torch and torchvision, once.

    Args:
        torchvision: False for a command that may find all its results on disk: torchvision takes
            seconds, and loading a model checks it anyway.

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
    if torchvision:
        check_installation()
