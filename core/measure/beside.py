"""What is measured beside a map: the controls, and random maps."""

from __future__ import annotations

from dataclasses import replace

from core.measure.single import table
from core.measure.single.comparison import random_passes
from core.measure.trust import FEWEST
from core.models.reference import control_of
from core.requests.maps import AnyMap, MapRequest
from core.requests.measures import (
    CONTROLS,
    RANDOM_MAPS,
    ControlRequest,
    MeasureRequest,
    RandomIntervalRequest,
)
from core.requests.references import ModelRef, PictureRef

RANDOM_WEIGHTS = "random-weights"
"""Name of the control that is the same method on the same network, untrained."""


def controls_of(request: MeasureRequest) -> dict[str, MeasureRequest]:
    """Return the same measure of the controls of a map, by their names.

    Args:
        request: the measure of the map.

    Returns:
        Nothing for a measure that makes maps anew, which controls cannot, and for a control.
        `random-weights` is absent where the network has no untrained form.

    Raises:
        BadDevice: the machine has no such device.
    """
    asked = request.map
    if isinstance(asked, ControlRequest) or "explain" in table.get(request.measure).needs:
        return {}
    found = {
        str(control): replace(
            request,
            map=ControlRequest(
                picture=asked.picture,
                model=asked.model,
                fit=asked.fit,
                target=asked.target,
                control=control,
                number=_number(asked.picture) if control == "random" else 0,
                seed=request.settings.seed,
            ),
        )
        for control in CONTROLS
    }
    untrained = control_of(asked.model, asked.model.device)
    if untrained is not None:
        map_ = on_model(asked, untrained)
        found[RANDOM_WEIGHTS] = replace(request, map=map_, on=asked.model)
    return found


def _number(picture: PictureRef) -> int:
    """Return which of the random maps is the control of a picture.

    One map for all pictures would be no chance of 50: it may happen to lie where objects do.
    """
    return int(picture.digest[:8], 16) % RANDOM_MAPS


def random_interval_of(request: MeasureRequest, pictures: int) -> RandomIntervalRequest | None:
    """Return what asks for the same measure of random maps of the picture.

    They decide where pictures are too few for a test; else they are asked for only where they take
    no passes of their own.

    Args:
        request: the measure of the map.
        pictures: whose maps are measured.

    Returns:
        None also for a measure that makes maps anew, which random maps cannot.
    """
    measure = table.get(request.measure)
    if "explain" in measure.needs:
        return None
    free = random_passes(measure, request.settings) <= measure.passes(request.settings)
    if not free and pictures >= FEWEST:
        return None
    asked = request.map
    return RandomIntervalRequest(
        picture=asked.picture,
        model=request.on or asked.model,
        fit=asked.fit,
        target=asked.target,
        measure=request.measure,
        settings=request.settings,
        truth=request.truth,
    )


def on_model(request: AnyMap, model: ModelRef) -> AnyMap:
    """Return the same map of another model."""
    if isinstance(request, MapRequest):
        return replace(request, model=model)
    superpixels = replace(request.samples.superpixels, model=model)
    return replace(request, samples=replace(request.samples, superpixels=superpixels))
