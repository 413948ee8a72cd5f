"""Old ids: they mean the models that replace them, and a person is told."""

from __future__ import annotations

import pytest

from core.models import catalog
from core.models.aliases import REPLACED, current_id, replacement_note
from core.models.reference import reference_of


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("embedded", "efficientnet_lite0"),
        ("embedded-shortcut", "efficientnet_lite0-shortcut"),
        ("embedded:random", "efficientnet_lite0:random"),
        (" Embedded ", "efficientnet_lite0"),
    ],
)
def test_an_old_id_means_the_model_that_replaces_it(old: str, new: str) -> None:
    assert catalog.find(old).id == new
    assert reference_of(old, "cpu") == reference_of(new, "cpu")
    note = replacement_note(old)
    assert note.count(".") == 1
    assert old.strip().lower() in note
    assert new in note


def test_no_old_id_is_in_the_catalogue_and_each_has_a_successor() -> None:
    known = {entry.id for entry in catalog.entries()}
    assert not known & {*REPLACED}
    assert known >= {*REPLACED.values()}


@pytest.mark.parametrize("name", ["", "resnet50", "ResNet18:Random", "efficientnet_lite0", "none"])
def test_ids_in_use_are_not_changed_and_need_no_note(name: str) -> None:
    assert current_id(name) == name.lower()
    assert replacement_note(name) == ""
