"""Reading and writing descriptions of units."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from core.concepts.result.label_table import Label, parse, read, write
from core.errors import BadLabels


def test_null_and_nan_are_words() -> None:
    found = parse(b"layer,unit,description,similarity\nl,0,null,0.5\nl,1,nan,nan\nl,2,NA,\n")
    assert [label.description for label in found] == ["null", "nan", "NA"]
    assert math.isnan(found[1].similarity)
    assert math.isnan(found[2].similarity)


def test_blanks_commas_marks_and_further_columns() -> None:
    head = "\ufefflayer, unit, description, similarity, top_images"
    text = f'{head}\r\n conv1 , 3 ,"cat, big",0.25,x\r\n\r\n'
    (found,) = parse(text.encode())
    assert found == Label("conv1", 3, "cat, big", 0.25)
    assert found.extra == {"top_images": "x"}


def test_netdissect_counts_from_one() -> None:
    found = parse(b"unit,category,label,score\n1,object,dog,0.2\n2,part,ear,0.1\n")
    assert [(label.unit, label.description) for label in found] == [(0, "dog"), (1, "ear")]
    with pytest.raises(BadLabels, match="line 2: '0' is not a unit number"):
        parse(b"unit,category,label,score\n0,object,dog,0.2\n")


def test_milan_has_no_similarity() -> None:
    (found,) = parse(b"layer,unit,description\nlayer1,7,the ground\n")
    assert (found.unit, found.description) == (7, "the ground")
    assert math.isnan(found.similarity)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "has the columns of an empty file"),
        (b"a,b\n1,2\n", "has the columns a, b"),
        (b"layer,unit,description,similarity\n", "has no units"),
        (b"layer,unit,description,similarity\nl,x,dog,1\n", "line 2: 'x' is not a unit number"),
        (b"layer,unit,description,similarity\nl,-1,dog,1\n", "is not a unit number"),
        (b"layer,unit,description,similarity\nl,1,dog,high\n", "line 2: could not convert"),
        (b"layer,unit,description,similarity\nl,1\n", "no 'description'"),
        (b"layer,unit,description\nl,1,a\nl,1,b\n", "line 3: unit 1 of l twice"),
        (b"\xff\xfe\x00", "is not UTF-16 text"),
    ],
)
def test_other_files_are_refused_in_one_sentence(data: bytes, message: str) -> None:
    with pytest.raises(BadLabels, match=message):
        parse(data, "labels.csv")


HEAD = "layer,unit,description,similarity"
ROWS = (HEAD, "layer4,0,dog,0.25", "layer4,1,Kätzchen,0.5")


def written(delimiter: str = ",", end: str = "\n", encoding: str = "utf-8") -> bytes:
    return end.join(row.replace(",", delimiter) for row in ROWS).encode(encoding)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_way_to_write_a_table(delimiter: str, end: str, encoding: str) -> None:
    labels = parse(written(delimiter, end, encoding))
    assert labels == (Label("layer4", 0, "dog", 0.25), Label("layer4", 1, "Kätzchen", 0.5))


def test_where_commas_separate_nothing_one_may_be_the_decimal_point() -> None:
    (label,) = parse(b"layer;unit;description;similarity\nl;2,0;dog;0,25\n")
    assert label == Label("l", 2, "dog", 0.25)


def test_units_that_became_floating_point_numbers() -> None:
    found = parse(f"{HEAD}\nl,0.0,dog,1\nl,12.0,cat,1\n".encode())
    assert [label.unit for label in found] == [0, 12]
    with pytest.raises(BadLabels, match=r"line 2: '1\.5' is not a unit number"):
        parse(f"{HEAD}\nl,1.5,dog,1\n".encode())


def test_a_column_of_our_own_goes_before_one_that_is_only_spelled_otherwise() -> None:
    (label,) = parse(b"unit,concept,description,score,similarity\n3,animal,dog,9,0.5\n")
    assert label == Label("", 3, "dog", 0.5)
    assert label.extra == {"concept": "animal", "score": "9"}
    with pytest.raises(BadLabels, match=r"two columns for 'unit' \(unit, unit\)"):
        parse(b"unit,unit,description\n3,4,dog\n")


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(BadLabels, match="cannot be read"):
        read(tmp_path / "gone.csv")


def test_written_is_read_again() -> None:
    labels = (
        Label("layer1", 0, "null", 0.12890625, {"q": "0.01"}),
        Label("layer1", 1, 'a "quoted", word', math.nan, {"q": ""}),
    )
    text = write(labels, ["q"])
    assert text.splitlines()[0] == "layer,unit,description,similarity,q"
    again = parse(text.encode())
    assert again[0] == labels[0]
    assert again[0].extra == {"q": "0.01"}
    assert again[1].description == labels[1].description
