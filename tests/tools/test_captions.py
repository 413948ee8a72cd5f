"""Words for the embedded encoder: broader words, colours and textures, drawn patterns."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from core.concepts.vocabulary import built_in as built_in_words
from tools import looks, patches
from tools.captions import BROADER, HOLDS, NOT, UNKNOWN, Captions, captions, read_names

ROOT = Path(__file__).parents[2]
NAMES = [["dog", "hound", "cur"], ["cat", "cur"], ["oak"], ["elm", "board"]]
TEXT = """# comment
[animals]
pet: dog, cat

[plants]
tree: oak, elm
being: @pet, ?@tree
bark: @tree, ?dog
"""


@pytest.fixture(scope="module")
def taught() -> Captions:
    card = json.loads((ROOT / "assets" / "encoders" / "embedded.json").read_text("utf-8"))
    return captions([[name] for name in card["words"][:202]], BROADER.read_text("utf-8"))


def test_words_hold_do_not_hold_or_may() -> None:
    found = captions(NAMES, TEXT)
    assert found.words == ("dog", "cat", "oak", "elm", "pet", "tree", "being", "bark")
    assert found.classes == 4
    columns = dict(zip(found.words, found.holds.T.tolist(), strict=True))
    assert columns["cat"] == [NOT, HOLDS, NOT, NOT]
    assert columns["pet"] == [HOLDS, HOLDS, NOT, NOT]
    assert columns["being"] == [HOLDS, HOLDS, UNKNOWN, UNKNOWN]
    assert columns["bark"] == [UNKNOWN, NOT, HOLDS, HOLDS]
    assert found.categories["oak"] == found.categories["bark"] == "plants"
    assert found.categories["dog"] == "animals"


def test_synonyms_of_one_class_that_mislead_nobody() -> None:
    assert captions(NAMES, TEXT).aliases == {"hound": "dog"}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("fish: dog, trout", "'trout' is neither a class nor a word"),
        ("fish: dog, @shoal", "'@shoal' is neither a class nor a word"),
        ("fish: dog, ?cat", "'fish' comes twice or holds for less than two"),
        ("pet: dog, cat, oak", "'pet' comes twice"),
    ],
)
def test_slips_of_the_pen_are_told(line: str, message: str) -> None:
    with pytest.raises(SystemExit, match=message.replace("?", r"\?")):
        captions(NAMES, f"{TEXT}{line}\n")
    with pytest.raises(SystemExit, match="No category has the classes oak, elm"):
        captions(NAMES, "[animals]\npet: dog, cat\n")


def test_table_of_names(tmp_path: Path) -> None:
    path = tmp_path / "classes.tsv"
    path.write_text("0\tn1\tdog, hound\n1\tn2\tcat\n")
    assert read_names(path) == [["dog", "hound"], ["cat"]]
    path.write_text("1\tn1\tdog\n")
    with pytest.raises(SystemExit, match="does not name"):
        read_names(path)


def test_broader_words_of_the_shipped_file(taught: Captions) -> None:
    broad = taught.holds[:, taught.classes :]
    assert taught.classes == 202
    assert broad.shape[1] >= 100
    assert (broad == HOLDS).any(1).all(), "a class without a broader word"
    assert len({column.tobytes() for column in (broad == HOLDS).T}) == broad.shape[1]
    assert set(taught.categories.values()) <= set(built_in_words().categories.values())
    at = {word: place for place, word in enumerate(taught.words)}
    for narrow, wide in (
        ("dog", "animal"),
        ("car", "vehicle"),
        ("citrus fruit", "food"),
        ("bridge", "man-made object"),
        ("insect", "animal"),
    ):
        assert (taught.holds[taught.holds[:, at[narrow]] == HOLDS, at[wide]] == HOLDS).all()
    both = (taught.holds[:, at["animal"]] == HOLDS) & (
        taught.holds[:, at["man-made object"]] == HOLDS
    )
    assert not both.any()


def test_no_word_comes_twice(taught: Captions) -> None:
    words = [word.casefold() for word in (*taught.words, *looks.WORDS, *patches.WORDS)]
    assert len(set(words)) == len(words)


def flat(*rgb: int) -> np.ndarray:
    return np.full((64, 64, 3), rgb, np.uint8)


@pytest.mark.parametrize(
    ("rgb", "word"),
    [
        ((210, 30, 30), "red"),
        ((240, 140, 20), "orange colour"),
        ((110, 70, 30), "brown"),
        ((230, 220, 40), "yellow"),
        ((40, 150, 50), "green"),
        ((30, 200, 210), "cyan"),
        ((30, 60, 200), "blue"),
        ((130, 40, 200), "purple"),
        ((250, 120, 190), "pink"),
        ((10, 10, 12), "black"),
        ((245, 245, 240), "white"),
        ((128, 128, 128), "grey"),
    ],
)
def test_each_colour_and_no_other(rgb: tuple[int, int, int], word: str) -> None:
    found = looks.measured(flat(*rgb)[None])[0, : len(looks.COLOURS)]
    assert [name for name, holds in zip(looks.COLOURS, found, strict=True) if holds] == [word]


def test_a_fifth_of_the_pixels_is_enough() -> None:
    picture = flat(40, 150, 50)
    picture[:16] = (210, 30, 30)
    less = flat(40, 150, 50)
    less[:12] = (210, 30, 30)
    red = looks.WORDS.index("red")
    assert looks.measured(np.stack([picture, less]))[:, red].tolist() == [1, 0]


def words_of(picture: np.ndarray) -> set[str]:
    found = looks.measured(picture[None])[0]
    return {word for word, holds in zip(looks.WORDS, found, strict=True) if holds}


def test_lines_by_direction() -> None:
    y, x = np.mgrid[:64, :64]
    for along, word in ((y, "horizontal lines"), (x, "vertical lines"), (x + y, "diagonal lines")):
        wave = (127 + 90 * np.sin(along * 0.7)).astype(np.uint8)
        found = words_of(np.repeat(wave[:, :, None], 3, 2))
        assert word in found
        assert len(found & set(patches.DIRECTIONS)) == 1


def test_light_and_detail() -> None:
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)
    assert "fine detail" in words_of(noise)
    assert {"smooth", "plain background", "white background", "bright", "low contrast"} <= words_of(
        flat(250, 250, 250)
    )
    assert {"dark", "black background", "monochrome"} <= words_of(flat(5, 5, 5))
    assert "colourful" in words_of(flat(250, 10, 10))
    halves = flat(0, 0, 0)
    halves[:, 32:] = 255
    assert "high contrast" in words_of(halves)


@pytest.mark.parametrize("kind", patches.WORDS)
def test_patches_are_seeded_and_named(kind: str) -> None:
    patch = patches.draw(np.random.default_rng(5), kind)
    again = patches.draw(np.random.default_rng(5), kind)
    np.testing.assert_array_equal(patch.pixels, again.pixels)
    assert patch.pixels.shape == (64, 64, 3)
    assert patch.pixels.dtype == np.uint8
    assert kind in patch.words
    assert not set(patch.words) & set(patch.unsure)
    assert {*patch.words, *patch.unsure} <= {*patches.WORDS, *looks.WORDS}


def test_patches_over_photographs() -> None:
    rng = np.random.default_rng(0)
    photo = rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)
    tint = patches.laid_over(patches.draw(rng, "pure colour"), photo, rng)
    assert "pure colour" not in tint.words
    assert "pure colour" in tint.unsure
    dots = patches.laid_over(patches.draw(rng, "dotted"), photo, rng)
    assert dots.words == ("dotted",)
    other = patches.recoloured(photo, rng)
    assert sorted(other.reshape(-1, 3)[0]) == sorted(photo.reshape(-1, 3)[0])
    assert not np.array_equal(other, photo)
