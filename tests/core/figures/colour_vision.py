"""Colours as eyes without one kind of cone see them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import ImageColor
from skimage.color import deltaE_ciede2000, rgb2lab

Colours = npt.NDArray[np.float64]

# Machado, Oliveira and Fernandes 2009, table 1, severity 1.0; for linear RGB.
MATRICES = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}


def rgb(colour: str) -> Colours:
    """A colour as CSS writes it, in [0, 1]."""
    return np.array(ImageColor.getrgb(colour)[:3]) / 255.0


def seen(colours: Colours, eyes: str) -> Colours:
    """What colours in [0, 1] look like, (..., 3)."""
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    linear = np.clip(linear @ MATRICES[eyes].T, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def apart(first: Colours, second: Colours, eyes: str) -> Colours:
    """Perceived distance (CIEDE2000) of colours in [0, 1]."""
    one, two = (rgb2lab(seen(each, eyes)) for each in (first, second))
    return np.asarray(deltaE_ciede2000(one, two))


def contrast(first: Colours, second: Colours) -> Colours:
    """Return the contrast of colours (..., 3) in [0, 1], from 1 to 21: WCAG 2.2."""
    lights = _luminance(first), _luminance(second)
    return (np.maximum(*lights) + 0.05) / (np.minimum(*lights) + 0.05)


def _luminance(colours: Colours) -> Colours:
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])
