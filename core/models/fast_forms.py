"""Faster forms of a frozen model: batch norms folded, weights laid out for the device, bfloat16."""

from __future__ import annotations

import copy
import threading
from collections import Counter
from collections.abc import Iterable
from typing import Any

import torch
from torch import fx, nn

from core.models.device import fast_dtype
from core.models.folded_layers import folded, is_convolution, is_norm
from core.models.split import Precision
from core.models.tracing_lock import GATE

Pairs = tuple[tuple[str, str], ...]


class Forms:
    """One frozen model in several forms with the same module paths, each made at first use.

    Attributes:
        plain: the model as it was loaded, float32.
        pairs: paths of (convolution, batch norm) that can be folded into one.
        nbytes: bytes of the weights of all forms made so far, shared ones counted once.
    """

    def __init__(self, model: nn.Module, outline: nn.Module, device: torch.device) -> None:
        """Remember the model.

        Args:
            model: frozen, in evaluation mode; stays as it is.
            outline: the same without numbers; only traced.
            device: where the model lies.
        """
        self.plain = model
        self.pairs = _pairs_of(outline)
        self._changed = [path for pair in self.pairs for path in pair]
        self.device = device
        self._lock = threading.Lock()
        self._made: dict[tuple[bool, torch.dtype], nn.Module] = {}
        self.nbytes = _bytes_of([model])

    def of(self, model: nn.Module) -> Forms:
        """Return the forms of a copy of the model that has other weights; nothing is traced."""
        forms = copy.copy(self)
        forms.plain, forms.nbytes = model, _bytes_of([model])
        forms._lock, forms._made = threading.Lock(), {}
        return forms

    def precision(self, asked: Precision) -> Precision:
        """Return the precision that is really used: `fast` only where the device has a format."""
        return "fast" if asked == "fast" and self.dtype(asked) != torch.float32 else "exact"

    def dtype(self, asked: Precision) -> torch.dtype:
        """Return the number format of a precision on this device."""
        fast = fast_dtype(self.device) if asked == "fast" else None
        return fast or torch.float32

    def for_split(self, path: str, asked: Precision, *, big: bool) -> nn.Module:
        """Return a form whose value at `path` is the model's own.

        Args:
            path: the layer where the model is split.
            asked: precision.
            big: whether a form with folded batch norms pays in `exact`.
        """
        dtype = self.dtype(asked)
        if dtype == torch.float32 and not big:
            return self.plain
        return self._form(dtype, folded=not self.changes(path))

    def changes(self, path: str) -> bool:
        """Return whether folding batch norms changes what a layer gives, or takes it away."""
        convolutions = {conv for conv, _ in self.pairs}
        return path in convolutions or any(path.startswith(f"{layer}.") for layer in self._changed)

    def for_logits(self, asked: Precision) -> nn.Module:
        """Return the form that is fastest for whole passes over big batches."""
        return self._form(self.dtype(asked), folded=True)

    def _form(self, dtype: torch.dtype, *, folded: bool) -> nn.Module:
        pairs = self.pairs if folded else ()
        key = (bool(pairs), dtype)
        with self._lock:
            if key not in self._made:
                self._made[key] = _copied(self.plain, pairs, dtype)
                self.nbytes = _bytes_of([self.plain, *self._made.values()])
            return self._made[key]


def _bytes_of(models: Iterable[nn.Module]) -> int:
    """Return the bytes of all parameters and buffers, memory that is shared counted once."""
    tensors = (t for model in models for t in (*model.parameters(), *model.buffers()))
    storages = (tensor.untyped_storage() for tensor in tensors)
    return sum({storage.data_ptr(): storage.nbytes() for storage in storages}.values())


class _Tracer(fx.Tracer):
    """Keeps layers of other libraries whole that fold as torch's own do."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        """Tell whether the module stays one call in the graph."""
        whole = is_convolution(m) or is_norm(m)
        return whole or super().is_leaf_module(m, module_qualified_name)


def _pairs_of(outline: nn.Module) -> Pairs:
    if not any(is_norm(module) for module in outline.modules()):
        return ()
    with GATE.exclusive():
        try:
            nodes = list(_Tracer().trace(outline).nodes)
        except Exception:  # the model's own code may raise anything on a symbolic value
            return ()
    runs = Counter(node.target for node in nodes if node.op == "call_module")
    modules = dict(outline.named_modules())
    pairs = []
    for node in nodes:
        before = node.args[0] if node.args else None
        if node.op != "call_module" or not isinstance(before, fx.Node):
            continue
        if before.op != "call_module" or len(before.users) != 1:
            continue
        conv, norm = str(before.target), str(node.target)
        folds = is_convolution(modules[conv]) and is_norm(modules[norm])
        if folds and runs[conv] == runs[norm] == 1:
            pairs.append((conv, norm))
    return tuple(pairs)


def _copied(model: nn.Module, pairs: Pairs, dtype: torch.dtype) -> nn.Module:
    """Copy a model, fold pairs and convert; what need not change is shared with the original."""
    memo: dict[int, Any] = {id(t): t for t in (*model.parameters(), *model.buffers())}
    twin = copy.deepcopy(model, memo)
    for conv, norm in pairs:
        left, right = twin.get_submodule(conv), twin.get_submodule(norm)
        assert isinstance(left, nn.Conv2d)
        assert isinstance(right, nn.BatchNorm2d)
        twin.set_submodule(conv, folded(left, right))
        twin.set_submodule(norm, nn.Identity())
    for module in twin.modules():
        for name, parameter in module._parameters.items():
            if parameter is not None:
                module._parameters[name] = nn.Parameter(
                    _laid_out(parameter.data, dtype), requires_grad=False
                )
        for name, buffer in module._buffers.items():
            if buffer is not None and buffer.is_floating_point():
                module._buffers[name] = buffer.to(dtype)
    return twin.eval()


def _laid_out(tensor: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """Convert; convolution weights get channels last in memory, which oneDNN and cuDNN like."""
    if tensor.dim() == 4:
        return tensor.to(dtype, memory_format=torch.channels_last)
    return tensor.to(dtype)
