"""The ImageNet word bank: what it knows, how it scores, and that no network names itself."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from core.concepts.encoders import load, looks, word_bank
from core.concepts.encoders.word_bank import CARD, NETWORKS, WordBank
from core.errors import UnknownEncoder, UnknownWord
from core.models import catalog
from core.models.card import Card
from core.models.classifier import Classifier
from core.models.reference import reference_of
from core.requests.references import WORD_BANK, Preprocess

NAMES = catalog.find(NETWORKS[WORD_BANK]).names
SMALLER = f"{WORD_BANK}:efficientnet_lite0"


def classifier(names: tuple[str, ...] = NAMES) -> Classifier:
    """A tiny network with ImageNet's classes, and weights from a seed."""
    torch.manual_seed(1)
    layers = (nn.Conv2d(3, 6, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    net = nn.Sequential(*layers, nn.Linear(6, len(names)))
    card = Card("tiny", "Tiny", "tiny", "0" * 64, names, Preprocess(size=(16, 16), resize=18))
    return Classifier(net, card)


@pytest.fixture(scope="module")
def bank() -> WordBank:
    return WordBank(WORD_BANK, classifier(), "f" * 64)


def pictures(count: int) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (20 + n, 90 - n, 3), dtype=np.uint8) for n in range(count)]


def raw(bank: WordBank, found: np.ndarray, word: str) -> np.ndarray:
    return found[:, bank.words([word])[0].argmax()]


def test_says_what_it_is(bank: WordBank) -> None:
    assert bank.title == "ImageNet word bank, not CLIP"
    assert bank.id == f"imagenet_words:{'f' * 12}"
    assert "1000 class names of ImageNet" in bank.note
    words = bank.vocabulary.words
    assert words[:1000] == NAMES
    assert words[-len(looks.WORDS) :] == looks.WORDS
    assert set(bank.vocabulary.categories) == set(words)
    assert bank.vocabulary.categories["tabby"] == "animals"
    assert bank.vocabulary.categories["red"] == "colours"
    smaller = WordBank(SMALLER, classifier(), "f" * 64)
    assert smaller.title == "ImageNet word bank, not CLIP (over EfficientNet-Lite0)"
    assert smaller.id == f"{SMALLER}:{'f' * 12}"


def test_scores_are_logits_log_probabilities_and_pixels(bank: WordBank) -> None:
    arrays = pictures(5)
    found = bank.pictures(arrays)
    assert found.shape == (5, len(bank.vocabulary.words))
    assert found.dtype == np.float32
    net = bank._network
    seen = [net.prepare(word_bank.from_pixels(each, ""), "crop") for each in arrays]
    logits = net.logits(torch.cat([each.batch for each in seen])).double()
    np.testing.assert_allclose(raw(bank, found, "tabby"), logits[:, 281], rtol=1e-5)
    dogs = logits.softmax(1)[:, 151:269].sum(1).log()
    np.testing.assert_allclose(raw(bank, found, "dog"), dogs, rtol=1e-5)
    views = [
        Image.fromarray(each.view).resize((64, 64), Image.Resampling.BILINEAR) for each in seen
    ]
    numbers = looks.measured(np.stack([np.asarray(view) for view in views]))
    np.testing.assert_array_equal(found[:, -len(looks.WORDS) :], numbers)


def test_pictures_of_any_kind_and_company(bank: WordBank, monkeypatch: pytest.MonkeyPatch) -> None:
    arrays = pictures(5)
    found = bank.pictures(arrays)
    images = [Image.fromarray(pixels) for pixels in arrays]
    np.testing.assert_array_equal(bank.pictures(images), found)
    monkeypatch.setattr(word_bank, "BATCH", 2)
    np.testing.assert_allclose(bank.pictures(arrays), found, rtol=1e-4, atol=1e-4)
    assert bank.pictures([]).shape == (0, len(bank.vocabulary.words))


def test_scores_are_standardised_over_the_pictures(bank: WordBank) -> None:
    found = bank.pictures(pictures(40))
    words = ("tabby", "dog", "red", "purple")
    scores = bank.scores(found, bank.words(words))
    assert scores.shape == (40, 4)
    assert scores.dtype == np.float32
    assert (raw(bank, found, "purple") == 0).mean() < 1
    np.testing.assert_allclose(scores.mean(0), word_bank.CENTRE, atol=1e-5)
    np.testing.assert_allclose(scores.std(0), word_bank.SPREAD, rtol=1e-4)
    np.testing.assert_array_equal(
        np.argsort(scores[:, 1], kind="stable"), np.argsort(raw(bank, found, "dog"), kind="stable")
    )
    same = bank.scores(np.repeat(found[:1], 3, axis=0), bank.words(words))
    np.testing.assert_allclose(same, word_bank.CENTRE, err_msg="equal pictures say nothing")


