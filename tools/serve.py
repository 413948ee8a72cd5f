"""Start the dashboard; the libraries load while the server waits for its first visitor.

    python -m tools.serve --share --server.port 8600

`--share` opens the dashboard to the network; other arguments go to streamlit.
"""

from __future__ import annotations

import atexit
import gc
import os
import re
import sys
import threading
import time
import tomllib
from contextlib import suppress
from pathlib import Path

from streamlit import net_util
from streamlit.web.cli import main

from core.errors import SeeWhyError
from core.files.network import network_address
from core.imports import warm
from core.work.engine import engine_here
from core.work.executors import reach
from pages.ui.parts.needed import FIRST, NEEDED

PAUSE = 2.0
"""Seconds in which an early visitor's first prediction has the interpreter for itself."""
DASHBOARD = Path(__file__).parents[1] / "dashboard.py"
SHARE = "--share"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - only after `--share`, with a warning
ANYWHERE = (EVERYWHERE, "::")
HERE = ("localhost", "127.0.0.1", "::1")
WARNING = (
    "Shared with your network, without a login: anybody in it can open this address, use this "
    "computer's processor, memory and disk (uploads, downloads of weights unless "
    "SEEWHY_ALLOW_DOWNLOADS=0), and see the pictures in the folder named by SEEWHY_PICTURES."
)


def option(name: str, arguments: list[str]) -> str:
    """Return the value of one of streamlit's options as it will take it, or nothing.

    Args:
        name: `server.port`, for example.
        arguments: of this program; the last of several counts, then the environment, then
            streamlit's files.
    """
    pairs = zip(arguments, [*arguments[1:], ""], strict=False)
    for argument, value in reversed(list(pairs)):
        if argument == f"--{name}":
            return value
        if argument.startswith(f"--{name}="):
            return argument.partition("=")[2]
    words = re.sub(r"\.|(?=[A-Z])", "_", name)
    return os.environ.get(f"STREAMLIT_{words.upper()}", "") or _in_files(name)


def _in_files(name: str) -> str:
    """Return an option from streamlit's files; asked itself, it would warn at the start."""
    section, key = name.split(".")
    for folder in (str(DASHBOARD.parent), "~"):
        # Streamlit says what is wrong with a file, and a user may have no home.
        with suppress(OSError, RuntimeError, ValueError):
            path = Path(folder, ".streamlit", "config.toml").expanduser()
            options = tomllib.loads(path.read_text(encoding="utf-8")).get(section, {})
            if key in options:
                return str(options[key])
    return ""


def streamlit_arguments(arguments: list[str]) -> list[str]:
    """Return what streamlit is started with.

    Args:
        arguments: of this program.
    """
    rest = [argument for argument in arguments if argument != SHARE]
    if SHARE in arguments:
        return [*rest, "--server.address", EVERYWHERE]
    local = option("server.address", rest) in ("", *HERE)
    if not local or option("server.allowedHosts", rest) not in ("", "[]"):
        return rest
    # A page of the internet may give its own name the address of this computer (DNS rebinding)
    # and read along, unless the names are known by which the dashboard is opened.
    hosts = ("localhost", "127.0.0.1")
    return [*rest, *(part for host in hosts for part in ("--server.allowedHosts", host))]


def lines(arguments: list[str]) -> list[str]:
    """Return what a person who starts the dashboard reads."""
    given = option("server.address", arguments)
    everywhere = SHARE in arguments or given in ANYWHERE
    here = given if given and not everywhere else "localhost"
    first = f"SeeWhy: {url(here, arguments)} (Ctrl-C ends it)"
    if not everywhere:
        return [first]
    address = network_address()
    where = f"In your network: {url(address or 'ADDRESS', arguments)}"
    if not address:
        where += (
            ", with this computer's address in place of ADDRESS; it was not found, so look it up "
            "in the system's network settings."
        )
    return [first, where, WARNING]


def url(host: str, arguments: list[str]) -> str:
    """Return the address of the page under one of this computer's names."""
    if host.startswith("unix:"):
        return host
    scheme = "https" if option("server.sslCertFile", arguments) else "http"
    name = f"[{host}]" if ":" in host else host
    port = option("server.port", arguments) or "8501"
    path = option("server.baseUrlPath", arguments).strip("/")
    return f"{scheme}://{name}:{port}{f'/{path}' if path else ''}"


def ask_nobody() -> None:
    """Keep streamlit from asking the internet for this computer's address.

    It would do so, on a thread that all visitors wait for, whenever a page of another origin
    opens a connection, and allow that origin if it were the answer. An origin that is to be
    allowed is named (`server.corsAllowedOrigins`, `browser.serverAddress`).
    """
    net_util.get_external_ip = net_util.get_internal_ip = lambda: None


def warm_up() -> None:
    """Import the libraries, then take all that is alive out of the garbage collector's sight.

    Meanwhile the collector rests: it would walk again and again through what only grows.

    A full collection walks through every object of every library while the whole process waits:
    0.15 s, next to nothing once they are frozen. Streamlit would ask for one after every run of
    a page (`runner.postScriptGC`, off in .streamlit/config.toml); Python makes its own now and
    then. Once is enough: a model adds a few percent of that, and what is frozen later, visitors'
    sessions too, would never be collected.
    """
    gc.disable()
    try:
        warm.up(FIRST)
        time.sleep(PAUSE)
        warm.up(NEEDED)
    finally:
        gc.enable()
    gc.collect()
    gc.freeze()
    # What is frozen when the process ends would be reported as leaked by compiled modules.
    atexit.register(gc.unfreeze)


if __name__ == "__main__":
    ask_nobody()
    try:
        reach(engine_here())
    except SeeWhyError as error:
        raise SystemExit(f"seewhy: {error}") from error
    print(*lines(sys.argv[1:]), sep="\n", flush=True)
    threading.Thread(target=warm_up, name="seewhy-warm", daemon=True).start()
    sys.argv = ["streamlit", "run", str(DASHBOARD), *streamlit_arguments(sys.argv[1:])]
    main()
