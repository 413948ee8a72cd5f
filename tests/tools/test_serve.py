"""Starting the dashboard."""

from __future__ import annotations

import ipaddress
import os
import socket
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from tools import serve

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


def test_it_listens_on_this_computer_unless_it_is_shared() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    assert config["server"]["address"] == "localhost"
    assert "--server.address" not in serve.streamlit_arguments(["--server.port", "9000"])
    shared = serve.streamlit_arguments(["--share", "--server.port", "9000"])
    assert shared == ["--server.port", "9000", "--server.address", "0.0.0.0"]


def test_a_page_of_the_internet_cannot_take_the_name_of_this_computer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The names are only limited where nobody has said on what address to listen."""
    assert serve.streamlit_arguments([])[1::2] == ["localhost", "127.0.0.1"]
    monkeypatch.setenv("STREAMLIT_SERVER_ALLOWED_HOSTS", "my.example.org")
    assert serve.streamlit_arguments([]) == []
    monkeypatch.delenv("STREAMLIT_SERVER_ALLOWED_HOSTS")
    for own in (["--server.address=::"], ["--server.allowedHosts", "my.example.org"]):
        assert serve.streamlit_arguments(own) == own


@pytest.mark.parametrize(
    ("arguments", "port"),
    [([], "8501"), (["--server.port", "9000"], "9000"), (["--server.port=9001"], "9001")],
)
def test_it_says_where_it_is(arguments: list[str], port: str) -> None:
    assert serve.lines(arguments) == [f"SeeWhy: http://localhost:{port} (Ctrl-C ends it)"]


def test_sharing_says_the_address_and_what_it_means(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "network_address", lambda: "192.168.1.7")
    _, where, warning = serve.lines(["--share", "--server.port=9000"])
    assert where == "In your network: http://192.168.1.7:9000"
    assert "without a login" in warning
    monkeypatch.setattr(serve, "network_address", lambda: None)
    assert "ADDRESS" in serve.lines(["--share"])[1]


def test_the_address_in_the_network_is_no_loopback() -> None:
    address = serve.network_address()
    assert address is None or not ipaddress.ip_address(address).is_loopback


def test_only_this_computer_gets_an_answer(tmp_path: Path) -> None:
    """A started server answers on the loopback address and on no other."""
    other = serve.network_address()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "tools.serve", f"--server.port={port}"]
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    with (
        (tmp_path / "log").open("w") as log,
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log) as process,
    ):
        try:
            end = time.monotonic() + 120
            while not answers("127.0.0.1", port):
                assert time.monotonic() < end, (tmp_path / "log").read_text()
                time.sleep(0.2)
            assert other is None or not answers(other, port)
        finally:
            process.terminate()
    assert f"http://localhost:{port}" in (tmp_path / "log").read_text()


def answers(address: str, port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(2)
        return client.connect_ex((address, port)) == 0
