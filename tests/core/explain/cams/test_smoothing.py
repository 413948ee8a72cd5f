"""Variants of augmentation smoothing."""

from __future__ import annotations

import numpy as np
import torch
import ttach

from core.explain.cams import smoothing


def test_variants_are_the_package_s() -> None:
    batch = torch.rand(1, 3, 4, 5)
    stock = ttach.Compose([ttach.HorizontalFlip(), ttach.Multiply(factors=[0.9, 1, 1.1])])
    ours = list(smoothing.variants(batch, "both"))
    assert len(ours) == smoothing.count("both") == 6
    assert [variant.plain for variant in ours] == [False, True, False, False, False, False]
    assert torch.equal(ours[1].batch, batch)
    heat = np.random.default_rng(0).random((4, 5), dtype=np.float32)
    for transform, variant in zip(stock, ours, strict=True):
        torch.testing.assert_close(variant.batch, transform.augment_image(batch))
        undone = transform.deaugment_mask(torch.from_numpy(heat)[None, None])[0, 0].numpy()
        np.testing.assert_array_equal(variant.undo(heat), undone)


def test_without_augmentation_there_is_the_picture_itself() -> None:
    batch = torch.rand(1, 3, 4, 5)
    (only,) = smoothing.variants(batch, "eigen")
    assert only.batch is batch
    assert only.plain
    assert smoothing.count("eigen") == smoothing.count("none") == 1
