"""The causal check in plain sentences: the claim, the measured drop, chance, the verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.concepts.check.ablation import ChannelCheck, Verdict
from core.concepts.evidence import Group, How
from core.models.card import percent

MEANINGS: Mapping[Verdict, str] = {
    "rests on them": "the class does rest on {them}",
    "as by chance": "no more than chance, other channels as active do the same",
    "less than chance": "random channels matter more",
    "opposed": "{they} {speak} against the class",
    "no comparison": "",
}
HEADLINES: Mapping[Verdict, str] = {
    "rests on them": "The class does rest on the channels labelled {concept}",
    "as by chance": "The channels labelled {concept} matter no more than others as active",
    "less than chance": "The channels labelled {concept} matter less than others as active",
    "opposed": "The channels labelled {concept} speak against the class",
    "no comparison": "The channels labelled {concept} cannot be compared with random ones",
}
"""What follows, for a person who reads nothing else."""
NOTE = (
    "Setting channels to 0 measures what the evidence claims. Random sets are drawn from the other "
    "channels of the layer, as many and with the same total activation (within 5 %, at most 20 %); "
    "the interval holds 95 % of them. A drop inside it is what other channels as active give. "
    "Where a concept's channels are among the most active, the sets have many channels in common. "
    "Of twenty concepts that are tested, about one lies outside by chance alone."
)
PREDICTED: Mapping[How, str] = {
    "gradient": "The claim is the sum of gradient times activation. It is the drop itself where "
    "everything behind the layer is linear, as behind the last layer of most networks; elsewhere "
    "the two may differ.",
    "drop": "The claim is the sum of what each channel's own drop is; channels switched off "
    "together may lower the score by more or less.",
}


@dataclass(frozen=True, slots=True, eq=False)
class ConceptCheck:
    """A concept's claim and what was measured.

    Attributes:
        group: the concept's channels and their share of the evidence.
        check: of the same channels.
    """

    group: Group
    check: ChannelCheck

    @property
    def claim(self) -> float:
        """The drop of the logit that the evidence predicts: the sum of the contributions."""
        return self.group.contribution


def checkable(groups: Sequence[Group], most: int | None = None) -> tuple[Group, ...]:
    """Return the concepts whose channels support the class, the largest share first.

    Args:
        groups: of `groups_of`.
        most: of them; all when None.
    """
    named = [group for group in groups if group.concept and group.share > 0]
    return tuple(named[:most])


def sentence(check: ChannelCheck) -> str:
    """Say in one sentence what was measured, what chance gives, and what follows."""
    said = measured(check)
    return f"{said.removesuffix('.')}: {meaning(check)}." if check.interval else said


def measured(check: ChannelCheck) -> str:
    """Say in one sentence what was measured and what chance gives."""
    count = len(check.channels)
    these = "this channel" if count == 1 else f"these {count} channels"
    if check.activation <= 0:
        are, them = ("is", "it") if count == 1 else ("are", "them")
        start = f"{these.capitalize()} {are} silent for this picture"
        return f"{start}: setting {them} to 0 changes nothing."
    moved = "lowers" if check.drop > 0 else "raises" if check.drop < 0 else "does not change"
    numbers = f" from {number(check.logit)} to {number(check.logit_off)}" if check.drop else ""
    said = (
        f"Setting {these} to 0 {moved} the logit of {check.class_name}{numbers} "
        f"(probability {percent(check.probability)} to {percent(check.probability_off)})"
    )
    if check.interval is None:
        return f"{said}. {check.reason}"
    return f"{said}; {_chance(check)}."


def headline(concept: str, check: ChannelCheck) -> str:
    """Say what follows in a few words."""
    return HEADLINES[check.verdict].format(concept=concept)


def changed(concept: str, factor: float) -> str:
    """Say in a few words what the dial does to a concept's channels."""
    return f"without {concept}" if factor == 0 else f"{concept} \N{MULTIPLICATION SIGN} {factor:g}"


def claim(group: Group) -> str:
    """Say what the evidence claims."""
    channels = f"{len(group.channels)} channel{'s' * (len(group.channels) != 1)}"
    share = 100 * group.share
    percentage = "Less than 1" if share < 0.5 else f"{share:.0f}"
    return f"{percentage} % of the evidence comes from {channels} labelled {group.concept}."


def meaning(check: ChannelCheck) -> str:
    """Return what the verdict says in words; empty where nothing could be compared."""
    one = len(check.channels) == 1
    words = {"them": "it" if one else "them", "they": "it" if one else "they"}
    return MEANINGS[check.verdict].format(**words, speak="speaks" if one else "speak")


def chance(check: ChannelCheck) -> str:
    """Return the random sets' drop with its interval: `0.31 (-0.12 to 0.80)`; empty without."""
    if check.interval is None:
        return ""
    low, high = check.interval
    return f"{number(check.random_mean)} ({number(low)} to {number(high)})"


def number(value: float) -> str:
    """Return a logit, or a difference of two, as a person reads it: two decimals, or one digit."""
    if abs(value) < 0.0005:
        return "0.00"
    return f"{value:.2f}" if abs(value) >= 0.005 else f"{value:.1g}"


def _chance(check: ChannelCheck) -> str:
    sets, count = len(check.random_drops), len(check.channels)
    if count == 1:
        return f"{sets} other channels as active lower it by {chance(check)} each"
    return f"{sets} random sets of {count} channels with as much activation lower it by " + chance(
        check
    )
