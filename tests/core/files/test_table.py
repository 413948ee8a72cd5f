"""Tables as spreadsheets and programs write them."""

from __future__ import annotations

import pytest

from core.errors import BadLabels
from core.files.table import Table, read, sniffed


def cells(table: Table) -> list[tuple[str, ...]]:
    return [row.cells for row in table.rows]


@pytest.mark.parametrize(
    ("line", "delimiter"),
    [
        ("a,b,c", ","),
        ("a;b;c", ";"),
        ("a\tb", "\t"),
        ('"a, b, c";d', ";"),
        ("a;b,c", ","),
        ("a", ","),
    ],
)
def test_what_separates_cells_stands_outside_of_quotes(line: str, delimiter: str) -> None:
    assert sniffed(line) == delimiter


def test_lines_are_those_of_the_file() -> None:
    table = read(b"\r\n Unit ,Name\r\n\r\n0,a\r\n,\r\n1,b\r\n", "t.csv")
    assert table.head == ("unit", "name")
    assert [row.line for row in table.rows] == [4, 6]


def test_a_spreadsheet_says_what_separates_cells() -> None:
    table = read(b"sep=;\na,b;c\n1;2\n", "t.csv")
    assert table.head == ("a,b", "c")
    assert cells(table) == [("1", "2")]
    assert table.rows[0].line == 3


def test_empty_cells_behind_the_last_column_are_dropped() -> None:
    table = read(b"a,b,,\n1,2,,\n3\n", "t.csv")
    assert table.head == ("a", "b")
    assert cells(table) == [("1", "2"), ("3",)]


def test_quotes_inside_a_cell() -> None:
    table = read(b'a,b\n"say ""yes"", now",12" disk\n', "t.csv")
    assert cells(table) == [('say "yes", now', '12" disk')]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b'a,b\n1,2\n3,"open\n5,6\n', "line 3: a quote is opened and not closed"),
        # The next quote closes it by chance: rows would be swallowed without a word.
        (b'a,b\n1,"open\n2,"x"\n', "line 2: a quote is opened and not closed"),
        (b'a,b\n1,"open\n2,x"\n', "line 2: a quote is opened and not closed"),
        (b'a,b\n1,"open\n' + b"2,x\n" * 40_000, "line 2: a quote is opened and not closed"),
        (b'a,"b\n1,2\n', "line 1: a quote is opened and not closed"),
        (b'a,b\r1,2\r3,"open\r', "line 3: a quote is opened"),
        (b'a,b\n1,"x" y\n', "line 2: text follows a closing quote"),
        (b"a,b\n1," + b"x" * 200_000, "line 2: a cell is too long"),
        (b"a,b\n1,2,3\n", "line 2: 3 cells for 2 columns; put text that holds ','"),
        (b"a\tb\n1\t2\t3\n", "line 2: 3 cells for 2 columns; put text that holds a tab"),
        (b"a,b\n1,\xe4\n", r"is not UTF-8 text \(line 2 after '1,'\)"),
        ("a,b".encode("utf-16-le"), "is UTF-16 without its byte order mark"),
        (b"a,b\0", "is not a text file"),
    ],
)
def test_a_fault_names_its_line(data: bytes, words: str) -> None:
    with pytest.raises(BadLabels, match=r"t\.csv,? " + words):
        read(data, "t.csv")


def test_what_cannot_be_shown_is_marked() -> None:
    assert read(b"unit\x19s,b\n", "t.csv").head == ("unit\ufffds", "b")


def test_an_empty_file_has_no_columns() -> None:
    assert read(b"", "t.csv").head == read(b" \n\n", "t.csv").head == ()
