"""Predictions of several pictures and what their maps share, in one pass."""

from __future__ import annotations

from collections.abc import Mapping

from core.explain.cams.together import run_together
from core.requests.keys import key_of
from core.requests.loading import PassesRequest
from core.requests.maps import PredictionRequest
from core.work.handler import AnyHandler, Handler
from core.work.handlers.maps import Prediction
from core.work.job import Link
from core.work.resources import Resources, pass_key


def _run(request: PassesRequest, resources: Resources, link: Link[int]) -> int:
    """Keep the predictions and the passes; return how many pictures there are."""
    model, fit = request.model, request.fit
    subjects = [resources.subject(each, model, fit, link) for each in request.pictures]
    classifier = subjects[0].classifier
    for path in request.layers or (classifier.default_layer,):
        layer = classifier.check_layer(path).path
        passes = run_together(
            classifier,
            layer,
            [each.prepared for each in subjects],
            request.targets,
            link,
            predicted=request.predicted,
        )
        for reference, subject, made in zip(request.pictures, subjects, passes, strict=True):
            resources.passes.put(pass_key(reference, model, fit, layer), made)
            asked = PredictionRequest(picture=reference, model=model, fit=fit)
            if key_of(asked) not in resources.results:
                prepared = subject.prepared
                shares = classifier.activated(made.logits)[0].cpu().numpy()
                value = Prediction(classifier.guesses(shares), prepared.view, prepared.box, shares)
                resources.results.put(key_of(asked), value)
    return len(subjects)


HANDLERS: Mapping[type, AnyHandler] = {
    PassesRequest: Handler(
        run=_run,
        title=lambda request: f"The pass of {len(request.pictures)} pictures",
        cost=lambda request, resources: float(len(request.pictures)),
        keep=False,
    ),
}
