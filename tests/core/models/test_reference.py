"""What requests call a model: its untrained control."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torchvision

from core.models.reference import control_of, reference_of
from core.requests.references import ModelRef


def named(model_id: str, **changes: object) -> ModelRef:
    """A reference to weights that need not be here."""
    made = replace(reference_of("resnet18:random", "cpu"), weights="0" * 64, id=model_id)
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("model_id", "control"),
    [
        ("resnet18:IMAGENET1K_V1", "resnet18:random"),
        ("resnet18:places365", "resnet18:random"),
        ("timm:resnet18.a1_in1k", "timm:resnet18:random"),
        ("efficientnet_lite0", "efficientnet_lite0:random"),
        ("efficientnet_lite0-shortcut", "efficientnet_lite0-shortcut:random"),
    ],
)
def test_every_trained_model_has_an_untrained_control(model_id: str, control: str) -> None:
    reference = named(model_id)
    made = control_of(reference, "cpu")
    assert made is not None
    assert (made.id, made.weights) == (control, "random")
    assert made.preprocess == reference.preprocess, "both see the same pixels"


def test_own_weights_have_the_control_of_their_architecture(tmp_path: Path) -> None:
    path = tmp_path / "mine.pth"
    torch.save(torchvision.models.resnet18(num_classes=10).state_dict(), path)
    own = reference_of("", "cpu", path, changes=("mean=0.5", "std=0.5"))
    made = control_of(own, "cpu")
    assert made is not None
    assert (made.source, made.id, made.weights) == ("torchvision", "resnet18:random", "random")
    assert made.preprocess == own.preprocess
    assert not made.weights_name


def test_what_is_untrained_or_built_by_own_code_has_no_control() -> None:
    assert control_of(reference_of("resnet18:random", "cpu")) is None
    assert control_of(named("net.py:make", source="own_code")) is None
