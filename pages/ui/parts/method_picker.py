"""Picking methods: one list, presets, and below what each family of them shows and hides.

The labels of the methods stand in the address, so they depend on nothing but the method.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from core.errors import SeeWhyError
from core.explain.abilities import Abilities
from core.explain.families import FAMILIES, Family
from core.explain.methods import METHODS, SMOOTHING, parse_label
from core.explain.presets import EVERYTHING, presets
from core.requests.loading import AbilitiesRequest
from core.requests.maps import SUFFIX, Smooth
from core.work.handlers.models import ModelSummary
from pages.ui.parts import jobs, links, method_options, toolbar
from pages.ui.parts.pickers import BIND
from pages.ui.parts.text import counted, escape

KINDS: dict[Smooth, str] = {
    "none": "none",
    "eigen": "eigen",
    "aug": "augmented",
    "both": "eigen and augmented",
}
"""Kinds of smoothing."""
SHOWN_FIRST = 5
"""Maps at the start; all of them from a layer, which costs less than sampling the whole model."""


def method_labels() -> dict[str, str]:
    """Return every method with every smoothing that it allows: label and words."""
    plain = {name: method.title for name, method in METHODS.items()}
    return plain | {
        f"{name}{SUFFIX[smooth]}": f"{method.title}{SMOOTHING[smooth]}"
        for name, method in METHODS.items()
        for smooth in method.smooths
        if smooth != "none"
    }


def methods(model: ModelSummary, layers: Sequence[str]) -> tuple[str, ...]:
    """Pick the maps; see `several`."""
    return several("Maps", "maps", first(), model, layers)


def first() -> tuple[str, ...]:
    """Return the methods that are shown where nobody chose."""
    return tuple(name for name, method in METHODS.items() if method.layered)[:SHOWN_FIRST]


def several(
    title: str,
    key: str,
    default: Sequence[str],
    model: ModelSummary,
    layers: Sequence[str],
    most: int | None = None,
) -> tuple[str, ...]:
    """Pick methods and how their maps are smoothed.

    Args:
        title: of the control.
        key: of the control.
        default: names of methods.
        model: that is explained.
        layers: whose maps are shown.
        most: maps at most.

    Returns:
        Labels, in the order of the table of methods.
    """
    titles = {name: METHODS[name].title for name in _by_family()}
    lost = _adopt_methods(key, titles)
    names = st.session_state.get(key)
    if names is None:
        linked = st.query_params.get_all(key)
        names = [name for name in METHODS if titles[name] in linked] or default
    names = [name for name in METHODS if name in names]
    with toolbar.tool(title, listed([titles[name] for name in names])):
        chosen = st.multiselect(
            "Methods",
            tuple(titles),
            default=default,
            format_func=titles.__getitem__,
            max_selections=most,
            key=key,
            help="Type a part of a name; Enter takes the best match.",
            select_all=False,  # Enter would take all matches
            on_change=_forget,
            args=(key,),
            **BIND,
        )
        asked = AbilitiesRequest(model=model.reference, layers=tuple(layers))
        _presets(key, asked, most)
        smooths = _smoothing()
        method_options.combined(chosen)
        _families(key, chosen, asked)
    if lost:
        skipped = "It was" if lost == 1 else "They were"
        links.say(
            f"This link asks for {'a method' if lost == 1 else counted(lost, 'method')} that "
            f"this version does not have. {skipped} skipped; choose methods above."
        )
    labels = [
        f"{name}{SUFFIX[smooth]}"
        for name, method in METHODS.items()
        if name in chosen
        for smooth in ([each for each in smooths if each in method.smooths] or ["none"])
    ]
    return tuple(labels[:most])


def _by_family() -> list[str]:
    """Return the names of all methods, those of a family one after another."""
    return sorted(METHODS, key=lambda name: FAMILIES.index(METHODS[name].family))


def _presets(key: str, asked: AbilitiesRequest, most: int | None) -> None:
    """Draw a button for each preset; what the model can do is asked when one is pressed."""
    with st.container(horizontal=True, gap="small", key=f"presets_{key}"):
        for preset in presets():
            st.button(
                preset.title,
                key=f"preset_{key}_{preset.name}",
                help=preset.help,
                on_click=_take,
                args=(key, preset.name, asked, most),
            )


def _take(key: str, name: str, asked: AbilitiesRequest, most: int | None) -> None:
    """Choose the methods of a preset, without those that the model cannot do."""
    try:
        able: Abilities = jobs.finished(asked)
    except SeeWhyError:  # the maps will say it
        able = EVERYTHING
    chosen = next(preset for preset in presets(able) if preset.name == name)
    if chosen.methods:
        st.session_state[key] = list(chosen.methods[:most])
        _forget(key)


def _forget(key: str) -> None:
    """Say no more of what the link asked for in vain: a person has chosen."""
    links.forget(key)
    method_options.forget()


def _families(key: str, chosen: Sequence[str], asked: AbilitiesRequest) -> None:
    """Say of each family what it shows and hides, and which methods the model cannot do."""
    place = st.expander(
        "What each family shows and hides",
        key=f"families_{key}",
        type="compact",
        on_change="rerun",
    )
    if not place.open:
        return
    job = jobs.submit(asked)
    known = jobs.watch([job], quiet=True)
    able: Abilities = job.result() if known else EVERYTHING
    with place:
        for family in FAMILIES:
            if names := [name for name, method in METHODS.items() if method.family is family]:
                _family(family, names, chosen, able)


def _family(family: Family, names: Sequence[str], chosen: Sequence[str], able: Abilities) -> None:
    """Say of one family what it shows and hides, and which of its methods are there."""
    count = sum(name in chosen for name in names)
    refused = {name: able.refusals[name] for name in names if name in able.refusals}
    possible = [escape(METHODS[name].title) for name in names if name not in refused]
    lines = [
        f"**{family.title}**, {count} of {len(names)} chosen",
        f"{family.shows} {family.hides}",
    ]
    lines += [f":gray[{', '.join(possible)}]"] * bool(possible)
    lines += [
        f":material/block: {escape(', '.join(titles))}: {escape(sentence)}"
        for sentence, titles in _by_reason(refused).items()
    ]
    st.markdown("  \n".join(lines))


def _by_reason(refused: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the titles of refused methods by the sentence that says why."""
    reasons: dict[str, list[str]] = {}
    for name, sentence in refused.items():
        reasons.setdefault(sentence, []).append(METHODS[name].title)
    return reasons


