"""True classes from tables: usual ones, those of other programs, and hostile ones."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import BadLabels
from core.models.true_class_files import lack_of, metadata_in, read_true_classes

NAMES = ("grey cat", "red dog", "crane (bird)", "crane (machine)")


def written(tmp_path: Path, name: str, text: str | bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("metadata.csv", "file_name,label\na/1.png,grey cat\nb/2.png,1\n"),
        ("x.tsv", "file_name\tclass\na/1.png\tGrey_Cat\nb/2.png\tred dog\n"),
        ("x.csv", "\ufefffile_name;target\r\na\\1.png;0\r\n./b/2.png;red dog\r\n"),
        ("x.csv", "file_name,text,label\na/1.png,hello,0\nb/2.png,,1\n".encode("utf-16")),
        (
            "metadata.jsonl",
            '{"file_name": "a/1.png", "label": 0}\n\n{"file_name": "b/2.png", "label": "1"}\n',
        ),
    ],
)
def test_tables_of_every_kind(tmp_path: Path, name: str, text: str | bytes) -> None:
    path = written(tmp_path, name, text)
    assert lack_of(path) == ""
    read = read_true_classes(path, "", NAMES)
    assert read.of(tmp_path / "a" / "1.png") == 0
    assert read.of(tmp_path / "b" / "2.PNG") == 1
    assert read.of(tmp_path / "c" / "3.png") is None
    assert read.notes == ()
    assert read.unused([tmp_path / "1.png", tmp_path / "2.png"]) == ""
    assert "1 file (b/2.png)" in read.unused([tmp_path / "1.png"])


def parquet(path: Path, labels: list, metadata: dict | None = None) -> Path:
    table = pa.table({"file_name": ["a.png", "b.png"], "label": labels})
    if metadata:
        table = table.replace_schema_metadata({b"huggingface": json.dumps(metadata).encode()})
    pq.write_table(table, path)
    return path


def test_parquet_with_and_without_its_own_names(tmp_path: Path) -> None:
    read = read_true_classes(parquet(tmp_path / "a.parquet", [1, None]), "", NAMES)
    assert read.of(Path("/x/a.png")) == 1
    assert read.of(Path("/x/b.png")) is None
    assert "1 row has no file name or no class" in read.notes[0]
    own = {"info": {"features": {"label": {"names": ["red dog", "grey cat"]}}}}
    read = read_true_classes(parquet(tmp_path / "b.parquet", [0, 1], own), "", NAMES)
    assert (read.of(Path("a.png")), read.of(Path("b.png"))) == (1, 0)
    read = read_true_classes(parquet(tmp_path / "c.parquet", [0.0, 3.0]), "label", NAMES)
    assert (read.of(Path("a.png")), read.of(Path("b.png"))) == (0, 3)


def test_each_kind_of_fault_is_one_sentence_with_a_count(tmp_path: Path) -> None:
    lines = [
        "file_name,label",
        "ok.png,grey cat",
        "two.png,grey cat",
        "two.png,red dog",
        ",0",
        "e,",
    ]
    lines += [f"{n}.png,zebrafish" for n in range(1000)] + ["z.png,crane"]
    read = read_true_classes(written(tmp_path, "t.csv", "\n".join(lines)), "", NAMES)
    assert read.of(Path("ok.png")) == 0
    assert read.of(Path("two.png")) is None
    assert len(read.notes) == 3
    assert all(len(note) < 200 for note in read.notes)
    assert "1001 rows name 2 classes (zebrafish, crane)" in read.notes[0]
    assert "1 file (two.png) has two classes and was left out" in read.notes[1]
    assert "2 rows have no file name or no class" in read.notes[2]


def test_names_in_several_folders(tmp_path: Path) -> None:
    text = "file_name,label\ntrain/1.png,0\ntest/1.png,1\ntrain/2.png,2\n"
    read = read_true_classes(written(tmp_path, "t.csv", text), "", NAMES)
    assert read.of(Path("/data/train/1.png")) == 0
    assert read.of(Path("/data/test/1.png")) == 1
    assert read.of(Path("/data/1.png")) is None, "either could be meant"
    assert read.of(Path("/elsewhere/2.png")) == 2


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("t.csv", "", "no column file_name"),
        ("t.csv", "file_name,label\n", "gives no true class. It has no rows"),
        ("t.csv", "picture_id,label\n1,0\n", "no column file_name"),
        ("t.csv", "file_name,words\na.png,0\n", "--label-column"),
        ("t.csv", "file_name,label\na.png,nothing\n", "gives no true class"),
        ("t.csv", b"file_name,label\n\xe4.png,0\n", "UTF-8"),
        ("t.csv", 'file_name,label\n"a.png,0\nb.png,1\n', "quote"),
        ("t.csv", b"PK\x03\x04aaaa", "spreadsheet"),
        ("t.jsonl", "[1, 2]\n", "line 1"),
        ("t.jsonl", '{"file_name": "a.png", "label": 0}\nnonsense\n', "line 2"),
        ("t.jsonl", "[" * 100_000, "line 1"),
        ("t.parquet", "nonsense", "Parquet"),
    ],
)
def test_hostile_tables_are_refused_in_one_sentence(
    tmp_path: Path, name: str, text: str | bytes, words: str
) -> None:
    with pytest.raises(BadLabels, match=words) as caught:
        read_true_classes(written(tmp_path, name, text), "", NAMES)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_missing_file_and_a_missing_column(tmp_path: Path) -> None:
    with pytest.raises(BadLabels, match="cannot be read"):
        read_true_classes(tmp_path / "none.csv", "", NAMES)
    path = written(tmp_path, "t.csv", "file_name,label,other\na.png,0,1\n")
    assert read_true_classes(path, "Other", NAMES).of(Path("a.png")) == 1
    with pytest.raises(BadLabels, match="'missing'"):
        read_true_classes(path, "missing", NAMES)
    parquet(tmp_path / "t.parquet", [0, 1])
    with pytest.raises(BadLabels, match="'missing'"):
        read_true_classes(tmp_path / "t.parquet", "missing", NAMES)


def test_the_table_of_a_folder(tmp_path: Path) -> None:
    assert metadata_in(tmp_path) is None
    parquet(tmp_path / "metadata.parquet", [0, 1])
    assert metadata_in(tmp_path) == tmp_path / "metadata.parquet"
    path = written(tmp_path, "metadata.csv", "file_name,text\na.png,a caption\n")
    assert metadata_in(tmp_path) == path
    assert "no column label or" in lack_of(path)
    written(tmp_path, "metadata.csv", "name,label\na.png,grey cat\n")
    assert "no column file_name (it has name, label)" in lack_of(path)
    assert lack_of(written(tmp_path, "metadata.csv", "file_name,label\n")) == (
        "metadata.csv has no rows."
    )
