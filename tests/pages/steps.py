"""What tests of the pages share."""

from __future__ import annotations

import time

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui.parts import jobs
from pages.ui.parts.text import JOINER

PATIENCE = 300.0
"""Seconds: LIME's thousand samples take long where other work uses the machine."""


def unescaped(text: str) -> str:
    """Return Markdown text as a person sees it."""
    return text.replace("\\", "").replace(JOINER, "")


def settled(app: AppTest) -> AppTest:
    """Run until a run finds all work done and asks for no more: fragments do not poll here."""
    known, end = -1, time.monotonic() + PATIENCE
    while time.monotonic() < end:
        assert not app.exception
        runner = jobs.runner()
        started, idle = runner.started, not runner.busy
        if idle and started == known:
            return app
        known = started if idle else -1
        if not idle:
            time.sleep(0.05)
        app.run()
    pytest.fail("The work does not end.")


def until_idle() -> None:
    """Wait until no work is queued or running."""
    for _ in range(1200):
        if not jobs.runner().busy:
            return
        time.sleep(0.05)
    pytest.fail("The work does not end.")
