"""What the embedded encoder is taught: for every picture and word whether the word holds.

The words are, in this order, the classes, the broader words (`tools.captions`), what is measured
(`tools.looks`) and what is drawn (`tools.patches`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from tools import looks, patches
from tools.captions import HOLDS, NOT, UNKNOWN, Captions, Table

LEAST = 200
"""Training pictures that a word needs; `SYNTHETIC` words have drawn ones instead."""
SYNTHETIC = frozenset({*looks.COLOURS, *patches.DIRECTIONS})
DOUBT = 0.3
"""Weight of "no photograph is a drawn pattern", which is true of most."""
COMMON = 0.004
"""About the share of a batch that has one kind of drawn pattern."""
NONE = -100
"""Stands for no word."""

Pixels = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Lessons:
    """Words, and what is known of each training picture.

    Attributes:
        captions: names and broader words.
        seen: int8 (pictures, measured words), 1 where the word holds.
        labels: int64 (pictures,), the classes.
    """

    captions: Captions
    seen: Table
    labels: Labels

    @property
    def words(self) -> tuple[str, ...]:
        """All words in the order of the embeddings."""
        return (*self.captions.words, *looks.WORDS, *patches.WORDS)

    @property
    def categories(self) -> dict[str, str]:
        """Category of every word."""
        return {**self.captions.categories, **looks.CATEGORIES, **patches.CATEGORIES}

    @property
    def choices(self) -> tuple[slice, slice]:
        """Places of the words of which a picture has one at most: class names, kinds of patch."""
        count = len(self.words)
        return slice(0, self.captions.classes), slice(count - len(patches.WORDS), count)

    def photos(self, rows: npt.NDArray[np.int64]) -> Table:
        """Return what is known of some training pictures, int8 (rows, words)."""
        drawn = np.zeros((len(rows), len(patches.WORDS)), np.int8)
        return np.concatenate([self.captions.holds[self.labels[rows]], self.seen[rows], drawn], 1)

    def counts(self) -> npt.NDArray[np.int64]:
        """Return the number of training pictures that each word holds for, int64 (words,)."""
        classes = np.bincount(self.labels, minlength=self.captions.classes)
        broad = classes @ (self.captions.holds == HOLDS)
        drawn = np.zeros(len(patches.WORDS), np.int64)
        return np.concatenate([broad, (self.seen == HOLDS).sum(0), drawn])

    def check(self) -> None:
        """Make sure that every word has enough pictures.

        Raises:
            SystemExit: names those that have not.
        """
        exempt = {*patches.WORDS, *SYNTHETIC}
        pairs = zip(self.words, self.counts(), strict=True)
        few = [word for word, count in pairs if count < LEAST and word not in exempt]
        if few:
            raise SystemExit(f"Fewer than {LEAST} training pictures: {', '.join(few)}.")

    @cached_property
    def priors(self) -> npt.NDArray[np.float64]:
        """Return the share of pictures that each word holds for, of those where it is known."""
        classes = np.bincount(self.labels, minlength=self.captions.classes).astype(float)
        known = classes @ (self.captions.holds != UNKNOWN)
        of_names = self.counts()[: len(self.captions.words)] / np.maximum(known, 1)
        of_looks = (self.seen == HOLDS).mean(0)
        drawn = np.full(len(patches.WORDS), COMMON)
        share = np.concatenate([of_names, of_looks, drawn])
        return np.asarray(np.clip(share, COMMON, 1 - COMMON))

    def weights(self, known: Table, drawn: int) -> Tensor:
        """Weigh each word of each picture; of a rare word the pictures that have it count more.

        Args:
            known: int8 (pictures, words).
            drawn: how many pictures at the end are not plain photographs.

        Returns:
            float32 (pictures, words), 0 where nothing is known, on average 1 for each word.
        """
        share = self.priors
        # Between counting every picture alike and giving both answers the same weight.
        ratio = np.sqrt((1 - share) / share)
        no = 1 / (share * ratio + 1 - share)
        table = np.where(known == HOLDS, no * ratio, np.where(known == NOT, no, 0.0))
        table[: len(known) - drawn, -len(patches.WORDS) :] *= DOUBT
        return torch.from_numpy(table.astype(np.float32))

    def drawn(
        self, photos: Pixels, count: int, rng: np.random.Generator
    ) -> tuple[Pixels, Table, Labels]:
        """Make pictures that no data set has: patches, patches over photographs, odd colours.

        Args:
            photos: uint8 (N, 64, 64, 3), to lay over and to recolour.
            count: pictures to make.
            rng: source of every random number.

        Returns:
            uint8 (count, 64, 64, 3), what is known of them, int8 (count, words), and the places
            of the words that they were drawn for, int64 (count,), or `NONE`.
        """
        at = {word: place for place, word in enumerate(self.words)}
        pictures = np.empty((count, *photos.shape[1:]), np.uint8)
        known = np.zeros((count, len(self.words)), np.int8)
        kinds = np.full(count, NONE)
        names, blurry = len(self.captions.words), at["blurry"]
        patched: list[patches.Patch | None] = []
        for row in range(count):
            photo = photos[rng.integers(len(photos))]
            patch: patches.Patch | None = None
            if row % 3 == 2:
                pictures[row] = patches.recoloured(photo, rng)
            else:
                patch = patches.draw(rng, str(rng.choice(patches.WORDS)))
                patch = patches.laid_over(patch, photo, rng) if row % 3 else patch
                pictures[row] = patch.pixels
            # A photograph keeps what it shows, but nobody said that it is still to be seen.
            known[row, :names] = UNKNOWN if row % 3 else NOT
            patched.append(patch)
        known[:, names : names + len(looks.WORDS)] = looks.measured(pictures)
        for row, patch in enumerate(patched):
            if patch is not None:
                known[row, blurry] = UNKNOWN  # hard edges without detail look the same
                known[row, [at[word] for word in patch.unsure]] = UNKNOWN
                known[row, [at[word] for word in patch.words]] = HOLDS
                kinds[row] = at[patch.words[0]] if patch.words else NONE
        return pictures, known, kinds


def measured(pictures: Pixels, folder: Path) -> Table:
    """Return what is measured on the training pictures, kept in a file for the next start."""
    kept = folder / f"looks-{len(pictures)}.npy"
    if kept.exists():
        return np.asarray(np.load(kept))
    found = looks.measured(pictures)
    part = kept.with_suffix(".part.npy")
    np.save(part, found)
    part.replace(kept)
    return found
