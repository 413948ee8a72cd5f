"""What visitors brought along is found again, bounded, and shared only on purpose."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.files.uploads import HOURS
from core.models.uploads import Own
from core.requests.references import PictureRef
from core.work import visits as module
from core.work.visits import StoredPicture, Visit, Visits, is_token, new_token


def stored(folder: Path, name: str, digit: str) -> StoredPicture:
    path = folder / f"{digit} {name}"
    path.write_bytes(digit.encode())
    return StoredPicture(PictureRef(digit * 64, name), path)


def own(folder: Path, name: str) -> Own:
    path = folder / name
    path.write_bytes(b"weights")
    return Own("resnet18", "resnet18", path, "f" * 64, None)


class Clock:
    """Seconds that pass when the test says so."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_visit_is_found_by_its_token_alone(tmp_path: Path) -> None:
    visits, visit, token = Visits(), Visit(), new_token()
    visit.add_picture(stored(tmp_path, "a.png", "1"))
    visits.keep(token, visit)
    assert is_token(token)
    assert visits.find(token) is visit
    assert visits.find(new_token()) is None
    assert token not in repr(vars(visits._visits)), "stored by its digest"


@pytest.mark.parametrize(
    "text", ["", "a" * 42, "a" * 44, "a" * 42 + "=", "\u00e4" * 43, "a" * 10**6]
)
def test_what_is_no_token_finds_nothing(text: str) -> None:
    assert not is_token(text)
    assert Visits().find(text) is None
    assert Visits().shared(text) is None


def test_a_visit_is_forgotten_some_hours_after_its_last_use() -> None:
    clock = Clock()
    visits, visit, token = Visits(clock), Visit(), new_token()
    visits.keep(token, visit)
    clock.seconds += HOURS * 3600 - 1
    assert visits.find(token) is visit
    clock.seconds += HOURS * 3600 - 1
    assert visits.find(token) is visit
    clock.seconds += HOURS * 3600 + 1
    assert visits.find(token) is None


def test_visits_and_what_they_hold_are_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "VISITS", 3)
    visits, tokens = Visits(), [new_token() for _ in range(4)]
    for token in tokens:
        visits.keep(token, Visit())
    assert [visits.find(token) is not None for token in tokens] == [False, True, True, True]
    visit = Visit()
    for number in range(module.PICTURES + 1):
        visit.add_picture(stored(tmp_path, f"{number}.png", "1"))
    assert list(visit.pictures()) == [f"{number}.png" for number in range(1, module.PICTURES + 1)]
    for number in range(module.MODELS + 1):
        visit.put_model(own(tmp_path, f"{number}.pth"))
    assert len(visit.models()) == module.MODELS


def test_equal_names_get_numbers_and_equal_pictures_are_one(tmp_path: Path) -> None:
    visit = Visit()
    first, second = stored(tmp_path, "a.png", "1"), stored(tmp_path, "a.png", "2")
    assert [visit.add_picture(each) for each in (first, second, first)] == [
        "a.png",
        "a.png (2)",
        "a.png",
    ]
    assert visit.add_picture(stored(tmp_path, "Cat", "3"), {"Cat"}) == "Cat (2)"


def test_two_visits_become_one_without_a_loss(tmp_path: Path) -> None:
    one, other = Visit(), Visit()
    one.add_picture(stored(tmp_path, "a.png", "1"))
    other.add_picture(stored(tmp_path, "a.png", "2"))
    other.add_picture(stored(tmp_path, "b.png", "3"))
    other.put_model(own(tmp_path, "mine.pth"))
    assert one.take(other) == {"a.png": "a.png (2)", "b.png": "b.png"}
    assert list(one.pictures()) == ["a.png", "a.png (2)", "b.png"]
    assert len(one.models()) == 1


def test_what_was_removed_from_the_disk_is_not_offered(tmp_path: Path) -> None:
    visit, visits = Visit(), Visits()
    picture = stored(tmp_path, "a.png", "1")
    visit.add_picture(picture)
    visit.put_model(own(tmp_path, "mine.pth"))
    shared = visits.share(picture)
    assert visits.shared(shared) == picture
    for path in (picture.file, tmp_path / "mine.pth"):
        path.unlink()
    assert not visit.pictures()
    assert not visit.models()
    assert visits.shared(shared) is None


def test_a_shared_picture_is_open_to_all_for_some_hours(tmp_path: Path) -> None:
    clock = Clock()
    visits = Visits(clock)
    picture = stored(tmp_path, "a.png", "1")
    first, second = visits.share(picture), visits.share(picture)
    assert first != second
    assert visits.shared(first) == picture
    assert visits.shared(first[:-1] + ("A" if first[-1] != "A" else "B")) is None
    clock.seconds += HOURS * 3600 + 1
    assert visits.shared(first) is None


def test_a_visit_has_one_table_of_true_classes_while_its_file_is_there(tmp_path: Path) -> None:
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text("file,class\n")
    second.write_text("file,class\n")
    visit, other = Visit(), Visit()
    assert not visit
    visit.put_table(first)
    assert visit, "there is something to lose"
    other.put_table(second)
    visit.take(other)
    assert visit.table() == second, "another tab brought the newer one"
    visit.take(Visit())
    assert visit.table() == second
    second.unlink()
    assert visit.table() is None
    visit.put_table(None)
    assert not visit
