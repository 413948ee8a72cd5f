"""Masks as COCO's run lengths, column by column: pixels not marked, pixels marked, and so on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core import Mask

_LONGEST = 8
"""Characters of a number: 40 bits, more than pixels of any picture."""


def spread(runs: Sequence[int], height: int, width: int) -> Mask:
    """Return the mask of run lengths, bool (height, width); they must add up to its pixels."""
    columns = np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(width, height)
    return columns.T


def runs_of(mask: Mask) -> list[int]:
    """Return the run lengths of a mask, bool (h, w); they begin with pixels that are not marked."""
    pixels = mask.astype(bool).T.ravel()
    ends = np.flatnonzero(pixels[1:] != pixels[:-1]) + 1
    first = [0, 0] if pixels.size and pixels[0] else [0]
    return [int(run) for run in np.diff([*first, *ends, pixels.size])]


def compressed(runs: Sequence[int]) -> str:
    """Return run lengths as COCO's compressed text.

    A number from the fourth on is written as the difference to the one before the last, in signed
    groups of five bits, the lowest first; each character holds one and whether more follow.

    Source: `rleToString` of cocoapi/common/maskApi.c.
    """
    text = []
    for at, run in enumerate(runs):
        value = run - runs[at - 2] if at > 2 else run
        while True:
            bits, value = value & 31, value >> 5
            ended = value == (-1 if bits & 16 else 0)
            text.append(chr(48 + bits + (0 if ended else 32)))
            if ended:
                break
    return "".join(text)


def uncompressed(text: str) -> list[int] | None:
    """Return the numbers of COCO's compressed text; None where it is none.

    Each character holds five bits, the lowest first, and whether more follow; a number from the
    fourth on is the difference to the one before the last.

    Source: `rleFrString` of cocoapi/common/maskApi.c.
    """
    runs: list[int] = []
    value = length = 0
    for character in text:
        bits = ord(character) - 48
        if not 0 <= bits < 64 or length == _LONGEST:
            return None
        value |= (bits & 31) << 5 * length
        length += 1
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << 5 * length
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
        value = length = 0
    return runs if length == 0 else None
