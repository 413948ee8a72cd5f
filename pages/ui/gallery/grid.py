"""The maps of a gallery: a row for each picture, a column for each method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from core.export.thumbs import small_uri
from core.figures.browser.predictions import confidence
from core.requests.address import address_of, page_of
from core.requests.studies import LIME, StudyRequest, split_label
from pages.ui.gallery.jobs import Item
from pages.ui.gallery.parts import Part
from pages.ui.parts import jobs as work
from pages.ui.parts import visit_pictures
from pages.ui.parts.figures import drawn
from pages.ui.parts.method_picker import method_labels

ROWS = 12
"""Pictures that are shown at a time: more would be megabytes of small pictures."""
SIDE = 176
"""Longest side of a small picture in pixels."""

_HTML = '<div class="frame"><div class="row" role="group"></div></div>'

_CSS = """
.frame {container-type: inline-size; font-size: .86rem; line-height: 1.35;
  color: var(--st-text-color)}
.row {display: grid; gap: .5rem; align-items: end;
  grid-template-columns: minmax(8.5rem, 13rem) repeat(var(--maps), minmax(0, 12rem))}
.about {align-self: center; overflow: hidden; overflow-wrap: anywhere}
.name, .guess {display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2;
  overflow: hidden}
.name {font-weight: 600; -webkit-line-clamp: 1}
.guess {min-height: 1.35em}
.verdict:empty {display: none}
.wrap {grid-template-columns: repeat(auto-fill, minmax(8.5rem, 12rem))}
.wrap .about {grid-column: 1 / -1}
.wrap .caption {display: block}
.wrap .name {-webkit-line-clamp: 3}
.wrap .guess {display: none}
.cell {display: block; min-width: 0; color: inherit; text-decoration: none; border-radius: .3rem}
.caption {display: none; padding-bottom: .15rem; font-size: .8rem; white-space: nowrap;
  overflow: hidden; text-overflow: ellipsis}
.first .caption {display: block}
.box {display: flex; align-items: center; justify-content: center; height: 112px;
  border-radius: .3rem; font-size: .8rem; background: var(--st-secondary-background-color)}
