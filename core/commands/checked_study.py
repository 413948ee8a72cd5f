"""What can be seen of a study without its model."""

from __future__ import annotations

from dataclasses import replace

from core.errors import BadOption
from core.explain import methods
from core.explain.perturb.composition import check_fill
from core.requests.options import fill_defaults
from core.requests.studies import StudyRequest, split_label


def checked(study: StudyRequest) -> StudyRequest:
    """Return the study with the labels as the table of methods spells them.

    Raises:
        BadOption: a method, its smoothing or an option of it does not exist.
    """
    labels = []
    for label in study.methods:
        name, smooth = split_label(label)
        method = methods.get(name)
        if smooth not in method.smooths:
            allowed = ", ".join(method.smooths)
            raise BadOption(
                f"{name} does not support smoothing {smooth!r}: choose one of {allowed}."
            )
        labels.append(label)
    names = {split_label(label)[0] for label in labels}
    check_fill(study.lime.fill)
    for of, option, value in study.options:
        if of not in names:
            raise BadOption(f"--option {of}.{option} needs {of} among --methods.")
        fill_defaults(methods.get(of).options, {option: value})
    return replace(study, methods=tuple(dict.fromkeys(labels)))
