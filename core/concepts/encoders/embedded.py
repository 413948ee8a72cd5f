"""The image-text encoder that comes with SeeWhy: small, offline, and not CLIP."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from core import Pixels
from core.concepts.encoders.embedded_network import INPUT_SIZE, ImageTower, MiniEncoder, normalised
from core.concepts.encoders.encoder import Matrix, as_image
from core.concepts.vocabulary import Vocabulary
from core.errors import BadWeights, MissingWeights, UnknownWord
from core.files.assets import ASSETS
from core.models.checkpoint import StateDict, read_state
from core.models.device import pick
from core.models.files import file_digest
from core.models.preprocess import squash
from core.models.tracing_lock import GATE

CARD = ASSETS / "encoders" / "embedded.json"
TITLE = "Embedded mini encoder, not CLIP"
BATCH = 64
MEAN_KEY, COVARIANCE_KEY = "calibration.mean", "calibration.covariance"
"""Mean (E,) and covariance (E, E) of the embeddings of training pictures."""
SCALE_KEY = "calibration.scale"
"""Where scores lie and how far they spread (2,). In the weights' file, so that the id, which is its
digest, changes whenever a score would."""
SMALL = 1e-6


def is_ready(card: Path = CARD) -> bool:
    """Return whether the encoder's files are there."""
    return card.is_file() and card.with_suffix(".safetensors").is_file()


def weights_file(card: Path = CARD) -> Path:
    """Return the file of the weights that belong to a card.

    Raises:
        MissingWeights: it is not there.
    """
    path = card.with_suffix(".safetensors")
    if not is_ready(card):
        raise MissingWeights(
            f"The embedded encoder is not in this copy of SeeWhy: {card.name} and {path.name} "
            "belong into assets/encoders, where tools/make_encoder_card.py puts them."
        )
    return path


def load(device: torch.device | None = None, card: Path = CARD) -> EmbeddedEncoder:
    """Load the encoder from its card and the weights beside it.

    Args:
        device: where to compute; the machine's best when not given.
        card: the JSON file; the weights have its name with `.safetensors`.

    Raises:
        MissingWeights: a file is not there.
        BadWeights: the files do not belong together.
    """
    path = weights_file(card)
    facts = json.loads(card.read_text(encoding="utf-8"))
    digest = file_digest(path)
    if facts["sha256"] != digest:
        # A word's vector is found by its index, so words of another file would be nonsense.
        raise BadWeights(f"{path.name} is not the file that {card.name} describes: restore both.")
    return EmbeddedEncoder(facts, read_state(path), digest, device or pick())


