"""Downloads from a real server on this machine: whole and checked, or nothing at all."""

from __future__ import annotations

import errno
import hashlib
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from core.errors import Cancelled, DownloadFailed, MissingWeights
from core.files.writing import PART
from core.models import download as module
from core.models.catalog import find, status
from core.models.catalog_entry import Entry
from core.models.download import CHUNK, download
from core.models.files import download_folder
from core.models.load import load

CONTENT = os.urandom(3 * CHUNK + 17)
DIGEST = hashlib.sha256(CONTENT).hexdigest()


class Server(BaseHTTPRequestHandler):
    """Answers by the first part of the path."""

    def do_GET(self) -> None:
        """Send the content, or what else the path asks for."""
        way = self.path.split("/")[1]
        if way == "gone":
            self.send_error(404)
        elif way in ("away", "near"):
            port = self.server.server_address[1]
            here = f"http://127.0.0.1:{port}/good/file.pth"
            self.send_response(302)
            self.send_header("Location", here if way == "near" else "http://192.0.2.1/file.pth")
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self.send_response(200)
            length = {"cut": 2 * len(CONTENT), "huge": 10**10}.get(way, len(CONTENT))
            if way != "unsaid":
                self.send_header("Content-Length", "x" if way == "odd" else str(length))
            self.end_headers()
            if way == "silent":
                self.server.release.wait(30)  # type: ignore[attr-defined]
                return
            for _ in range(20 if way == "unsaid" else 1):
                self.wfile.write(CONTENT)

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet."""


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """A running server; downloads go below `tmp_path`."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.delenv("SEEWHY_WEIGHTS", raising=False)
    monkeypatch.setenv("no_proxy", "*")
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        server.release = threading.Event()  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.release.set()  # type: ignore[attr-defined]
        server.shutdown()
        thread.join()


def entry_of(url: str) -> Entry:
    """A catalogue entry whose file is the test's content."""
    return replace(
        find("resnet50"),
        url=url,
        file_name=f"resnet50-{DIGEST[:8]}.pth",
        digest_prefix=DIGEST[:8],
        size_mb=len(CONTENT) / 2**20,
    )


def left_over() -> list[str]:
    """Names of all files in the download folder."""
    folder = download_folder()
    assert folder is not None
    return sorted(path.name for path in folder.glob("*")) if folder.exists() else []


def quiet(fraction: float, stage: str) -> None:
    """Nobody watches."""


@pytest.mark.parametrize("way", ["good", "near", "odd"])
def test_whole_file_arrives(address: str, way: str) -> None:
    entry = entry_of(f"{address}/{way}/file.pth")
    assert status(entry).state == "downloadable"
    seen: list[tuple[float, str]] = []
    path = download(entry, lambda fraction, stage: seen.append((fraction, stage)))
    assert path.read_bytes() == CONTENT
    assert left_over() == [entry.file_name]
    found = status(entry)
    assert (found.state, found.path, found.local) == ("on disk", path, False)
    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0
    assert fractions[-1] == 1
    assert len(seen) >= 5


def test_without_a_published_digest(address: str) -> None:
    entry = replace(entry_of(f"{address}/good/file.pth"), digest_prefix="")
    download(entry, quiet)
    assert status(entry).digest == DIGEST


@pytest.mark.parametrize("chunks", [0, 2])
def test_cancel_leaves_nothing(address: str, chunks: int) -> None:
    calls = []

    def tick(fraction: float, stage: str) -> None:
        calls.append(fraction)
        if len(calls) > chunks:
            raise Cancelled("Stop was pressed.")

    with pytest.raises(Cancelled):
        download(entry_of(f"{address}/good/file.pth"), tick)
    assert left_over() == []
    assert len(calls) == chunks + 1


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ("gone", r"the server says 404 Not Found\): try again, or fetch http"),
        ("cut", "the connection broke off"),
        ("huge", "is larger than the 1 MB that were published"),
        ("unsaid", "is larger than the 1 MB that were published"),
        ("away", r"http://192\.0\.2\.1/file\.pth is not encrypted"),
    ],
)
def test_failures_leave_nothing(address: str, way: str, words: str) -> None:
    with pytest.raises(DownloadFailed, match=words) as caught:
        download(entry_of(f"{address}/{way}/file.pth"), quiet)
    assert left_over() == []
    assert "\n" not in str(caught.value)


def test_wrong_digest(address: str) -> None:
    entry = replace(entry_of(f"{address}/good/file.pth"), digest_prefix="00000000")
    with pytest.raises(DownloadFailed, match=f"digest {DIGEST[:12]} instead of 00000000"):
        download(entry, quiet)
    assert left_over() == []


def test_silent_server(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIMEOUT", 0.2)
    with pytest.raises(DownloadFailed, match="no answer for"):
        download(entry_of(f"{address}/silent/file.pth"), quiet)
    assert left_over() == []


def test_nobody_listens(address: str) -> None:
    with pytest.raises(DownloadFailed, match="Connection refused"):
        download(entry_of("http://127.0.0.1:9/file.pth"), quiet)


def test_failed_download_keeps_the_old_file(address: str) -> None:
    entry = entry_of(f"{address}/good/file.pth")
    path = download(entry, quiet)
    with pytest.raises(DownloadFailed):
        download(replace(entry, url=f"{address}/cut/file.pth"), quiet)
    assert path.read_bytes() == CONTENT


def test_full_disk(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module, "_receive", full)
    with pytest.raises(DownloadFailed, match="Not enough disk space"):
        download(entry_of(f"{address}/good/file.pth"), quiet)
    assert left_over() == []


def test_folder_that_cannot_be_made(
    address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(DownloadFailed, match=r"cannot be written .*set XDG_CACHE_HOME"):
        download(entry_of(f"{address}/good/file.pth"), quiet)
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)
    with pytest.raises(DownloadFailed, match=r"No home folder .*set XDG_CACHE_HOME"):
        download(entry_of(f"{address}/good/file.pth"), quiet)


@pytest.mark.parametrize("url", ["http://example.org/a.pth", "file:///etc/passwd", "ftp://a/b"])
def test_only_encrypted_addresses(address: str, url: str) -> None:
    with pytest.raises(DownloadFailed, match="not encrypted"):
        download(entry_of(url), quiet)


def test_the_owner_may_forbid_downloads(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = entry_of(f"{address}/good/file.pth")
    monkeypatch.setenv("SEEWHY_ALLOW_DOWNLOADS", "0")
    monkeypatch.setattr(module, "_open", None)
    with pytest.raises(DownloadFailed, match="its owner does not allow downloads"):
        download(entry, quiet)
    with pytest.raises(MissingWeights) as caught:
        load("resnet50")
    assert "download them on the page" not in str(caught.value)


def test_nothing_published() -> None:
    with pytest.raises(DownloadFailed, match="Nobody publishes weights for resnet18:random"):
        download(find("resnet18:random"), quiet)


def test_rests_of_killed_downloads_go(address: str) -> None:
    entry = entry_of(f"{address}/good/file.pth")
    path = download(entry, quiet)
    old, young = (path.with_name(PART.format(name)) for name in ("old", "young"))
    for rest in (old, young):
        rest.write_bytes(b"part")
    os.utime(old, (time.time() - 2 * 86400,) * 2)
    download(entry, quiet)
    assert (old.exists(), young.exists()) == (False, True)
