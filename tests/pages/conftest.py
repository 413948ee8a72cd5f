"""What all tests of pages share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st

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
