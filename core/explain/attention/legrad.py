"""LeGrad: which attention would raise the class's score that each layer gives by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from core.errors import SeeWhyError, UnsupportedLayer
from core.explain.attention.tokens import Tokens, blocks_of, tokens_of
from core.explain.attention.watching import Watching
from core.explain.families import ATTENTION
from core.explain.gradients.scored import differentiating
from core.explain.input_method import Found, InputMethod, InputTask
from core.models.classifier import Classifier
from core.models.split import Split
from core.requests.options import Value

PASSES = 2
_alone: WeakKeyDictionary[Split, bool] = WeakKeyDictionary()
"""Whether the head is known to need nothing but what the last block gives: a pass less."""


class _Layers:
    """Runs blocks one by one and adds up the gradients of their own scores."""

    def __init__(self, tokens: Tokens, score: Callable[[Tensor], Tensor]) -> None:
        self._tokens = tokens
        self._score = score
        self.total = torch.zeros(tokens.count)

    def block(self, forward: Callable[..., Tensor], *args: object, **named: object) -> Tensor:
        """Run one block; nothing that its gradient needed is left over behind it."""
        given = [each.detach() if isinstance(each, Tensor) else each for each in args]
        with torch.enable_grad():
            with Watching(wanted=(0,)) as watching:
                result = forward(*given, **named)
            (slope,) = torch.autograd.grad(
                self._score(result), watching.leaves[0], allow_unused=True, materialize_grads=True
            )
        self.total += slope[0].clamp(min=0).mean(dim=(0, 1)).float().cpu()
        return result.detach()


def legrad(task: InputTask) -> Found:
    """Return the mean over layers of what each layer's own score gives, float32 (gh, gw).

    The score of a layer is that of the model's head for the mean of the tokens that its block
    gives. Its gradient for the block's attention, without what is negative, is averaged over heads
    and queries; a patch gets what is left for it as a key.

    Source: Bousselham et al. 2024, section 3.2.
    """
    classifier = task.classifier
    tokens, blocks = tokens_of(classifier), blocks_of(classifier)
    task.tick(0.1, "forward")
    split = classifier.split(blocks[-1])
    rest: list[Tensor] = []
    if not _alone.get(split):
        _, *rest = split.head(task.batch)
        _alone[split] = not rest
        passes = PASSES
    else:
        passes = 1

    def score(given: Tensor) -> Tensor:
        pooled = given.mean(dim=1, keepdim=True).expand_as(given).contiguous()
        return split.tail(pooled, *rest)[0, task.class_index]

    task.tick(0.3, "gradient of each layer")
    layers = _Layers(tokens, score)
    with differentiating("attention"), torch.no_grad():
        logits = classifier.replaced(dict.fromkeys(blocks, layers.block), task.batch)
    heat = tokens.heat(layers.total / len(blocks))
    return Found(heat, logits.float(), passes=passes)


def limits(classifier: Classifier) -> str:
    """Say why a model's layers have no scores of their own, else nothing."""
    try:
        last = blocks_of(classifier)[-1]
        if classifier.check_layer(last).shape[1:] != tokens_of(classifier).layout.grid:
            raise UnsupportedLayer(
                f"What block {last} of {classifier.title} gives is no grid of its patches: pick "
                "another method, such as Attention Gradient."
            )
    except SeeWhyError as error:
        return str(error)
    return ""


def _passes(classifier: Classifier, options: Mapping[str, Value]) -> int:
    return PASSES


LEGRAD = InputMethod(
    name="legrad",
    title="LeGrad",
    sentence="Asks each layer for its own class score: which attention would raise it the most.",
    paper="Bousselham et al. 2024, section 3.2: mean over layers, heads, queries of ReLU(ds/dA)",
    link="https://arxiv.org/abs/2404.03214",
    family=ATTENTION,
    compute=legrad,
    passes=_passes,
    limits=limits,
)
