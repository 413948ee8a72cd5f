"""What all maps of a layer share: layers and variants in turn, scaling, and the record.

An engine turns one layer of one batch into weighted channels; `LayerMethod` does the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from core import Heat
from core.caching.pauses import working_seconds
from core.errors import BadOption, SeeWhyError, UnsupportedLayer
from core.explain import scaling
from core.explain.base import Explanation, Subject, Tick, no_tick
from core.explain.cams import smoothing
from core.explain.cams.engine import Engine, Task, Weighed
from core.explain.cams.smoothing import Maps
from core.explain.families import CLASS_ACTIVATION, Family
from core.models.classifier import Classifier
from core.requests.maps import AnyMap, MapRequest, Precision, Smooth
from core.requests.options import Option, Value, fill_defaults

EVERY_SMOOTH: tuple[Smooth, ...] = ("none", "eigen", "aug", "both")
NO_EIGEN: tuple[Smooth, ...] = ("none", "aug")


Join = Callable[[Maps], Heat]
Passes = Callable[[Classifier, str, Mapping[str, Value]], int]


def one_pass(classifier: Classifier, layer: str, options: Mapping[str, Value]) -> int:
    """Return the cost of a method that runs the model once."""
    return 1


def any_grid(shape: tuple[int, int, int]) -> str:
    """Accept every layer that has a spatial map."""
    return ""


@dataclass(frozen=True, slots=True, eq=False)
class LayerMethod:
    """A method that weighs the channels of a layer. See `core.explain.base.Method`.

    Attributes:
        engine: weighs the channels of one layer.
        join: turns weighted channels into one map where no eigen smoothing is asked for.
        passes: forward passes per layer and variant.
        limits: a sentence why a layer of shape (C, gh, gw) is out of reach, else empty.
        uses_precision: whether the engine can use bfloat16; the others always compute exactly.
        remarks: sentences that belong to a kind of smoothing of this method.
    """

    name: str
    title: str
    sentence: str
    paper: str
    link: str
    engine: Engine
    join: Join = smoothing.total
    passes: Passes = one_pass
    limits: Callable[[tuple[int, int, int]], str] = any_grid
    options: tuple[Option, ...] = ()
    signed: bool = False
    smooths: tuple[Smooth, ...] = EVERY_SMOOTH
    family: Family = CLASS_ACTIVATION
    layered: bool = True
    whole_passes: bool = True
    uses_precision: bool = False
    remarks: Mapping[Smooth, str] | None = None

    @property
    def shares_passes(self) -> bool:
        """Whether one pass with a gradient is all that it takes, whatever its options."""
        return self.passes is one_pass and not self.options

    def fits(self, classifier: Classifier, layer: str) -> str:
        """Return an empty string, or one sentence why the method cannot run at the layer."""
        try:
            checked = classifier.check_layer(layer)
        except SeeWhyError as error:
            return str(error)
        _, height, width = checked.shape
        if height * width < 2:
            return (
                f"{checked.path} has no spatial map (its output is 1 x 1): "
                f"pick an earlier layer, for example {classifier.default_layer}."
            )
        return self.limits(checked.shape)

    def cost(self, request: AnyMap, classifier: Classifier) -> int:
        """Return the forward passes that `run` takes at most; loads and traces nothing."""
        request = self._own(request)
        options = fill_defaults(self.options, dict(request.options))
        layers = request.layers or (classifier.default_layer,)
        once = sum(self.passes(classifier, layer, options) for layer in layers)
        return once * smoothing.count(request.smooth)

    def run(self, request: AnyMap, subject: Subject, tick: Tick = no_tick) -> Explanation:
        """Compute the map.

        Args:
            request: of this method.
            subject: the loaded model and the picture that the request names.
            tick: told the share done; may raise to stop.

        Raises:
            BadOption: an option or the smoothing is not one of the method's.
            UnsupportedLayer: `fits` says why.
            Cancelled: raised by `tick`.
        """
        started, request = working_seconds(), self._own(request)
        paths = self._checked_layers(request, subject.classifier)
        first, task_notes = self._first_task(request, subject, paths[0])
        parts = smoothing.count(request.smooth) * len(paths)
        done: list[_Part] = []
        for variant in smoothing.variants(subject.prepared.batch, request.smooth):
            for path in paths:
                part_tick = _slice(tick, len(done) / parts, 1 / parts, path)
                part_tick(0.0, "")
                split = subject.classifier.split(path)
                passes = subject.passes if variant.plain else None
                shared = passes.find(path) if passes else None
                task = replace(
                    first, split=split, batch=variant.batch, tick=part_tick, shared=shared
                )
                done.append(self._heat(task, variant, path, request.smooth))
        heat, shown = _assemble(done, subject.classifier.input_size, request.smooth)
        explanation = self._record(request, subject.classifier, paths, done, heat, shown)
        tick(1.0, "done")
        notes = (*task_notes, *explanation.notes)
        before = sum(part.task.shared.seconds for part in done if part.task.shared is not None)
        return replace(explanation, notes=notes, seconds=working_seconds() - started + before)

    def _own(self, request: AnyMap) -> MapRequest:
        """Return a request of this method.

        Raises:
            BadOption: it asks for another method.
        """
        if not isinstance(request, MapRequest) or request.method != self.name:
            raise BadOption(f"{self.title} cannot make a map of {request.method}: use that method.")
        return request

    def _checked_layers(self, request: MapRequest, classifier: Classifier) -> tuple[str, ...]:
        if request.smooth not in self.smooths:
            allowed = ", ".join(self.smooths)
            raise BadOption(
                f"{self.title} has no smoothing {request.smooth!r}: choose one of {allowed}."
            )
        layers = request.layers or (classifier.default_layer,)
        for layer in layers:
            if sentence := self.fits(classifier, layer):
                raise UnsupportedLayer(sentence)
        return tuple(dict.fromkeys(classifier.check_layer(layer).path for layer in layers))

    def _first_task(
        self, request: MapRequest, subject: Subject, path: str
    ) -> tuple[Task, tuple[str, ...]]:
        """Return what is the same for every layer and variant, and notes about it."""
        classifier, notes = subject.classifier, []
        asked: Precision = request.precision if self.uses_precision else "exact"
        precision = classifier.effective_precision(asked)
        if precision != asked:
            notes.append("This device has no fast bfloat16: the map was computed exactly.")
        if self.remarks and request.smooth in self.remarks:
            notes.append(self.remarks[request.smooth])
        task = Task(
            classifier=classifier,
            split=classifier.split(path),
            batch=subject.prepared.batch,
            class_index=request.target,
            precision=precision,
            options=fill_defaults(self.options, dict(request.options)),
            rng=np.random.RandomState(request.seed),
            tick=no_tick,
        )
        return task, tuple(notes)

    def _heat(self, task: Task, variant: smoothing.Variant, path: str, smooth: Smooth) -> _Part:
        weighed = self.engine(task)
        maps, bad = scaling.finite(weighed.maps)
        join = smoothing.first_component if smoothing.has_eigen(smooth) else self.join
        heat = join(maps)
        return _Part(variant, path, heat, replace(weighed, notes=(*weighed.notes, *bad)), task)

    def _record(
        self,
        request: MapRequest,
        classifier: Classifier,
        paths: tuple[str, ...],
        done: list[_Part],
        heat: Heat,
        shown: Heat,
    ) -> Explanation:
        task = done[0].task
        plain = next(part.weighed.logits for part in done if part.variant.plain)
        probability = float(classifier.activated(plain)[0, request.target])
        return Explanation(
            heat=heat,
            shown=shown,
            method=self.name,
            label=request.label,
            layer=",".join(paths),
            class_index=request.target,
            class_name=classifier.names[request.target],
            probability=probability,
            seconds=0.0,
            passes=sum(part.weighed.passes for part in done),
            device=str(classifier.device),
            precision=task.precision,
            smooth=request.smooth,
            seed=request.seed,
            options=dict(task.options),
            notes=_notes(done, several=len(paths) > 1),
            signed=self.signed and request.smooth == "none" and len(paths) == 1,
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """The finished heat of one layer of one variant, float32 (gh, gw)."""

    variant: smoothing.Variant
    path: str
    heat: Heat
    weighed: Weighed
    task: Task


def _slice(tick: Tick, start: float, share: float, path: str) -> Tick:
    """Return a tick for a task that is `share` of the work and begins at `start`."""

    def part(fraction: float, stage: str = "") -> None:
        tick(start + share * fraction, f"{path}: {stage}" if stage else path)

    return part


def _assemble(done: list[_Part], size: tuple[int, int], smooth: Smooth) -> tuple[Heat, Heat]:
    """Return `heat` and `shown` from the heats of all layers and variants."""
    height, width = size
    per_variant: dict[int, list[_Part]] = {}
    for part in done:
        per_variant.setdefault(id(part.variant), []).append(part)
    groups = list(per_variant.values())
    finals = [scaling.shown([part.heat for part in group], (height, width)) for group in groups]
    if smoothing.has_augmentation(smooth):
        undone = [group[0].variant.undo(final) for group, final in zip(groups, finals, strict=True)]
        mean = np.asarray(np.mean(np.stack(undone), axis=0), dtype=np.float32)
        return mean, mean
    heats = [part.heat for part in groups[0]]
    heat = heats[0] if len(heats) == 1 else scaling.average(heats, (height, width))
    return heat, finals[0]


def _notes(done: list[_Part], *, several: bool) -> tuple[str, ...]:
    """Return every sentence once, with the layer and the share of variants it belongs to."""
    sentences: dict[tuple[str, str], int] = {}
    for part in done:
        for note in (*part.weighed.notes, *scaling.describe(part.heat)):
            key = (part.path, note)
            sentences[key] = sentences.get(key, 0) + 1
    variants = len({id(part.variant) for part in done})
    return tuple(
        (f"{path}: " if several else "")
        + (f"In {times} of {variants} variants: " if variants > 1 else "")
        + note
        for (path, note), times in sentences.items()
    )
