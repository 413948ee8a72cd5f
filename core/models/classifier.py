"""A loaded model: from a picture to logits, and to a split at any layer."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from core import Pixels
from core.errors import BadOption, BadPicture, SeeWhyError, UnsupportedLayer
from core.models.activation import probabilities
from core.models.calls import Call, outline_of, record
from core.models.card import Card, Guess, digest_of_names
from core.models.class_names import find_index
from core.models.cutting import cut
from core.models.fast_forms import Forms
from core.models.input import Input, Prepared
from core.models.layers import Layer, layer_of, normal_path, offered
from core.models.layout import Layout, layout_of
from core.models.private_trees import PrivateTrees, Replacement
from core.models.readout import Pool, Readout, tap_of
from core.models.split import BIG_BATCH, Precision, Split
from core.models.tracing_lock import GATE
from core.pictures.picture import Picture
from core.requests.maps import Fit
from core.requests.references import ModelRef

READOUTS = 8
"""Readouts that a classifier keeps: tracing a model holds up everybody's computations."""


class Classifier:
    """A frozen model on a device; every method is safe from any thread.

    Attributes:
        card: what the model is; its fields are attributes of the classifier too.
        reference: what tells the model from every other.
        device: where it computes.
    """

    def __init__(self, model: nn.Module, card: Card, device: torch.device | None = None) -> None:
        """Freeze a model and move it to the device.

        Args:
            model: gives (N, K) logits for (N, C, h, w), C the channels of its preprocessing;
                belongs to the classifier from now on.
            card: with one name for each of the K classes.
            device: the CPU when not given.

        Raises:
            BadOption: the model cannot take an input of that size or of so many channels.
        """
        self.card = card
        self.id, self.title, self.arch = card.id, card.title, card.arch
        self.digest, self.names = card.digest, card.names
        self.preprocess, self.input_size = card.preprocess, card.preprocess.size
        self.activation = card.activation
        self.device = device or torch.device("cpu")
        self.reference = card.reference or ModelRef(
            source="own_file",
            id=card.id,
            weights=card.digest,
            preprocess=card.preprocess,
            activation=card.activation,
            device=str(self.device),
            labels=digest_of_names(card.names),
        )
        model = model.eval().requires_grad_(False).to(self.device)
        self._model = model
        self._input = Input(card.preprocess, self.device)
        self._splits: dict[str, Split] = {}
        self._trees = PrivateTrees(model)
        self._readouts: dict[tuple[tuple[str, ...], Pool], Readout] = {}
        self._lock = threading.Lock()
        self._outline = outline_of(model)
        self._outlined = PrivateTrees(self._outline)
        self._forms = Forms(model, self._outline, self.device)
        shape = (1, card.preprocess.channels, *card.preprocess.size)
        self._blank = torch.empty(shape, device="meta")
        self._all_calls = self._recorded()
        self._calls = {call.path: call for call in self._all_calls}
        self._layers = offered(self._all_calls, self._outline)

    @property
    def nbytes(self) -> int:
        """Bytes of the weights in all forms made so far: plain, batch norms folded, bfloat16."""
        return self._forms.nbytes

    def prepare(self, picture: Picture, fit: Fit = "squash") -> Prepared:
        """Fit a picture to the model's input.

        Args:
            picture: any size.
            fit: `squash` resizes the whole picture with Pillow's bilinear filter; `crop` does what
                training did, for most models resize the shorter side and take the centre, as
                torchvision's transforms do.
        """
        return self._input.prepare(picture, fit)

    def normalise(self, rgb: Tensor) -> Tensor:
        """Shift and scale colours as in training.

        Args:
            rgb: float32 (N, 3, h, w) in [0, 1].

        Returns:
            float32 (N, C, h, w) on the model's device; where C is 1, of the grey that Pillow's
            mode `L` gives.
        """
        return self._input.normalise(rgb)

    def colours(self, batch: Tensor) -> Pixels:
        """Undo `normalise`.

        Args:
            batch: float32 (1, C, h, w), normalised.

        Returns:
            uint8 (h, w, 3); what lies outside of the colours is cut off.
        """
        return self._input.colours(batch)

    def effective_precision(self, asked: Precision) -> Precision:
        """Return the precision that is used: `fast` is `exact` where no format is faster."""
        return self._forms.precision(asked)

    def logits(self, batch: Tensor, precision: Precision = "exact") -> Tensor:
        """Run the whole model, without gradients.

        Args:
            batch: float32 (N, C, h, w), normalised, on the model's device.
            precision: `fast` computes in bfloat16 where the device has it.

        Returns:
            float32 (N, K). In `exact`, bit by bit the plain model's for few pictures; for
            `BIG_BATCH` and more from folded batch norms, relative error below 1e-4.
        """
        small = len(batch) < BIG_BATCH and self.effective_precision(precision) == "exact"
        model = self._forms.plain if small else self._forms.for_logits(precision)
        dtype = self._forms.dtype(precision)
        with GATE.shared(), torch.no_grad():
            if not small:
                batch = batch.to(dtype, memory_format=torch.channels_last)
            scores: Tensor = model(batch)
            return scores.float()

    def scores(self, batch: Tensor) -> Tensor:
        """Run the whole model, differentiable for the batch.

        The weights are frozen: only `torch.autograd.grad` for what came in gives anything. It is
        always the plain model: where batch norms are folded, a ReLU flips here and there, and a
        gradient shows each of them.

        Args:
            batch: float32 (N, C, h, w), normalised, on the model's device; nothing is written
                into it.

        Returns:
            float32 (N, K) logits.
        """
        with GATE.shared():
            scores: Tensor = self._model(batch.clone())
            return scores.float()

    def replaced(
        self, replacements: Mapping[str, Replacement], batch: Tensor | None = None
    ) -> Tensor:
        """Run a private copy of the module tree in which some modules are called otherwise.

        Args:
            replacements: by module path; none where only a mode of torch functions looks on.
            batch: float32 (N, C, h, w), normalised; None for a pass over shapes alone.

        Returns:
            (N, K) logits.
        """
        trees = self._trees if batch is not None else self._outlined
        given = self._blank if batch is None else batch
        with trees.replaced(replacements) as tree:
            logits: Tensor = tree(given.clone())
            return logits

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of what each module gives for one picture, where that is one array."""
        outputs = {path: call.result for path, call in self._calls.items()}
        return {path: tuple(it.shape) for path, it in outputs.items() if isinstance(it, Tensor)}

    def layout_of_tokens(self, count: int) -> Layout:
        """Return what each of so many tokens stands for.

        Raises:
            UnsupportedLayer: they form no grid.
        """
        return layout_of("of tokens", (1, count, 1), self._all_calls[0].context)

    @cached_property
    def pass_bytes(self) -> int:
        """Bytes of all that the innermost modules give for one picture, at float32.

        A pass with gradients keeps half to four fifths of them.
        """
        inner = (call for call in self._all_calls if not any(True for _ in call.module.children()))
        return sum(call.result.nbytes for call in inner if isinstance(call.result, Tensor))

    def activated(self, logits: Tensor) -> Tensor:
        """Return the probabilities of logits, both float32 (N, K), by the model's activation.

        Raises:
            BadPicture: the logits are not finite.
        """
        if not bool(torch.isfinite(logits).all()):
            raise BadPicture(
                f"{self.title} gives NaN or infinite logits for this picture: check its weights."
            )
        return probabilities(logits, self.activation)

    def probabilities(self, prepared: Prepared) -> npt.NDArray[np.float32]:
        """Return the probabilities of one picture, float32 (K,); those of a softmax add up to 1."""
        scores = self.activated(self.logits(prepared.batch))[0].cpu().numpy()
        return np.asarray(scores, dtype=np.float32)

    def predict(self, prepared: Prepared, top: int = 5) -> tuple[Guess, ...]:
        """Return the most probable classes, the best first."""
        return self.guesses(self.probabilities(prepared), top)

    def guesses(self, shares: npt.NDArray[np.float32], top: int = 5) -> tuple[Guess, ...]:
        """Return the most probable classes, the best first, from `probabilities`."""
        best = np.argsort(-shares, kind="stable")[:top]
        return tuple(Guess(int(i), self.names[i], float(shares[i]), self.activation) for i in best)

    def find_class(self, text: str, prepared: Prepared | None = None) -> int:
        """Return the index of a class.

        Args:
            text: `auto` (the prediction for `prepared`), an index, a name in any case, or a part
                that only one name has.
            prepared: needed for `auto`.

        Raises:
            UnknownClass: no such class, or several; the message lists the nearest.
        """
        if prepared is not None and text.strip().lower() == "auto":
            return self.predict(prepared, top=1)[0].index
        return find_index(text, self.names)

    def layers(self) -> tuple[Layer, ...]:
        """Return at most twelve layers worth looking at, from shallow to deep."""
        return self._layers

    @property
    def default_layer(self) -> str:
        """Path of the last spatial layer whose every place reaches the logits."""
        if not self._layers:
            raise UnsupportedLayer(f"{self.title} has no layer with a map: pick another model.")
        return self._layers[-1].path

    @property
    def heads(self) -> tuple[str, ...]:
        """Paths of the modules that give one number a class; none where a function does."""
        shape = (1, len(self.names))
        return tuple(
            path
            for path, call in self._calls.items()
            if path and isinstance(call.result, Tensor) and tuple(call.result.shape) == shape
        )

    def check_layer(self, path: str) -> Layer:
        """Describe any layer of the model after making sure that it can be explained.

        Args:
            path: `layer4.1.conv2`, also spelt `layer4[1].conv2` or `layer4[-1].conv2`.

        Raises:
            UnknownLayer: no module of that path.
            UnsupportedLayer: no map, or the model cannot be split there.
        """
        return self._layer(self.split(path).path)

    def layer(self, path: str) -> Layer:
        """Describe a layer without making sure that the model can be split there.

        Raises:
            UnknownLayer: no module of that path.
            UnsupportedLayer: it does not run by itself, or has no map.
        """
        return self._layer(normal_path(path, self._outline))

    def made_split(self, path: str) -> Split | None:
        """Return the model cut behind a layer if it was cut there before; nothing is traced.

        Raises:
            UnknownLayer: no module of that path.
        """
        with self._lock:
            return self._splits.get(normal_path(path, self._outline))

    def split(self, path: str) -> Split:
        """Return the model cut behind a layer; made once for each layer.

        Raises:
            UnknownLayer: no module of that path.
            UnsupportedLayer: no map, or the model cannot be split there.
        """
        path = normal_path(path, self._outline)
        with self._lock:
            split = self._splits.get(path)
        if split is None:
            self._layer(path)
            layout = self._call(path).layout()
            split = cut(self._outline, self._all_calls, path, self._blank, layout, self._forms)
        with self._lock:
            return self._splits.setdefault(path, split)

    def readout(self, paths: Sequence[str], pool: Pool = "mean") -> Readout:
        """Return what reads the pooled units of several layers in one pass; kept for the next.

        Any layer that runs once will do, also one without a map; paths as for `check_layer`.

        Raises:
            UnknownLayer: no module of that path.
            UnsupportedLayer: a layer runs not once, or gives no units for each picture.
        """
        layers = tuple(dict.fromkeys(normal_path(path, self._outline) for path in paths))
        with self._lock:
            readout = self._readouts.get((layers, pool))
        if readout is None:
            taps = [tap_of(self._call(path)) for path in layers]
            readout = Readout(self._outline, self._forms, taps, pool, self._blank)
        with self._lock:
            while len(self._readouts) >= READOUTS:
                self._readouts.pop(next(iter(self._readouts)))
            return self._readouts.setdefault((layers, pool), readout)

    @property
    def weighted(self) -> tuple[str, ...]:
        """Paths of the modules with weights of their own, in the order in which they finish."""
        places: dict[str, int] = {}
        for at, call in enumerate(self._all_calls):
            places.setdefault(call.path, at)

        def place(path: str) -> int:
            while path and path not in places:  # some modules only hold weights for others
                path = path.rpartition(".")[0]
            return places.get(path, -1)

        modules = self._outline.named_modules()
        own = [path for path, module in modules if any(True for _ in module.parameters(False))]
        return tuple(sorted(own, key=place))

    def reweighted(self, change: Callable[[nn.Module], None], weights: str) -> Classifier:
        """Return the same network with other weights; this one stays as it is, nothing is traced.

        Args:
            change: writes into the tensors of a private copy of the model.
            weights: 64 hexadecimal digits that tell the weights from all others.
        """
        twin = copy.copy(self)
        twin._model = copy.deepcopy(self._model)
        with GATE.shared(), torch.no_grad():
            change(twin._model)
        twin.card = replace(self.card, digest=weights)
        twin.digest, twin.reference = weights, replace(self.reference, weights=weights)
        twin._forms = self._forms.of(twin._model)
        twin._trees = PrivateTrees(twin._model)
        twin._lock = threading.Lock()
        twin._readouts = {}
        with self._lock:
            twin._splits = {path: split.of(twin._forms) for path, split in self._splits.items()}
        return twin

    def _recorded(self) -> list[Call]:
        """List the calls of one pass over shapes alone."""
        try:
            return record(self._outline, self._blank)
        except SeeWhyError:
            raise
        except Exception as error:  # the model's own code may raise anything
            height, width = self.input_size
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            if "meta" in reason:
                raise BadOption(
                    f"{self.title} looks at numbers on its way, for example with .item() or numpy "
                    f"({reason.rstrip('.'):.120}): its steps must not depend on them."
                ) from error
            raise BadOption(
                f"{self.title} cannot take an input of {height} x {width} pixels and "
                f"{self.preprocess.channels} channels ({reason.rstrip('.'):.120}): give another."
            ) from error

    def _layer(self, path: str) -> Layer:
        return layer_of(self._call(path))

    def _call(self, path: str) -> Call:
        call = self._calls.get(path)
        if call is None:
            offers = ", ".join(layer.path for layer in self._layers[-3:])
            raise UnsupportedLayer(
                f"Layer {path} does not run by itself and has no map: pick one such as {offers}."
            )
        return call
