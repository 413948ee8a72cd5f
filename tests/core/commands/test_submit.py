"""A file posted to a real server on this machine: what arrives, what is said, what is kept."""

from __future__ import annotations

import contextlib
import email.parser
import email.policy
import http.client
import io
import os
import secrets
import socket
import sys
import threading
import time
from collections.abc import Iterator
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from core.commands import submit as module
from core.commands.entry_point import BAD_INPUT, OK, main
from core.files import web

TOKEN = "s3cret/T0ken+of=mine"
CONTENT = bytes(range(256)) * 300 + b"\r\n--\r\n"
TEXTS = {
    "good": (200, b'{"score": 0.5,\n  "place": 3}\n'),
    "empty": (204, b""),
    "echo": (200, f"you sent {TOKEN}, {TOKEN.lower()} and s3cret%2FT0ken%2Bof%3Dmine".encode()),
    "wild": (200, "\x1b[31mred\x07 \x9b2J\u202eabc\r\nnext\tone\0".encode() + b"\xff"),
    "long": (200, b"x" * 200_000),
    "no": (401, f"\n  Unknown token {TOKEN}  \nsecond line".encode()),
    "bad": (422, b"y" * 5000),
    "down": (503, b"<html>\nmaintenance</html>"),
    "other": (302, b""),
    "lost": (307, b""),
}


