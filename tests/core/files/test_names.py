"""Names from strangers become one printable line, and files that every system can write."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.files.names import (
    MAX_NAME,
    MAX_STEM_BYTES,
    download_name,
    safe_file,
    safe_name,
    safe_stem,
)
from tests.windows import RESERVED, refuses


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


NAMES = st.lists(
    st.one_of(
        st.text(max_size=12),
        st.sampled_from(
            [*'<>:"/\\|?*. -', "\0", "\n", *sorted(RESERVED), ".png", ".pth", ".tar.gz"]
        ),
    ),
    max_size=12,
).map("".join)


@given(NAMES)
@example("CON .tar.png")
@example("a" * 79 + " b.png")
@example("a" * 53 + ". " * 30 + ".png")
def test_every_system_takes_the_name(name: str) -> None:
    assert not refuses(safe_stem(name))
    assert not refuses(safe_file(name))
    assert safe_file(safe_file(name)) == safe_file(name)


@pytest.mark.parametrize(
    ("name", "file"),
    [("my:weights.pth", "my_weights.pth"), ("CON.pth", "_CON.pth"), ("names. ", "names")],
)
def test_a_file_keeps_its_suffix(name: str, file: str) -> None:
    assert safe_file(name) == file


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("cat", "heatmaps", "efficientnet_lite0"), "cat_heatmaps_efficientnet_lite0.png"),
        (("my cat", "agreement", "timm:a/b.c"), "my-cat_agreement_timm-a-b.c.png"),
        (("", "gallery", "hf:google/vit"), "gallery_hf-google-vit.png"),
        (("con",), "_con.png"),
        ((), "_.png"),
    ],
)
def test_a_download_tells_picture_page_and_model(parts: tuple[str, ...], name: str) -> None:
    assert download_name(*parts, ending="png") == name


@given(st.lists(st.text(max_size=120), max_size=4))
@example(["猫" * 120, "heatmaps", "猫" * 120])
@example(["aux.x", ""])
@example(["..", "/"])
def test_every_system_can_write_a_download(parts: list[str]) -> None:
    name = download_name(*parts, ending="svg")
    assert not refuses(name)
    assert len(name.encode()) <= 210
