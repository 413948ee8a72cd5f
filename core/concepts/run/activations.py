"""Probe pictures through the model and the encoder: the only long part of a dissection.

Everything is written in blocks of pictures under content keys, so that a stopped run goes on where
it was, and another word list or similarity runs no picture at all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from core.concepts.probes.probe_set import ProbeSet
from core.concepts.run.disk_blocks import BLOCK, Array, Parts
from core.errors import BadProbes
from core.explain.base import Tick, no_tick
from core.models.classifier import Classifier, Fit
from core.models.readout import Pool, Readout, Tap
from core.pictures.picture import Picture
from core.requests.keys import content_key

if TYPE_CHECKING:
    from core.concepts.encoders.encoder import Encoder

BATCH = 32
"""Pictures in one pass on a CPU; so many are decoded at a time."""
GPU_BATCH = 128
WORDS = 256
"""Words that the encoder reads at a time."""
FEWEST = 10
"""Pictures below which there is nothing to compare."""


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """What is shown to whom; see `core.concepts.run.dissect.Request` for the fields."""

    classifier: Classifier
    taps: tuple[Tap, ...]
    encoder: Encoder
    probes: ProbeSet
    pool: Pool
    fit: Fit


@dataclass(frozen=True, slots=True, eq=False)
class LayerActivations:
    """Activations of one layer for the pictures that could be decoded.

    Attributes:
        values: float32 (pictures, units), pooled.
        positions: int32 (pictures, units), row * columns + column of the largest activation in
            the layer's grid; -1 without positions.
    """

    values: Tensor
    positions: npt.NDArray[np.int32]


class Tables:
    """The cached activations and embeddings of one set of pictures.

    Attributes:
        passes: pictures that went through the model or the encoder in this object's life.
    """

    def __init__(self, source: Source, root: Path | None) -> None:
        """Look at what is kept.

        Args:
            source: what is shown to whom.
            root: folder of all tables; None keeps them in memory.
        """
        self.source, self.passes = source, 0
        self._blocks = -(-len(source.probes) // BLOCK)
        encoder, probes = source.encoder, source.probes
        self._layers = [Parts(root, _key(source, tap)) for tap in source.taps]
        key = content_key(kind="embeddings", probes=probes.digest, encoder=encoder.id, block=BLOCK)
        self._pictures = Parts(root, key)
        self._root = root
        self._readouts: dict[tuple[int, ...], Readout] = {}

    def missing(self) -> list[int]:
        """Return the blocks of which anything is missing."""
        tables = (*self._layers, self._pictures)
        return [n for n in range(self._blocks) if not all(table.has(n) for table in tables)]

    def fill(self, tick: Tick = no_tick) -> None:
        """Show the pictures of missing blocks to whoever has not seen them.

        Args:
            tick: told the share of the missing pictures before each batch; what it raises stops
                the work, and whole blocks stay.

        Raises:
            CannotWrite: the disk is full.
        """
        todo = self.missing()
        total = sum(len(self._rows(number)) for number in todo)
        done = 0
        for number in todo:
            rows = self._rows(number)

            def told(seen: int, done: int = done) -> None:
                share = (done + seen) / total
                tick(share, f"picture {done + seen} of {total}")

            self._fill_block(number, rows, told)
            done += len(rows)
        tick(1.0, "pictures")

    def _fill_block(self, number: int, rows: range, told: Callable[[int], None]) -> None:
        lacking = tuple(n for n, table in enumerate(self._layers) if not table.has(number))
        embed = not self._pictures.has(number)
        values: list[list[Array]] = [[] for _ in lacking]
        positions: list[list[Array]] = [[] for _ in lacking]
        embedded: list[Array] = []
        good = np.zeros(len(rows), bool)
        cpu = self.source.classifier.device.type == "cpu"
        size = BATCH if cpu else GPU_BATCH
        for batch, pictures in self.source.probes.batches(size, rows.start, rows.stop):
            told(batch.start - rows.start)
            whole = [picture for picture in pictures if picture is not None]
            first = batch.start - rows.start
            good[first : first + len(batch)] = [picture is not None for picture in pictures]
            if not whole:
                continue
            if lacking:
                for at, pooled in enumerate(self._readout(lacking)(self._prepared(whole))):
                    values[at].append(pooled.values.numpy())
                    positions[at].append(_small(pooled.places))
            if embed:
                told(batch.start - rows.start)
                embedded.append(self._embedded(whole))
            self.passes += len(whole)
        for at, layer in enumerate(lacking):
            units = self.source.taps[layer].units
            block = {"values": _joined(values[at], units), "good": good}
            if self.source.taps[layer].grid[0]:
                block["places"] = _joined(positions[at], units)
            self._layers[layer].write(number, block)
        if embed:
            self._pictures.write(number, {"values": _joined(embedded, 0), "good": good})

    def _prepared(self, pictures: Sequence[Picture]) -> Tensor:
        """Fit pictures to the model with its own preprocessing."""
        model, fit = self.source.classifier, self.source.fit
        return torch.cat([model.prepare(picture, fit).batch for picture in pictures])

    def _embedded(self, pictures: Sequence[Picture]) -> npt.NDArray[np.float32]:
        """Embed pictures with the encoder's own preprocessing of the same pixels."""
        found = self.source.encoder.pictures([picture.pixels for picture in pictures])
        return np.asarray(found, dtype=np.float32)

    def _readout(self, layers: tuple[int, ...]) -> Readout:
        if layers not in self._readouts:
            paths = [self.source.taps[layer].path for layer in layers]
            self._readouts[layers] = self.source.classifier.readout(paths, self.source.pool)
        return self._readouts[layers]

    def _rows(self, number: int) -> range:
        return range(number * BLOCK, min((number + 1) * BLOCK, len(self.source.probes)))

    def good(self) -> npt.NDArray[np.int64]:
        """Return the indices of the pictures that could be decoded, int64 (pictures,), rising.

        Raises:
            BadProbes: there are hardly any.
        """
        parts = [np.asarray(part["good"], bool) for part in self._all(self._pictures)]
        found = np.flatnonzero(np.concatenate(parts))
        if len(found) < FEWEST:
            raise BadProbes(
                f"{self.source.probes.name} has {len(found)} pictures that can be decoded: give "
                f"{FEWEST} at least, better some thousands."
            )
        return found

    def activations(self, layer: int) -> LayerActivations:
        """Return the activations of the tap of that number."""
        parts = list(self._all(self._layers[layer]))
        values = np.concatenate([part["values"] for part in parts])
        positions = np.full(values.shape, -1, np.int32)
        if self.source.taps[layer].grid[0]:
            positions = np.concatenate([part["places"] for part in parts]).astype(np.int32)
        return LayerActivations(torch.from_numpy(values.astype(np.float32, copy=False)), positions)

    def cosines(self, words: Sequence[str], tick: Tick = no_tick) -> Tensor:
        """Return the encoder's image-text cosines.

        Args:
            words: that the encoder knows.
            tick: told the share of the words.

        Returns:
            float32 (pictures that could be decoded, words).
        """
        encoder = self.source.encoder
        key = content_key(kind="words", words=list(words), encoder=encoder.id, block=WORDS)
        table = Parts(self._root, key)
        texts: list[npt.NDArray[np.float32]] = []
        for number, start in enumerate(range(0, len(words), WORDS)):
            tick(start / len(words), f"word {start} of {len(words)}")
            part = table.read(number)
            if part is None:
                part = {"values": np.asarray(encoder.words(words[start : start + WORDS]))}
                table.write(number, part)
            texts.append(np.asarray(part["values"], np.float32))
        known = np.concatenate(texts)
        # One table, filled as it comes: it may be most of the memory.
        found = torch.empty(len(self.good()), len(words))
        row = 0
        for block in self._all(self._pictures):
            pictures = np.asarray(block["values"], np.float32)
            if len(pictures):
                scores = np.asarray(encoder.scores(pictures, known), np.float32)
                found[row : row + len(scores)] = torch.from_numpy(scores)
                row += len(scores)
        return found

    def _all(self, table: Parts) -> Iterator[dict[str, Array]]:
        return (table.need(number) for number in range(self._blocks))

    def trial(self, count: int = 8) -> float:
        """Return the seconds that one picture takes, measured on the first few; keeps nothing."""
        layers = tuple(range(len(self.source.taps)))
        read = self._readout(layers)
        for _, pictures in self.source.probes.batches(count, 0, 2 * count):
            whole = [picture for picture in pictures if picture is not None]
            if not whole:
                return 0.0
            start = time.perf_counter()  # the first round only warms up
            read(self._prepared(whole))
            self._embedded(whole)
            spent = (time.perf_counter() - start) / len(whole)
        return spent


def _key(source: Source, tap: Tap) -> str:
    """Return the content key of one layer's activations."""
    model = source.classifier
    return content_key(
        kind="activations",
        probes=source.probes.digest,
        model=model.id,
        weights=model.digest,
        device=model.device.type,
        layer=tap.path,
        pool=source.pool,
        fit=source.fit,
        block=BLOCK,
    )


def _small(positions: Tensor) -> Array:
    """Return positions as uint16 where they fit, as those of every map up to 256 x 256 do."""
    array = positions.numpy()
    fits = array.min(initial=0) >= 0 and array.max(initial=0) < 2**16
    return array.astype(np.uint16 if fits else np.int32)


def _joined(blocks: list[Array], columns: int) -> Array:
    """Return the rows of all batches, none where every picture was damaged."""
    return np.concatenate(blocks) if blocks else np.zeros((0, columns), np.float32)
