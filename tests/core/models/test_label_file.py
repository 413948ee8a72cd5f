"""Label files: class names as people have them."""

from __future__ import annotations

import pytest

from core.errors import BadLabels
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
        (b'{"0": "cat", "1": null}', "Name 2 of the label file is None"),
        (b"[1, 2", "looks like JSON and is damaged"),
        (b'["cat",\n"dog",\n', "looks like JSON and is damaged"),
        (b"[" * 100_000, "looks like JSON and is damaged .too many brackets"),
        (b"{'a': " * 30_000, "looks like JSON and is damaged"),
        (b'{"width": [3], "depth": 2}', "looks like JSON with width, depth and no class names"),
        (b'[{"size": 3}]', "looks like JSON with a list of 1 things and no class names"),
        (b"\xff\xfe\x00", "is not UTF-16 text"),
        (
            "cat\nK\u00e4tzchen".encode("cp1252"),
            r"is not UTF-8 text \(line 2 after 'K'\).*save it as",
        ),
        ("cat\ndog".encode("utf-16-le"), "UTF-16 without its byte order mark"),
        ("cat\ndog".encode("utf-16-be"), "UTF-16 without its byte order mark"),
        (b"cat\0dog", "is not a text file"),
        (b'["cat\\ud800", "\\ud800"]', "Name 2"),
        (b"a\n" * 2_400_000, "at most 4 MB"),
        # Indices: each of 0, 1, 2 ... once, in every kind of file.
        (b'{"0": "cat", "2": "dog"}', "no name for class 1, and one for class 2"),
        (b'{"0": "cat", "0": "dog"}', "two names for class 0 .'cat' and 'dog'."),
        (b'{"1": "cat", "2": "dog"}', "counts its classes from 1"),
        (b'{"cat": 0, "dog": -1}', "names the class -1"),
        (b'{"cat": 0, "dog": 0}', "two names for class 0"),
        (b'{"cat": 0, "dog": 3}', "no name for class 1"),
        (b'{"id2label": {"0": "cat", "2": "dog"}}', "no name for class 1"),
        (b"0,cat\n2,dog", "no name for class 1"),
        (b"id,name\n1,cat\n1,dog", "two names for class 1"),
        (b"1;cat\n2;dog", "counts its classes from 1"),
        # Tables: what a cell is must be clear.
        (b'id,name\n0,"cat\n1,dog', "line 2: a quote is opened and not closed"),
        (b"id,name\n0,cat, big\n1,dog", "line 2: 3 cells for 2 columns"),
        (b"id,name\n0,cat\n1", "line 3: 1 cells for 2 columns"),
        (b"id,name\n0,cat\nx,dog", "line 3: 'x' is not the index of a class"),
        (b"id,name\n", "is empty"),
        (b"0,cat,big\n1,dog,small", "has 3 columns: give two"),
        (b"1: cat\n2: dog", "counts its classes from 1"),
        (b"cat: 1\ndog: 2", "counts its classes from 1"),
        # What lies in the place of the file, and other documents; some have as many lines as names.
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:4d\nsize 9\n",
            "is a git-lfs pointer and not the file: run `git lfs pull`",
        ),
        (b"<!DOCTYPE html>\n<html>\n</html>", "is a web page and not the file behind it"),
        (b"\xef\xbb\xbf\n<html lang='en'>", "is a web page and not the file behind it"),
        (b"{\\rtf1\\ansi\ncat\\\ndog}", "is an RTF document and not plain text"),
        (b"PK\3\4" + bytes(99), "is a ZIP archive or a spreadsheet and not plain text"),
        (b'// classes\n[\n"cat",\n"dog"\n]', "looks like JSON with comments"),
        (b'{ // classes\n"0": "cat"\n}', "looks like JSON with comments"),
        (b'["cat", /* a\nb */ "dog"]', "looks like JSON with comments"),
        (b'# classes\n["cat", "dog"]\n# end', "looks like JSON with comments"),
        (b'[/*"cat"', "looks like JSON with comments"),
        (b'["' + b'\\"' * 1_000_000, "looks like JSON and is damaged"),
        (b"[1, " + b"/*" * 1_000_000, "looks like JSON with comments"),
    ],
)
def test_refused(data: bytes, words: str) -> None:
    with pytest.raises(BadLabels, match=words):
        read_labels(data)


