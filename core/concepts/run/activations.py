"""Probe pictures through the model and the encoder: the only long part of a dissection.

Everything is written in blocks of pictures under content keys, so that a stopped run resumes where
it was, and another word list or similarity runs no picture at all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import PIL
import torch
from torch import Tensor

from core.concepts.probes.probe_set import ProbeSet
from core.concepts.run.disk_blocks import BLOCK, Array, Parts
from core.concepts.run.inputs import Inputs
from core.errors import BadProbes, ChangedPicture
from core.explain.base import Tick, no_tick
from core.models.device import describe
from core.models.readout import Readout, Tap
from core.pictures.picture import Picture
from core.requests.keys import content_key

BATCH = 32
"""Pictures in one pass on a CPU; so many are decoded at a time."""
GPU_BATCH = 128
WORDS = 256
"""Words that the encoder reads at a time."""
FEWEST = 10
"""Pictures below which there is nothing to compare."""


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
        inputs: what is shown to whom.
        blocks: how many there are of the pictures.
        shown_on: device in words, of what shows the pictures.
        passes: pictures that went through the model or the encoder in this object's life.
        changed: pictures that changed while they were read; their blocks do not go to disk.
    """

    def __init__(self, inputs: Inputs, root: Path | None) -> None:
        """Look at what is cached.

        Args:
            inputs: what is shown to whom.
            root: folder of all tables; None keeps them in memory.
        """
        self.inputs, self.passes, self.changed = inputs, 0, 0
        self.blocks = -(-len(inputs.probes) // BLOCK)
        self.shown_on = describe(inputs.classifier.device)
        self._layers = [Parts(root, _key(inputs, tap)) for tap in inputs.taps]
        key = content_key(
            kind="embeddings",
            probes=inputs.probes.digest,
            encoder=inputs.request.encoder,
            decoder=PIL.__version__,
            block=BLOCK,
        )
        self._pictures = Parts(root, key)
        self._root = root
        self._readouts: dict[tuple[int, ...], Readout] = {}
        self._flags: dict[int, npt.NDArray[np.bool_]] = {}  # of blocks, as `_good` gives them

    @property
    def parts(self) -> tuple[Parts, ...]:
        """The tables: one of each layer, and that of the encoder."""
        return *self._layers, self._pictures

    def missing(self, among: Sequence[int] | None = None) -> list[int]:
        """Return the blocks of which anything is missing, of all or of those."""
        numbers = range(self.blocks) if among is None else among
        return [n for n in numbers if not all(table.has(n) for table in self.parts)]

    def fill(self, tick: Tick = no_tick, among: Sequence[int] | None = None) -> None:
        """Show the pictures of missing blocks to the model and the encoder.

        Args:
            tick: told the share of the missing pictures before each batch; what it raises stops
                the work, and whole blocks stay.
            among: the blocks that are meant; all when None.

        Raises:
            CannotWrite: the disk is full.
            ChangedPicture: the file of the whole set is no longer what its digest says.
        """
        missing = self.missing(among)
        total = sum(len(self.rows(number)) for number in missing)
        done = 0
        if missing:
            with self.inputs.probes.opened() as probes:
                for number in missing:
                    rows = self.rows(number)

                    def report(read: int, done: int = done, start: int = rows.start) -> None:
                        at = f"picture {start + read:,} of {len(self.inputs.probes):,}"
                        tick((done + read) / total, at)

                    self._fill_block(probes, number, rows, report)
                    done += len(rows)
        tick(1.0, "pictures")

    def _fill_block(
        self, probes: ProbeSet, number: int, rows: range, report: Callable[[int], None]
    ) -> None:
        lacking = tuple(n for n, table in enumerate(self._layers) if not table.has(number))
        embed = not self._pictures.has(number)
        values: list[list[Array]] = [[] for _ in lacking]
        positions: list[list[Array]] = [[] for _ in lacking]
        embedded: list[Array] = []
        good = np.zeros(len(rows), bool)
        changed = 0
        cpu = self.inputs.classifier.device.type == "cpu"
        size = BATCH if cpu else GPU_BATCH
        for batch, pictures in probes.batches(size, rows.start, rows.stop):
            first = batch.start - rows.start
            report(first)
            whole = [picture for picture in pictures if isinstance(picture, Picture)]
            good[first : first + len(batch)] = [isinstance(each, Picture) for each in pictures]
            changed += sum(isinstance(each, ChangedPicture) for each in pictures)
            if not whole:
                continue
            if lacking:
                for at, pooled in enumerate(self._readout(lacking)(self._prepared(whole))):
                    values[at].append(pooled.values.numpy())
                    positions[at].append(_small(pooled.places))
            if embed:
                report(first)
                embedded.append(self._embedded(whole))
            self.passes += len(whole)
        for at, layer in enumerate(lacking):
            units = self.inputs.taps[layer].units
            block = {"values": _joined(values[at], units), "good": good}
            if self.inputs.taps[layer].grid[0]:
                block["places"] = _joined(positions[at], units)
            self._layers[layer].write(number, block, lasting=not changed)
        if embed:
            block = {"values": _joined(embedded, 0), "good": good}
            self._pictures.write(number, block, lasting=not changed)
        self.changed += changed
        self._flags.pop(number, None)

    def _prepared(self, pictures: Sequence[Picture]) -> Tensor:
        """Fit pictures to the model with its own preprocessing."""
        model, fit = self.inputs.classifier, self.inputs.request.fit
        return torch.cat([model.prepare(picture, fit).batch for picture in pictures])

    def _embedded(self, pictures: Sequence[Picture]) -> npt.NDArray[np.float32]:
        """Embed pictures with the encoder's own preprocessing of the same pixels."""
        embedded = self.inputs.encoder.pictures([picture.pixels for picture in pictures])
        return np.asarray(embedded, dtype=np.float32)

    def _readout(self, layers: tuple[int, ...]) -> Readout:
        if layers not in self._readouts:
            paths = [self.inputs.taps[layer].path for layer in layers]
            self._readouts[layers] = self.inputs.classifier.readout(paths, self.inputs.request.pool)
        return self._readouts[layers]

    def rows(self, number: int) -> range:
        """Return the indices of the pictures of a block."""
        return range(number * BLOCK, min((number + 1) * BLOCK, len(self.inputs.probes)))

    def good(self) -> npt.NDArray[np.int64]:
        """Return the indices of the pictures that every table has, int64 (pictures,), rising.

        Tables are made at different times: a picture that could be decoded for one of them may
        be missing from another.

        Raises:
            BadProbes: there are hardly any.
        """
        indices = np.flatnonzero(np.concatenate([self._good(n) for n in range(self.blocks)]))
        if len(indices) < FEWEST:
            raise BadProbes(
                f"{self.inputs.probes.name} has {len(indices)} pictures that can be decoded: give "
                f"{FEWEST} at least, better some thousands."
            )
        return indices

    def _good(self, number: int) -> npt.NDArray[np.bool_]:
        """Return which pictures of a block every table has, bool (rows of the block,)."""
        if number not in self._flags:
            flags = np.ones(len(self.rows(number)), bool)
            for table in self.parts:
                flags &= table.need(number, ("good",))["good"].astype(bool)
            self._flags[number] = flags
        return self._flags[number]

    def _common(self, table: Parts, number: int) -> dict[str, Array]:
        """Return the rows of a table's block that every table has, by name."""
        block = table.need(number)
        rows = self._good(number)[np.asarray(block["good"], bool)]
        return {name: array[rows] for name, array in block.items() if name != "good"}

    def activations(self, layer: int) -> LayerActivations:
        """Return the activations of the tap of that number for the pictures of `good`."""
        blocks = [self._common(self._layers[layer], number) for number in range(self.blocks)]
        values = np.concatenate([block["values"] for block in blocks])
        positions = np.full(values.shape, -1, np.int32)
        if self.inputs.taps[layer].grid[0]:
            positions = np.concatenate([block["places"] for block in blocks]).astype(np.int32)
        return LayerActivations(torch.from_numpy(values.astype(np.float32, copy=False)), positions)

    def cosines(self, words: Sequence[str], tick: Tick = no_tick) -> Tensor:
        """Return the encoder's image-text cosines.

        Args:
            words: that the encoder knows.
            tick: told the share of the words.

        Returns:
            float32 (pictures of `good`, words).
        """
        encoder = self.inputs.encoder
        key = content_key(
            kind="words", words=list(words), encoder=self.inputs.request.encoder, block=WORDS
        )
        table = Parts(self._root, key)
        # A word's scores may depend on all pictures: these are few numbers beside the cosines.
        pictures = np.concatenate(
            [
                np.asarray(self._common(self._pictures, number)["values"], np.float32)
                for number in range(self.blocks)
                if self._good(number).any()
            ]
        )
        cosines = torch.empty(len(pictures), len(words))
        for number, start in enumerate(range(0, len(words), WORDS)):
            tick(start / len(words), f"word {start} of {len(words)}")
            part = table.read(number)
            if part is None:
                part = {"values": np.asarray(encoder.words(words[start : start + WORDS]))}
                table.write(number, part)
            scores = encoder.scores(pictures, np.asarray(part["values"], np.float32))
            cosines[:, start : start + WORDS] = torch.from_numpy(np.asarray(scores, np.float32))
        return cosines

    def trial(self, count: int = 8) -> float:
        """Return the seconds that one picture takes, measured on the first few; keeps nothing."""
        layers = tuple(range(len(self.inputs.taps)))
        read = self._readout(layers)
        spent = 0.0
        with self.inputs.probes.opened() as probes:
            for _, pictures in probes.batches(count, 0, 2 * count):
                start = time.perf_counter()  # the first round only warms up
                whole = [picture for picture in pictures if isinstance(picture, Picture)]
                if not whole:
                    return 0.0
                read(self._prepared(whole))
                self._embedded(whole)
                spent = (time.perf_counter() - start) / len(whole)
        return spent


def _key(inputs: Inputs, tap: Tap) -> str:
    """Return the content key of one layer's activations."""
    request = inputs.request
    return content_key(
        kind="activations",
        probes=inputs.probes.digest,
        model=replace(request.model, labels=""),  # what classes are called changes no activation
        layer=tap.path,
        pool=request.pool,
        fit=request.fit,
        decoder=PIL.__version__,
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
