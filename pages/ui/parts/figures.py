"""Figures for the pages: drawn in a worker, once for everybody, and kept while there is room."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from core.requests.keys import content_key
from pages.ui.parts import jobs

T = TypeVar("T")


def drawn(name: str, draw: Callable[[], T], *shown: object) -> T:
    """Return a figure; equal things are drawn once, whoever asks.

    Args:
        name: of the kind of figure.
        draw: makes it; called in a worker.
        *shown: all that the figure shows: requests, looks, sizes.

    Raises:
        SeeWhyError: it cannot be drawn.
    """
    job = jobs.runner().submit(
        content_key(figure=name, shown=shown), lambda link: draw(), title="The figure"
    )
    while not job.wait(1.0):
        job.touch()
    return job.result()
