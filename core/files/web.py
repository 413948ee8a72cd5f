"""Talking to servers: which addresses are safe, and what went wrong in a few words."""

from __future__ import annotations

import http.client
import ssl
import urllib.error
from urllib.parse import urlsplit

LOCAL = ("localhost", "127.0.0.1", "::1")


def is_safe(url: str) -> bool:
    """Tell whether nobody on the way can read along: https, or http to this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL)


def status_words(code: int) -> str:
    """Return an HTTP status, `404 Not Found`; the server's own words could be anything."""
    return f"{code} {http.client.responses.get(code, '')}".strip()


def reason(error: Exception, timeout: float) -> str:
    """Return what went wrong, never in the server's own words.

    Args:
        error: raised by `urllib`, `http.client` or a socket.
        timeout: seconds of silence that count as no answer.
    """
    if isinstance(error, urllib.error.URLError):
        if not isinstance(error.reason, Exception):
            return str(error.reason)[:120]  # of urllib, about the address
        error = error.reason
    if isinstance(error, TimeoutError):
        return f"no answer for {timeout:.0f} seconds"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        words: str = getattr(error, "reason", None) or "unknown"
        return f"no encryption: {words.replace('_', ' ').lower()}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    broken = isinstance(error, (ConnectionError, http.client.IncompleteRead))
    return "the connection broke off" if broken else "its answer is not HTTP"
