"""`audit.html`: an audit as one page that needs no network, to read, to hand in and to print."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence

from core.explain.methods import title_of
from core.export.audit_definitions import DEFINITIONS
from core.export.audit_errors import ErrorDetail, number
from core.export.audit_record import Report
from core.export.faults_table import fault_kinds
from core.export.page import png_url, rendered
from core.figures.charts.audit import class_bars, place_bars, reliability, worst_classes
from core.figures.print.reliability import reliability_file
from core.figures.print.rows import bars_file
from core.files.versions import versions
from core.measure.audit.calibration import Error
from core.measure.audit.concepts import DRIVERS
from core.measure.audit.findings import Findings
from core.measure.audit.places import FEWEST
from core.measure.audit.rates import LEVEL, Rate
from core.measure.audit.words import (
    copies_sentence,
    counted,
    p_words,
    percent,
    shortcut_sentence,
    summary,
)
from core.measure.study import pair_title
from core.requests.plain import as_plain

TITLE = "What these pictures tell of the model"
LINES = 20
"""Rows of a table; all are in the record."""


def audit_page(report: Report) -> bytes:
    """Return the page; the same results give the same bytes."""
    found = report.found
    return rendered(
        "audit.html",
        tab=TITLE,
        title=TITLE,
        about=_about(report),
        summary=summary(found),
        notes=list(report.notes),
        failures=fault_kinds(report.faults),
        calibration=_calibration(found),
        classes=_classes(found),
        confusions=list(confusions(found)),
        kinds=[
            ("Worst errors: the true class gets the least probability", found.worst),
            ("Most confident errors", [at for at in found.surest if at not in found.worst]),
        ],
        errors=dict(zip(found.chosen, map(_error_card(found), report.details), strict=False)),
        shortcuts=_shortcuts(report),
        concepts=list(error_concepts(found)),
        own=list(class_concepts(found)),
        copies=_copies(report),
        reading=reading(),
        numbers=definitions(),
        request=json.dumps(as_plain(report.request), indent=1, ensure_ascii=False),
        command=report.command,
        versions=json.dumps(versions(), indent=1),
    )


def _about(report: Report) -> str:
    """Say what was audited with what."""
    model, study = report.model, report.request.study
    first, *others = (title_of(label) for label in study.methods)
    closer = f"; of errors also {', '.join(others)}" if others else ""
    of = report.request.dissection
    words = f" Concepts: the dissection {of.name}." if of else ""
    return (
        f"Model: {model.get('title', '')} ({model.get('id', '')}, weights "
        f"{str(model.get('weights_sha256', ''))[:12]}). Maps: {first} of every picture{closer}; "
        f"the class is the predicted one.{words} Computed on {report.device}. Seed "
        f"{report.found.seed}."
    )


def _calibration(found: Findings) -> Mapping[str, object] | None:
    """Return the chart and the table of calibration; None without known classes."""
    if not found.known:
        return None
    made = found.calibration
    chart = png_url(reliability_file(reliability(found), "As right as it says?"))
    return {
        "chart": chart,
        "rows": [
            _error_cells("bins of equal width", made.equal_width),
            _error_cells("bins of equal mass", made.equal_mass),
        ],
        "more": (
            f"Mean confidence {percent(made.confidence)}. Brier score {made.brier:.3f} (0 is best, "
            f"2 worst). Mean log loss {made.loss:.3f}."
        ),
    }


def _error_cells(name: str, error: Error) -> tuple[str, ...]:
    verdict = "no more than chance" if error.is_calibrated else "more than chance"
    spread = f"{error.low:.3f} to {error.high:.3f}"
    return name, f"{error.value:.3f}", f"{error.chance:.3f}", spread, verdict


def _classes(found: Findings) -> Mapping[str, object] | None:
    ranked = worst_classes(found.accuracy.classes)
    if not ranked:
        return None
    bars = bars_file(class_bars(found), "Classes recognised least often", "")
    return {
        "chart": png_url(bars),
        "rows": [
            (found.names[e.index], cells(e.recall), _interval(e.recall), cells(e.precision))
            for e in ranked[:LINES]
        ],
        "hidden": _hidden(len(ranked), "class"),
    }


def _hidden(count: int, what: str) -> str:
    left = count - LINES
    return f"{counted(left, what)} more in audit.json." if left > 0 else ""


def cells(rate: Rate) -> str:
    """Return a share with its numbers."""
    return f"{percent(rate.value)} ({rate.count} of {rate.of})" if rate.of else "none predicted"


def _interval(rate: Rate) -> str:
    return f"{percent(rate.low)} to {percent(rate.high)}" if rate.of else ""


def confusions(found: Findings) -> Iterator[tuple[str, ...]]:
    """Yield the cells of the commonest confusions."""
    for each in found.accuracy.confusions[:LINES]:
        yield (
            found.names[each.truth],
            found.names[each.guess],
            str(each.of_class.count),
            percent(each.of_class.value),
            percent(each.of_errors.value),
        )


def _error_card(found: Findings) -> Callable[[ErrorDetail], Mapping[str, object]]:
    def card(detail: ErrorDetail) -> Mapping[str, object]:
        return error_card(found, detail)

    return card


def error_card(found: Findings, detail: ErrorDetail) -> Mapping[str, object]:
    """Return what is said of one error: its words, its figures and its numbers."""
    row = detail.row
    return {
        "name": row.name,
        "words": (
            f"{found.names[row.truth]}, taken for {found.names[row.guess]} with "
            f"{percent(row.confidence)}; the true class gets {percent(row.true_probability)} and "
            f"is number {row.rank}."
        ),
        "figures": detail.figures,
        "facts": [*_agreement(detail), *_check(detail), *_evidence(found, detail), *detail.notes],
    }


def _agreement(detail: ErrorDetail) -> Iterator[str]:
    for pair in detail.pairs:
        title = pair_title((pair.first.label, pair.second.label))
        yield (
            f"{title} of the predicted class: overlap (IoU) {number(pair.iou)}, where chance gives "
            f"{number(pair.chance)}; rank correlation {number(pair.spearman)}."
        )


def _check(detail: ErrorDetail) -> Iterator[str]:
    check = detail.check
    if check is not None:
        beside = "".join(f", {name} {number(value)}" for name, value in check.controls)
        yield (
            f"Single deletion {number(check.value)}: {check.verdict} (mean {number(check.chance)}, "
            f"95 % {number(check.low)} to {number(check.high)}{beside})."
        )


def _evidence(found: Findings, detail: ErrorDetail) -> Iterator[str]:
    """Say which concepts spoke for the wrong class, and which for the true one."""
    for index, concepts in (
        (detail.row.guess, detail.wrong_concepts),
        (detail.row.truth, detail.true_concepts),
    ):
        named = ", ".join(f"{word} {percent(share)}" for word, share in concepts[:DRIVERS])
        if named:
            yield f"Evidence for {found.names[index]} comes most from: {named}."


def _shortcuts(report: Report) -> Mapping[str, object]:
    found = report.found
    return {
        "used": [
            {
                "sentence": shortcut_sentence(found, each),
                "chart": png_url(
                    bars_file(
                        place_bars(found, each.index),
                        f"Where maps of {found.names[each.index]} lie",
                        "Median over pictures. An even map has 6 % in a corner, 12 % at an edge, "
                        "25 % in the centre.",
                    )
                ),
                "strip": report.strips.get(("shortcut", at), ()),
                "accuracy": _before_after(each.need.right_before, each.need.right_after)
                if each.need
                else "",
            }
            for at, each in enumerate(found.used)
        ],
        "others": [shortcut_sentence(found, e) for e in found.shortcuts if not e.is_used][:LINES],
        "tested": _tested(found),
        "any_tested": found.tested > 0,
    }


def _tested(found: Findings) -> str:
    classes = counted(found.guessed, "predicted class")
    if not found.tested:
        return (
            f"Nothing was tested: none of {classes} has at least {FEWEST} pictures, with as many "
            "of the others together."
        )
    return (
        f"{found.tested} of {classes} {'has' if found.tested == 1 else 'have'} at least {FEWEST} "
        "pictures, and so do the others together: these are tested."
    )


def _before_after(before: Rate, after: Rate) -> str:
    if not before.of:
        return ""
    return (
        f"Of these pictures {before.count} of {before.of} are predicted right, and {after.count} "
        "with the place covered."
    )


def error_concepts(found: Findings) -> Iterator[tuple[str, ...]]:
    """Yield the cells of the concepts that drive errors or right answers most surely."""
    for each in found.errors[:LINES]:
        verdict = "errors" if each.drives_errors else "no clear difference"
        if each.q <= LEVEL and each.odds < 1:
            verdict = "right answers"
        yield (
            each.concept,
            cells(each.errors),
            cells(each.right),
            f"{each.odds:.2f}",
            p_words(each.q),
            verdict,
        )


def class_concepts(found: Findings) -> Iterator[tuple[str, ...]]:
    """Yield the cells of the concepts that drive one class only."""
    for each in found.classes[:LINES]:
        name = found.names[each.guess]
        yield each.concept, name, cells(each.inside), cells(each.outside), p_words(each.q)


def _copies(report: Report) -> Sequence[Mapping[str, object]]:
    found = report.found
    return [
        {
            "sentence": copies_sentence(found, each),
            "fault": each.disagree,
            "names": ", ".join(found.rows[at].name for at in each.places[:LINES]),
            "strip": report.strips.get(("copies", at), ()),
        }
        for at, each in enumerate(found.copies[:LINES])
    ]


def reading() -> tuple[str, ...]:
    """Say how to read the page, and what chance is in each part of it."""
    return (
        "Every share has a 95 % interval (Wilson 1927): of few pictures it is wide, and a "
        "difference inside of it says nothing.",
        "A calibration error is never below 0, and of few pictures far above it. Beside it stands "
        "what models that are right just as often as they say would show on as many pictures.",
        "A map says where a model looked, not whether it was right to. Overlap stands beside that "
        "of random marks, single deletion beside 50 random maps, the picture's edges and centre.",
        "A place is called a possible shortcut where one class alone looks at it or looks alike in "
        "it, and where covering it costs the class clearly more than covering the other corners or "
        "edges. Whether the object itself lies there must be seen in the pictures.",
        "Many tests are made at once: q-values hold the share of false findings among all that are "
        "reported below 5 % (Benjamini and Hochberg 1995). Of nothing but chance, one audit in "
        "twenty reports something, and that rarely withstands covering.",
        "A concept that belongs to one class names the class itself, as one would hope, or "
        "something that only comes along with it: snow, a hand, a frame.",
    )


def definitions() -> tuple[str, ...]:
    """Say what each number of the page and of the record is."""
    return tuple(
        f"{name.replace('_', ' ').capitalize()}: {text}." for name, text in DEFINITIONS.items()
    )
