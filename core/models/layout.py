"""What the axes of a layer's output mean: channels, rows, columns, tokens.

Places have the proportions of the input, and tokens are as many as the places of one of the
model's convolutions, with a few others before them: 198 are 14 x 14 behind two. Where that does not
decide, as for (1, 32, 32, 32), the model is run on a larger input, twice as high and three times as
wide: axes that grow are places, the others channels. Not all models take another size.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from torch import Tensor, nn

from core.errors import UnsupportedLayer

Kind = Literal["channels first", "channels last", "tokens", "class token first"]
Size = tuple[int, int]

TALLER, WIDER = 2, 3
"""How many times as high and wide the larger input is."""

PREFIX = 16
"""Most tokens before those of the grid: a class token, one for distillation, registers."""

_CLASS_TOKEN = re.compile(r"(.*[._])?(cls|class)(_?(token|embedding|embed)s?)?")


@dataclass(frozen=True, slots=True)
class Layout:
    """Meaning of the axes of a layer's output.

    Attributes:
        kind: (N, C, gh, gw), (N, gh, gw, C), (N, T, C), or the latter with a class token first.
        grid: (gh, gw), rows and columns of the map.
        prefix: tokens before those of the grid.
    """

    kind: Kind
    grid: Size
    prefix: int = 0

    @property
    def channel_axis(self) -> int:
        """The axis that counts the channels."""
        return {"channels first": 1, "channels last": 3}.get(self.kind, 2)

    def maps(self, leaf: Tensor) -> Tensor:
        """Bring an output, or its gradient, into the form of a map.

        Args:
            leaf: as the layer gives it, for N pictures.

        Returns:
            (N, C, gh, gw), tokens that belong to no place dropped; a view where possible.
        """
        if self.kind == "channels first":
            return leaf
        if self.kind == "channels last":
            return leaf.permute(0, 3, 1, 2)
        tokens = leaf[:, self.prefix :]
        return tokens.transpose(1, 2).reshape(len(leaf), leaf.shape[2], *self.grid)


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of a model besides the shape of one output.

    Attributes:
        size: (h, w) of the input.
        grids: rows and columns of what its convolutions give.
        class_token: whether it has a parameter of such a name.
        larger: gives shapes of outputs by module path for the larger input; empty where the
            model takes one size only.
    """

    size: Size
    grids: frozenset[Size] = frozenset()
    class_token: bool = False
    larger: Callable[[], Mapping[str, tuple[int, ...]]] = dict


def context_of(
    model: nn.Module,
    outputs: Iterable[tuple[nn.Module, object]],
    size: Size,
    larger: Callable[[], Mapping[str, tuple[int, ...]]],
) -> Context:
    """Gather what a pass through a model says of its grids.

    Args:
        model: the model.
        outputs: every module of it with what it gave for one picture.
        size: (h, w) of that picture.
        larger: as in `Context`.
    """
    grids = frozenset(
        (result.shape[2], result.shape[3])
        for module, result in outputs
        if isinstance(module, nn.Conv2d) and isinstance(result, Tensor) and result.dim() == 4
    )
    names = (name for name, _ in model.named_parameters())
    return Context(size, grids, any(_CLASS_TOKEN.fullmatch(name) for name in names), larger)


def layout_of(path: str, shape: tuple[int, ...], context: Context) -> Layout:
    """Tell what the axes of a layer's output mean.

    Args:
        path: the layer.
        shape: of the output for one picture: (1, C, gh, gw), (1, gh, gw, C) or (1, T, C).
        context: of the model.

    Raises:
        UnsupportedLayer: the output is no map of at least two places.
    """
    if shape[:1] != (1,) or len(shape) not in (3, 4):
        raise UnsupportedLayer(
            f"Layer {path} gives an array of shape {shape[1:]}, not a map: "
            "pick a layer before the pooling."
        )
    if len(shape) == 4:
        layout = _of_map(path, shape, context)
        what = f"an array of shape {shape[1:]} that is not a map"
    else:
        layout = _of_tokens(path, shape, context)
        what = f"{shape[1]} tokens, which form no grid"
    if layout is None:
        raise UnsupportedLayer(f"Layer {path} gives {what}: pick the block around it.")
    if layout.grid[0] * layout.grid[1] < 2:
        raise UnsupportedLayer(
            f"Layer {path} gives one value per channel, not a map: pick a layer before the pooling."
        )
    return layout


def _of_map(path: str, shape: tuple[int, ...], context: Context) -> Layout | None:
    _, one, two, three = shape
    first, last = Layout("channels first", (two, three)), Layout("channels last", (one, two))
    fitting = [layout for layout in (first, last) if _fits(layout.grid, context)]
    if len(fitting) == 1:
        return fitting[0]
    grown = _grown(path, shape, context)
    if grown:
        if grown <= {2, 3}:
            return first
        return last if grown <= {1, 2} else None
    # The same for every input, as behind a pooling to a fixed size, or not known.
    return first if fitting or two == three else None


def _of_tokens(path: str, shape: tuple[int, ...], context: Context) -> Layout | None:
    count = shape[1]
    sizes = {rows * columns for rows, columns in context.grids}
    prefixes = [prefix for prefix in range(PREFIX + 1) if count - prefix in sizes][:1]
    if not prefixes:
        grown = _grown(path, shape, context)
        if grown - {1}:
            return None
        if grown:  # places grow as the picture does, and the tokens before them do not
            places = (context.larger()[path][1] - count) // (TALLER * WIDER - 1)
            prefixes = [count - places] if 0 <= count - places <= PREFIX else []
    for prefix in prefixes or (1, 0):
        grid = _grid_of(count - prefix, context)
        if grid is not None:
            named = context.class_token or prefix == 1
            return Layout("class token first" if prefix and named else "tokens", grid, prefix)
    return None


def _grown(path: str, shape: tuple[int, ...], context: Context) -> set[int]:
    """Axes that are longer for the larger input; none where that is not known."""
    larger = context.larger().get(path, shape)
    if len(larger) != len(shape):
        return set()
    return {axis for axis in range(len(shape)) if larger[axis] != shape[axis]}


def _grid_of(places: int, context: Context) -> Size | None:
    """Rows and columns of that many places, in the proportions of the input."""
    known = [grid for grid in context.grids if grid[0] * grid[1] == places]
    rows = [rows for rows in range(1, places + 1) if places % rows == 0]
    possible = known or [(row, places // row) for row in rows]
    return next((grid for grid in possible if _fits(grid, context)), next(iter(known), None))


def _fits(grid: Size, context: Context) -> bool:
    """Tell whether a grid has the proportions of the input, apart from rounding."""
    height, width = context.size
    return abs(grid[0] * width - grid[1] * height) < max(height, width)
