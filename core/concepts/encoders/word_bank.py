"""A bank of measured words over an ImageNet classifier: no CLIP, nothing trained for it.

What the bank knows, and how a word is scored on a picture:

- ImageNet's class names: the class's logit.
- Broader terms (`assets/encoders/broader.txt`): the log of the summed probability of their classes.
- Colours and textures (`looks`): measured on the pixels that the classifier sees.

Each word's scores are standardised over the probe pictures (mean 0, standard deviation 1) and put
where CLIP's cosines lie, because the similarities of CLIP-Dissect depend on the scale.

Each word means one thing. A name that several classes share stands for all of them, as a broader
term does; ImageNet's list, as torchvision gives it, has no such pair: it tells `crane bird` from
`crane`, the machine, and `maillot tank suit` from `maillot`. Upper and lower case differ only where
they must: `Cardigan` is the dog, `cardigan` the garment. A broader term is never spelled like a
class (the file is refused), so `orange` is the fruit and `orange colour` the colour. Synonyms are
unknown: WordNet's mislead (a cougar is also "painter"), and a word that is guessed is worse than
one that is left out.

A network must not name its own units: where the bank's network is the one that is dissected, the
bank stands over the other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from core import Pixels
from core.concepts.encoders import broader, looks
from core.concepts.encoders.encoder import Matrix, as_image
from core.concepts.vocabulary import Vocabulary
from core.errors import UnknownWord
from core.files.assets import ASSETS
from core.models import catalog
from core.models.classifier import Classifier
from core.models.files import missing
from core.models.load import load as load_model
from core.models.preprocess import squash
from core.pictures.picture import from_pixels
from core.requests.references import WORD_BANK

CARD = ASSETS / "encoders" / f"{WORD_BANK}.json"
"""What was measured, written by `tools/make_word_bank_card.py`."""
TITLE = "ImageNet word bank, not CLIP"
NETWORKS: Mapping[str, str] = {
    WORD_BANK: "efficientnet_lite2",
    f"{WORD_BANK}:efficientnet_lite0": "efficientnet_lite0",
}
"""The classifier of each encoder, by the name that people type."""
FORMULA = 1
"""Raised when the same picture would get other scores."""
CENTRE, SPREAD = 0.22, 0.015
"""Where scores lie, and what one standard deviation becomes.