def _smoothing() -> tuple[Smooth, ...]:
    """Pick how maps are smoothed; several kinds give several maps of each method."""
    unknown = links.unknown("smooth", {*KINDS, *KINDS.values()})
    links.adopt("smooth", KINDS, several=True)
    chosen = st.pills(
        "Smoothing",
        tuple(KINDS),
        selection_mode="multi",
        default="none",
        format_func=KINDS.__getitem__,
        key="smooth",
        on_change=links.forget,
        args=("smooth",),
        help="Eigen: the first principal component in place of the sum. Augmented: the mean over "
        "six variants of the picture. Several give a map each, where the method allows it.",
        **BIND,
    )
    smooths = tuple(smooth for smooth in KINDS if smooth in chosen) or ("none",)
    links.warn(unknown, "the smoothing", ", ".join(KINDS[smooth] for smooth in smooths))
    return smooths


def _adopt_methods(key: str, titles: Mapping[str, str]) -> int:
    """Take methods from the address by their labels too; return how many are not offered.

    A label may hold a smoothing, as in `grad-cam+eigen`, which has a control of its own.
    """
    words = method_labels()
    spelled = {text: label for label, text in words.items()} | {label: label for label in words}
    lost = len(links.unknown(key, spelled))
    asked = [] if key in st.session_state else st.query_params.get_all(key)
    found = [parse_label(spelled[text]) for text in asked if text in spelled]
    if found and not set(asked) <= set(titles.values()):
        names = dict.fromkeys(name for name, _ in found)
        if any(smooth != "none" for _, smooth in found):
            smooths = dict.fromkeys(smooth for _, smooth in found)
            st.query_params["smooth"] = [KINDS[smooth] for smooth in smooths]
        links.rewrite(key, [titles[name] for name in names])
    return lost


def listed(titles: Sequence[str]) -> str:
    """Return a few names, or how many there are."""
    if not titles:
        return "none"
    return titles[0] if len(titles) == 1 else f"{titles[0]} + {len(titles) - 1}"
