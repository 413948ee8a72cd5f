"""Downloads from the Hugging Face hub, with the library itself and a server on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from core.errors import Cancelled
from core.models import hub

COMMIT = "0" * 40
BODY = bytes(range(256)) * 2**14  # 4 MB


class Hub(BaseHTTPRequestHandler):
    """Answers as the hub does, for one file of one repository."""

    def log_message(self, format: str, *values: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.answer(b"")

    def do_GET(self) -> None:
        files = [{"rfilename": "model.safetensors", "size": len(BODY)}]
        about = {"id": "owner/name", "sha": COMMIT, "siblings": files}
        self.answer(json.dumps(about).encode() if self.path.startswith("/api/") else BODY)

    def answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("ETag", '"abc"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Content-Length", str(len(body or BODY)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(autouse=True)
def _server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name, value in {
        "ENDPOINT": address,
        "HUGGINGFACE_CO_URL_TEMPLATE": address + "/{repo_id}/resolve/{revision}/{filename}",
        "HF_HUB_CACHE": str(tmp_path),
    }.items():
        monkeypatch.setattr(f"huggingface_hub.constants.{name}", value)
    yield
    server.shutdown()
    server.server_close()


def test_download_reports_progress_and_lands_in_the_cache(tmp_path: Path) -> None:
    assert hub.published_files("owner/name") == {"model.safetensors": len(BODY)}
    ticks: list[tuple[float, str]] = []
    hub.fetch("owner/name", ["model.safetensors"], lambda *tick: ticks.append(tick))
    assert ticks[0] == (0.0, "asking for model.safetensors")
    assert ticks[-1] == (1.0, "4 of 4 MB")
    (path,) = tmp_path.glob("models--owner--name/snapshots/*/model.safetensors")
    assert path.read_bytes() == BODY


def test_stop_ends_a_download() -> None:
    def stop(fraction: float, stage: str) -> None:
        if fraction:
            raise Cancelled

    with pytest.raises(Cancelled):
        hub.fetch("owner/name", ["model.safetensors"], stop)
