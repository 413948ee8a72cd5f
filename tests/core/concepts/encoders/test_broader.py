"""Broader terms: the format of their file, and that what the file says is true."""

from __future__ import annotations

import pytest

from core.concepts.encoders import broader
from core.errors import BadLabels
from core.models import catalog

NAMES = ("tabby", "lynx", "beagle", "pug", "sofa")
TEXT = """
# A comment.
[animals]
cat: tabby, lynx
dog: beagle..pug
animal: @cat, @dog
wild or large: @animal, -tabby, -beagle

[rooms]
: sofa
"""


@pytest.fixture(scope="module")
def shipped() -> broader.Broader:
    names = catalog.find("efficientnet_lite2").names
    return broader.parse(broader.FILE.read_text("utf-8"), names)


def test_members_are_classes_ranges_and_terms_further_up() -> None:
    found = broader.parse(TEXT, NAMES)
    assert found.classes == {
        "cat": (0, 1),
        "dog": (2, 3),
        "animal": (0, 1, 2, 3),
        "wild or large": (1, 3),
    }
    assert set(found.categories.values()) == {"animals"}
    assert found.class_categories == {**dict.fromkeys(range(4), "animals"), 4: "rooms"}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("pair: tabby, unicorn", "'unicorn' is neither a class nor a term"),
        ("pair: @later, tabby", "'@later' is neither"),
        ("pair: pug..unicorn", "'pug..unicorn' is neither"),
        ("PUG: tabby, lynx", "comes twice or is a class"),
        ("one: tabby", "says no more than another word"),
        ("backwards: pug..beagle", "says no more"),
        ("first: tabby, lynx\nsame: lynx, tabby", "'same' says no more"),
        ("first: tabby, lynx\nfirst: lynx, pug", "'first' comes twice"),
    ],
)
def test_lines_that_say_nothing_are_refused(line: str, message: str) -> None:
    with pytest.raises(BadLabels, match=message):
        broader.parse(line, NAMES)


def test_the_file_has_many_terms_and_a_category_for_every_class(shipped: broader.Broader) -> None:
    assert len(shipped.classes) >= 150
    assert set(shipped.class_categories) == set(range(1000))
    assert min(map(len, shipped.classes.values())) >= 2


@pytest.mark.parametrize(
    ("term", "count", "inside", "outside"),
    [
        ("dog", 118, ("Chihuahua", "pug", "Mexican hairless"), ("timber wolf", "dingo", "hotdog")),
        ("bird", 59, ("cock", "flamingo", "albatross"), ("tusker", "grey whale", "birdhouse")),
        ("house cat", 5, ("tabby", "Egyptian cat"), ("cougar", "Madagascar cat")),
        ("furry animal", None, ("tabby", "koala", "giant panda"), ("Mexican hairless", "hog")),
        ("animal", 398, ("tench", "puffer"), ("abacus", "teddy")),
        ("food", None, ("pizza", "orange", "espresso"), ("cup", "plate", "menu", "hay")),
        ("vehicle", None, ("sports car", "canoe", "airliner"), ("car wheel", "wing")),
        ("car", 9, ("Model T", "racer"), ("car mirror", "passenger car", "freight car")),
        ("man-made thing", None, ("abacus", "menu", "wool"), ("honeycomb", "alp", "daisy")),
        ("fruit", 10, ("Granny Smith", "pomegranate"), ("hay", "bell pepper")),
        ("snake", 17, ("thunder snake", "sidewinder"), ("eel", "hognose")),
    ],
)
def test_terms_are_true(
    shipped: broader.Broader,
    term: str,
    count: int | None,
    inside: tuple[str, ...],
    outside: tuple[str, ...],
) -> None:
    names = catalog.find("efficientnet_lite2").names
    members = {names[index] for index in shipped.classes[term]}
    assert members >= set(inside)
    assert not members & set(outside)
    assert count is None or len(members) == count


def test_what_belongs_to_the_wider_term_belongs_together(shipped: broader.Broader) -> None:
    """Kinds of a kind: every class of the narrow term is one of the wide term."""
    for narrow, wide in (
        ("terrier", "dog"),
        ("dog", "canine animal"),
        ("big cat", "feline animal"),
        ("feline animal", "mammal"),
        ("parrot", "bird"),
        ("frog", "animal"),
        ("bus", "motor vehicle"),
        ("boat", "vehicle"),
        ("guitar", "musical instrument"),
        ("shoe", "clothing"),
        ("citrus fruit", "food"),
        ("chair", "furniture"),
        ("shop", "structure"),
        ("firearm", "weapon"),
        ("musical instrument", "man-made thing"),
    ):
        assert set(shipped.classes[narrow]) < set(shipped.classes[wide]), (narrow, wide)
    animals, made = set(shipped.classes["animal"]), set(shipped.classes["man-made thing"])
    assert not animals & made
    assert not animals & set(shipped.classes["food"])
