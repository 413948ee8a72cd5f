"""Numbers of any kind -> 8 bits: which value is black, which is white, and what is said of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

_ROWS = 256
"""Rows that are computed at a time: float64 of a large picture would take a gigabyte."""

_USED = 1 / 4
"""Share of its range that the values of a picture use at least; 14 bits of 16 are just less."""


def finite(values: npt.NDArray[Any], notes: list[str]) -> npt.NDArray[Any]:
    """Return the values, those without a number as the smallest of the others."""
    if values.dtype.kind != "f":
        return values
    good = np.isfinite(values)
    if good.all():
        return values
    notes.append("Pixels without a number (NaN or infinite) are shown as the darkest.")
    return np.where(good, values, values[good].min() if good.any() else 0)


def black_and_white(
    values: npt.NDArray[Any], notes: list[str], top: float | None = None
) -> tuple[float, float]:
    """Return the values that are shown as black and as white; notes say where one is chosen.

    Numbers keep the meaning that their kind gives them: whole numbers run over their full range,
    floats from 0 to 1. Where the values use less than a quarter of that, as those of cameras with
    10, 12 or 14 bits do, their maximum is white; 8 bits are shown as they are, as everywhere. All
    else is stretched.

    Args:
        values: any shape, finite, one range for all colours.
        notes: sentences for the person; what is chosen is added.
        top: the largest value that the file can hold; by default that of the dtype, or 1.
    """
    low, high = float(values.min()), float(values.max())
    kind = values.dtype.kind
    full = top or (1.0 if kind in "fb" else float(np.iinfo(values.dtype).max))
    eight_bits = kind in "iu" and full <= np.iinfo(np.uint8).max
    if low >= 0 and high <= full:
        if high >= full * _USED or high == 0 or eight_bits:
            return 0.0, full
        notes.append(f"Brightened: its values reach only {high:g} of {full:g}.")
        return 0.0, high
    if low >= 0 and kind == "f":
        for usual in (255.0, 65535.0):
            if usual * _USED <= high <= usual:
                notes.append(f"Its values, {low:g} to {high:g}, are read as 0 to {usual:g}.")
                return 0.0, usual
    if kind == "i" and low < 0 and (high - low >= 2 * full * _USED or eight_bits):
        notes.append(f"Its values are signed: {-full - 1:g} is black and {full:g} is white.")
        return -full - 1, full
    if high > low:
        notes.append(f"Its values, {low:g} to {high:g}, are stretched to black to white.")
    return low, high


def white_of_alpha(alpha: npt.NDArray[Any], white: float, top: float | None = None) -> float:
    """Return the value at which an alpha channel hides nothing.

    A camera program that fills 12 of 16 bits with colours does the same with alpha.

    Args:
        alpha: shape (H, W), >= 0.
        white: the value of the colours that is shown as white.
        top: the largest value that the file can hold; by default that of the dtype, or 1.
    """
    full = top or (1.0 if alpha.dtype.kind == "f" else float(np.iinfo(alpha.dtype).max))
    high = float(alpha.max())
    return high if white < full and 0 < high < full * _USED else full


def scaled(values: npt.NDArray[Any], black: float, white: float) -> npt.NDArray[np.uint8]:
    """Scale numbers of shape (H, ...) so that `black` becomes 0 and `white` 255."""
    levels = np.zeros(values.shape, np.uint8)
    if white > black:
        for first in range(0, len(values), _ROWS):
            rows = slice(first, first + _ROWS)
            share = (values[rows].astype(np.float64) - black) * (255 / (white - black))
            levels[rows] = np.rint(share.clip(0, 255))
    return levels
