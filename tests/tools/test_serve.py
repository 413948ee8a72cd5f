"""Starting the dashboard."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_warming_up_freezes_the_libraries_once() -> None:
    """In a process of its own: what is frozen here would hide from other tests."""
    code = """
import gc
from tools import serve
before = gc.get_freeze_count()
serve.warm_up()
assert "torch" in __import__("sys").modules
assert gc.get_freeze_count() > before + 100_000
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=300)
