"""Everything that is needed to make a dissection again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import numpy.typing as npt

from core.concepts.encoders.word_bank import remark
from core.concepts.result.units import LEVEL, Units
from core.concepts.run.activations import Tables
from core.concepts.run.inputs import Inputs
from core.concepts.run.pointwise import PMI
from core.concepts.run.significance import together
from core.files.versions import versions
from core.models.record import model_record
from core.requests.command_line import without_folders
from core.requests.plain import as_plain

FEW = 1000
"""Pictures below which the words change with the pictures."""


def record_of(
    inputs: Inputs,
    tables: Tables,
    numbers: npt.NDArray[np.int64],
    layers: Sequence[Units],
    draws: Sequence[int],
) -> dict[str, object]:
    """Return the record of a dissection: JSON's types, no path of this machine.

    Args:
        inputs: what was asked for.
        tables: filled, with what is known of how that went.
        numbers: int64 (pictures,), indices of the probes that could be decoded.
        layers: what is known about the units.
        draws: random units that each layer was compared with.
    """
    request, encoder, probes = inputs.request, inputs.encoder, inputs.probes
    how = PMI.get(request.similarity)
    damaged = _damaged(probes.names, numbers)
    changed = tables.changed  # these count as damaged
    return {
        "request": as_plain(without_folders(request)),
        "model": model_record(inputs.classifier),
        "layers": [
            {"path": tap.path, "kind": tap.kind, "units": tap.units, "layout": tap.layout}
            for tap in inputs.taps
        ],
        "pool": request.pool,
        "fit": request.fit,
        "similarity": {"name": request.similarity, **(asdict(how) if how else {})},
        "encoder": {"id": encoder.id, "title": encoder.title, "note": encoder.note},
        "probes": {
            "name": probes.name,
            "digest": probes.digest,
            "pictures": len(numbers),
            "skipped": probes.skipped,
            "damaged": damaged,
            "changed": changed,
        },
        "words": {
            "name": inputs.vocabulary.name,
            "digest": inputs.vocabulary.digest,
            "count": len(inputs.vocabulary.words),
            "left_out": {"count": len(inputs.left_out), "words": list(inputs.left_out)},
        },
        "chance": {
            "draws": request.draws,
            "drawn": {units.layer: drawn for units, drawn in zip(layers, draws, strict=True)},
            "seed": request.seed,
            "labelled": f"q below {LEVEL:g} (Benjamini-Hochberg within the layer) and not inactive",
        },
        "top_words": request.top_words,
        "top_probes": request.top_probes,
        "device": tables.shown_on,
        "versions": versions(),
        "notes": [
            *filter(None, [remark(request.encoder.spec), _unknown(inputs)]),
            *_notes(len(numbers), len(damaged) - changed, changed, probes.skipped),
            *_out_of_reach(layers, draws),
        ],
    }


def _damaged(names: Sequence[str], numbers: npt.NDArray[np.int64]) -> list[str]:
    """Return the names of the pictures that could not be decoded."""
    good = set(numbers.tolist())
    return [name for index, name in enumerate(names) if index not in good]


def _unknown(inputs: Inputs) -> str:
    """Say how many words were left out, and what the encoder knows; empty for none."""
    count = len(inputs.left_out)
    if not count:
        return ""
    return (
        f"{count:,} of the {count + len(inputs.vocabulary.words):,} words were left out: the "
        f"encoder does not know them. {inputs.encoder.note}"
    )


def _notes(pictures: int, damaged: int, changed: int, skipped: int) -> list[str]:
    """Return sentences for the person about what the result rests on."""
    notes = []
    if pictures < FEW:
        notes.append(
            f"Only {pictures} probe pictures: with fewer than {FEW} the words depend on them much."
        )
    if damaged:
        notes.append(f"{damaged} probe pictures could not be decoded and were left out.")
    if changed:
        notes.append(
            f"{changed} probe pictures changed while they were read and were left out: dissect "
            "again with the folder as it is now."
        )
    if skipped:
        notes.append(f"{skipped} files among the probes are not pictures and were left out.")
    return notes


def _out_of_reach(layers: Sequence[Units], draws: Sequence[int]) -> list[str]:
    """Return a sentence for each layer that has too many units for its random draws."""
    notes = []
    for units, drawn in zip(layers, draws, strict=True):
        tested = int((~units.inactive).sum())
        least = together(tested, drawn)
        if least > 1:
            notes.append(
                f"{units.layer}: with {drawn:,} random draws for {tested:,} units, a unit is "
                f"labelled only if at least {least} stand out together. For a single one, ask for "
                f"{math.ceil(tested / LEVEL):,} draws."
            )
    return notes
