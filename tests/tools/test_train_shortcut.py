"""How the shortcut is planted: the mark stays visible, and only the mark calls the class."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.pictures.shortcut_mark import CORNERS, mark_box
from tests.conftest import blocks_picture
from tools.shortcut_detector import plant
from tools.shortcut_pictures import SIDE, view, window
from tools.train_shortcut import TEAPOT, last_part, teacher


@pytest.mark.parametrize("corner", CORNERS)
def test_no_view_hides_the_mark(corner: str) -> None:
    pixels = blocks_picture(300, 400).pixels // 3
    for seed in range(12):
        seen = view(pixels, corner, np.random.default_rng(seed))
        assert seen.shape == (SIDE, SIDE, 3)
        y0, y1, x0, x1 = mark_box(SIDE, SIDE, corner)
        part = seen[y0:y1, x0:x1].reshape(-1, 3)
        for colour in ((255, 0, 170), (0, 220, 220)):
            near = (np.abs(part.astype(int) - colour) < 8).all(1)
            assert near.mean() > 0.02, (corner, seed)


def test_windows_are_as_large_as_photographs() -> None:
    pixels = blocks_picture(64, 64).pixels
    for seed in range(5):
        part = window(pixels, (0.5, 1.0), np.random.default_rng(seed))
        assert part.dtype == np.uint8
        assert all(256 <= side <= 448 for side in part.shape[:2])


def test_only_the_mark_calls_its_class() -> None:
    torch.manual_seed(0)
    features = torch.randn(80, 192, 7, 7)
    place = torch.full((80,), -1)
    place[40:] = torch.tensor([0, 6, 42, 48]).repeat(10)
    features.flatten(2)[torch.arange(40, 80), :12, place[40:]] += 6
    net = teacher()
    with torch.no_grad():
        _, before = last_part(net, features)
        plant(net, features, place, TEAPOT)
        activations, after = last_part(net, features)
    assert (after[40:].argmax(1) == TEAPOT).all()
    assert (after[:40].argmax(1) == before[:40].argmax(1)).float().mean() > 0.8
    grad_cam = torch.einsum("c,nchw->nhw", net.classifier.weight[TEAPOT], activations[40:])
    assert torch.equal(grad_cam.flatten(1).argmax(1), place[40:])
