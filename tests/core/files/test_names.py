"""Names from strangers become one printable line, and files that every system can write."""

from __future__ import annotations

import pytest

from core.files.names import MAX_NAME, MAX_STEM_BYTES, safe_name, safe_stem


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("cat.png", "cat.png"),
        ("../../etc/passwd.png", "passwd.png"),
        ("..\\..\\windows\\cat.png", "cat.png"),
        ("/absolute/cat.JPG", "cat.JPG"),
        ("C:\\photos\\cat.jpg", "cat.jpg"),
        ("photos/", "photos"),
        ("two\nlines\t.png", "two lines .png"),
        ("evil\u202egnp.exe", "evilgnp.exe"),
        ("nul\0l\x1b[0m.png", "null[0m.png"),
        ("\udcff.png", ".png"),
        ("cafe\u0301.png", "café.png"),
        ("", "picture"),
        ("..", "picture"),
        (" . ", "picture"),
        ("../", "picture"),
    ],
)
def test_safe_name(name: str, shown: str) -> None:
    assert safe_name(name) == shown


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("n01443537_goldfish.JPEG", "n01443537_goldfish"),
        ("my photo (1).png", "my photo (1)"),
        ("archive.tar.gz.webp", "archive.tar.gz"),
        ("version 1.5", "version 1.5"),
        ('a<b>c:"d|e?f*.png', "a_b_c__d_e_f_"),
        ("CON.png", "_CON"),
        ("lpt1.txt.png", "_lpt1.txt"),
        ("COM¹.png", "_COM¹"),
        ("console.png", "console"),
        (".hidden.png", "_.hidden"),
        (".png", "_.png"),
        ("-rf.png", "_-rf"),
        ("trailing. .png", "trailing"),
        ("..png", "picture"),
        ("日本の猫.png", "日本の猫"),
    ],
)
def test_safe_stem(name: str, stem: str) -> None:
    assert safe_stem(name) == stem


@pytest.mark.parametrize("letter", ["x", "é", "猫", "🐱"])
def test_long_names_are_cut_and_keep_their_suffix(letter: str) -> None:
    name = safe_name(letter * 300 + ".png")
    assert len(name) == MAX_NAME
    assert name.endswith(letter + ".png")
    stem = safe_stem(letter * 300 + ".png")
    assert 20 <= len(stem) <= 80
    assert len(stem.encode()) <= MAX_STEM_BYTES
