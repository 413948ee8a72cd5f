"""How pictures are changed while the small models are trained."""

from __future__ import annotations

import numpy as np
import torch

from tools.training import shifted, whole


def test_shifts_blur_nothing_and_reach_every_place() -> None:
    side, most = 8, 2
    ramp = np.arange(side * side, dtype=np.uint8).reshape(1, side, side, 1).repeat(3, axis=3)
    pictures = ramp.repeat(400, axis=0)
    found = shifted(pictures, torch.Generator().manual_seed(0), most)
    padded = np.pad(ramp[0], ((most, most), (most, most), (0, 0)), mode="reflect")
    windows = [
        np.ascontiguousarray(padded[down : down + side, right : right + side][:, ::step])
        for down in range(2 * most + 1)
        for right in range(2 * most + 1)
        for step in (1, -1)
    ]
    expected = whole(np.stack(windows)).flatten(1)
    near = torch.cdist(found.flatten(1), expected, p=1)
    assert near.min(1).values.max() < 1e-3, "each is one of the windows"
    assert set(near.argmin(1).tolist()) == set(range(len(windows))), "and each window comes"
    assert torch.equal(found, shifted(pictures, torch.Generator().manual_seed(0), most))
