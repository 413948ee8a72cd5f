"""What the server's options must say."""

from __future__ import annotations

from streamlit import config


def test_no_full_collection_after_each_run() -> None:
    """Streamlit's own takes 0.2 s beside torch, holds up all visitors, and follows every poll."""
    assert config.get_option("runner.postScriptGC") is False
