"""What all tests of pages share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st

from core.requests.maps import AnyMap, LimeRequest, MapRequest
from core.work.job import Job
from core.work.local_executor import LocalExecutor
from pages.ui.parts import jobs


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Start with no weights and no caches; end no test with work still running."""
    for name in ("SEEWHY_WEIGHTS", "XDG_CACHE_HOME", "TORCH_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    st.cache_resource.clear()
    yield
    jobs.runner().close()
    st.cache_resource.clear()


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The requests whose work was begun: those that joined a job or found a result are not here."""
    requests: list[object] = []
    start = LocalExecutor._start

    def counted(self: LocalExecutor, request: object, *given: Any) -> Job[object]:
        before = self.runner.started
        job = start(self, request, *given)
        requests.extend([request] * (self.runner.started > before))
        return job

    monkeypatch.setattr(LocalExecutor, "_start", counted)  # of every engine
    return requests


def maps_in(requests: list[object]) -> list[AnyMap]:
    """The maps among requests."""
    return [each for each in requests if isinstance(each, MapRequest | LimeRequest)]
