"""LIME while somebody watches: samples that grow apart from the fit, and what to trust of it.

Growing knows nothing of the class or the fit, so that a changed class never disturbs it, and
thirty people who look at one picture share its samples whatever they ask of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.caching.pauses import working_seconds
from core.explain.base import Explanation, Request, Tick, no_tick
from core.explain.perturb.lime_fit import fit_of
from core.explain.perturb.lime_request import (
    KEPT,
    kept_samples,
    neighbourhood_key,
    neighbourhood_of,
    recipe_of,
    superpixels_of,
    values_of,
)
from core.explain.perturb.lime_trust import Convergence, Interval, bootstrap, convergence, halves
from core.explain.perturb.superpixels import ALGORITHMS
from core.requests.keys import content_key

EVERY = 0.8
"""Seconds between two published counts."""
FEWEST = 50
"""Samples below which nothing is fitted."""


@dataclass(frozen=True, slots=True)
class Growth:
    """What it took to have the wanted samples.

    Attributes:
        count: samples that are there.
        reused: of them, those that were kept from before.
        passes: forward passes that were made.
        seconds: wall-clock time.
    """

    count: int
    reused: int
    passes: int
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class Trust:
    """What speaks for and against a fit, all from the kept samples."""

    interval: Interval
    convergence: Convergence


def view_key(request: Request) -> str:
    """Key of what is sampled, from the choices alone: the same on every machine.

    It tells whether an address asks for these samples, so it must not need the superpixels.
    """
    values, prepared = values_of(request), request.prepared
    algorithm = str(values["segments"])
    names = ["segments", "fill", *(option.name for option in ALGORITHMS[algorithm])]
    if algorithm == "mask":
        names.append("drawn")
    return content_key(
        kind="lime view",
        picture=prepared.picture.sha256,
        fit=prepared.fit,
        model=request.classifier.id,
        seed=request.seed,
        options={name: values[name] for name in names},
    )


def grow(
    request: Request, tick: Tick = no_tick, publish: Callable[[Growth], None] | None = None
) -> Growth:
    """Add the samples that a request misses, without fitting anything.

    Args:
        request: its class and the settings of its fit do not matter.
        tick: told the share of the missing samples that is done; may raise to stop, what was
            computed stays kept then.
        publish: told about every `EVERY` seconds what is there.

    Raises:
        BadOption: an option is out of range.
        Cancelled: raised by `tick`.
    """
    started, last = working_seconds(), working_seconds()
    wanted = int(values_of(request)["samples"])
    parts, had = superpixels_of(request), kept_samples(request)
    kept = neighbourhood_of(request)

    def share(whole: float, stage: str = "") -> None:
        tick((whole * wanted - had) / max(1, wanted - had), stage)

    def grown(count: int) -> None:
        nonlocal last
        now = working_seconds()
        if publish is not None and now - last >= EVERY and count < wanted:
            publish(Growth(count, had, max(0, count - had), now - started))
            last = now

    try:
        passes = kept.grow(request.classifier, wanted, share, grown)
    finally:
        KEPT.weigh(neighbourhood_key(request, parts))
    return Growth(wanted, had, passes, working_seconds() - started)


def trust(request: Request, explanation: Explanation, top: int = 5) -> Trust:
    """Intervals and convergence of an explanation's weights, without a model pass.

    Args:
        request: of the explanation.
        explanation: by LIME.
        top: superpixels that are followed while samples are added.
    """
    rows, answers = neighbourhood_of(request).first(int(values_of(request)["samples"]))
    recipe, final = recipe_of(request), fit_of(explanation)
    return Trust(
        bootstrap(rows, answers, request.class_index, recipe, request.seed),
        convergence(rows, answers, request.class_index, recipe, final, top),
    )


def halves_of(request: Request) -> float:
    """Share of outlined superpixels that two halves of the samples have in common."""
    values = values_of(request)
    rows, answers = neighbourhood_of(request).first(int(values["samples"]))
    count, sign = int(values["superpixels"]), str(values["sign"])
    return halves(rows, answers, request.class_index, recipe_of(request), count, sign)