@pytest.mark.parametrize(
    "text",
    [
        '{"0": "cat", "1": "big dog"}',
        '{"1": "big dog", "0": "cat"}',
        '{"0": ["n02124075", "cat"], "1": ["n02110341", "big dog"]}',
        '{"0": {"name": "cat"}, "1": {"name": "big dog"}}',
        '{"cat": 0, "big dog": 1}',
        '{"big dog": 1, "cat": 0}',
        '{"architectures": ["ViT"], "id2label": {"0": "cat", "1": "big dog"}}',
        '{"id2label": {"0": "cat", "1": "big dog"}, "label2id": {"LABEL_0": 0, "LABEL_1": 1}}',
        '{"size": {"width": 9}, "label2id": {"cat": "0", "big dog": "1"}}',
        '{"classes": ["cat", "big dog"], "class_to_idx": {"cat": 0, "big dog": 1}}',
        '{"data": {"nc": 2, "names": ["cat", "big dog"]}}',
        '[["n02124075", "cat"], ["n02110341", "big dog"]]',
        '[[1, "big dog"], [0, "cat"]]',
        '[{"id": 1, "name": "big dog"}, {"id": 0, "name": "cat"}]',
        "{0: 'cat',\n 1: 'big dog'}",
        "['cat', 'big dog']",
        '{"labels": [], "classes": [0, 1], "names": ["cat", "big dog"]}',
        "sep=;\n0;cat\n1;big dog",
        "0,cat\n1,big dog",
        "1,big dog\n0,cat\n",
        '"0","cat"\n"1","big dog"\n',
        "cat;0\nbig dog;1",
        "id,name\n0,cat\n1,big dog",
        "index\tlabel\n1\tbig dog\n0\tcat",
        "class id;Class Name\n1;big dog\n0;cat;\n\n",
        ",name\n0,cat\n1,big dog",
        "class,index\ncat,0\nbig dog,1",
        "Nummer;Tier\n0;cat\n1;big dog",
        "0.0,cat\n1.0,big dog",
        "0,n02124075,cat\n1,n02110341,big dog",
        "0 cat\n1 big dog",
        "1: big dog\n0: cat",
        "cat 0\nbig dog 1",
        "big dog: 1\ncat: 0",
        "/c/cat 0\n/b/big dog 1",
        "1. cat\n2. big dog",
        "1) cat\n2) big dog",
        "1 cat\n2 big dog",
        "- cat\n- big dog",
        "---\nnames:\n  - 'cat'\n  - \"big dog\"\n",
        "names:\n  0: cat\n  1: big dog",
        "* 0 cat\n* 1 big dog",
        "n02124075 cat\nn02110341 big dog",
        "n02124075: cat\nn02110341: big dog",
        "1 n02110341 big dog\n0 n02124075 cat",
        "n02124075 1 cat\nn02110341 2 big dog",
        "# classes\n['cat', 'big dog']",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_names_with_their_indices(text: str, encoding: str, end: str) -> None:
    assert read_labels(text.replace("\n", end).encode(encoding)) == ("cat", "big dog")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("[background]\ncat", ("[background]", "cat")),
        ("tench, Tinca tinca\ncrane, bird", ("tench, Tinca tinca", "crane, bird")),
        ("3,4-xylenol\nwater\nbenzene", ("3,4-xylenol", "water", "benzene")),
        ('12" disk\n"big" disk', ('12" disk', '"big" disk')),
        ("0 dots\n2 dots", ("0 dots", "2 dots")),
        ("0 dots\n1 dots\n2 dots", ("0 dots", "1 dots", "2 dots")),
        ("phase 0\nphase 1", ("phase 0", "phase 1")),
        ("route 66\nroute 67", ("route 66", "route 67")),
        ("1 euro\n2 euros\n5 euros", ("1 euro", "2 euros", "5 euros")),
        ("1 hand\n2 hands\n3 hands", ("1 hand", "2 hands", "3 hands")),
        ("0 1 dot\n1 2 dots", ("1 dot", "2 dots")),
        ("- cat\n-dog", ("- cat", "-dog")),
        ("n02124075\nn02110341", ("n02124075", "n02110341")),
        ("names:\ncat", ("names:", "cat")),
        ("#cat\n//dog", ("#cat", "//dog")),
        ("# [cat]\n[dog]", ("# [cat]", "[dog]")),
        ("/a/b\n/b/c", ("/a/b", "/b/c")),
        ('0\t"tench, Tinca tinca"\n1\tcrane', ("tench, Tinca tinca", "crane")),
        ('{"crane": 0, "tench": 1, "crane": 2}', ("crane", "tench", "crane")),
        ('{"0": 0, "1": 1}', ("0", "1")),
        ('{"0": "7", "1": "9"}', ("7", "9")),
    ],
)
def test_what_belongs_to_a_name_stays(text: str, names: tuple[str, ...]) -> None:
    assert read_labels(text.encode()) == names