def test_words_are_looked_up_never_guessed(bank: WordBank) -> None:
    found = bank.words(["TABBY", "egyptian  cat", "Furry Animal", "tabby"])
    np.testing.assert_array_equal(found.sum(1), 1)
    np.testing.assert_array_equal(found[0], found[3])
    assert bank.words([]).shape == (0, len(bank.vocabulary.words))
    assert bank.unknown(["tabbies", "dog", "painter"]) == ("tabbies", "painter")
    with pytest.raises(
        UnknownWord, match=r"does not know 'tabbies' and 1 other words: .* 1000 cla"
    ):
        bank.words(["tabbies", "dog", "painter"])


def test_each_word_means_one_thing(bank: WordBank) -> None:
    place = {word: int(bank.words([word])[0].argmax()) for word in ("Cardigan", "cardigan")}
    assert place == {"Cardigan": 264, "cardigan": 474}, "the dog and the garment"
    assert bank.unknown(["CARDIGAN"]) == ("CARDIGAN",), "which of the two nobody can tell"
    assert int(bank.words(["crane"])[0].argmax()) == NAMES.index("crane")
    assert {"crane", "crane bird", "maillot", "maillot tank suit"} <= set(NAMES)
    assert int(bank.words(["orange"])[0].argmax()) == 950, "the fruit"
    assert bank.vocabulary.categories["orange colour"] == "colours"
    assert len(set(bank.vocabulary.words)) == len(bank.vocabulary.words)


def test_a_name_of_two_classes_stands_for_both() -> None:
    names = tuple("crane" if name == "crane bird" else name for name in NAMES)
    both = WordBank(WORD_BANK, classifier(names), "f" * 64)
    assert both.vocabulary.words.count("crane") == 1
    arrays = pictures(3)
    net = both._network
    seen = [net.prepare(word_bank.from_pixels(each, ""), "crop") for each in arrays]
    shares = net.logits(torch.cat([each.batch for each in seen])).double().softmax(1)
    expected = shares[:, [134, 517]].sum(1).log()
    np.testing.assert_allclose(raw(both, both.pictures(arrays), "crane"), expected, rtol=1e-5)


def test_no_network_names_its_own_units() -> None:
    lite2, lite0 = (reference_of(f"efficientnet_lite{n}", "cpu") for n in (2, 0))
    assert load.choice(WORD_BANK, lite0) == load.Choice(WORD_BANK)
    instead = load.choice(WORD_BANK, lite2)
    assert instead.spec == SMALLER
    assert instead.notes == (
        "EfficientNet-Lite2 must not name its own units: its words are measured over "
        "EfficientNet-Lite0 instead.",
    )
    assert load.choice(SMALLER, lite0).spec == WORD_BANK
    random = reference_of("efficientnet_lite2:random", "cpu")
    assert load.choice(WORD_BANK, random).spec == WORD_BANK, "another network, only drawn alike"
    assert load.choice("open_clip:ViT-B-16/openai", lite2).notes == ()
    assert word_bank.remark(WORD_BANK) == word_bank.remark("open_clip:a/b") == ""
    assert "over EfficientNet-Lite0, not over EfficientNet-Lite2" in word_bank.remark(SMALLER)


def test_the_old_name_is_answered_with_a_note() -> None:
    found = load.choice("embedded", reference_of("efficientnet_lite0", "cpu"))
    assert found.spec == WORD_BANK
    assert "no longer part of SeeWhy: the ImageNet word bank, not CLIP, answers" in found.notes[0]
    both = load.choice("embedded", reference_of("efficientnet_lite2", "cpu"))
    assert (both.spec, len(both.notes)) == (SMALLER, 2)
    with pytest.raises(UnknownEncoder, match="no longer part of SeeWhy: give imagenet_words"):
        load.reference_of("embedded")


def test_references_tell_the_networks_and_the_terms_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = (load.reference_of(spec, "cpu") for spec in NETWORKS)
    assert one.weights != two.weights
    assert load.reference_of(WORD_BANK, "cpu") == one
    monkeypatch.setattr(word_bank, "SPREAD", 0.5)
    assert load.reference_of(WORD_BANK, "cpu").weights != one.weights


def test_the_card_is_of_what_is_shipped() -> None:
    card = json.loads(CARD.read_text("utf-8"))
    for spec, network in NETWORKS.items():
        assert card["over"][network]["weights"] == word_bank.network_digest(spec)
        assert card["over"][network]["digest"] == word_bank.weights_digest(spec)
        figures = card["over"][network]
        for data in ("photos", "tiny_imagenet"):
            found = figures["zero_shot"][data]
            assert found["top1"] > 10 * found["control_top1"]
        for part in ("broader", "colours", "textures"):
            assert figures[part]["mean_auc"] > 0.75
            assert figures[part]["control_mean_auc"] == pytest.approx(0.5, abs=0.05)
