"""An address as *Copy link* gives it, in the words of requests.

A page's controls write their labels into the address and leave out what they show by themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from core.explain.methods import METHODS
from core.measure import COMPARED, TRUSTED
from core.measure.single.table import MEASURES
from core.pictures import built_in
from core.requests.address import Page
from core.requests.command_line import words
from core.requests.loading import SummaryRequest
from core.requests.maps import SUFFIX
from core.requests.references import ModelRef
from pages.ui.parts import jobs, layer_picker, method_picker, pickers

Parameters = Mapping[str, tuple[str, ...]]
METHODS_IN = {"heatmaps": "maps", "agreement": "compare", "trust": "compare"}
"""The parameter that names the methods of a page's maps."""


def spelled(page: Page, given: Parameters) -> dict[str, tuple[str, ...]]:
    """Return the parameters with the values of requests in place of what controls call them.

    Layers are left as they stand: `layers` knows them, which needs the model.

    Args:
        page: of the address.
        given: its parameters; not changed.
    """
    known = _values()
    found = {
        name: tuple(known.get(name, {}).get(value, value) for value in values)
        for name, values in given.items()
    }
    if page in METHODS_IN:
        found.setdefault("picture", (built_in.SAMPLES[0].title,))
        found.setdefault(METHODS_IN[page], tuple(_first(page)))
        found[METHODS_IN[page]] = _smoothed(found[METHODS_IN[page]], found.get("smooth", ()))
    elif page == "superpixels":
        found.setdefault("picture", (built_in.SAMPLES[0].title,))
    found.pop("truth", None)  # a file of the visitor who brought it; maps do without
    if typed := words(",".join(found.pop("module", ()))):
        found["layer"] = typed
    elif several := found.pop("layers", ()):
        found["layer"] = several
    return found


def layers(model: ModelRef, given: tuple[str, ...]) -> tuple[str, ...]:
    """Return the module paths of layers, which may be spelled as the picker labels them."""
    if not any(" " in name for name in given):
        return given
    summary = jobs.finished(SummaryRequest(model=model))
    paths = {label: path for path, label in layer_picker.labelled(summary).items()}
    return tuple(paths.get(name, name) for name in given)


def _first(page: Page) -> Sequence[str]:
    """Return the methods that a page shows where nobody chose."""
    chosen = {"agreement": COMPARED, "trust": TRUSTED}
    return chosen.get(page) or method_picker.first()


def _smoothed(labels: tuple[str, ...], kinds: tuple[str, ...]) -> tuple[str, ...]:
    """Return a label for each method with each kind of smoothing that it allows."""
    return tuple(
        f"{label}{SUFFIX[kind]}"
        for label in labels
        for kind in (
            [kind for kind in SUFFIX if kind in kinds and kind in METHODS[label].smooths]
            if label in METHODS
            else []
        )
        or ["none"]
    )


@lru_cache(1)
def _values() -> Mapping[str, Mapping[str, str]]:
    """Return what the controls call their options."""
    methods = {title: label for label, title in method_picker.method_labels().items()}
    return {
        "fit": dict(pickers.FITS),
        "maps": methods,
        "compare": methods,
        "smooth": {words: kind for kind, words in method_picker.KINDS.items()},
        "measures": {each.title: name for name, each in MEASURES.items()},
        "class": {pickers.AUTO: "auto"},
    }
