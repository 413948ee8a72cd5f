"""Passes that the pictures of a batch share; what cannot be shared is computed one by one."""

from __future__ import annotations

from collections.abc import Sequence

from core.commands.stop import Stop
from core.commands.waiting import wait_for
from core.errors import Cancelled, SeeWhyError
from core.explain import methods
from core.explain.cams.layer_method import LayerMethod
from core.requests.loading import PassesRequest
from core.requests.references import PictureRef
from core.requests.studies import AUTO, StudyRequest, split_label
from core.work.executor import Executor


def shares_passes(study: StudyRequest) -> bool:
    """Tell whether any method of a study can use a pass that several pictures share."""
    found = [methods.get(split_label(label)[0]) for label in study.methods]
    return any(isinstance(each, LayerMethod) and each.shares_passes for each in found)


def run_passes(
    executor: Executor,
    study: StudyRequest,
    pictures: Sequence[PictureRef],
    targets: Sequence[Sequence[int]],
    stop: Stop,
) -> None:
    """Run the passes of some pictures at once, where there are several.

    Args:
        executor: computes, and keeps what the maps then find.
        study: what is asked of the pictures.
        pictures: that are offered to the executor.
        targets: of each the classes that are asked for, without the predicted one.
        stop: asked meanwhile.

    Raises:
        Cancelled: by `stop`.
    """
    if len(pictures) < 2:
        return
    asked = PassesRequest(
        pictures=tuple(pictures),
        model=study.model,
        fit=study.fit,
        layers=study.layers,
        targets=tuple(tuple(each) for each in targets),
        predicted=any(text.strip().lower() == AUTO for text in study.targets),
    )
    try:
        wait_for(executor.submit(asked), stop)
    except Cancelled:
        raise
    except SeeWhyError:  # one of them, or the memory: each picture says what is wrong with it
        return
