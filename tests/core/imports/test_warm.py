"""The libraries are there after `up`, however many threads ask at once."""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.imports import warm
from pages.ui.parts.needed import NEEDED

ROOT = Path(__file__).parents[3]


def test_importing_it_imports_none_of_the_heavy_libraries() -> None:
    code = (
        "import sys, core.imports.warm; "
        "assert not {'torch', 'plotly', 'skimage'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_the_frame_of_a_page_needs_none_of_the_heavy_libraries() -> None:
    code = "import sys, pages.ui.parts.frame; assert not {'torch', 'skimage'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_after_it_everything_is_there() -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: warm.up(NEEDED), range(4)))
    assert warm.is_up(NEEDED)
    assert {"torch", "plotly", "core.explain.methods"} <= set(sys.modules)


@pytest.mark.slow
def test_the_overview_needs_no_library_but_the_first() -> None:
    """The others may be on their way in by then, and half of one must not be seen."""
    code = """
import sys
import streamlit.runtime.scriptrunner
from core.imports import warm
from pages.ui.parts.needed import FIRST
warm.up(FIRST)
before = {name.partition(".")[0] for name in sys.modules}
assert not {"sklearn", "lime", "pytorch_grad_cam"} & before
import pages.ui.parts.overview_pickers, pages.ui.parts.own_weights, pages.ui.parts.predicted
new = {name.partition(".")[0] for name in sys.modules} - before
assert new <= {"pages"} | sys.stdlib_module_names, new
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_after_it_no_request_imports_a_library() -> None:
    """Every name that `core` gives to `library` is imported by then."""
    warm.up(NEEDED)
    named = {
        name
        for path in (ROOT / "core").rglob("*.py")
        for name in re.findall(r'library\("([\w.]+)"\)', path.read_text("utf-8"))
    }
    assert "pytorch_grad_cam" in named
    # Few need it, and it takes a second: its first model waits for it.
    assert named - {"transformers"} <= set(sys.modules)
