"""What an audit found, in sentences: each says what chance or a comparison gives beside it."""

from __future__ import annotations

import math
from collections.abc import Iterator

from core.measure.audit.calibration import Error
from core.measure.audit.duplicates import Copies
from core.measure.audit.findings import Findings, Shortcut
from core.measure.audit.places import AREAS, FEWEST, kind_of
from core.measure.audit.rates import Rate
from core.requests.audits import PLACES

NAMED = 3
"""Shortcuts, confusions and concepts that the summary names."""
KINDS = {
    "file": "the same file",
    "pixels": "the same pixels in other files",
    "near": "nearly the same picture",
}
"""What copies share, in words."""


def percent(value: float) -> str:
    """Return a share in percent with one decimal."""
    return f"{100 * value:.1f} %" if math.isfinite(value) else "not defined"


def with_interval(rate: Rate) -> str:
    """Return a share with its 95 % interval."""
    if not rate.of:
        return "not defined"
    return f"{percent(rate.value)} (95 % interval {percent(rate.low)} to {percent(rate.high)})"


def counted(count: int, what: str) -> str:
    """Return a number of things: `1 picture`, `2 pictures`, `2 classes`."""
    plural = f"{what}es" if what.endswith("s") else f"{what}s"
    return f"{count} {what if count == 1 else plural}"


def summary(found: Findings) -> tuple[str, ...]:
    """Say what was found in a few sentences."""
    return (
        *_accuracy(found),
        *_calibration(found),
        *_confusions(found),
        *shortcut_lines(found),
        *_concepts(found),
        *_copies(found),
    )


def _accuracy(found: Findings) -> Iterator[str]:
    unknown = len(found.rows) - found.known
    if not found.known:
        yield (
            f"None of {counted(len(found.rows), 'picture')} has a known class, so that nothing can "
            "be said of right and wrong."
        )
        return
    of = found.accuracy
    yield (
        f"The model is right on {of.top1.count} of {counted(of.top1.of, 'picture')} with a known "
        f"class: {with_interval(of.top1)}. The true class is among its five best guesses on "
        f"{with_interval(of.top5)}. To say the commonest class every time would be right on "
        f"{percent(of.commonest.value)}."
    )
    if unknown:
        verb = "has" if unknown == 1 else "have"
        yield f"{counted(unknown, 'picture')} {verb} no known class and count nowhere in this."


def _calibration(found: Findings) -> Iterator[str]:
    made = found.calibration
    if not found.known:
        return
    gap = made.confidence - found.accuracy.top1.value
    verdict = "says neither too much nor too little, as far as so many pictures can tell"
    if not (made.equal_width.is_calibrated and made.equal_mass.is_calibrated):
        verdict = "is surer than it is right" if gap > 0 else "is right more often than it says"
    yield (
        f"With a mean confidence of {percent(made.confidence)} it {verdict}: its expected "
        f"calibration error is {_beside(made.equal_width)}."
    )


def _beside(error: Error) -> str:
    return (
        f"{error.value:.3f}, where a perfectly calibrated model would show {error.chance:.3f} "
        f"({error.low:.3f} to {error.high:.3f}) on as many pictures"
    )


def _confusions(found: Findings) -> Iterator[str]:
    pairs = found.accuracy.confusions[:NAMED]
    if pairs:
        listed = "; ".join(
            f"{found.names[each.truth]} for {found.names[each.guess]} ({each.of_class.count} of "
            f"{each.of_class.of})"
            for each in pairs
        )
        yield f"Most often it takes {listed}."


def shortcut_lines(found: Findings) -> tuple[str, ...]:
    """Say which places decide a class, or that none was found and what was tested."""
    tested = (
        f"{found.tested} of {counted(found.guessed, 'predicted class')} had enough pictures (at "
        f"least {FEWEST}) to be tested"
    )
    if not found.tested:
        return (f"Shortcuts were not looked for: {tested}.",)
    if found.used:
        return tuple(shortcut_sentence(found, each) for each in found.used[:NAMED])
    return (f"No place was found that decides a class: {tested}.",)


def shortcut_sentence(found: Findings, each: Shortcut) -> str:
    """Say of one place why it may be a shortcut, and what covering it does."""
    name, place = found.names[each.index], PLACES[each.place]
    reasons = [*_looked(each), *_same(each)]
    if each.need is None:
        return (
            f"The {place} of {name}: {'; '.join(reasons)}. Too few pictures are taken for it to "
            "tell whether the model uses that."
        )
    need = each.need
    others = "other edges" if each.place in kind_of(1) else "other corners"
    effect = (
        f"covering it takes the probability from {need.before:.2f} to {need.after:.2f}, covering "
        f"the {others} to {need.others:.2f} (p {p_words(need.p)}, "
        f"{counted(need.pictures, 'picture')})"
    )
    if each.is_used:
        return f"Possible shortcut: {name} by the {place}: {'; '.join(reasons)}; {effect}."
    return (
        f"The {place} of {name}: {'; '.join(reasons)}, but it does not decide the class: {effect}."
    )


def _looked(each: Shortcut) -> Iterator[str]:
    if each.look is not None:
        area = AREAS[each.place]
        yield (
            f"{percent(each.look.share)} of the heat of its maps lies there (median of "
            f"{each.look.pictures}), {percent(each.look.elsewhere)} in other classes, and "
            f"{percent(area)} would if it were spread evenly"
        )


def _same(each: Shortcut) -> Iterator[str]:
    for alike in each.alike:
        whose = "that are so labelled" if alike.by == "truth" else "that are taken for it"
        yield (
            f"it looks alike in {percent(alike.share)} of the pairs of pictures {whose}, in "
            f"{percent(alike.others)} of pairs with other pictures"
        )


def _concepts(found: Findings) -> Iterator[str]:
    driving = [each for each in found.errors if each.drives_errors][:NAMED]
    if driving:
        listed = "; ".join(
            f"{each.concept} ({percent(each.errors.value)} of errors, {percent(each.right.value)} "
            f"of right answers, q {p_words(each.q)})"
            for each in driving
        )
        yield f"Concepts that drive errors more often than right answers: {listed}."
    elif found.errors:
        yield (
            f"None of {counted(len(found.errors), 'concept')} drives errors more often than right "
            "answers, beyond chance."
        )


def _copies(found: Findings) -> Iterator[str]:
    if not found.copies:
        yield "No picture is there twice."
        return
    pictures = len({at for each in found.copies for at in each.places})
    faults = [each for each in found.copies if each.disagree]
    wrong = f" {counted(len(faults), 'group')} of them with two true classes" if faults else ""
    yield (
        f"{counted(pictures, 'picture')} are copies of others, in "
        f"{counted(len(found.copies), 'group')}{',' if wrong else ''}{wrong}."
        + " The labels contradict each other there."
        * bool(faults)
    )


def copies_sentence(found: Findings, each: Copies) -> str:
    """Say what a group of copies shares, and where its labels contradict each other."""
    said = f"{counted(len(each.places), 'picture')}: {KINDS[each.kind]}"
    if not each.disagree:
        return f"{said}."
    names = ", ".join(found.names[index] for index in each.classes)
    return f"{said}, with {len(each.classes)} true classes ({names}): one label is wrong."


def p_words(value: float) -> str:
    """Return a p-value or q-value in words."""
    return "below 0.001" if value < 0.001 else f"{value:.3f}"
