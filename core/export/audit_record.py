"""`audit.json`: every number of an audit, with what it means, its unit and its seed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from core.export.audit_definitions import DEFINITIONS
from core.export.audit_errors import ErrorDetail
from core.export.plain import plain
from core.files.versions import versions
from core.measure.audit import places
from core.measure.audit.calibration import Error
from core.measure.audit.findings import Findings, Shortcut
from core.measure.audit.rates import Rate
from core.measure.audit.rows import AuditRow
from core.measure.audit.words import shortcut_lines, shortcut_sentence, summary
from core.requests.audits import PLACES, AuditRequest
from core.requests.plain import as_plain

RECORD, PAGE, LOG = "audit.json", "audit.html", "audit.jsonl"
SCHEMA = 1
"""Number of the form of the record; it grows when a field changes its meaning or goes."""


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """What the record and the page are made of.

    Attributes:
        request: what was asked for.
        found: the findings.
        details: of single errors, in the order of `found.chosen`.
        model: the model's record.
        device: in words.
        command: makes the same again.
        notes: sentences on what was left out.
        faults: names and reasons of what could not be explained.
        strips: addresses and captions of pictures, by `shortcut` or `copies` and its number.
    """

    request: AuditRequest
    found: Findings
    details: Sequence[ErrorDetail]
    model: Mapping[str, object]
    device: str
    command: str
    notes: Sequence[str] = ()
    faults: Sequence[tuple[str, str]] = field(default=())
    strips: Mapping[tuple[str, int], Sequence[tuple[str, str]]] = field(default_factory=dict)


def record_parts(report: Report) -> Iterator[bytes]:
    """Yield the record as JSON in UTF-8, a line a picture; the same results give the same bytes."""
    found = report.found
    content = {
        "schema": SCHEMA,
        "summary": list(summary(found)),
        "shortcut": shortcut_lines(found)[0],
        "pictures": {
            "all": len(found.rows),
            "with_known_class": found.known,
            "without": len(found.rows) - found.known,
            "failed": [{"name": name, "reason": reason} for name, reason in report.faults],
        },
        "accuracy": _accuracy(found),
        "calibration": _calibration(found),
        "classes": _classes(found),
        "confusions": _confusions(found),
        "errors": [_error(found, each) for each in report.details],
        "shortcuts": _shortcuts(found),
        "concepts": _concepts(found),
        "copies": [
            {
                "kind": each.kind,
                "pictures": [found.rows[at].name for at in each.places],
                "true_classes": [_class(found, index) for index in each.classes],
                "labels_disagree": each.disagree,
            }
            for each in found.copies
        ],
        "notes": list(report.notes),
        "definitions": dict(DEFINITIONS),
        "seed": found.seed,
        "model": report.model,
        "device": report.device,
        "command": report.command,
        "request": as_plain(report.request),
        "versions": versions(),
    }
    head = _json(content, indent=1).removesuffix(b"\n}")
    yield head + b',\n "rows": ['
    between = b"\n  "
    for row in found.rows:
        yield between + _json(_row(found, row))
        between = b",\n  "
    yield b"\n ]\n}\n"


def _json(content: Mapping[str, object], indent: int | None = None) -> bytes:
    text = json.dumps(plain(content), indent=indent, ensure_ascii=False, allow_nan=False)
    # A class name from a damaged file may hold lone surrogates: written as JSON's own escape.
    return text.encode(errors="backslashreplace")


def _rate(rate: Rate) -> dict[str, object]:
    return {
        "count": rate.count,
        "of": rate.of,
        "share": rate.value,
        "low": rate.low,
        "high": rate.high,
    }


def _class(found: Findings, index: int) -> dict[str, object]:
    return {"class": index, "name": found.names[index]}


def _accuracy(found: Findings) -> dict[str, object]:
    of = found.accuracy
    return {"top1": _rate(of.top1), "top5": _rate(of.top5), "commonest": _rate(of.commonest)}


def _calibration(found: Findings) -> dict[str, object]:
    made = found.calibration
    return {
        "mean_confidence": made.confidence,
        "brier": made.brier,
        "loss": made.loss,
        "equal_width": _calibration_error(made.equal_width),
        "equal_mass": _calibration_error(made.equal_mass),
        "simulated_sets": made.draws,
        "seed": made.seed,
    }


def _calibration_error(error: Error) -> dict[str, object]:
    return {
        "expected_calibration_error": error.value,
        "chance": {"mean": error.chance, "low": error.low, "high": error.high},
        "could_be_calibrated": error.is_calibrated,
        "bins": [
            {"low": e.low, "high": e.high, "mean_confidence": e.confidence, "right": _rate(e.right)}
            for e in error.bins
        ],
    }


def _classes(found: Findings) -> list[dict[str, object]]:
    return [
        _class(found, each.index)
        | {"recall": _rate(each.recall), "precision": _rate(each.precision)}
        for each in found.accuracy.classes
    ]


def _confusions(found: Findings) -> list[dict[str, object]]:
    return [
        {
            "true": _class(found, each.truth),
            "predicted": _class(found, each.guess),
            "of_class": _rate(each.of_class),
            "of_errors": _rate(each.of_errors),
        }
        for each in found.accuracy.confusions
    ]


def _error(found: Findings, each: ErrorDetail) -> dict[str, object]:
    check = each.check
    return {
        "picture": each.row.name,
        "sha256": each.row.picture.digest,
        "true": _class(found, each.row.truth),
        "true_probability": each.row.true_probability,
        "true_rank": each.row.rank,
        "predicted": _class(found, each.row.guess),
        "confidence": each.row.confidence,
        "among": [
            name
            for name, flag in (("worst", each.is_worst), ("most confident", each.is_surest))
            if flag
        ],
        "agreement": [
            {
                "first": pair.first.label,
                "second": pair.second.label,
                "rule": pair.rule,
                "iou": pair.iou,
                "chance": pair.chance,
                "spearman": pair.spearman,
            }
            for pair in each.pairs
        ],
        "check": None
        if check is None
        else {
            "measure": "single-deletion",
            "value": check.value,
            "random_maps": {"mean": check.chance, "low": check.low, "high": check.high},
            "controls": dict(check.controls),
            "verdict": check.verdict,
        },
        "evidence_for_predicted": [{"concept": c, "share": s} for c, s in each.wrong_concepts],
        "evidence_for_true": [{"concept": c, "share": s} for c, s in each.true_concepts],
        "notes": list(each.notes),
    }


def _shortcuts(found: Findings) -> dict[str, object]:
    return {
        "tested_classes": found.tested,
        "predicted_classes": found.guessed,
        "fewest_pictures": places.FEWEST,
        "found": [_shortcut(found, each) for each in found.shortcuts],
        "places": [
            _class(found, each.guess)
            | {
                "place": PLACES[each.place],
                "pictures": each.pictures,
                "share": each.share,
                "elsewhere": each.elsewhere,
                "area": places.AREAS[each.place],
                "higher": each.beside.higher,
                "p": each.beside.p,
                "q": each.q,
                "is_alone": each.is_alone,
            }
            for each in found.looks
        ],
    }


def _shortcut(found: Findings, each: Shortcut) -> dict[str, object]:
    need = each.need
    return _class(found, each.index) | {
        "place": PLACES[each.place],
        "is_used": each.is_used,
        "sentence": shortcut_sentence(found, each),
        "looked_at": each.look is not None,
        "alike": [
            {
                "by": "true class" if one.by == "truth" else "predicted class",
                "pictures": one.pictures,
                "share": one.share,
                "others": one.others,
                "other_corners": one.other_corners,
                "p": one.p,
                "q": one.q,
            }
            for one in each.alike
        ],
        "need": None
        if need is None
        else {
            "pictures": need.pictures,
            "before": need.before,
            "after": need.after,
            "others": need.others,
            "p": need.p,
            "right_before": _rate(need.right_before),
            "right_after": _rate(need.right_after),
            "right_others": _rate(need.right_others),
        },
    }


def _concepts(found: Findings) -> dict[str, object]:
    return {
        "of_errors": [
            {
                "concept": each.concept,
                "errors": _rate(each.errors),
                "right": _rate(each.right),
                "odds": each.odds,
                "p": each.p,
                "q": each.q,
                "drives_errors": each.drives_errors,
            }
            for each in found.errors
        ],
        "of_one_class": [
            _class(found, each.guess)
            | {
                "concept": each.concept,
                "inside": _rate(each.inside),
                "outside": _rate(each.outside),
                "p": each.p,
                "q": each.q,
            }
            for each in found.classes
        ],
    }


def _row(found: Findings, row: AuditRow) -> dict[str, object]:
    return {
        "picture": row.name,
        "true": _class(found, row.truth) if row.is_known else None,
        "predicted": _class(found, row.guess),
        "confidence": row.confidence,
        "right": row.is_right if row.is_known else None,
        "true_rank": row.rank or None,
        "true_probability": row.true_probability,
        "places": None if row.places is None else [float(each) for each in row.places],
        "concepts": None if row.concepts is None else list(row.concepts),
    }