class EmbeddedEncoder:
    """A small image tower and a table of words; see `core.concepts.encoders.encoder.Encoder`.

    Args:
        facts: the card: words, categories, aliases, note, tower.
        state: the weights.
        digest: SHA-256 of the weights' file.
        device: where to compute.

    Raises:
        BadWeights: they do not fit the card.

    Attributes:
        id, title, note: say what this is.
        vocabulary: the words that it was taught, each with a category.
        card: everything that was measured, as on the card.
    """

    def __init__(
        self, facts: Mapping[str, Any], state: StateDict, digest: str, device: torch.device
    ) -> None:
        self.id = f"embedded:{digest[:12]}"
        self.title = TITLE
        self.note = str(facts["note"])
        self.card = facts
        words = tuple(facts["words"])
        self.vocabulary = Vocabulary(
            "embedded encoder", words, dict(zip(words, facts["categories"], strict=True))
        )
        aliases: Mapping[str, str] = facts["aliases"]
        at = {word: index for index, word in enumerate(words)}
        # The words themselves last: what a person sees listed is never another word's synonym.
        self._at = {_plain(name): at[word] for name, word in aliases.items()}
        self._at |= {_plain(word): index for word, index in at.items()}
        self._device = device
        if missing := {MEAN_KEY, COVARIANCE_KEY, SCALE_KEY} - set(state):
            raise BadWeights(
                f"The embedded encoder's weights have no {min(missing)}: restore them."
            )
        state = state.copy()
        self._mean = state.pop(MEAN_KEY).numpy()
        self._covariance = state.pop(COVARIANCE_KEY).numpy()
        self._centre, self._spread = state.pop(SCALE_KEY).tolist()
        self._net = _filled(_built(facts), state).to(device)
        self._words = self._net.all_words().cpu().numpy()

    @property
    def nbytes(self) -> int:
        """Bytes of the weights."""
        return sum(each.nbytes for each in self._net.parameters()) + self._words.nbytes

    def pictures(self, images: Sequence[Image.Image | Pixels]) -> Matrix:
        """Embed whole pictures, squashed to 64 x 64 pixels, as float32 (N, E) of length 1."""
        embedded = np.empty((len(images), self._words.shape[1]), np.float32)
        for start in range(0, len(images), BATCH):
            part = images[start : start + BATCH]
            views = [squash(np.asarray(as_image(image)), (INPUT_SIZE,) * 2)[0] for image in part]
            rgb = torch.from_numpy(np.stack(views)).to(self._device).permute(0, 3, 1, 2)
            with GATE.shared(), torch.no_grad():
                batch = normalised(rgb.float() / 255)
                embedded[start : start + len(part)] = self._net.pictures(batch).cpu().numpy()
        return embedded

    def words(self, words: Sequence[str]) -> Matrix:
        """Look words up, float32 (C, E) of length 1; synonyms that were taught are known too.

        Raises:
            UnknownWord: one of them was never taught.
        """
        if unknown := self.unknown(words):
            raise UnknownWord(
                f"The {self.title.lower()}, was never taught {unknown[0][:60]!r}"
                + (f" and {len(unknown) - 1} other words" if len(unknown) > 1 else "")
                + ": leave out what it does not know."
            )
        rows = np.array([self._at[_plain(word)] for word in words], np.intp)
        return np.asarray(self._words[rows], np.float32)

    def unknown(self, words: Sequence[str]) -> tuple[str, ...]:
        """Return the words that were never taught; upper and lower case are the same."""
        return tuple(word for word in words if _plain(word) not in self._at)

    def scores(self, image_embeddings: Matrix, word_embeddings: Matrix) -> Matrix:
        """Return calibrated cosines, float32 (N, C).

        Raw cosines of this encoder lie about 0 and spread more for a common word than for a rare
        one. Each word's are shifted and scaled by their mean and standard deviation over training
        pictures, which follow from mean and covariance of the pictures' embeddings, then put where
        CLIP's lie: centre + spread x z.
        """
        z = (image_embeddings - self._mean) @ word_embeddings.T
        variance = np.einsum("ce,ef,cf->c", word_embeddings, self._covariance, word_embeddings)
        z /= np.sqrt(np.maximum(variance, SMALL))
        return np.asarray(self._centre + self._spread * z, np.float32)


def _plain(word: str) -> str:
    return " ".join(word.split()).casefold()


def _built(facts: Mapping[str, Any]) -> MiniEncoder:
    tower: Mapping[str, Any] = facts["tower"]
    channels, blocks = tuple(tower["channels"]), tuple(tower["blocks"])
    image = ImageTower(channels, blocks, int(tower["width"]))
    return MiniEncoder(len(facts["words"]), image, int(tower["width"]))


def _filled(net: MiniEncoder, state: Mapping[str, Tensor]) -> MiniEncoder:
    """Put the weights into the network, frozen.

    Raises:
        BadWeights: they do not fit.
    """
    expected = {key for key in net.state_dict() if not key.endswith("num_batches_tracked")}
    if set(state) != expected:
        raise BadWeights("The embedded encoder's weights do not fit its network: restore the file.")
    try:
        net.load_state_dict(state, strict=False)
    except RuntimeError as error:
        raise BadWeights(
            "The embedded encoder's weights do not fit its words: restore both files."
        ) from error
    return net.eval().requires_grad_(False)
