"""What methods share that are made of the maps of others: the run, the record, what is kept."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence

from core import Heat
from core.caching.pauses import working_seconds
from core.explain import scaling
from core.explain.base import Explanation, Method, Subject, Tick, no_tick, own_request, part
from core.explain.families import COMBINATION, Family
from core.models.classifier import Classifier
from core.requests.maps import AnyMap, MapRequest, Smooth
from core.requests.options import Option, fill_defaults


class CombinedMethod(ABC):
    """A method that joins the maps of others. See `core.explain.base.Method`."""

    name = ""
    title = ""
    options: tuple[Option, ...] = ()
    family: Family = COMBINATION
    signed = False
    smooths: tuple[Smooth, ...] = ("none",)
    layered = True
    whole_passes = True

    def __init__(self, methods: Iterable[Method]) -> None:
        """Combine some methods.

        Args:
            methods: that stand by themselves; none of them combines others.
        """
        self._methods: Mapping[str, Method] = {method.name: method for method in methods}

    @abstractmethod
    def parts(self, request: MapRequest, classifier: Classifier) -> tuple[AnyMap, ...]:
        """Return the requests for the maps that are joined.

        Raises:
            BadOption: there are too few, or an option is out of range.
        """

    @abstractmethod
    def joined(self, maps: Sequence[Heat]) -> Heat:
        """Return the map that maps give together, float32 (h, w), from theirs as shown."""

    def remarks(self, made: Sequence[Explanation]) -> list[str]:
        """Return what is to be known of the maps, each sentence with its method."""
        return [
            f"{self._methods[each.method].title}: {note}" for each in made for note in each.notes
        ]

    def cost(self, request: AnyMap, classifier: Classifier) -> int:
        """Return the forward passes that `run` takes at most: maps that are there take none."""
        wanted = self.parts(own_request(self, request), classifier)
        return sum(self._methods[each.method].cost(each, classifier) for each in wanted)

    def run(self, request: AnyMap, subject: Subject, tick: Tick = no_tick) -> Explanation:
        """Compute the map; those that it is made of stay kept, also when it is stopped.

        Args:
            request: of this method.
            subject: the loaded model and the picture that the request names.
            tick: told the share done; may raise to stop.

        Raises:
            BadOption: an option or the smoothing is not one of the method's.
            UnsupportedLayer: one of the methods cannot run there.
            Cancelled: raised by `tick`.
        """
        started, request = working_seconds(), own_request(self, request)
        options = fill_defaults(self.options, dict(request.options))
        wanted = self.parts(request, subject.classifier)
        tick(0.0, "")
        made, passes = [], 0
        for number, each in enumerate(wanted):
            one = subject.maps.find(each) if subject.maps else None
            if one is None:
                share = part(tick, number / len(wanted), (number + 1) / len(wanted))
                one = self._methods[each.method].run(each, subject, share)
                passes += one.passes
                if subject.maps:
                    subject.maps.keep(each, one)
            made.append(one)
        heat = self.joined([each.shown for each in made])
        shown = scaling.shown([heat], subject.classifier.input_size)
        tick(1.0, "done")
        first = made[0]
        layers = dict.fromkeys(each.layer for each in made if each.layer)
        return Explanation(
            heat=heat,
            shown=shown,
            method=self.name,
            label=request.label,
            layer=",".join(layers),
            class_index=request.target,
            class_name=first.class_name,
            probability=first.probability,
            seconds=working_seconds() - started,
            passes=passes,
            device=first.device,
            precision=next((each.precision for each in made if each.precision != "exact"), "exact"),
            smooth=request.smooth,
            seed=request.seed,
            options=options,
            notes=(*self.remarks(made), *scaling.describe(heat)),
        )
