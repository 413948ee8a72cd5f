"""What lies in a file's place when it was not fetched: a git-lfs pointer, or a web page."""

from __future__ import annotations

_POINTER = b"version https://git-lfs"
_PAGES = (b"<!doctype", b"<html", b"<?xml", b"<head", b"<script")


def not_fetched(start: bytes) -> str:
    """Say that a file is what some server or program gave in place of the one that was meant.

    Args:
        start: the first bytes of the file, some 30 or more.

    Returns:
        The rest of a sentence that begins with the file's name; empty where it may be the file.
    """
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(_POINTER):
        return "is a git-lfs pointer and not the file: run `git lfs pull`."
    if text.startswith(_PAGES):
        return "is a web page and not the file behind it: download the file itself."
    return ""
