"""Word lists: one parser for all of them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from core.concepts import vocabulary
from core.concepts.vocabulary import built_in, decode, parse, read
from core.errors import BadLabels

CATEGORIES = {
    "colours",
    "textures",
    "materials",
    "parts",
    "animals",
    "plants",
    "food",
    "vehicles",
    "buildings",
    "rooms",
    "landscapes",
    "tools",
    "clothing",
    "actions",
}


def test_built_in_words() -> None:
    words = built_in()
    assert len(words.words) >= 1200
    assert len(set(words.words)) == len(words.words)
    assert set(words.categories) == set(words.words)
    counts = Counter(words.categories.values())
    assert set(counts) == CATEGORIES
    assert min(counts.values()) >= 50
    assert words.categories["striped"] == "textures"
    assert not any(word != word.strip() or "," in word for word in words.words)


def test_blank_lines_and_repeats_do_not_shift_what_follows() -> None:
    found = parse("\ufeffdog\r\n\r\n  big   cat \ndog\nnull\nnan\na\n\n", "pasted")
    assert found.words == ("dog", "big cat", "null", "nan", "a")
    assert found.categories["dog"] == "animals"
    assert "null" not in found.categories


def test_digest_is_that_of_the_words_alone(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("dog\n\ncat\n")
    (tmp_path / "b.txt").write_text("dog\r\ncat")
    one, two = (read(tmp_path / name) for name in ("a.txt", "b.txt"))
    assert one.digest == two.digest
    assert one.digest != parse("cat\ndog", "c").digest
    assert one.without(["dog", "bird"]).words == ("cat",)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "has no words"),
        (b" \n\n", "has no words"),
        (b"\xff\xfea\x00b", "is not UTF-16 text"),
        (b"K\xe4se", "is not UTF-8 text"),
        (b"a\x00b", "is not a text file"),
        (b"x" * 200, "give one concept per line"),
    ],
)
def test_other_files_are_refused(data: bytes, message: str) -> None:
    with pytest.raises(BadLabels, match=message):
        decode(data, "words.txt")


@pytest.mark.parametrize(
    "text",
    [
        "dog\nbig, red cat",
        'id,word\n0,dog\n1,"big, red cat"',
        "concept;kind\ndog;animal\nbig, red cat;animal\n",
        "Kind\tDescription\nx\tdog\n\ny\tbig, red cat",
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_lists_and_tables_of_words(text: str, end: str, encoding: str) -> None:
    found = decode(text.replace("\n", end).encode(encoding), "words.csv")
    assert found.words == ("dog", "big, red cat")


def test_columns_that_nobody_named_are_no_words() -> None:
    with pytest.raises(BadLabels, match="has 2 columns: give one concept per line"):
        decode(b"dog;animal\ncat;animal\n", "words.csv")


def test_too_many_and_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vocabulary, "MOST", 2)
    with pytest.raises(BadLabels, match="has 3 words: give 2 at most"):
        parse("a\nb\nc", "pasted")
    monkeypatch.setattr(vocabulary, "LIMIT", 4)
    path = tmp_path / "long.txt"
    path.write_text("many words")
    with pytest.raises(BadLabels, match="is larger than"):
        read(path)
    with pytest.raises(BadLabels, match="cannot be read"):
        read(tmp_path / "gone.txt")
