"""The index of architectures, made of two tiny ones."""

from __future__ import annotations

from torch import nn

from core.models.architectures import body_of, digest, ordered_lines, patterns_of, shapes_digest
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


class Tiny(nn.Module):
    """A body, and a container with two linear layers."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Conv2d(3, 4, 3)
        self.classifier = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, CLASSES))


def test_a_container_may_be_replaced_and_tensors_may_have_other_names() -> None:
    index = index_of([row("a", Tiny()), row("timm:a", Tiny())])
    shapes = {name: tuple(tensor.shape) for name, tensor in Tiny().body.state_dict().items()}
    body = {f"body.{name}": shape for name, shape in shapes.items()}
    whole, bare = index["groups"]
    assert whole["heads"] == bare["heads"] == ("classifier.2",)
    assert bare["names"] == digest(body)
    assert bare["fits"] == {shapes_digest(body): ["a"]}
    assert index["ordered"] == [[2, digest(ordered_lines(body)), ["a"]]]
    assert ordered_lines(shapes) == ["0 weight 4 3 3 3", "1 bias 4"]
