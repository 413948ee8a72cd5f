"""Which addresses are safe, and what went wrong in words of our own."""

from __future__ import annotations

import http.client
import ssl
import urllib.error

import pytest

from core.files.web import is_safe, reason, status_words


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://example.org/a", True),
        ("http://example.org/a", False),
        ("http://localhost:8000/a", True),
        ("http://127.0.0.1/a", True),
        ("http://[::1]:80/a", True),
        ("http://127.0.0.1.example.org/", False),
        ("http://localhost.example.org/", False),
        ("file:///etc/passwd", False),
        ("ftp://localhost/a", False),
        ("//localhost/a", False),
    ],
)
def test_safe_addresses(url: str, safe: bool) -> None:
    assert is_safe(url) is safe


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (TimeoutError(), "no answer for 20 seconds"),
        (urllib.error.URLError(TimeoutError("timed out")), "no answer for 20 seconds"),
        (urllib.error.URLError("no host given"), "no host given"),
        (ConnectionRefusedError(111, "Connection refused"), "Connection refused"),
        (http.client.IncompleteRead(b"secret"), "the connection broke off"),
        (http.client.RemoteDisconnected("secret"), "the connection broke off"),
        (http.client.BadStatusLine("secret"), "its answer is not HTTP"),
        (ssl.SSLError(1, "secret"), "no encryption: unknown"),
    ],
)
def test_reasons(error: Exception, words: str) -> None:
    assert reason(error, 20.0) == words


def test_status_words_are_not_the_servers() -> None:
    assert status_words(404) == "404 Not Found"
    assert status_words(799) == "799"
