"""Start the dashboard; the libraries load while the server waits for its first visitor.

    python -m tools.serve --server.port 8600

Arguments go to streamlit.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
import threading
from pathlib import Path

from streamlit.web.cli import main

from core.imports import warm
from pages.ui.parts.needed import NEEDED

DASHBOARD = Path(__file__).parents[1] / "dashboard.py"


def port(arguments: list[str]) -> str:
    """Return the port that streamlit will use for these arguments."""
    for name, value in zip(arguments, [*arguments[1:], ""], strict=True):
        if name == "--server.port":
            return value
        if name.startswith("--server.port="):
            return name.partition("=")[2]
    return os.environ.get("STREAMLIT_SERVER_PORT", "8501")


def warm_up() -> None:
    """Import the libraries, then take all that is alive out of the garbage collector's sight.

    Streamlit asks for a full collection after every run of a page (`runner.postScriptGC`), and
    the whole process waits while it walks through every object of every library: 0.15 s, next to
    nothing once they are frozen. Once is enough: a model adds a few percent of that, and what is
    frozen later, visitors' sessions too, would never be collected.
    """
    warm.up(NEEDED)
    gc.collect()
    gc.freeze()
    # What is frozen when the process ends would be reported as leaked by compiled modules.
    atexit.register(gc.unfreeze)


if __name__ == "__main__":
    print(f"SeeWhy: http://localhost:{port(sys.argv[1:])} (Ctrl-C ends it)", flush=True)
    threading.Thread(target=warm_up, name="seewhy-warm", daemon=True).start()
    sys.argv = ["streamlit", "run", str(DASHBOARD), *sys.argv[1:]]
    main()
