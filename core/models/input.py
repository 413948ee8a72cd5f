"""From a picture to what a model takes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from core import Pixels
from core.models import preprocess
from core.pictures.picture import Picture
from core.requests.maps import Fit
from core.requests.references import Preprocess


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A picture as the model sees it.

    Attributes:
        picture: where it comes from.
        fit: `squash` shows the whole picture, `crop` the part that training showed.
        view: uint8 (h, w, 3), what the model saw; grey where its input is.
        batch: float32 (1, C, h, w), normalised, on the model's device.
        box: (x0, y0, x1, y1) in pixels of `picture.pixels`, the part that `view` shows.
    """

    picture: Picture
    fit: Fit
    view: Pixels
    batch: Tensor = field(repr=False)
    box: tuple[int, int, int, int]


class Input:
    """Fits pictures to a model's input; safe from any thread."""

    def __init__(self, how: Preprocess, device: torch.device) -> None:
        """Keep what training did.

        Args:
            how: size, crop and colours.
            device: where batches are made.
        """
        self._how = how
        self._device = device
        self._mean = torch.tensor(how.mean, device=device).view(1, -1, 1, 1)
        self._std = torch.tensor(how.std, device=device).view(1, -1, 1, 1)

    def prepare(self, picture: Picture, fit: Fit) -> Prepared:
        """Fit a picture to the input, as `Classifier.prepare` does."""
        how = self._how
        if fit == "squash":
            view, box = preprocess.squash(picture.pixels, how.size)
        elif how.crop == "squash":
            view, box = preprocess.squash(picture.pixels, how.size, how.interpolation, how.resize)
        else:
            view, box = preprocess.crop(picture.pixels, how.size, how.resize, how.interpolation)
        if how.channels == 1:
            view = preprocess.grey(view)
        rgb = torch.from_numpy(view.copy()).to(self._device).permute(2, 0, 1)[None].float() / 255
        return Prepared(picture, fit, view, self.normalise(rgb), box)

    def normalise(self, rgb: Tensor) -> Tensor:
        """Shift and scale colours, as `Classifier.normalise` does."""
        colours = rgb.to(self._device)
        if self._how.channels == 1:
            colours = preprocess.luma(colours)
        return (colours - self._mean) / self._std

    def colours(self, batch: Tensor) -> Pixels:
        """Undo `normalise` for one picture, as `Classifier.colours` does."""
        rgb = (batch[:1] * self._std + self._mean).clamp(0, 1) * 255
        rows = rgb[0].expand(3, -1, -1).permute(1, 2, 0).round().to(torch.uint8)
        return np.ascontiguousarray(rows.cpu().numpy())
