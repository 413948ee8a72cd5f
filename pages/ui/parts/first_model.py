"""What a first visitor sees, made before the visitor asks for it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from core.errors import SeeWhyError
from core.models import picker_order
from core.models.reference import reference_of
from core.pictures import built_in
from core.requests.loading import SummaryRequest
from core.requests.maps import FITS, PredictionRequest
from core.requests.references import PictureRef
from core.work.job import Job
from pages.ui.parts import jobs


def load() -> None:
    """Load the default model and let it predict; what is wrong with it, the page says."""
    with suppress(SeeWhyError):
        model = reference_of(picker_order.offered("Built in")[0])
        jobs.resources().offer_model(model)
        summary: Job[Any] = jobs.executor().submit(SummaryRequest(model=model))
        summary.wait()
        picture = built_in.load(built_in.SAMPLES[0].key)
        asked = PredictionRequest(
            picture=PictureRef.of(picture),
            model=summary.result().reference,
            fit=FITS[0],
        )
        jobs.executor().submit(asked).wait()
