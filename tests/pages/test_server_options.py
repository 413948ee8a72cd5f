"""What the server's options must say."""

from __future__ import annotations

from streamlit import config


def test_no_full_collection_after_each_run() -> None:
    """Streamlit's own takes 0.2 s beside torch, holds up all visitors, and follows every poll."""
    assert config.get_option("runner.postScriptGC") is False


def test_figures_stay_in_the_browser_while_fragments_run() -> None:
    """At 2 runs, the server's answer names figures that the browser has dropped meanwhile."""
    assert config.get_option("global.maxCachedMessageAge") >= 100
