"""A picture to paint on, with a finger, a pen, a mouse or the keyboard."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial

import streamlit as st

from core import Pixels
from core.errors import BadOption
from core.figures.drawing.pictures import data_uri
from core.requests.keys import content_key
from core.requests.paintings import LONGEST, Painting, painting_from
from pages.ui.classroom.paint_script import JS
from pages.ui.parts.text import escape

SIDE = 640
"""Longest side of the picture in the browser, in pixels."""
KEYS = 14
"""Cells a side that the keyboard moves over, at most."""
BRUSHES = (0.04, 0.11, 0.24)
"""Widths of the brushes as shares of the picture's shorter side."""
PAUSE = 250
"""Milliseconds between two paintings that are sent, at least."""
STEPS = 50
"""Changes that can be taken back."""
REMEMBERED = 20
"""Paintings that a browser remembers while the page is open."""

_HTML = """
<div class="frame"><img alt="" draggable="false"><canvas></canvas><div role="grid"></div></div>
<div class="tools" role="group" aria-label="Brush">
  <button type="button" data-brush="0" aria-label="Small brush"><i></i></button>
  <button type="button" data-brush="1" aria-label="Medium brush"><i></i></button>
  <button type="button" data-brush="2" aria-label="Large brush"><i></i></button>
  <button type="button" class="erase">Erase</button>
  <button type="button" class="undo">Undo</button>
  <button type="button" class="clear">Clear</button>
</div>
<p role="status"></p>
<p class="keys" aria-hidden="true">Arrow keys move, Space paints or erases.</p>
"""

_CSS = """
.frame {position: relative; width: min(100%, 40rem, calc(68vh * var(--ratio, 1)));
  aspect-ratio: var(--ratio, 1); user-select: none; -webkit-user-select: none}
.frame > * {position: absolute; inset: 0; width: 100%; height: 100%}
img {object-fit: fill; border-radius: var(--st-base-radius)}
canvas {touch-action: none; cursor: crosshair}
.off canvas {touch-action: auto; cursor: default}
[role=grid] {display: grid; pointer-events: none}
[role=row] {display: contents}
[role=gridcell]:focus {outline: 3px solid var(--st-text-color);
  box-shadow: 0 0 0 5px var(--st-background-color); z-index: 1}
.tools {display: flex; flex-wrap: wrap; gap: .35rem; margin-top: .5rem}
button {display: inline-flex; align-items: center; justify-content: center; min-width: 2.75rem;
  min-height: 2.75rem; padding: 0 .6rem; font: inherit; font-size: .9rem; cursor: pointer;
  color: var(--st-text-color); background: var(--st-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius)}
button:hover {border-color: var(--st-primary-color)}
button[aria-disabled="true"] {opacity: .45; cursor: default;
  border-color: var(--st-border-color)}
button[aria-pressed="true"] {border-color: var(--st-text-color);
  box-shadow: inset 0 0 0 1px var(--st-text-color);
  background: color-mix(in srgb, var(--st-primary-color) 18%, var(--st-background-color))}
button:focus-visible {outline: 2px solid var(--st-text-color); outline-offset: 2px}
button i {border-radius: 50%; background: currentColor; width: .4rem; height: .4rem}
[data-brush="1"] i {width: .8rem; height: .8rem}
[data-brush="2"] i {width: 1.3rem; height: 1.3rem}
p {margin: .4rem 0 0; min-height: 1.3em; font-size: .9rem; line-height: 1.3;
  color: var(--st-text-color)}
.keys {margin: 0; visibility: hidden}
.frame:has([role=gridcell]:focus) ~ .keys {visibility: visible}
"""


def canvas(
    picture: str | Pixels,
    rows: int,
    cols: int,
    key: str,
    *,
    label: str,
    disabled: bool = False,
    start: Painting | None = None,
    on_change: Callable[[Painting], None] | None = None,
) -> None:
    """Draw a picture to paint on; `painted(key)` is what was painted.

    A stroke runs the page again, so draw it in a fragment where the rest costs something. Answers
    that are sent by a button hold the last stroke: it is sent before the button is.

    Args:
        picture: what the model sees of the picture, cropped as it is for the model, as a data URL
            of at most `SIDE` pixels or as uint8 (h, w, 3): the painting has its edges. It may have
            the proportions of the part that was cropped also where the model's input is a square.
        rows: of the painting's cells, see `core.requests.paintings.cells_for`.
        cols: of the painting's cells, likewise.
        key: of the component; give each picture its own.
        label: what is to be painted, for those who cannot see it.
        disabled: whether the painting is only shown.
        start: what is painted at first, as an answer that was given before.
        on_change: called with what is painted, before the page runs again.
    """
    url = picture if isinstance(picture, str) else _url(picture)
    of = content_key(key=key, picture=hashlib.sha256(url.encode()).hexdigest(), size=(rows, cols))
    kept = _kept(key)
    if kept is None or kept[0] != of:
        kept = st.session_state[_place(key)] = (of, start)
        st.session_state.pop(_place(key, "error"), None)
        st.session_state.pop(_place(key, "first"), None)
    # The same from run to run: what changes is sent again, with the whole picture.
    if key not in st.session_state or _place(key, "first") not in st.session_state:
        st.session_state[_place(key, "first")] = kept[1]
    first: Painting | None = st.session_state[_place(key, "first")]
    draw = st.components.v2.component("seewhy.paint", html=_HTML, css=_CSS, js=JS)
    data = {
        "id": of,
        "picture": url,
        "rows": rows,
        "cols": cols,
        "label": label,
        "disabled": disabled,
        "runs": first.runs if first and _fits(first, rows, cols) else (rows * cols,),
        "longest": LONGEST,
        "most": KEYS,
        "brushes": BRUSHES,
        "pause": PAUSE,
        "steps": STEPS,
        "remembered": REMEMBERED,
    }
    taken = partial(_take, key, of, (rows, cols), on_change)
    draw(key=key, data=data, on_painting_change=lambda: None if disabled else taken())
    if error := st.session_state.get(_place(key, "error")):
        st.error(escape(error))


def painted(key: str) -> Painting | None:
    """Return what was painted last on the canvas of a key; None where nothing was yet."""
    kept = _kept(key)
    return kept[1] if kept else None


def _take(
    key: str, of: str, size: tuple[int, int], on_change: Callable[[Painting], None] | None
) -> None:
    """Keep what the browser sent, if it is a painting of this canvas."""
    try:
        painting = painting_from(st.session_state[key]["painting"])
        if not _fits(painting, *size):
            raise BadOption("The painting is of another picture: paint on this one.")
    except BadOption as error:
        st.session_state[_place(key, "error")] = str(error)
        return
    st.session_state.pop(_place(key, "error"), None)
    st.session_state[_place(key)] = (of, painting)
    if on_change is not None:
        on_change(painting)


def _fits(painting: Painting, rows: int, cols: int) -> bool:
    return (painting.height, painting.width) == (rows, cols)


def _kept(key: str) -> tuple[str, Painting | None] | None:
    kept: tuple[str, Painting | None] | None = st.session_state.get(_place(key))
    return kept


def _place(key: str, what: str = "painting") -> str:
    """Return where the visit keeps something of a canvas."""
    return f"{key}_{what}"


def _url(pixels: Pixels) -> str:
    """Return a picture as an address, made once for all who see it."""
    digest = hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).hexdigest()
    return _drawn(digest, pixels)


@st.cache_data(max_entries=200, show_spinner=False)
def _drawn(digest: str, _pixels: Pixels) -> str:
    return data_uri(_pixels, SIDE)[0]
