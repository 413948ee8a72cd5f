"""The encoder that comes with SeeWhy: words it knows, words it refuses, scores on CLIP's scale."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save

from core.concepts.encoders import embedded, load
from core.concepts.encoders.embedded import (
    CARD,
    COVARIANCE_KEY,
    MEAN_KEY,
    SCALE_KEY,
    EmbeddedEncoder,
)
from core.concepts.encoders.embedded_network import ImageTower, MiniEncoder
from core.errors import BadWeights, MissingWeights, UnknownWord

CPU = torch.device("cpu")
WORDS = ["goldfish", "orange", "orange colour", "striped"]
shipped = pytest.mark.skipif(not CARD.is_file(), reason=f"{CARD.name} is not there")


def made(folder: Path, spread: float = 0.05, **changes: Any) -> Path:
    """Write a card and random weights of a tiny tower; returns the card's path."""
    torch.manual_seed(3)
    net = MiniEncoder(len(WORDS), ImageTower((4, 6), (1, 1), 8), 8)
    state = {key: value.half() for key, value in net.state_dict().items() if "tracked" not in key}
    root = torch.randn(8, 8)
    state |= {
        MEAN_KEY: torch.randn(8) * 0.1,
        COVARIANCE_KEY: root @ root.T / 8,
        SCALE_KEY: torch.tensor([0.22, spread]),
    }
    data = save({key: value.contiguous() for key, value in state.items()})
    facts = {
        "note": "A test.",
        "words": WORDS,
        "aliases": {"Carassius auratus": "goldfish"},
        "categories": ["animals", "food", "colours", "textures"],
        "tower": {"channels": [4, 6], "blocks": [1, 1], "width": 8},
        "sha256": hashlib.sha256(data).hexdigest(),
    } | changes
    card = folder / "embedded.json"
    card.with_suffix(".safetensors").write_bytes(data)
    card.write_text(json.dumps(facts))
    return card


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedEncoder:
    return embedded.load(CPU, made(tmp_path_factory.mktemp("card")))


def pictures(count: int) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (20 + n, 90 - n, 3), dtype=np.uint8) for n in range(count)]


def test_names_itself_by_its_weights(tiny: EmbeddedEncoder, tmp_path: Path) -> None:
    again = embedded.load(CPU, made(tmp_path))
    assert tiny.id == again.id == f"embedded:{again.card['sha256'][:12]}"
    assert embedded.load(CPU, made(tmp_path, spread=0.1)).id != tiny.id
    assert tiny.title == "Embedded mini encoder, not CLIP"
    assert tiny.note == "A test."
    assert tiny.vocabulary.words == tuple(WORDS)
    assert tiny.vocabulary.categories["striped"] == "textures"


def test_pictures_of_any_size_and_kind(tiny: EmbeddedEncoder) -> None:
    arrays = pictures(5)
    found = tiny.pictures(arrays)
    assert found.shape == (5, 8)
    assert found.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
    images = [Image.fromarray(pixels) for pixels in arrays]
    np.testing.assert_array_equal(tiny.pictures(images), found)
    clear = Image.new("RGBA", (30, 30), (255, 0, 0, 0))
    white = np.full((30, 30, 3), 255, np.uint8)
    np.testing.assert_allclose(tiny.pictures([clear]), tiny.pictures([white]), atol=1e-6)
    assert tiny.pictures([]).shape == (0, 8)


def test_the_company_of_a_picture_changes_nothing(
    tiny: EmbeddedEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrays = pictures(5)
    found = tiny.pictures(arrays)
    monkeypatch.setattr(embedded, "BATCH", 2)
    np.testing.assert_allclose(tiny.pictures(arrays), found, atol=1e-6)


def test_words_are_looked_up_never_guessed(tiny: EmbeddedEncoder) -> None:
    found = tiny.words(["striped", "GOLDFISH", "carassius  auratus"])
    assert found.shape == (3, 8)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(found[1], found[2])
    assert tiny.words([]).shape == (0, 8)
    assert tiny.unknown(["dog", "striped", "stripes"]) == ("dog", "stripes")
    with pytest.raises(UnknownWord, match="never taught 'dog' and 1 other words: leave out"):
        tiny.words(["dog", "striped", "stripes"])


def test_scores_are_standardised_cosines(tiny: EmbeddedEncoder) -> None:
    # Embeddings drawn with the stored mean and covariance stand for training pictures.
    rng = np.random.default_rng(1)
    drawn = rng.multivariate_normal(tiny._mean, tiny._covariance, 20_000).astype(np.float32)
    scores = tiny.scores(drawn, tiny.words(WORDS))
    assert scores.shape == (20_000, 4)
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores.mean(0), 0.22, atol=2e-3)
    np.testing.assert_allclose(scores.std(0), 0.05, atol=2e-3)
    # The order of pictures is that of the cosines.
    cosines = drawn[:50] @ tiny.words(["striped"]).T
    one = tiny.scores(drawn[:50], tiny.words(["striped"]))
    np.testing.assert_array_equal(np.argsort(one[:, 0]), np.argsort(cosines[:, 0]))


def test_files_that_are_missing_or_do_not_belong_together(tmp_path: Path) -> None:
    with pytest.raises(MissingWeights, match="belong into assets/encoders"):
        embedded.load(CPU, tmp_path / "embedded.json")
    card = made(tmp_path, sha256="0" * 64)
    assert embedded.is_ready(card)
    with pytest.raises(BadWeights, match="is not the file that"):
        embedded.load(CPU, card)
    made(tmp_path, words=[*WORDS, "dog"], categories=["x"] * 5)
    with pytest.raises(BadWeights, match="do not fit its words"):
        embedded.load(CPU, card)
    made(tmp_path, tower={"channels": [4], "blocks": [1], "width": 8})
    with pytest.raises(BadWeights, match="do not fit its network"):
        embedded.load(CPU, card)


@shipped
def test_shipped_encoder_is_as_good_as_it_must_be() -> None:
    card = json.loads(CARD.read_text("utf-8"))
    weights = CARD.with_suffix(".safetensors")
    assert weights.stat().st_size + CARD.stat().st_size <= 12_000_000
    figures = card["figures"]
    assert figures["zero_shot"]["top1"] >= 0.30
    for key in ("top1", "top5"):
        assert figures["fc"][key] >= 10 * figures["fc"][f"control_{key}"]
    for part, name in (
        ("broader", "mean_average_precision"),
        ("colours", "mean_auc"),
        ("textures", "mean_auc"),
        ("drawn", "mean_auc"),
    ):
        assert figures[part][name] > figures[part][f"control_{name}"]


@shipped
def test_shipped_encoder_tells_a_red_square_from_a_blue_one() -> None:
    found = load.load("embedded", device=CPU)
    red, blue = (
        np.full((50, 80, 3), colour, np.uint8) for colour in ([220, 20, 20], [20, 20, 220])
    )
    scores = found.scores(found.pictures([red, blue]), found.words(["red", "blue"]))
    assert scores[0, 0] > scores[0, 1]
    assert scores[1, 1] > scores[1, 0]
