"""A dashboard for a benchmark: a free port, empty caches; the memory and time that it takes."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from mmap import PAGESIZE
from pathlib import Path

ROOT = Path(__file__).parents[1]
MEGABYTE = 2**20


def resident(process: int) -> float:
    """Return the resident memory of a process in MB (Linux)."""
    pages = Path(f"/proc/{process}/statm").read_text().split()[1]
    return int(pages) * PAGESIZE / MEGABYTE


def cpu(process: int) -> float:
    """Return the seconds of processor time that a process has taken (Linux)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Peak:
    """The highest resident memory of a process while the block runs, in MB."""

    def __init__(self, process: int, interval: float = 0.05) -> None:
        self.highest = resident(process)
        self._process, self._interval, self._over = process, interval, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        while not self._over.wait(self._interval):
            self.highest = max(self.highest, resident(self._process))

    def __enter__(self) -> Peak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


def free_port() -> int:
    """Return a port that nobody listens to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(
    log: Path, *arguments: str, home: Path | None = None, port: int = 0
) -> Iterator[tuple[str, int]]:
    """Start the dashboard and stop it at the end; yields its address and its process id.

    Args:
        log: a file for what the server prints; more is added to it.
        arguments: more options for streamlit.
        home: a folder for its caches, which a server that is started again finds; empty for None.
        port: 0 for a free one.
    """
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "tools.serve", f"--server.port={port}"]
    command += ["--server.address=127.0.0.1", *arguments]
    with tempfile.TemporaryDirectory() as empty, log.open("ab") as out:
        folder = str(home or empty)
        homes = {"SEEWHY_WEIGHTS": folder, "XDG_CACHE_HOME": folder, "TORCH_HOME": folder}
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **homes}, stdout=out, stderr=out
        )
        try:
            _wait_until_up(url)
            yield url, process.pid
        finally:
            process.terminate()
            process.wait(60)


def _wait_until_up(url: str, patience: float = 60) -> None:
    end = time.monotonic() + patience
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2) as reply:
                if reply.read() == b"ok":
                    return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("The server did not start.")
