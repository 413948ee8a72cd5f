"""Sets of probe pictures: order, digests, laziness, and files made to do harm."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import time
import urllib.error
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from torchvision import datasets

from core.concepts.probes import folder, parquet, probe_set, published, zip_file
from core.concepts.probes.built_in import PATTERNS
from core.concepts.probes.folder import from_folder
from core.concepts.probes.open import open_probes, state_of
from core.concepts.probes.patterns import DIRECTIONS, KINDS, draw
from core.concepts.probes.probe_set import ProbeSet
from core.concepts.probes.zip_file import from_zip
from core.errors import BadPicture, BadProbes, ChangedPicture, DownloadFailed
from core.pictures.picture import Picture
from tests.core.pictures.made_pictures import encoded


def png(seed: int, size: int = 8) -> bytes:
    return encoded(
        np.random.default_rng(seed).integers(0, 256, (size, size, 3), dtype=np.uint8), "PNG"
    )


def write_folder(folder: Path, names: tuple[str, ...] = ("b.png", "a/z.PNG", "c.jpg")) -> Path:
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(png(number))
    return folder


def zipped(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    store = io.BytesIO()
    with zipfile.ZipFile(store, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return store.getvalue()


# Built in


def test_built_in_pictures_are_many_and_always_the_same() -> None:
    found = open_probes("builtin")
    assert len(found) >= 2000
    assert len(set(found.names)) == len(found)
    assert found.digest == open_probes("builtin").digest
    kinds = {name.rpartition(" ")[0] for name in found.names}
    assert {"cat", "coins", *KINDS} <= kinds
    assert set(PATTERNS) == set(KINDS)
    places = range(0, len(found), 211)
    again = {place: found.load(place) for place in reversed(places)}
    for place in places:
        picture = found.load(place)
        assert picture.sha256 == again[place].sha256
        assert picture.name == found.names[place]
        assert min(picture.pixels.shape[:2]) >= 16
    digests = {picture.sha256 for picture in again.values()}
    assert len(digests) == len(again)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("side", [64, 128])
def test_patterns(kind: str, side: int) -> None:
    drawn = [draw(np.random.default_rng(seed), kind, side) for seed in range(12)]
    for pattern in drawn:
        assert pattern.pixels.shape == (side, side, 3)
        assert pattern.pixels.dtype == np.uint8
        assert pattern.words[0] == kind
        assert set(pattern.words[1:]) <= set(DIRECTIONS)
        if kind != "pure colour":
            assert pattern.pixels.std((0, 1)).max() > 5
    again = draw(np.random.default_rng(3), kind, side)
    np.testing.assert_array_equal(drawn[3].pixels, again.pixels)


# Folder


def test_folder_is_read_in_order_of_its_paths(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "set")
    (folder / "notes.txt").write_text("no picture")
    (folder / "broken.png").write_bytes(b"no picture")
    (folder / "empty.png").write_bytes(b"")
    (folder / ".hidden.png").write_bytes(png(9))
    (folder / ".git").mkdir()
    (folder / ".git" / "x.png").write_bytes(png(9))
    found = open_probes(str(folder))
    assert found.names == ("a/z.PNG", "b.png", "c.jpg")
    assert (found.name, found.skipped) == ("set", 3)
    sizes = [picture.pixels.shape for _, batch in found.batches(2) for picture in batch]
    assert sizes == [(8, 8, 3)] * 3


def test_digest_is_that_of_the_content(tmp_path: Path) -> None:
    one = from_folder(write_folder(tmp_path / "one"))
    two = from_folder(write_folder(tmp_path / "two", ("b2.png", "a/y.png", "d.png")))
    assert one.digest == two.digest, "names and places of files do not count"
    (tmp_path / "two" / "d.png").write_bytes(png(7))
    assert from_folder(tmp_path / "two").digest != one.digest
    swapped = write_folder(tmp_path / "three", ("c.jpg", "a/z.png", "b.png"))
    assert from_folder(swapped).digest != one.digest, "the order counts"


def test_cut_off_picture_is_told_when_it_is_decoded(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "set")
    whole = png(1, 64)
    (folder / "b.png").write_bytes(whole[: len(whole) // 2])
    found = from_folder(folder)
    assert len(found) == 3
    (places, batch), *_ = found.batches(3)
    assert [isinstance(picture, BadPicture) for picture in batch] == [False, True, False]
    assert places == range(3)
    with pytest.raises(BadPicture, match="is cut off before its last pixel"):
        found.load(1)


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    write_folder(tmp_path / "other")
    folder = write_folder(tmp_path / "set", ("a.png",))
    (folder / "linked").symlink_to(tmp_path / "other", target_is_directory=True)
    assert from_folder(folder).names == ("a.png",)


def test_too_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = write_folder(tmp_path / "set")
    monkeypatch.setattr(probe_set, "MOST", 2)
    with pytest.raises(BadProbes, match="has 3 pictures: give 2 at most"):
        from_folder(made)
    monkeypatch.setattr(folder, "FILES", 1)
    with pytest.raises(BadProbes, match="more than 1 files"):
        from_folder(made)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("gone", None, "cannot be read as probe pictures .*cifar100"),
        ("text.txt", b"hello", "neither a ZIP nor a Parquet file"),
        ("a.zip", b"PK\x03\x04 broken", "is a damaged ZIP file"),
        ("a.parquet", b"PAR1 broken PAR1", "is a damaged Parquet file"),
    ],
)
def test_other_files_are_refused_in_one_sentence(
    tmp_path: Path, name: str, data: bytes | None, message: str
) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(BadProbes, match=message):
        open_probes(str(tmp_path / name))


def test_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(BadProbes, match="has no pictures"):
        open_probes(str(tmp_path))
    with pytest.raises(BadProbes, match="cannot be read"):
        open_probes("a\0b")


# ZIP


def test_zip_is_read_in_order_of_its_names(tmp_path: Path) -> None:
    members = {
        "b.png": png(0),
        "a/z.png": png(1),
        "notes.txt": b"x",
        "fake.png": b"x",
        "__MACOSX/b.png": b"x",
        ".DS_Store": b"x",
    }
    data = zipped(members)
    (tmp_path / "set.zip").write_bytes(data)
    found = open_probes(str(tmp_path / "set.zip"))
    assert (found.name, found.names, found.skipped) == ("set.zip", ("a/z.png", "b.png"), 2)
    assert found.load(0).pixels.shape == (8, 8, 3)
    assert found.digest == from_zip(data, "other.zip").digest
    assert from_zip(zipped({"b.png": png(3)})).digest != found.digest


def test_nothing_of_a_zip_reaches_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    from_zip(zipped({"a.png": png(0)})).load(0)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "name", ["../out.png", "a/../../out.png", "/etc/out.png", "..\\out.png", "C:\\out.png"]
)
def test_names_that_lead_outside_are_refused(name: str) -> None:
    with pytest.raises(BadProbes, match="leads outside"):
        from_zip(zipped({"a.png": png(0), name: png(1)}))


def test_bombs_are_refused_before_they_are_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    noise = np.random.default_rng(0).bytes(1 << 20)
    bomb, hidden = zipped({"bomb.png": bytes(3 << 20)}), {"a.png": noise, "b.png": bytes(2 << 20)}
    archives = [bomb, zipped(hidden), zipped({"a.png": noise}), zipped({"a.png": b"", "b": b""})]
    monkeypatch.setattr(zipfile.ZipFile, "open", _never)
    with pytest.raises(BadProbes, match="would unpack to 3 MB"):
        from_zip(archives[0])
    with pytest.raises(BadProbes, match=r"'b\.png', which grows more than 200 times"):
        from_zip(archives[1])
    monkeypatch.setattr(zip_file, "TOTAL", 1 << 19)
    with pytest.raises(BadProbes, match="ordinary pictures"):
        from_zip(archives[2])
    monkeypatch.setattr(zip_file, "ENTRIES", 1)
    with pytest.raises(BadProbes, match="has 2 entries: give 1 at most"):
        from_zip(archives[3])


def _never(*given: object, **named: object) -> None:
    raise AssertionError("a member was opened")


def test_protected_archive_is_refused() -> None:
    data = bytearray(zipped({"a.png": png(0)}))
    at = data.index(b"PK\x01\x02") + 8
    data[at : at + 2] = struct.pack("<H", 1)
    with pytest.raises(BadProbes, match="protected with a password"):
        from_zip(bytes(data), "set.zip")


def test_member_that_lies_about_its_size_is_no_picture() -> None:
    data = bytearray(zipped({"a.png": png(0), "b.png": png(1, 40)}))
    entry = data.rindex(b"PK\x01\x02")
    struct.pack_into("<I", data, entry + 24, 60)  # less than there is
    found = from_zip(bytes(data))
    assert (found.names, found.skipped) == (("a.png",), 1)


def test_links_and_other_archives_are_no_pictures() -> None:
    store = io.BytesIO()
    with zipfile.ZipFile(store, "w") as archive:
        archive.writestr("a.png", png(0))
        archive.writestr("inner.zip", zipped({"b.png": png(1)}))
        link = zipfile.ZipInfo("link.png")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    found = from_zip(store.getvalue())
    assert (found.names, found.skipped) == (("a.png",), 2)


def test_broken_member_is_skipped_or_told() -> None:
    data = bytearray(zipped({"a.png": png(0), "b.png": png(1, 40)}, zipfile.ZIP_STORED))
    data[data.index(b"IDAT", data.index(b"b.png")) + 30] ^= 0xFF  # the check sum is wrong now
    found = from_zip(bytes(data))
    assert len(found) == 2
    with pytest.raises(BadPicture, match=r"b\.png is damaged in its archive"):
        found.load(1)
    (_, batch), *_ = found.batches(2)
    assert [isinstance(picture, BadPicture) for picture in batch] == [False, True]


# Parquet


def write_parquet(path: Path, column: pa.Array, name: str = "image", group: int = 2) -> Path:
    pq.write_table(pa.table({name: column}), path, row_group_size=group)
    return path


def as_bytes(rows: list[bytes | None]) -> pa.Array:
    return pa.array(rows, pa.binary())


def as_structs(rows: list[bytes | None]) -> pa.Array:
    return pa.array([{"bytes": row, "path": "x.png"} for row in rows])


@pytest.mark.parametrize("column", [as_bytes, as_structs])
def test_parquet_in_order_of_its_rows(
    tmp_path: Path, column: Callable[[list[bytes | None]], pa.Array]
) -> None:
    rows = [png(number, 6 + number) for number in range(5)]
    found = open_probes(str(write_parquet(tmp_path / "p.parquet", column(rows))))
    assert len(found) == 5
    for place in (4, 0, 3, 1, 2):
        assert found.load(place).pixels.shape[0] == 6 + place
    assert found.names[3] == "row 3"
    other = write_parquet(tmp_path / "q.parquet", column(rows[::-1]))
    assert open_probes(str(other)).digest != found.digest


def test_rows_without_a_picture_are_damaged(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "p.parquet", as_bytes([png(0), None, b"no picture"]))
    (_, batch), *_ = open_probes(str(path)).batches(3)
    assert [isinstance(picture, BadPicture) for picture in batch] == [False, True, True]


@pytest.mark.parametrize(
    ("column", "name"), [(pa.array([1, 2]), "image"), (pa.array([b"x"]), "photo")]
)
def test_parquet_without_pictures(tmp_path: Path, column: pa.Array, name: str) -> None:
    path = write_parquet(tmp_path / "p.parquet", column, name)
    with pytest.raises(BadProbes, match=f"has the columns {name}: give one with a column `image`"):
        open_probes(str(path))


def test_a_picture_that_is_stored_once_does_not_fill_the_memory(tmp_path: Path) -> None:
    """The file says 4 MB, but read as a whole its column takes 256 MB."""
    blob = np.random.default_rng(0).bytes(4 << 20)
    path = tmp_path / "bomb.parquet"
    pq.write_table(pa.table({"image": as_bytes([blob] * 64)}), path, compression="zstd")
    script = (
        "import sys, pyarrow as pa\nfrom pathlib import Path\n"
        "from core.concepts.probes.parquet import from_parquet\n"
        "for _, batch in from_parquet(Path(sys.argv[1])).batches(16): assert len(batch) == 16\n"
        "print(pa.default_memory_pool().max_memory())"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True
    )
    assert int(run.stdout) < 48 << 20


def test_a_number_of_rows_that_is_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_parquet(tmp_path / "p.parquet", as_bytes([png(0)] * 3))
    monkeypatch.setattr(parquet, "MOST", 2)
    with pytest.raises(BadProbes, match="has 3 pictures: give 2 at most"):
        open_probes(str(path))


def test_rows_of_several_groups_in_any_order(tmp_path: Path) -> None:
    rows = [png(number, 6 + number) for number in range(7)]
    found = open_probes(str(write_parquet(tmp_path / "p.parquet", as_structs(rows), group=3)))
    with found.opened() as probes:
        for index in (0, 2, 1, 6, 3, 5, 5, 0):
            assert probes.load(index).pixels.shape[0] == 6 + index


# Files that change, and handles


def test_a_file_that_changed_is_not_taken_for_the_old_one(tmp_path: Path) -> None:
    made = write_folder(tmp_path / "set")
    found = from_folder(made)
    before = (made / "b.png").stat().st_mtime_ns
    (made / "b.png").write_bytes(png(77))
    os.utime(made / "b.png", ns=(before, before))
    (made / "c.jpg").unlink()
    (_, batch), *_ = found.batches(3)
    kinds = [type(picture) for picture in batch]
    assert kinds == [Picture, ChangedPicture, ChangedPicture]
    with pytest.raises(ChangedPicture, match=r"b\.png has changed since"):
        found.load(1)


def test_state_of_a_folder_differs_once_a_file_was_written(tmp_path: Path) -> None:
    made = write_folder(tmp_path / "set")
    before = state_of(str(made))
    assert state_of(str(made)) == before
    (made / "d.png").write_bytes(png(8))
    after = state_of(str(made))
    (made / "d.png").write_bytes(png(9, 9))
    assert len({before, after, state_of(str(made))}) == 3
    assert state_of("builtin") == state_of("cifar100") == state_of("no such file") == ""


def packed(kind: str, path: Path, rows: list[bytes]) -> Path:
    if kind == "zip":
        path.write_bytes(zipped({f"{n}.png": row for n, row in enumerate(rows)}))
        return path
    return write_parquet(path, as_bytes(rows))


@pytest.mark.parametrize("kind", ["zip", "parquet"])
def test_one_file_is_open_only_while_it_is_read(kind: str, tmp_path: Path) -> None:
    def handles() -> int:
        links = list(Path("/proc/self/fd").iterdir())
        return sum(link.readlink() == path for link in links if link.is_symlink())

    path = packed(kind, tmp_path / f"set.{kind}", [png(n) for n in range(4)])
    found = open_probes(str(path))
    assert handles() == 0
    found.load(1)
    assert handles() == 0
    with found.opened() as probes:
        assert [len(batch) for _, batch in probes.batches(2)] == [2, 2]
        assert handles() == 1
    assert handles() == 0


@pytest.mark.parametrize("kind", ["zip", "parquet"])
def test_another_file_of_the_same_name_is_refused(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"set.{kind}"
    found = open_probes(str(packed(kind, path, [png(n) for n in range(4)])))
    packed(kind, path, [png(n, 9) for n in range(4)])
    with pytest.raises(ChangedPicture, match="has changed since it was opened"), found.opened():
        pass
    path.unlink()
    with pytest.raises(ChangedPicture, match="is no longer there"):
        found.load(0)


# Published


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache/seewhy/probes"


@pytest.mark.parametrize(("name", "size"), [("cifar100", 161), ("dtd", 600), ("imagenette", 326)])
def test_nothing_is_fetched_unasked(home: Path, name: str, size: int) -> None:
    with pytest.raises(BadProbes, match=f"allow its download of about {size} MB"):
        open_probes(name)
    assert not home.exists()


def made(folder: Path, monkeypatch: pytest.MonkeyPatch, fail: bool = False) -> list[Path]:
    """Replace the fetching of one set; what was fetched into."""
    calls: list[Path] = []

    def fetch(folder: Path) -> None:
        calls.append(folder)
        write_folder(folder / "imagenette2-320/val")
        if fail:
            raise urllib.error.URLError("no route")

    real = published.SETS["imagenette"]
    fields = {name: getattr(real, name) for name in ("name", "title", "size_mb", "open")}
    replaced = published.Published(**fields, fetch=fetch)
    monkeypatch.setattr(published, "SETS", {"imagenette": replaced})
    return calls


def test_fetched_once_and_whole(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = made(home, monkeypatch)
    found = open_probes("imagenette", allow_download=True)
    assert isinstance(found, ProbeSet)
    assert (found.name, len(found)) == ("imagenette", 3)
    assert [path.name for path in home.iterdir()] == ["imagenette"]
    assert open_probes("imagenette").digest == found.digest
    assert len(calls) == 1


def test_the_owner_may_forbid_downloads(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = made(home, monkeypatch)
    monkeypatch.setenv("SEEWHY_ALLOW_DOWNLOADS", "0")
    with pytest.raises(DownloadFailed, match="its owner does not allow downloads"):
        open_probes("imagenette", allow_download=True)
    assert not calls


def test_two_processes_may_fetch_the_same_set(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one begins while the first is at it, and ends first."""
    calls = made(home, monkeypatch)
    first = published.SETS["imagenette"].fetch

    def slow(folder: Path) -> None:
        calls.clear()
        inner = replace(published.SETS["imagenette"], fetch=first)
        published._fetch(inner, home / "imagenette")
        assert (home / "imagenette").is_dir()
        first(folder)
        assert len(set(calls)) == 2, "each has a folder of its own"

    published._fetch(replace(published.SETS["imagenette"], fetch=slow), home / "imagenette")
    assert len(open_probes("imagenette")) == 3
    assert [path.name for path in home.iterdir()] == ["imagenette"]


def test_only_old_leftovers_are_removed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(home, monkeypatch)
    for name, hours in ((".dtd.old.part", 30), (".dtd.new.part", 1)):
        (home / name).mkdir(parents=True)
        (home / name / "x").write_bytes(b"x")
        for path in (home / name / "x", home / name):
            os.utime(path, (time.time() - hours * 3600,) * 2)
    open_probes("imagenette", allow_download=True)
    assert sorted(path.name for path in home.iterdir()) == [".dtd.new.part", "imagenette"]


def test_failed_download_leaves_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(home, monkeypatch, fail=True)
    with pytest.raises(DownloadFailed, match=r"about 326 MB\) could not be fetched .*no route"):
        open_probes("imagenette", allow_download=True)
    assert not list(home.iterdir())


def test_cifar_pictures(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (12, 32, 32, 3), dtype=np.uint8)

    class Fake:
        data = pixels

    monkeypatch.setattr(datasets, "CIFAR100", lambda *given, **named: Fake)
    found = published._cifar(tmp_path)
    assert len(found) == 12
    np.testing.assert_array_equal(found.load(7).pixels, pixels[7])
    assert Image.fromarray(found.load(0).pixels).size == (32, 32)
