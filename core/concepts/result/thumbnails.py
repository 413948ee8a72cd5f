"""Small pictures of what the model saw, kept with a dissection whose probes may not be at hand."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
from PIL import Image

from core.concepts.probes.probe_set import ProbeSet
from core.concepts.result.dissection import Dissection
from core.errors import BadPicture
from core.explain.base import Tick, no_tick
from core.models.classifier import Classifier
from core.requests.maps import Fit

SIDE = 72
QUALITY = 78


def with_thumbs(
    dissection: Dissection,
    probes: ProbeSet,
    classifier: Classifier,
    fit: Fit = "crop",
    *,
    first: int = 5,
    side: int = SIDE,
    tick: Tick = no_tick,
) -> Dissection:
    """Return the dissection with small pictures of the strongest probes of each unit.

    Args:
        dissection: made with these probes.
        probes: the set.
        classifier: the model that was dissected; what it sees of a picture is what is kept.
        fit: as the dissection was made.
        first: probes of each unit.
        side: pixels of the longest side.
        tick: told the share done; may raise to stop.
    """
    columns = [units.probes[:, :first].ravel() for units in dissection.layers]
    strongest = np.unique(np.concatenate(columns)).tolist()
    thumbs: dict[int, bytes] = {}
    with probes.opened() as pictures:
        for done, index in enumerate(strongest):
            tick(done / len(strongest), f"small picture {done:,} of {len(strongest):,}")
            try:
                view = classifier.prepare(pictures.load(index), fit).view
            except BadPicture:  # the file changed since
                continue
            image = Image.fromarray(view)
            image.thumbnail((side, side), Image.Resampling.BILINEAR)
            store = io.BytesIO()
            image.save(store, "JPEG", quality=QUALITY)
            thumbs[index] = store.getvalue()
    return replace(dissection, thumbs=thumbs)
