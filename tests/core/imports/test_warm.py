"""The libraries are there after `up`, however many threads ask at once."""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

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
    assert warm.is_up()
    assert {"torch", "plotly", "core.explain.methods"} <= set(sys.modules)


def test_after_it_no_request_imports_a_library() -> None:
    """Every name that `core` gives to `library` is imported by then."""
    warm.up(NEEDED)
    named = {
        name
        for path in (ROOT / "core").rglob("*.py")
        for name in re.findall(r'library\("([\w.]+)"\)', path.read_text("utf-8"))
    }
    assert "pytorch_grad_cam" in named
    assert named <= set(sys.modules)
