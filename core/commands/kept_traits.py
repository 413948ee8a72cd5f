"""What an audit takes from a picture and its first map, as a line of `pictures.jsonl` holds it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np

from core.commands.outcome import Outcome
from core.measure.audit.rows import Fingerprint
from core.measure.audit.traits import Traits
from core.requests.audits import PLACES
from core.requests.keys import key_of

AUDIT = "audit"
_GREY, _CORNERS = (256,), (4, 48)
"""Shapes of the arrays of a fingerprint."""


def traits_record(map_key: str, traits: Traits) -> Mapping[str, object]:
    """Return what stands in the record of a picture.

    Args:
        map_key: of the request for the map whose heat was shared out.
        traits: of the picture.
    """
    found, places = traits.fingerprint, traits.places
    return {
        AUDIT: {
            "map": map_key,
            "hash": f"{found.hash:016x}",
            "grey": base64.b64encode(found.grey.tobytes()).decode(),
            "corners": base64.b64encode(found.corners.tobytes()).decode(),
            "places": None if places is None else [float(share) for share in places],
        }
    }


def kept_traits(outcome: Outcome, at: int) -> Traits | None:
    """Return the traits of a picture as an earlier run found them.

    Args:
        outcome: of the picture.
        at: which of its maps had its heat shared out.

    Returns:
        None where they were not kept, or for another map.
    """
    kept = outcome.stored.record.get(AUDIT) if outcome.stored else None
    if not isinstance(kept, dict) or kept.get("map") != key_of(outcome.requests[at]):
        return None
    try:
        return _traits(kept)
    except (KeyError, TypeError, ValueError):
        return None


def _traits(kept: Mapping[str, Any]) -> Traits:
    grey, corners = (
        np.frombuffer(base64.b64decode(kept[name], validate=True), np.uint8).reshape(shape)
        for name, shape in (("grey", _GREY), ("corners", _CORNERS))
    )
    places = None
    if kept["places"] is not None:
        places = np.array(kept["places"], np.float32)
        if places.shape != (len(PLACES),) or not np.isfinite(places).all():
            raise ValueError("no shares of heat")
    number = int(kept["hash"], 16)
    if not 0 <= number < 1 << 64:
        raise ValueError("no hash of 64 bits")
    return Traits(Fingerprint(number, grey, corners), places)
