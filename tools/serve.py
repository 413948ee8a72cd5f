"""Start the dashboard; the libraries load while the server waits for its first visitor.

    python -m tools.serve --server.port 8600

Arguments go to streamlit.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from streamlit.web.cli import main

from core.imports import warm

DASHBOARD = Path(__file__).parents[1] / "dashboard.py"


def port(arguments: list[str]) -> str:
    """Return the port that streamlit will use for these arguments."""
    for name, value in zip(arguments, [*arguments[1:], ""], strict=True):
        if name == "--server.port":
            return value
        if name.startswith("--server.port="):
            return name.partition("=")[2]
    return os.environ.get("STREAMLIT_SERVER_PORT", "8501")


if __name__ == "__main__":
    print(f"SeeWhy: http://localhost:{port(sys.argv[1:])} (Ctrl-C ends it)", flush=True)
    threading.Thread(target=warm.up, name="seewhy-warm", daemon=True).start()
    sys.argv = ["streamlit", "run", str(DASHBOARD), *sys.argv[1:]]
    main()
