"""Label files: class names as people have them."""

from __future__ import annotations

import pytest

from core.errors import BadOption
from core.models.label_file import read_labels


@pytest.mark.parametrize(
    "data",
    [
        b"cat\nbig dog\n",
        b"cat\r\nbig dog",
        b"\xef\xbb\xbf cat \nbig \t dog\n\n",
        b'["cat", "big dog"]',
        b' [\n"cat",\n"big dog"]\n',
    ],
)
def test_lines_and_json(data: bytes) -> None:
    assert read_labels(data) == ("cat", "big dog")


def test_other_scripts() -> None:
    assert read_labels("Käse\n猫\n".encode()) == ("Käse", "猫")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"[]", "is empty"),
        (b"cat\n\ndog", "Name 2"),
        (b'["cat", 3]', "Name 2 of the label file is 3"),
        (b"[1, 2", "neither"),
        (b"[" * 100_000, "neither"),
        (b"\xff\xfe\x00", "neither"),
        (b"a\n" * 600_000, "at most 1 MB"),
    ],
)
def test_refused(data: bytes, words: str) -> None:
    with pytest.raises(BadOption, match=words):
        read_labels(data)