The centre is about that of CLIP's cosines. The spread was chosen on the built-in probe pictures:
twice as much gives more units of a last layer their class's name (0.82 in place of 0.64), but units
of hidden layers the names of single classes that a few of their pictures look like.
"""
BATCH = 32
SMALL = 1e-6


def weights_digest(spec: str) -> str:
    """Return the SHA-256 of everything that decides a score: weights, terms and formulas.

    Args:
        spec: one of `NETWORKS`.

    Raises:
        MissingWeights: the classifier's package is not installed.
    """
    parts = [spec, network_digest(spec), broader.FILE.read_text("utf-8"), str(FORMULA)]
    return hashlib.sha256("\0".join([*parts, f"{CENTRE} {SPREAD}"]).encode()).hexdigest()


def network_digest(spec: str) -> str:
    """Return the SHA-256 of the weights of the classifier below an encoder.

    Raises:
        MissingWeights: its package is not installed.
    """
    entry = catalog.find(NETWORKS[spec])
    digest = catalog.status(entry).digest
    if digest is None:
        raise missing(entry)
    return digest


def other(spec: str) -> str:
    """Return the bank over the other network."""
    return next(each for each in NETWORKS if each != spec)


def gives_way(spec: str) -> str:
    """Say that a bank is not used where its own network is dissected."""
    own, network = (_name_of(NETWORKS[each]) for each in (spec, other(spec)))
    return f"{own} must not name its own units: its words are measured over {network} instead."


def remark(spec: str) -> str:
    """Say that a bank is not over its usual network; empty for one that is."""
    if spec not in NETWORKS or spec == WORD_BANK:
        return ""
    usual, network = (_name_of(NETWORKS[each]) for each in (WORD_BANK, spec))
    return f"The words are measured over {network}, not over {usual} as usual."


def load(spec: str, device: torch.device | None = None) -> WordBank:
    """Load a bank.

    Args:
        spec: one of `NETWORKS`.
        device: where to compute; the machine's best when not given.

    Raises:
        MissingWeights: the classifier's package is not installed.
        BadWeights: its file is damaged.
    """
    return WordBank(spec, load_model(NETWORKS[spec], device), weights_digest(spec))


class WordBank:
    """Words over a classifier; see `core.concepts.encoders.encoder.Encoder`.

    Args:
        spec: one of `NETWORKS`.
        network: classifies ImageNet's 1000 classes.
        digest: as `weights_digest` gives it.

    Attributes:
        id, title, note: say what this is.
        vocabulary: the words that it knows, each with a category.
    """

    def __init__(self, spec: str, network: Classifier, digest: str) -> None:
        terms = broader.parse(broader.FILE.read_text("utf-8"), network.names)
        names: dict[str, list[int]] = {}
        for index, name in enumerate(network.names):
            names.setdefault(name, []).append(index)
        self._classes = [torch.tensor(each) for each in (*names.values(), *terms.classes.values())]
        words = (*names, *terms.classes, *looks.WORDS)
        categories = {
            name: terms.class_categories.get(indices[0], "other") for name, indices in names.items()
        }
        self.id = f"{spec}:{digest[:12]}"
        over = "" if spec == WORD_BANK else f" (over {_name_of(NETWORKS[spec])})"
        self.title = TITLE + over
        self.note = (
            f"It knows the {len(names)} class names of ImageNet, {len(terms.classes)} broader "
            f"terms, and {len(looks.WORDS)} colours and textures{_figures(NETWORKS[spec])}."
        )
        self.vocabulary = Vocabulary(
            "ImageNet word bank",
            words,
            {**categories, **terms.categories, **looks.CATEGORIES},
        )
        self._at = {word: place for place, word in enumerate(words)}
        self._plain = _by_plain_spelling(words)
        self._network = network

    @property
    def nbytes(self) -> int:
        """Bytes of the weights."""
        return self._network.nbytes

    def pictures(self, images: Sequence[Image.Image | Pixels]) -> Matrix:
        """Measure every word on pictures, cropped as in the classifier's training.

        Returns:
            float32 (N, words), in the order of the vocabulary, not standardised.
        """
        rows = [np.empty((0, len(self._at)), np.float32)]
        for start in range(0, len(images), BATCH):
            arrays = [np.asarray(as_image(image)) for image in images[start : start + BATCH]]
            seen = [self._network.prepare(from_pixels(array, ""), "crop") for array in arrays]
            logits = self._network.logits(torch.cat([each.batch for each in seen])).cpu()
            views = np.stack([squash(each.view, (looks.SIDE,) * 2)[0] for each in seen])
            rows.append(np.hstack([self._word_scores(logits), looks.measured(views)]))
        return np.concatenate(rows)

    def _word_scores(self, logits: Tensor) -> Matrix:
        """Return logits of single classes and log probabilities of several, float32 (N, words)."""
        logs = logits.double().log_softmax(1)
        columns = [
            logits[:, classes[0]].double() if len(classes) == 1 else logs[:, classes].logsumexp(1)
            for classes in self._classes
        ]
        return torch.stack(columns, 1).float().numpy()

    def words(self, words: Sequence[str]) -> Matrix:
        """Look words up, float32 (C, words): 1 at the word's place in the vocabulary, else 0.

        Raises:
            UnknownWord: one of them is not in the bank.
        """
        if unknown := self.unknown(words):
            raise UnknownWord(
                f"The {self.title} does not know {unknown[0][:60]!r}"
                + (f" and {len(unknown) - 1} other words" if len(unknown) > 1 else "")
                + f": leave out what it does not know. {self.note}"
            )
        rows = np.zeros((len(words), len(self._at)), np.float32)
        for row, word in zip(rows, words, strict=True):
            row[self._place(word)] = 1
        return rows

    def unknown(self, words: Sequence[str]) -> tuple[str, ...]:
        """Return the words that are not in the bank."""
        return tuple(word for word in words if self._place(word) is None)

    def scores(self, image_embeddings: Matrix, word_embeddings: Matrix) -> Matrix:
        """Return each word's scores, standardised over the pictures given, float32 (N, C)."""
        raw = np.asarray(image_embeddings, np.float64)[:, word_embeddings.argmax(1)]
        z = (raw - raw.mean(0)) / np.maximum(raw.std(0), SMALL)
        return np.asarray(CENTRE + SPREAD * z, np.float32)

    def _place(self, word: str) -> int | None:
        place = self._at.get(" ".join(word.split()))
        return self._plain.get(_plain(word)) if place is None else place


def _by_plain_spelling(words: Sequence[str]) -> dict[str, int]:
    """Return the places of words without upper case; none of two that differ by it alone."""
    places: dict[str, list[int]] = {}
    for place, word in enumerate(words):
        places.setdefault(_plain(word), []).append(place)
    return {word: each[0] for word, each in places.items() if len(each) == 1}


def _plain(word: str) -> str:
    return " ".join(word.split()).casefold()


def _name_of(network: str) -> str:
    return catalog.find(network).title.partition(" (")[0]


def _figures(network: str) -> str:
    """Return what the card says of a network's names, as the end of a sentence."""
    if not CARD.is_file():
        return ""
    card: Mapping[str, Any] = json.loads(CARD.read_text("utf-8"))
    found = card["over"][network]["zero_shot"]["tiny_imagenet"]
    return (
        f"; of 1000 names it picks the right one for {100 * found['top1']:.0f} % of "
        f"{found['pictures']:,} photographs of {looks.SIDE} x {looks.SIDE} pixels (shuffled: "
        f"{100 * found['control_top1']:.1f} %)"
    )