class Server(BaseHTTPRequestHandler):
    """Answers by the first part of the path and remembers what it was sent."""

    def do_POST(self) -> None:
        """Read everything, then answer."""
        way = self.path.split("/")[1]
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.path, dict(self.headers.items()), body))  # type: ignore[attr-defined]
        if way in ("307", "308", "302"):
            self.answer(int(way), b"", "/" + self.path.split("/", 2)[2])
        elif way == "loop":
            self.answer(307, b"", self.path)
        elif way == "away":
            self.answer(307, b"", self.server.elsewhere)  # type: ignore[attr-defined]
        elif way == "silent":
            self.server.release.wait(30)  # type: ignore[attr-defined]
        elif way == "garbage":
            self.wfile.write(f"{TOKEN} is no HTTP\r\n\r\n".encode())
        elif way == "gone":
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self.answer(*TEXTS[way])

    def answer(self, code: int, body: bytes, location: str = "") -> None:
        """Send an answer."""
        self.send_response(code, f"because of {TOKEN}")
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet."""


@contextlib.contextmanager
def serving() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        server.release = threading.Event()  # type: ignore[attr-defined]
        server.seen = []  # type: ignore[attr-defined]
        server.elsewhere = ""  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.release.set()  # type: ignore[attr-defined]
            server.shutdown()
            thread.join()


@pytest.fixture(name="server")
def server_fixture() -> Iterator[ThreadingHTTPServer]:
    with serving() as server:
        yield server


@pytest.fixture(name="file")
def file_fixture(tmp_path: Path) -> Path:
    path = tmp_path / "results 1.zip"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture(name="never_shown", autouse=True)
def never_shown_fixture(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[None]:
    """Every test ends with a look for the token, or a part of it, in what was printed."""
    monkeypatch.setenv("MY_TOKEN", TOKEN)
    printed: list[str] = []
    read = capsys.readouterr

    def keep() -> object:
        captured = read()
        printed.extend(captured)
        return captured

    monkeypatch.setattr(capsys, "readouterr", keep)
    yield
    keep()
    assert "s3cret" not in "".join(printed).lower()


def address(server: ThreadingHTTPServer, way: str = "good") -> str:
    return f"http://127.0.0.1:{server.server_address[1]}/{way}"


def submit(file: object, url: str, *options: str, variable: str = "MY_TOKEN") -> int:
    return main(["submit", str(file), "--url", url, "--token-env", variable, *options])


def seen(server: ThreadingHTTPServer) -> list[tuple[str, dict[str, str], bytes]]:
    return server.seen  # type: ignore[attr-defined]


def form_of(headers: dict[str, str], body: bytes) -> EmailMessage:
    """The only part of a form, read by an independent parser."""
    head = f"Content-Type: {headers['Content-Type']}\r\n\r\n".encode()
    parser = email.parser.BytesParser(policy=email.policy.HTTP)
    message = parser.parsebytes(head + body)
    assert message.get_content_type() == "multipart/form-data"
    assert not message.defects
    (part,) = message.iter_parts()
    assert isinstance(part, EmailMessage)
    return part


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert printed.err.startswith("seewhy: ")
    assert "Traceback" not in printed.err
    return printed.err


def test_the_file_arrives(
    server: ThreadingHTTPServer, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert submit(file, address(server, "good/here?task=1&b=ä")) == OK
    assert capsys.readouterr() == ('{"score": 0.5,\n  "place": 3}\n', "")
    ((path, headers, body),) = seen(server)
    assert path == "/good/here?task=1&b=%C3%A4"
    assert headers["token"] == TOKEN
    assert headers["Host"] == address(server).split("/")[2]
    part = form_of(headers, body)
    assert part.get_param("name", header="Content-Disposition") == "file"
    assert part.get_filename() == "results 1.zip"
    assert part.get_content() == CONTENT


def test_another_header_and_field(
    server: ThreadingHTTPServer,
    file: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MY_TOKEN", f"Bearer {TOKEN}")
    options = ("--header", "Authorization", "--field", "upload")
    assert submit(file, address(server, "echo"), *options) == OK
    assert capsys.readouterr().out == "you sent ***, *** and ***\n"
    ((_, headers, body),) = seen(server)
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert "token" not in headers
    assert form_of(headers, body).get_param("name", header="Content-Disposition") == "upload"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows forbids such names")
def test_a_name_cannot_break_the_form(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    odd = tmp_path / 'a"; name="x\r\n\r\nb.csv'
    odd.write_bytes(b"1")
    assert submit(odd, address(server)) == OK
    ((_, headers, body),) = seen(server)
    part = form_of(headers, body)
    assert part.get_filename() == "a%22; name=%22x b.csv"
    assert part.get_param("name", header="Content-Disposition") == "file"


def test_the_boundary_is_not_in_the_file(
    server: ThreadingHTTPServer, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = iter(["taken", "free"])
    monkeypatch.setattr(secrets, "token_hex", lambda _: next(drawn))
    file.write_bytes(b"a\r\n--taken\r\nb")
    assert submit(file, address(server)) == OK
    ((_, headers, body),) = seen(server)
    assert headers["Content-Type"].endswith("boundary=free")
    assert form_of(headers, body).get_content() == b"a\r\n--taken\r\nb"


def test_answers_are_safe_for_a_terminal(
    server: ThreadingHTTPServer,
    file: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert submit(file, address(server, "wild")) == OK
    assert capsys.readouterr().out == "[31mred 2Jabc\nnext one\ufffd\n"
    assert submit(file, address(server, "long")) == OK
    assert capsys.readouterr().out == "x" * module.ANSWER_CHARS + "…\n"
    assert submit(file, address(server, "empty")) == OK
    assert capsys.readouterr().out == "204 No Content\n"
    plain = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", plain)
    assert submit(file, address(server, "wild")) == OK
    assert plain.buffer.getvalue().endswith(b"one?\n")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ("no", "rejected the file (401 Unauthorized, “Unknown token ***”): check the token."),
        ("bad", f"(422 Unprocessable Entity, “{'y' * 133}…{'y' * 66}”): check the address and"),
        ("down", "(503 Service Unavailable, “<html>”): try again later."),
        ("other", "(302 Found): check the address"),
        ("lost", "(307 Temporary Redirect): check the address"),
        ("302/good", "(302 Found): check the address"),
        ("loop", "(307 Temporary Redirect): check the address"),
        ("garbage", "sent no valid answer (its answer is not HTTP): the file may have arrived"),
        ("gone", "sent no valid answer (the connection broke off): the file may have arrived"),
    ],
)
def test_answers_that_are_errors(
    server: ThreadingHTTPServer,
    file: Path,
    way: str,
    words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert submit(file, address(server, way)) == BAD_INPUT
    line = one_line(capsys)
    assert words in line
    assert f"http://127.0.0.1:{server.server_address[1]} " in line
    assert "second line" not in line
    assert len(seen(server)) == (6 if way == "loop" else 1)


def test_an_early_refusal_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    large = tmp_path / "large.bin"
    large.write_bytes(bytes(module.LIMIT))
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def refuse() -> None:
            with listener.accept()[0] as connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 413 X\r\nContent-Length: 9\r\n\r\ntoo large")
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(2**16):
                    pass

        thread = threading.Thread(target=refuse)
        thread.start()
        assert submit(large, f"http://127.0.0.1:{listener.getsockname()[1]}") == BAD_INPUT
        thread.join()
    assert "“too large”" in one_line(capsys)


def test_a_server_that_stops_reading(
    server: ThreadingHTTPServer,
    file: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    request = http.client.HTTPConnection.request

    def broken(*args: object, **named: object) -> None:
        request(*args, **named)  # type: ignore[arg-type]
        raise BrokenPipeError

    monkeypatch.setattr(http.client.HTTPConnection, "request", broken)
    assert submit(file, address(server, "no")) == BAD_INPUT
    assert "(401 Unauthorized, “Unknown token ***”)" in one_line(capsys)
    assert submit(file, address(server)) == BAD_INPUT
    assert "(the connection broke off): the file may have arrived" in one_line(capsys)


def test_a_silent_server(
    server: ThreadingHTTPServer,
    file: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert module.TIMEOUT == 30
    monkeypatch.setattr(module, "TIMEOUT", 0.3)
    started = time.monotonic()
    assert submit(file, address(server, "silent")) == BAD_INPUT
    assert time.monotonic() - started < 10
    assert "no answer for 0 seconds" in one_line(capsys)


def test_no_connection(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    for scheme in ("http", "https"):
        assert submit(file, f"{scheme}://127.0.0.1:{port}/a?b=c") == BAD_INPUT
        line = one_line(capsys)
        assert f"No connection to {scheme}://127.0.0.1:{port} (" in line
        assert "check the address and the network" in line


def test_no_encryption_where_it_is_expected(
    server: ThreadingHTTPServer, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert submit(file, address(server).replace("http", "https")) == BAD_INPUT
    assert "No connection to https://127.0.0.1" in one_line(capsys)
    assert seen(server) == []


@pytest.mark.parametrize("way", ["307", "308", "307/308/307"])
def test_redirects_to_the_same_place_are_followed(
    server: ThreadingHTTPServer, file: Path, way: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert submit(file, address(server, f"{way}/good/x?y=1")) == OK
    assert "score" in capsys.readouterr().out
    first, *_, last = seen(server)
    assert last[0] == "/good/x?y=1"
    assert last[1] == first[1]
    assert form_of(*last[1:]).get_content() == CONTENT


def test_redirects_to_another_place_are_not(
    server: ThreadingHTTPServer, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = server.server_address[1]
    with serving() as other:
        places = [
            address(other),
            address(other)[5:],
            f"http://localhost:{port}/good",
            f"https://127.0.0.1:{port}/good",
            f"http://127.0.0.1/{TOKEN}",
        ]
        for place in places:
            server.elsewhere = place  # type: ignore[attr-defined]
            assert submit(file, address(server, "away")) == BAD_INPUT
            assert "which was not followed to protect the token" in one_line(capsys)
        for place in ("ftp://127.0.0.1/", "http://[::1", f"http://a:b@127.0.0.1:{port}/good"):
            server.elsewhere = place  # type: ignore[attr-defined]
            assert submit(file, address(server, "away")) == BAD_INPUT
            assert "(307 Temporary Redirect)" in one_line(capsys)
        assert seen(other) == []
    assert {path for path, _, _ in seen(server)} == {"/away"}


def test_another_place_named_by_the_token_is_not_shown(
    server: ThreadingHTTPServer,
    file: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MY_TOKEN", "My-S3cret")
    server.elsewhere = "https://my-s3cret.example/"  # type: ignore[attr-defined]
    assert submit(file, address(server, "away")) == BAD_INPUT
    assert "redirects to https://***.example:443, which was not followed" in one_line(capsys)


def test_http_elsewhere_needs_leave(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(*args: object, **named: object) -> None:
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket, "create_connection", nobody)
    for url in ("http://example.org/a", "http://127.0.0.1.example.org/", "http://localhost.org"):
        assert submit(file, url) == BAD_INPUT
        assert "is not encrypted, so nothing was sent: use https, or --allow" in one_line(capsys)
    for host in ("localhost", "LOCALHOST:80", "127.0.0.1", "[::1]"):
        assert submit(file, f"http://{host}/") == BAD_INPUT
        assert "No connection to http://" in one_line(capsys)
    assert submit(file, "http://example.org/a", "--allow-http") == BAD_INPUT
    warning, error = capsys.readouterr().err.splitlines()
    assert warning.startswith("seewhy: The token travels in clear to http://example.org:80")
    assert "No connection" in error


def test_http_elsewhere_with_leave(
    server: ThreadingHTTPServer,
    file: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(web, "LOCAL", ())
    assert submit(file, address(server), "--allow-http") == OK
    printed = capsys.readouterr()
    assert "score" in printed.out
    assert "travels in clear" in printed.err
    assert printed.err.count("\n") == 1


def test_files_that_cannot_be_sent(
    server: ThreadingHTTPServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(path: Path) -> str:
        assert submit(path, address(server)) == BAD_INPUT
        return one_line(capsys)

    whole, over, empty = (tmp_path / name for name in ("whole", "over", "empty"))
    for path, size in ((whole, 20 * 2**20), (over, 20 * 2**20 + 1), (empty, 0)):
        path.touch()
        os.truncate(path, size)
    assert "over has 20971521 bytes, more than the limit of 20971520" in refused(over)
    assert "empty is empty" in refused(empty)
    assert "is a folder" in refused(tmp_path)
    assert "none cannot be read (No such file" in refused(tmp_path / "none")
    assert seen(server) == []
    assert submit(whole, address(server)) == OK
    assert len(seen(server)[0][2]) > 20 * 2**20


def test_a_file_that_may_not_be_read(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*args: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", forbidden)
    assert submit(file, "https://127.0.0.1:9") == BAD_INPUT
    assert "results 1.zip cannot be read (Permission denied)" in one_line(capsys)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
def test_a_named_pipe_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert submit(tmp_path / "pipe", "https://127.0.0.1:9") == BAD_INPUT
    assert "is a folder or a device" in one_line(capsys)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org/a",
        "ftp://example.org/",
        "https://",
        "https:///a",
        "https://a:b/",
        "https://[::1",
        "https://a:99999/",
        "https://a..b/",
        f"https://{'a' * 70}/",
        "https://a/b c",
        "https://a/\nb",
        f"file://{TOKEN}@a/",
        "https://a/\x1b[31m",
    ],
)
def test_bad_addresses(file: Path, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert submit(file, url) == BAD_INPUT
    line = one_line(capsys)
    assert "is not a valid address: give one like https://host/path" in line
    assert "\x1b" not in line


def test_a_password_in_the_address(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert submit(file, f"https://me:{TOKEN.replace('/', '')}@example.org/") == BAD_INPUT
    assert "The address of example.org holds a name or password" in one_line(capsys)


@pytest.mark.parametrize("value", [None, "", "  ", "\n"])
def test_a_missing_token(
    file: Path,
    value: str | None,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("MY_TOKEN")
    if value is not None:
        monkeypatch.setenv("MY_TOKEN", value)
    assert submit(file, "https://127.0.0.1:9") == BAD_INPUT
    assert "The environment variable MY_TOKEN is not set or empty" in one_line(capsys)


@pytest.mark.parametrize("rest", ["\n", "\r\nX: y", "\x7f", "€", "\u2028", "\udcff"])
def test_a_token_that_no_header_carries(
    file: Path, rest: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_TOKEN", TOKEN + rest)
    assert submit(file, "https://127.0.0.1:9") == BAD_INPUT
    assert "MY_TOKEN contains a line break or a character outside Latin-1" in one_line(capsys)


def test_a_token_given_by_mistake_is_not_repeated(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert submit(file, "https://127.0.0.1:9", variable=TOKEN) == BAD_INPUT
    assert "What --token-env names is not set or empty" in one_line(capsys)
    assert submit(file, "https://127.0.0.1:9", "--token", TOKEN) == BAD_INPUT
    assert "use --token-env NAME" in one_line(capsys)


@pytest.mark.parametrize(
    "name", ["", "a b", "a:", "a\r\nb", "tokén", "名", "Host", "content-length"]
)
def test_bad_headers(file: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert submit(file, "https://127.0.0.1:9", "--header", name) == BAD_INPUT
    assert "cannot carry a token: give another --header" in one_line(capsys)


@pytest.mark.parametrize("name", ["", 'a"b', "a\\", "a\r\nb", "\udcff"])
def test_bad_fields(file: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert submit(file, "https://127.0.0.1:9", "--field", name) == BAD_INPUT
    assert "is not valid in a form: give another --field" in one_line(capsys)
