"""The network of the embedded encoder."""

from __future__ import annotations

import pytest
import torch

from core.concepts.encoders.embedded_network import (
    ImageTower,
    MiniEncoder,
    normalised,
)


@pytest.fixture(scope="module")
def tiny() -> MiniEncoder:
    torch.manual_seed(0)
    return MiniEncoder(5, ImageTower((4, 6), (1, 2), 8), 8).eval()


@pytest.mark.parametrize("side", [16, 23, 64])
def test_embeddings_have_length_one(tiny: MiniEncoder, side: int) -> None:
    with torch.no_grad():
        found = tiny.pictures(normalised(torch.rand(3, 3, side, side)))
    assert found.shape == (3, 8)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found.norm(dim=1), torch.ones(3))
    torch.testing.assert_close(tiny.all_words().norm(dim=1), torch.ones(5))


def test_each_stage_after_the_first_halves_the_side(tiny: MiniEncoder) -> None:
    with torch.no_grad():
        stem = tiny.image.stem(torch.rand(1, 3, 64, 64))
        last = tiny.image.stages(stem)
    assert stem.shape == (1, 4, 32, 32)
    assert last.shape == (1, 6, 16, 16)


def test_colours_are_shifted_and_scaled_by_channel() -> None:
    grey = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1).expand(1, 3, 4, 4)
    torch.testing.assert_close(normalised(grey), torch.zeros(1, 3, 4, 4))
    assert float(normalised(torch.ones(1, 3, 1, 1))[0, 0]) == pytest.approx((1 - 0.485) / 0.229)


def test_full_size_fits_into_twelve_megabytes() -> None:
    count = sum(tensor.numel() for tensor in MiniEncoder(500).state_dict().values())
    assert 2 * count < 11_000_000
