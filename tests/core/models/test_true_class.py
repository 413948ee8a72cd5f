"""The true class of a picture by the name of a folder, or from a table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.errors import BadLabels
from core.models import imagenet
from core.models.true_class import Truth, folder_class, read_truths

NAMES = ("tench", "Egyptian cat", "crane", "crane")


@pytest.mark.parametrize(
    ("path", "index"),
    [
        ("set/tench/1.jpg", 0),
        ("set/Egyptian_Cat/1.jpg", 1),
        ("set/egyptian cat/session 2/1.jpg", 1),
        ("set/tench/Egyptian cat/1.jpg", 1),  # the nearest folder
        ("set/crane/1.jpg", None),  # two classes have this name
        ("set/cat/1.jpg", None),  # a part of a name is a guess
        ("set/1/1.jpg", None),  # and so is a number
        ("tench/a/b/1.jpg", None),
        ("tench.jpg", None),
    ],
)
def test_a_folder_with_the_name_of_one_class_tells_the_true_class(
    path: str, index: int | None
) -> None:
    assert folder_class(Path("/data") / path, NAMES) == index


@pytest.mark.parametrize("folder", ["n02124075", "n02124075_Egyptian_cat"])
def test_the_numbers_of_word_net_are_those_of_imagenet(folder: str) -> None:
    names = imagenet.names(1000)
    assert names[285] == "Egyptian cat"
    assert folder_class(Path("/data") / folder / "1.jpg", names) == 285
    others = tuple(f"part {index}" for index in range(1000))
    assert folder_class(Path("/data") / folder / "1.jpg", others) is None


def test_sizes_without_a_subset_have_no_names() -> None:
    assert imagenet.names(7) == imagenet.numbers(7) == ()
    assert len(imagenet.names(11821)) == len(imagenet.numbers(11821)) == 11821


@pytest.mark.parametrize(
    "table",
    [
        "file_name,class\na/One.PNG,tabby\ntwo.png,1\nthree.png,\n",
        "label;image\ntabby;One.PNG\n1;x\\two.png\n",
        "sep=\t\npath\ttrue_class\r\none.png\tTABBY\r\ntwo.png\tdog\r\n",
    ],
)
def test_a_table_gives_the_true_class_by_file_name(table: str) -> None:
    found = read_truths(table.encode(), "truth.csv", ("tabby", "dog"))
    assert not found.warning
    assert found.classes == {"one.png": Truth(0, "tabby"), "two.png": Truth(1, "dog")}


def test_a_table_takes_wordnet_numbers() -> None:
    names = imagenet.names(1000)
    number = imagenet.numbers(1000)[281]
    found = read_truths(f"file,wnid\ncat.png,{number}\n".encode(), "truth.csv", names)
    assert found.classes == {"cat.png": Truth(281, names[281])}


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("a,b\n1,2\n", "has no column 'file_name'"),
        ("file,b\n1,2\n", "has no column 'class'"),
        ("file,class\nx.png,cow\n", "line 2: Unknown class 'cow'"),
        ("file,class\nx.png,0\ny/X.png,1\n", "line 2: y/X.png has two classes: give one; line 3"),
        ("file,class\nx.png,\n", "no row has a file name and a class"),
        ("file,class\nx.png,-1\n", "line 2: Unknown class"),
    ],
)
def test_a_table_that_cannot_be_understood_says_where(table: str, words: str) -> None:
    with pytest.raises(BadLabels, match=re.escape(words)):
        read_truths(table.encode(), "truth.csv", ("tabby", "dog"))


def test_rows_that_cannot_be_understood_are_left_out_and_named() -> None:
    table = "file,class\na.png,tench\nb.png,1\nmissing.png,crane\nc.png,cow\n"
    found = read_truths(table.encode(), "truth.csv", NAMES)
    assert found.classes == {"a.png": Truth(0, "tench"), "b.png": Truth(1, "Egyptian cat")}
    assert found.left_out[0] == "line 4: 'crane' matches several classes: crane (2), crane (3)"
    assert found.warning.startswith("2 rows were left out of the true classes: line 4: 'crane'")
    assert "; line 5: Unknown class 'cow'" in found.warning
    assert found.warning.endswith(". Correct them and upload the table again.")


def test_a_file_with_two_classes_has_none_and_the_others_are_used() -> None:
    table = "file,class\na.png,0\nb.png,1\nx/A.png,1\n"
    found = read_truths(table.encode(), "truth.csv", NAMES)
    assert found.classes == {"b.png": Truth(1, "Egyptian cat")}
    assert [words.partition(":")[0] for words in found.left_out] == ["line 2", "line 4"]


def test_a_sentence_on_many_rows_stays_short() -> None:
    rows = "".join(f"{number}.png,{'cow' * 1000}\n" for number in range(500))
    found = read_truths(f"file,class\na.png,0\n{rows}".encode(), "truth.csv", NAMES)
    assert "and 497 more" in found.warning
    assert len(found.warning) < 1000
    one = read_truths(b"file,class\na.png,0\nb.png,cow\n", "truth.csv", NAMES).warning
    assert one.startswith("1 row was left out")
    assert one.endswith("Correct it and upload the table again.")
