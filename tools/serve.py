"""Start the dashboard; the libraries load while the server waits for its first visitor.

    python -m tools.serve --share --server.port 8600

`--share` opens the dashboard to the network; other arguments go to streamlit.
"""

from __future__ import annotations

import atexit
import gc
import os
import re
import socket
import sys
import threading
import time
from pathlib import Path

from streamlit.web.cli import main

from core.imports import warm
from pages.ui.parts.needed import FIRST, NEEDED

PAUSE = 2.0
"""Seconds in which an early visitor's first prediction has the interpreter for itself."""
DASHBOARD = Path(__file__).parents[1] / "dashboard.py"
SHARE = "--share"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - only after `--share`, with a warning
WARNING = (
    "Shared with your network, without a login: anybody in it can open this address, use this "
    "computer's processor, memory and disk (uploads, downloads of weights unless "
    "SEEWHY_ALLOW_DOWNLOADS=0), and see the pictures in the folder named by SEEWHY_PICTURES."
)


def option(name: str, arguments: list[str]) -> str:
    """Return the value of one of streamlit's options, `server.port` for example, or nothing."""
    for argument, value in zip(arguments, [*arguments[1:], ""], strict=False):
        if argument == f"--{name}":
            return value
        if argument.startswith(f"--{name}="):
            return argument.partition("=")[2]
    words = re.sub(r"\.|(?=[A-Z])", "_", name)
    return os.environ.get(f"STREAMLIT_{words.upper()}", "")


def streamlit_arguments(arguments: list[str]) -> list[str]:
    """Return what streamlit is started with.

    Args:
        arguments: of this program.
    """
    rest = [argument for argument in arguments if argument != SHARE]
    if SHARE in arguments:
        return [*rest, "--server.address", EVERYWHERE]
    if option("server.address", rest) or option("server.allowedHosts", rest):
        return rest
    # A page of the internet may give its own name the address of this computer (DNS rebinding)
    # and read along, unless the names are known by which the dashboard is opened.
    hosts = ("localhost", "127.0.0.1")
    return [*rest, *(part for host in hosts for part in ("--server.allowedHosts", host))]


def lines(arguments: list[str]) -> list[str]:
    """Return what a person who starts the dashboard reads."""
    port = option("server.port", arguments) or "8501"
    first = f"SeeWhy: http://localhost:{port} (Ctrl-C ends it)"
    if SHARE not in arguments:
        return [first]
    address = network_address()
    where = (
        f"In your network: http://{address}:{port}"
        if address
        else f"In your network: http://ADDRESS:{port}, with this computer's address in place of "
        "ADDRESS; it was not found, so look it up in the system's network settings."
    )
    return [first, where, WARNING]


def network_address() -> str | None:
    """Return this computer's IPv4 address in its network, or None where it has none.

    Nothing is sent: a socket for datagrams only chooses the address that it would send from. The
    addresses below are kept for documentation and for private networks.
    """
    for target in ("192.0.2.1", "192.168.0.1", "10.0.0.1", "172.16.0.1"):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((target, 9))
            except OSError:
                continue
            address = str(probe.getsockname()[0])
        if not address.startswith(("127.", "0.")):
            return address
    return None


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
    print(*lines(sys.argv[1:]), sep="\n", flush=True)
    threading.Thread(target=warm_up, name="seewhy-warm", daemon=True).start()
    sys.argv = ["streamlit", "run", str(DASHBOARD), *streamlit_arguments(sys.argv[1:])]
    main()
