"""Attention of a model while it runs, with the places where it is used still ahead of it.

Libraries compute attention in one fused step that keeps no probabilities. A mode of torch
functions, which is its thread's own, answers that step with the formula written out; the shared
model has no part in it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

SOFTMAXES = (functional.softmax, torch.softmax, Tensor.softmax)
"""Attention that a model writes out itself goes through one of these."""


class Watching(TorchFunctionMode):
    """Keeps the attention that a model computes in this thread.

    Attributes:
        seen: probabilities in the order in which they are computed, (N, heads, T, S) each, or what
            `keep` makes of them; rows are queries and add up to 1.
        leaves: those by number whose gradients are wanted, as the model goes on with them.
    """

    def __init__(
        self, wanted: Collection[int] = (), keep: Callable[[Tensor], Tensor] | None = None
    ) -> None:
        """See nothing yet.

        Args:
            wanted: numbers of those whose gradients are wanted; the model keeps nothing for a
                gradient before the first of them.
            keep: makes something smaller of each.
        """
        super().__init__()
        self.seen: list[Tensor] = []
        self.leaves: dict[int, Tensor] = {}
        self._wanted = wanted
        self._keep = keep

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        """Answer one call of a function of torch."""
        named = dict(kwargs or {})
        if func is functional.scaled_dot_product_attention:
            return self._fused(*args, **named)
        if func is functional.multi_head_attention_forward:
            return self._multi_head(*args, **named)
        result = func(*args, **named)
        if func in SOFTMAXES and isinstance(result, Tensor) and result.dim() == 4:
            return self._noted(result)
        return result

    def _noted(self, attention: Tensor) -> Tensor:
        number = len(self.seen)
        if number in self._wanted:
            if not attention.requires_grad:
                attention = attention.detach().requires_grad_()
            self.leaves[number] = attention
        plain = attention.detach()
        self.seen.append(self._keep(plain) if self._keep else plain)
        return attention

    def _fused(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attn_mask: Tensor | None = None,
        dropout_p: float = 0.0,
        is_causal: bool = False,
        scale: float | None = None,
        enable_gqa: bool = False,
    ) -> Tensor:
        """Attend with the probabilities written out; causal and grouped attention stay fused."""
        if is_causal or enable_gqa or query.dim() != 4:
            return functional.scaled_dot_product_attention(
                query, key, value, attn_mask, dropout_p, is_causal, scale=scale,
                enable_gqa=enable_gqa,
            )  # fmt: skip
        factor = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
        scores = query @ key.transpose(-2, -1) * factor
        if attn_mask is not None and attn_mask.dtype == torch.bool:
            scores = scores.masked_fill(~attn_mask, -math.inf)
        elif attn_mask is not None:
            scores = scores + attn_mask
        return self._noted(scores.softmax(-1)) @ value

    def _multi_head(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        embed_dim_to_check: int,
        num_heads: int,
        in_proj_weight: Tensor | None,
        in_proj_bias: Tensor | None,
        *args: Any,  # noqa: ANN401
        **named: Any,  # noqa: ANN401
    ) -> tuple[Tensor, Tensor | None]:
        """Run `torch.nn.MultiheadAttention` of T tokens, N pictures: query is (T, N, C).

        Biases of keys and values, masks and separate projections stay with torch.
        """
        given = _bound(args, named)
        plain = all(given.get(name) is None for name in _REFUSED) and not given["add_zero_attn"]
        if in_proj_weight is None or not plain or query.dim() != 3:
            return functional.multi_head_attention_forward(
                query, key, value, embed_dim_to_check, num_heads, in_proj_weight, in_proj_bias,
                *args, **named,
            )  # fmt: skip
        weights = in_proj_weight.chunk(3)
        biases = in_proj_bias.chunk(3) if in_proj_bias is not None else (None,) * 3
        queries, keys, values = (
            functional.linear(each, weight, bias)
            .reshape(*each.shape[:2], num_heads, -1)
            .permute(1, 2, 0, 3)
            for each, weight, bias in zip((query, key, value), weights, biases, strict=True)
        )
        joined = self._fused(queries, keys, values).permute(2, 0, 1, 3).flatten(2)
        return functional.linear(joined, given["out_proj_weight"], given["out_proj_bias"]), None


_FURTHER = (
    *("bias_k", "bias_v", "add_zero_attn", "dropout_p", "out_proj_weight", "out_proj_bias"),
    *("training", "key_padding_mask", "need_weights", "attn_mask", "use_separate_proj_weight"),
    *("q_proj_weight", "k_proj_weight", "v_proj_weight", "static_k", "static_v"),
    *("average_attn_weights", "is_causal"),
)
"""Arguments of `multi_head_attention_forward` behind the first seven."""
_REFUSED = ("bias_k", "bias_v", "key_padding_mask", "attn_mask", "static_k", "static_v")


def _bound(args: Sequence[Any], named: Mapping[str, Any]) -> dict[str, Any]:
    return {"add_zero_attn": False, **dict(zip(_FURTHER, args, strict=False)), **named}
