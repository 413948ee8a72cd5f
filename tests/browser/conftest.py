"""A real server and a real browser. Skips, with the reason, where there is no Chromium."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

playwright_api = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed: see tests/requirements.txt"
)

playwright_api.expect.set_options(timeout=30_000)

ROOT = Path(__file__).parents[2]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
# Streamlit looks for its own address under the page's path first, and finds it one level higher.
KNOWN = re.compile(r"/\w+/_stcore/(health|host-config)$")

AGAIN = 2
"""Tests of one run that may be tried again."""


@contextmanager
def started(factory: pytest.TempPathFactory, *command: str) -> Iterator[str]:
    """Run a server of pages on a free port, with no weights on disk; gives its address.

    Args:
        factory: of folders.
        command: what Python runs; the server's options follow.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    empty = str(factory.mktemp("empty"))
    homes = {"SEEWHY_WEIGHTS": empty, "XDG_CACHE_HOME": empty, "TORCH_HOME": empty}
    # Nothing listens there, so that downloads fail as they do without a network.
    nowhere = "http://127.0.0.1:9"
    homes |= {"HTTPS_PROXY": nowhere, "https_proxy": nowhere, "NO_PROXY": "", "no_proxy": ""}
    where = [f"--server.port={port}", "--server.address=127.0.0.1"]
    log = factory.mktemp("log") / "server.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, *command, *where],
            cwd=ROOT,
            env={**os.environ, **homes},
            stdout=out,
            stderr=out,
        )
        try:
            _wait_until_up(f"http://127.0.0.1:{port}/_stcore/health")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(60)
    printed = log.read_text()
    # A click that meets a rerun can miss a file of the run before, inside Streamlit alone.
    assert not re.search(rf'File "{re.escape(str(ROOT))}/(?!\.venv)', printed), printed


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboard; yields its address."""
    with started(tmp_path_factory, "-m", "tools.serve") as address:
        yield address


def _wait_until_up(address: str) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(address, timeout=2) as reply:
                if reply.read() == b"ok":
                    return
        except OSError:
            time.sleep(0.2)
    pytest.fail("The server did not start within a minute.")


@pytest.fixture(scope="session")
def browser() -> Iterator[playwright_api.Browser]:
    """One Chromium for all tests."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: `apt-get install chromium`.")
    with playwright_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def visit(
    browser: playwright_api.Browser, server: str
) -> Iterator[Callable[..., playwright_api.Page]]:
    """Open an address as a new visitor; at the end nothing may have gone wrong unseen."""
    faults: list[str] = []
    contexts = []

    def open_page(
        path: str, *, width: int = 1440, height: int = 900, scheme: str = "light"
    ) -> playwright_api.Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            reduced_motion="reduce",  # drawing what moves takes a third of the machine
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: faults.append(f"page error: {error}"))
        page.on("console", lambda message: _note_console(message, faults))
        page.on("request", lambda request: _note_request(request.url, server, faults))
        page.goto(server + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not faults


def _note_console(message: playwright_api.ConsoleMessage, faults: list[str]) -> None:
    if message.type == "error" and not KNOWN.search(message.location.get("url", "")):
        faults.append(f"console: {message.text} ({message.location})")


def _note_request(url: str, server: str, faults: list[str]) -> None:
    if not url.startswith((server, server.replace("http", "ws", 1), "data:", "blob:")):
        faults.append(f"request to {url}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Try a browser test once more when it fails.

    A click on a link is lost, inside Streamlit, when a fragment of the old page asks for its next
    run before the server has begun with the new page: seldom, but more often on a busy machine.
    """
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=1, reruns_delay=2))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let the session fail when more tests were tried again than chance explains."""
    if len(_tried_again(session.config)) > AGAIN and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Name the tests that were tried again: more than a few of them are a fault to find."""
    if names := _tried_again(terminalreporter.config):
        terminalreporter.write_line(f"Tried again, {AGAIN} at most may be: {', '.join(names)}")


def _tried_again(config: pytest.Config) -> list[str]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    reports = reporter.stats.get("rerun", []) if reporter else []
    return sorted({report.nodeid for report in reports})
