"""Starting the dashboard."""

from __future__ import annotations

import ipaddress
import os
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from tools import serve

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
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
    ("arguments", "address"),
    [
        ([], "http://localhost:8501"),
        (["--server.port", "9000"], "http://localhost:9000"),
        (["--server.port=9000", "--server.port=9001"], "http://localhost:9001"),
        (["--server.baseUrlPath", "/lab/seewhy/"], "http://localhost:8501/lab/seewhy"),
        (["--server.sslCertFile=a.pem"], "https://localhost:8501"),
        (["--server.address", "192.168.1.7"], "http://192.168.1.7:8501"),
        (["--server.address", "fd00::7"], "http://[fd00::7]:8501"),
    ],
)
def test_it_says_where_it_is(arguments: list[str], address: str) -> None:
    assert serve.lines(arguments) == [f"SeeWhy: {address} (Ctrl-C ends it)"]


def test_files_of_streamlit_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "config.toml").write_text("[server]\nport = 9000\n")
    monkeypatch.setattr(serve, "DASHBOARD", tmp_path / "dashboard.py")
    assert serve.lines([])[0].startswith("SeeWhy: http://localhost:9000 ")


def test_variables_of_streamlit_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAMLIT_SERVER_BASE_URL_PATH", "lab")
    monkeypatch.setenv("STREAMLIT_SERVER_PORT", "9000")
    assert serve.lines([])[0].startswith("SeeWhy: http://localhost:9000/lab ")
    assert serve.lines(["--server.port=80"])[0].startswith("SeeWhy: http://localhost:80/lab ")


@pytest.mark.parametrize("address", ["0.0.0.0", "::"])
def test_listening_everywhere_is_sharing(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "network_address", lambda: "192.168.1.7")
    shared = serve.lines(["--share"])
    assert serve.lines(["--server.address", address]) == shared
    assert serve.lines(["--share", "--server.baseUrlPath=x"])[1].endswith("//192.168.1.7:8501/x")


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


WATCH = """
import os, sys
def note(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        with open(os.environ["WATCHED"], "a") as file:
            print(event, arguments, file=file)
sys.addaudithook(note)
"""
LOCAL = ("'127.0.0.1'", "'::1'", "'localhost'")


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """A server under a path of its own; yields its port and the folder of what it noted."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "sitecustomize.py").write_text(WATCH)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "tools.serve", f"--server.port={port}"]
    command += ["--server.baseUrlPath", "/lab/seewhy/", "--server.allowedHosts", "lab.example.org"]
    command += ["--server.allowedHosts", "127.0.0.1"]
    places = {"XDG_CACHE_HOME": str(folder), "WATCHED": str(folder / "watched")}
    environment = {**os.environ, **places, "PYTHONPATH": str(folder)}
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log) as process,
    ):
        try:
            end = time.monotonic() + 120
            while not answers("127.0.0.1", port):
                assert time.monotonic() < end, (folder / "log").read_text()
                time.sleep(0.2)
            yield port, folder
        finally:
            process.terminate()


def test_only_this_computer_gets_an_answer(started: tuple[int, Path]) -> None:
    """A started server answers on the loopback address and on no other."""
    other = serve.network_address()
    assert other is None or not answers(other, started[0])


def test_the_address_that_is_printed_is_that_of_the_page(started: tuple[int, Path]) -> None:
    port, folder = started
    text = (folder / "log").read_text()
    assert "restart streamlit" not in text
    printed = text.split()[1]
    assert printed == f"http://localhost:{port}/lab/seewhy"
    with urlopen(printed, timeout=30) as page:
        assert b"<title>Streamlit</title>" in page.read()


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("127.0.0.1:{port}", "http://127.0.0.1:{port}", 101),
        # A proxy that passes the name on, as README.md says.
        ("lab.example.org", "https://lab.example.org", 101),
        ("lab.example.org", "https://other.example.org", 403),
        ("other.example.org", "https://other.example.org", 403),
    ],
)
def test_connections_are_taken_from_the_names_that_were_given(
    started: tuple[int, Path], host: str, origin: str, status: int
) -> None:
    """And nobody is asked for an address, which streamlit does where it meets another origin."""
    port, folder = started
    request = (
        "GET /lab/seewhy/_stcore/stream HTTP/1.1\r\n"
        f"Host: {host.format(port=port)}\r\nOrigin: {origin.format(port=port)}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), 30) as client:
        client.sendall(request.encode())
        assert client.recv(64).startswith(f"HTTP/1.1 {status} ".encode())
    watched = folder / "watched"
    lines = watched.read_text().splitlines() if watched.exists() else []
    assert not [line for line in lines if not any(name in line for name in LOCAL)]


def answers(address: str, port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(2)
        return client.connect_ex((address, port)) == 0
