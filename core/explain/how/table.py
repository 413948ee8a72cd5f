"""Which methods can be shown step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from core.errors import BadOption
from core.explain.base import Subject, Tick, no_tick
from core.explain.how.grad_cam import grad_cam_steps
from core.explain.how.lime import lime_steps
from core.explain.how.rise import rise_steps
from core.explain.how.steps import Steps
from core.requests.maps import AnyMap

HOW: Mapping[str, Callable[[AnyMap, Subject, Tick], Steps]] = {
    "grad-cam": grad_cam_steps,
    "lime": lime_steps,
    "rise": rise_steps,
}
"""By the label of the map: a smoothed map is made of several, and has no steps."""


def steps_of(request: AnyMap, subject: Subject, tick: Tick = no_tick) -> Steps:
    """Return how a map is made.

    Args:
        request: the map.
        subject: the loaded model and the picture that the request names.
        tick: told the share done; may raise to stop.

    Raises:
        BadOption: the method cannot be shown step by step.
        Cancelled: raised by `tick`.
    """
    if request.label not in HOW:
        raise BadOption(
            f"{request.label} cannot be shown step by step: choose one of {', '.join(HOW)}."
        )
    return HOW[request.label](request, subject, tick)
