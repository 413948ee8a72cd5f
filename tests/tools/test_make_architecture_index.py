"""The index of architectures, made of two tiny ones."""

from __future__ import annotations

from torch import nn

from core.models.architectures import body_of, patterns_of, shapes_digest
from tools.make_architecture_index import CLASSES, index_of


def row(name: str, net: nn.Module) -> dict[str, object]:
    shapes = {key: list(tensor.shape) for key, tensor in net.state_dict().items()}
    return {"id": name, "family": "Tiny", "shapes": shapes}


def tiny(width: int, outputs: int = CLASSES) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, width, 3), nn.BatchNorm2d(width), nn.Flatten(), nn.Linear(width, outputs)
    )


def test_architectures_with_the_same_names_stand_together_and_the_head_is_left_out() -> None:
    rows = [row("timm:b", tiny(4)), row("timm:a", tiny(8)), row("c", tiny(4))]
    index = index_of([*rows, row("timm:encoder", tiny(4, outputs=5))])
    (group,) = index["groups"]
    assert group["heads"] == ("3",)
    assert group["stem"] == "0.weight"
    assert list(group["fits"].values()) == [["c", "timm:b"], ["timm:a"]]
    shapes = {key: tuple(tensor.shape) for key, tensor in tiny(4, outputs=7).state_dict().items()}
    body = body_of(shapes, ("3",))
    assert "1.num_batches_tracked" not in body
    assert group["fits"][shapes_digest(body)] == ["c", "timm:b"]
    example, patterns = index["families"]["Tiny"]
    assert example == "c"
    assert set(patterns.split()) == patterns_of(body)
