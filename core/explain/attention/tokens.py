"""What of a transformer attention can be followed through: its layers, its tokens, its patches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from core import Heat
from core.errors import SeeWhyError, UnsupportedLayer
from core.explain.attention.watching import Watching
from core.models.classifier import Classifier
from core.models.layout import Layout
from core.models.private_trees import Replacement

INSTEAD = "pick another method, such as Grad-CAM"


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a transformer and the layers in which all of them attend to all.

    Attributes:
        title: of the model.
        count: T, tokens with those that stand for no patch.
        layout: which of them stand for which patch.
        places: numbers of the layers among all attention that the model computes.
        seen: how often it computes any.
    """

    title: str
    count: int
    layout: Layout
    places: tuple[int, ...]
    seen: int

    def check(self, watching: Watching) -> None:
        """Make sure that a pass has computed what one without numbers does.

        Raises:
            UnsupportedLayer: it has not.
        """
        if len(watching.seen) != self.seen:
            raise UnsupportedLayer(
                f"{self.title} attends {len(watching.seen)} times to this picture and {self.seen} "
                f"times to another: {INSTEAD}."
            )

    def heat(self, columns: Tensor) -> Heat:
        """Return what T tokens got as a map of the patches, float32 (gh, gw).

        Args:
            columns: (T,), those of no patch are left out.
        """
        patches = columns.detach()[self.layout.prefix :].reshape(self.layout.grid)
        heat: Heat = patches.float().cpu().numpy()
        return heat

    def read_by(self, slope: Tensor) -> tuple[Tensor, tuple[str, ...]]:
        """Find the tokens that the score is read from.

        Args:
            slope: (1, heads, T, T), the score's gradient for the attention of the last layer: a
                row is 0 where nothing behind it depends on its token.

        Returns:
            int64 numbers of the tokens, and a note where they are not those before the patches.
            Where the score depends on none it is the class token, or all patches without one.
        """
        prefix = self.layout.prefix
        rows = (slope[0] != 0).any(dim=2).any(dim=0).nonzero().flatten()
        if not len(rows):
            first = self.layout.kind == "class token first"
            everything = torch.arange(self.count, device=slope.device)
            rows = everything[:1] if first else everything[prefix:]
        if int(rows.max()) < prefix:
            return rows, ()
        return rows, (
            f"{self.title} reads its answer from {len(rows)} tokens and not from a class token: "
            "the map is the mean over what they attend to.",
        )


_tokens: WeakKeyDictionary[Classifier, Tokens] = WeakKeyDictionary()
_blocks: WeakKeyDictionary[Classifier, tuple[str, ...]] = WeakKeyDictionary()
"""What earlier requests found out about a model."""


def tokens_of(classifier: Classifier) -> Tokens:
    """Return a model's tokens; found in a pass without numbers.

    Raises:
        UnsupportedLayer: one sentence why its attention cannot be followed.
    """
    if classifier not in _tokens:
        with Watching() as watching, torch.no_grad():
            classifier.replaced({})
        _tokens[classifier] = _found(classifier, [tuple(each.shape) for each in watching.seen])
    return _tokens[classifier]


def _found(classifier: Classifier, shapes: list[tuple[int, ...]]) -> Tokens:
    title = classifier.title
    # One query alone, as in a pooling by attention, leads to no token of the layer before.
    places = tuple(number for number, shape in enumerate(shapes) if shape[2] > 1)
    kinds = {(shape[0], *shape[2:]) for number, shape in enumerate(shapes) if number in places}
    if not places:
        raise UnsupportedLayer(f"{title} is no transformer, it computes no attention: {INSTEAD}.")
    pictures, queries, keys = next(iter(kinds))
    if len(kinds) > 1 or pictures != 1 or queries != keys:
        raise UnsupportedLayer(
            f"In {title} not every token attends to all others in each layer, it works in windows "
            f"or at several resolutions: {INSTEAD}."
        )
    try:
        layout = classifier.layout_of_tokens(queries)
    except UnsupportedLayer as error:
        raise UnsupportedLayer(
            f"The {queries} values that attend to each other in {title} are no grid of patches: "
            f"{INSTEAD}."
        ) from error
    return Tokens(title, queries, layout, places, len(shapes))


def limits(classifier: Classifier) -> str:
    """Say why a model's attention cannot be followed, else nothing."""
    try:
        tokens_of(classifier)
    except SeeWhyError as error:
        return str(error)
    return ""


def blocks_of(classifier: Classifier) -> tuple[str, ...]:
    """Return the paths of the blocks around each layer of attention, in their order.

    Raises:
        UnsupportedLayer: there are none, or `tokens_of` says why not.
    """
    if classifier not in _blocks:
        _blocks[classifier] = _found_blocks(classifier, tokens_of(classifier))
    return _blocks[classifier]


def _found_blocks(classifier: Classifier, tokens: Tokens) -> tuple[str, ...]:
    inside: dict[str, tuple[int, int]] = {}
    runs: Counter[str] = Counter()
    watching = Watching()

    def noted(path: str, forward: Callable[..., object], *args: object, **named: object) -> object:
        before = len(watching.seen)
        result = forward(*args, **named)
        inside[path] = before, len(watching.seen)
        runs[path] += 1
        return result

    shapes = classifier.shapes()
    paths = [path for path, shape in shapes.items() if path and shape[:2] == (1, tokens.count)]
    replacements: dict[str, Replacement] = {
        path: partial(noted, path) for path in paths if len(shapes[path]) == 3
    }
    with watching, torch.no_grad():
        classifier.replaced(replacements)
    around: dict[int, str] = {}
    for path in sorted(inside, key=lambda path: path.count(".")):  # the outermost first
        before, after = inside[path]
        if after == before + 1 and runs[path] == 1:
            around.setdefault(before, path)
    if not set(tokens.places) <= set(around):
        raise UnsupportedLayer(
            f"{tokens.title} has no block around each layer of attention that gives its tokens: "
            "pick another method, such as Attention Gradient."
        )
    return tuple(around[place] for place in tokens.places)