.box:has(img) {background: none}
img {width: 100%; height: 100%; object-fit: contain; object-position: left center}
a.cell:hover .box {outline: 2px solid var(--st-primary-color)}
a.cell:focus-visible {outline: 3px solid var(--st-text-color); outline-offset: 2px}
@container (max-width: 640px) {
  .row {grid-template-columns: repeat(var(--narrow), minmax(0, 1fr))}
  .row.wrap {grid-template-columns: repeat(2, minmax(0, 1fr))}
  .about {grid-column: 1 / -1}
  .caption {display: block}
  .box {height: 100px}
  img {object-position: center}
}
"""

_JS = """
export default function({parentElement, data, setTriggerValue}) {
  const row = parentElement.querySelector(".row");
  const make = (tag, name, text) => {
    const made = document.createElement(tag);
    made.className = name;
    if (text) made.textContent = text;
    return made;
  };
  const cell = (each) => {
    const made = make(each.href ? "a" : "div", "cell");
    if (each.href) {
      made.href = each.href;
      made.onclick = (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
        event.preventDefault();
        setTriggerValue("open", each.target || each.label);
      };
    }
    const box = make("div", "box", each.image ? "" : each.state);
    if (each.image) {
      const image = make("img", "");
      image.src = each.image;
      image.alt = each.alt;
      box.append(image);
    }
    made.append(make("span", "caption", each.title), box);
    if (each.below) made.append(make("span", "caption", each.below));
    made.title = each.href ? `Open ${each.alt}` : each.title;
    return made;
  };
  const about = make("div", "about");
  about.append(make("div", "name", data.name), make("div", "guess", data.guess),
    make("div", "verdict", data.verdict));
  about.title = data.name;
  row.className = ["row", data.first && "first", data.wrap && "wrap"].filter(Boolean).join(" ");
  row.ariaLabel = data.name;
  row.style.setProperty("--maps", data.cells.length);
  row.style.setProperty("--narrow", data.cells.length === 4 ? 2 : 3);
  row.replaceChildren(about, ...data.cells.map(cell));
  if (data.go) document.querySelector(`.st-key-gallery_links a[href*="${data.go}"]`)?.click();
}
"""


def maps(items: Sequence[Item], precision: str) -> None:
    """Show the pictures with their maps; a map opens its picture on the page of its method.

    Args:
        items: the pictures.
        precision: as it was picked, in the words of the control.
    """
    pages = -(-len(items) // ROWS)
    start = 0
    if pages > 1:
        with st.container(horizontal=True, vertical_alignment="center"):
            start = ROWS * (st.pagination(pages, key="gallery_page") - 1)
            last = min(len(items), start + ROWS)
            st.caption(f"Pictures {start + 1} to {last} of {len(items)}")
    with st.container(gap="xsmall", key="gallery_maps"):
        for number, item in enumerate(items[start : start + ROWS]):
            targets = {request.label: (item, request.label) for request in item.requests}
            draw_row(
                f"gallery_row_{number}", {**_row(item), "first": number == 0}, targets, precision
            )
    # A page with controls in its address cannot be left from the server: the row presses these.
    with st.container(key="gallery_links"):
        for page in ("pages/heatmaps.py", "pages/superpixels.py"):
            st.page_link(page)


def draw_row(
    key: str, data: Mapping[str, Any], targets: Mapping[str, tuple[Item, str]], precision: str
) -> None:
    """Draw a row of small pictures that lead to their pages.

    Args:
        key: of the row.
        data: what it shows.
        targets: the picture and the method that a cell opens, by what the cell is called.
        precision: as it was picked, in the words of the control.
    """
    draw = st.components.v2.component("seewhy.gallery_row", html=_HTML, css=_CSS, js=_JS)
    go: tuple[str, str] = st.session_state.get("gallery_go", ("", ""))
    if go[0] == key:
        del st.session_state["gallery_go"]
    draw(
        key=key,
        data={**data, "go": go[1] if go[0] == key else ""},
        on_open_change=partial(_open, key, targets, precision),
    )


def _row(item: Item) -> dict[str, Any]:
    """Return what a row shows."""
    guess = ""
    if item.error:
        guess = "failed, see below"
    elif item.prediction:
        best = item.prediction.guesses[0]
        guess = f"{best.name}, {confidence(best)}"
    verdict = ""
    if item.truth:
        verdict = f"true class {item.truth.name}"
        if item.right is not None:
            verdict = "\u2713 right" if item.right else f"\u2715 wrong: {item.truth.name}"
    picture = {"title": "Picture", "image": _image(item), "alt": item.title, "state": ""}
    if not item.parts:
        labels = [request.label for request in item.requests]
        cells = [{"title": method_labels()[label], "state": _state(item)} for label in labels]
    else:
        pairs = zip(item.requests, item.parts, strict=True)
        cells = [cell(item, request.label, part) for request, part in pairs]
    return {"name": item.title, "guess": guess, "verdict": verdict, "cells": [picture, *cells]}


def _state(item: Item, part: Part | None = None) -> str:
    if item.error:
        return "failed" if part and part.failure else ""
    return "computing" if part and part.job else "to come"


def cell(item: Item, label: str, part: Part) -> dict[str, str]:
    """Return a map of a picture as a row shows it."""
    title = method_labels()[label]
    if part.result is None:
        return {"title": title, "state": _state(item, part)}
    return {
        "title": title,
        "label": label,
        "image": _image(item, part),
        "alt": f"{title} of {item.title}",
        "href": _address(item, label),
    }


def _image(item: Item, part: Part | None = None) -> str:
    """Return the picture, or a map over it, as an address of a small image."""
    if item.study is None:
        return ""
    reference = item.study.pictures[0]
    picture = work.resources().picture(reference)
    if part is None or item.prediction is None:
        return drawn("small picture", partial(small_uri, picture, SIDE), reference.digest, SIDE)
    draw = partial(small_uri, picture, SIDE, part.result, item.prediction.box)
    return drawn("small map", draw, part.request, SIDE)


def _others(study: StudyRequest, label: str) -> tuple[str, ...]:
    """Return the methods that are shown together with one; LIME has a page of its own."""
    return (LIME,) if label == LIME else tuple(each for each in study.methods if each != LIME)


def _address(item: Item, label: str) -> str:
    """Return the link to a map, for a window of its own; empty where no page has the picture."""
    if item.study is None or item.name not in visit_pictures.names():
        return ""
    methods = _others(item.study, label)
    request = StudyRequest(
        pictures=item.study.pictures,
        model=item.study.model,
        fit=item.study.fit,
        methods=methods,
        layers=item.study.layers,
        precision=item.study.precision,
        seed=item.study.seed,
        lime=item.study.lime,
    )
    parameters = address_of(request) | {"picture": (visit_pictures.title(item.name),)}
    return f"{page_of(request)}?{urlencode(parameters, doseq=True)}"


def _open(key: str, targets: Mapping[str, tuple[Item, str]], precision: str) -> None:
    """Go to the page of the map that was pressed, with the choices of the gallery."""
    target = targets.get(st.session_state[key].get("open") or "")
    if target is None or target[0].study is None:
        return
    item, label = target
    visit_pictures.choose(item.name)
    for name in ("class", "versus"):  # the gallery explains the predicted class
        st.session_state.pop(name, None)
    if label == LIME:
        st.session_state["numbers"] = precision
    else:
        names = [split_label(each)[0] for each in _others(target[0].study, label)]
        st.session_state["maps"] = list(dict.fromkeys(names))
    st.session_state["gallery_go"] = (key, "superpixels" if label == LIME else "heatmaps")
