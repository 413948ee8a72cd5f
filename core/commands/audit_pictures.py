"""The part of an audit that goes picture by picture, also where a share of them is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from core.commands.audit_log import AuditLog
from core.commands.audit_source import FolderSource
from core.commands.audit_truths import Truths
from core.commands.batch import Batch
from core.commands.kept_traits import kept_traits, traits_record
from core.commands.outcome import Outcome
from core.commands.progress import Progress
from core.commands.stop import Stop
from core.errors import BadLabels, UnsupportedLayer
from core.explain import methods
from core.measure.audit.traits import traits_of
from core.requests.audits import UNKNOWN, AuditRequest
from core.requests.keys import key_of
from core.requests.studies import StudyRequest, split_label
from core.work.auditing import Auditing, Seen
from core.work.local_executor import LocalExecutor
from core.work.resources import Resources


def seen_of(outcome: Outcome) -> tuple[Seen, Mapping[str, object]]:
    """Return a picture as an audit takes it, and what its record holds of it.

    What is kept is not read.
    """
    guess = outcome.predictions[0]
    at = next(at for at, each in enumerate(outcome.maps) if each.class_index == guess.index)
    traits, stored = kept_traits(outcome, at), outcome.stored
    box = stored.box if stored else outcome.whole().prepared.box
    if traits is None:
        whole = outcome.whole()
        traits = traits_of(whole.prepared.picture.pixels, box, whole.explanations[at].shown)
    truth = outcome.truth[0] if outcome.truth else UNKNOWN
    seen = Seen(outcome.name, outcome.prediction, box, guess, truth, traits)
    return seen, traits_record(key_of(outcome.requests[at]), traits)


def check_others(study: StudyRequest, resources: Resources) -> None:
    """Find out before anything is computed whether the other methods fit the model.

    Raises:
        UnsupportedLayer: one does not.
    """
    if resources.elsewhere is not None:
        return  # whoever has the model there has checked it
    model = resources.classifier(study.model)
    for label in study.methods[1:]:
        method = methods.get(split_label(label)[0])
        for layer in study.layers or (model.default_layer,) if method.layered else ("",):
            if why := method.fits(model, layer):
                raise UnsupportedLayer(why)


def share_of_audit(
    request: AuditRequest,
    truths: Truths,
    batch: Batch,
    executor: LocalExecutor,
    folder: Path,
    progress: Progress,
    stop: Stop,
) -> Auditing:
    """Return what takes the numbers of a share of the pictures; it is never finished.

    Args:
        request: what is asked of all of them.
        truths: made for it.
        batch: the share, with these true classes.
        executor: computes.
        folder: takes the numbers.
        progress: drawn on.
        stop: asked while something is computed.

    Raises:
        SeeWhyError: the true classes cannot be read.
    """
    truths.read(batch)
    source = FolderSource(batch, executor, AuditLog(folder), progress, stop)
    layers = [layer.path for layer in batch.summary.layers]
    try:
        return Auditing(request, batch.summary.names, layers, source)
    except BadLabels:  # whoever has the dissection finds the concepts, when all are looked at
        without = replace(request, dissection=None)
        return Auditing(without, batch.summary.names, layers, source)
