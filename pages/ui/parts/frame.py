"""The frame of every page: title, icon, menu, width of the window."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st

from core.figures import PHONE
from core.files.assets import ASSETS
from core.imports import warm
from pages.ui.parts.needed import FIRST, NEEDED

ICON = str(ASSETS / "icon.png")
WIDE, NARROW = 1066, 358
"""Pixels of a page's content in a window of 1440 and on a phone: expected before it is known."""
TOLERANCE = 24
"""Pixels by which the width may differ before the page is drawn again."""


@dataclass(frozen=True, slots=True)
class Page:
    """One line of the menu."""

    path: str
    title: str
    icon: str
    question: str = ""


PAGES = (
    Page("dashboard.py", "Overview", ":material/home:"),
    Page("pages/heatmaps.py", "Heat maps", ":material/grid_view:", "where did it look?"),
    Page("pages/superpixels.py", "Superpixels", ":material/extension:", "which parts count?"),
    Page("pages/agreement.py", "Agreement", ":material/join_inner:", "do methods agree?"),
    Page("pages/gallery.py", "Gallery", ":material/photo_library:", "and on many pictures?"),
    Page("pages/concepts.py", "Concepts", ":material/psychology:", "what do neurons respond to?"),
)

# Spacing only: colours come from the theme. The main block starts higher than Streamlit's own
# because there is no header above it, and phones get narrower margins.
_STYLE = """<style>
[data-testid="stMainBlockContainer"] {padding: 4.2rem 2rem 3rem; max-width: 1720px}
[data-testid="stMain"] {scrollbar-gutter: stable}
[data-testid="stSidebarUserContent"] {padding-top: 0}
[data-testid="stMainBlockContainer"] h1 {padding: 0 0 .1rem; font-size: 1.9rem}
[data-testid="stMainBlockContainer"] :is(h2, h3) {padding: .2rem 0 .2rem; font-size: 1.2rem}
[data-testid="stPlotlyChart"] .annotation-text {fill: currentColor !important}
[data-testid="stPlotlyChart"] .modebar-container {top: auto !important; bottom: 50px !important}
:is(.st-key-overlap, .st-key-consensus) .modebar-container {top: 2px !important;
  bottom: auto !important}
.st-key-captions p {font-size: .9rem; line-height: 1.45}
[data-testid="stApp"] a:focus-visible {outline: 2px solid; outline-offset: 2px}
.st-key-thumbnails [data-testid="stElementToolbar"] {display: none}
.st-key-thumbnails button {padding: 0 .25rem; min-height: 2rem}
.st-key-thumbnails button p {font-size: .8rem; white-space: nowrap; overflow: hidden;
  text-overflow: ellipsis}
.st-key-links a {color: inherit; border: 1px solid rgba(128, 128, 128, .45);
  padding: .45rem .9rem; min-height: 2.5rem}
.st-key-ruler {position: absolute; height: 0; overflow: hidden}
@media (max-width: 640px) {
  [data-testid="stMainBlockContainer"] {padding: 4.2rem 1rem 3rem}
  .st-key-thumbnails > * {width: calc(25% - .4rem) !important; flex: none !important}
  .st-key-thumbnails > * > * {width: 100% !important}
  .st-key-thumbnails button p {font-size: .72rem}
  .st-key-seen [data-testid="stImage"] {max-width: 180px}
}
</style>"""

# Two facts about Streamlit. It calls the function again, without the cleanup of the call before,
# whenever `data` changes; so the cleanup is kept at the element, and there is one observer only.
# And a component's state is sent along with the page that is on the screen: just after a click on a
# link that is still the old page, and the server would go back to it.
_RULER = """
export default function({parentElement, data, setStateValue}) {
  const host = parentElement.host || parentElement;
  const block = host.closest('[data-testid="stMainBlockContainer"]') || document.body;
  host.cleanUp?.();
  let expected = data.width, timer = 0, leaving = 0;
  const later = (wait) => { clearTimeout(timer); timer = setTimeout(measure, wait); };
  const measure = () => {
    if (Date.now() < leaving) return later(leaving - Date.now());
    const style = getComputedStyle(block);
    const padding = parseFloat(style.paddingLeft) + parseFloat(style.paddingRight);
    const width = Math.round(block.clientWidth - padding);
    if (width > 0 && Math.abs(width - expected) > data.tolerance) {
      expected = width;
      setStateValue("width", width);
    }
  };
  const leave = (event) => {
    if (event.type === "popstate" || event.target.closest?.("a")) leaving = Date.now() + 3000;
  };
  const observer = new ResizeObserver(() => later(200));
  host.cleanUp = () => {
    clearTimeout(timer);
    observer.disconnect();
    document.removeEventListener("click", leave, true);
    window.removeEventListener("popstate", leave);
  };
  document.addEventListener("click", leave, true);
  window.addEventListener("popstate", leave);
  measure();
  observer.observe(block);
  return host.cleanUp;
}
"""


def open_page(path: str) -> None:
    """Start a page: its title, the menu, the spacing. Call it before anything else is drawn."""
    page = next(page for page in PAGES if page.path == path)
    st.session_state["arrived"] = st.session_state.get("page") != path
    st.session_state["page"] = path
    st.set_page_config(page_title=f"{page.title} · SeeWhy", page_icon=ICON, layout="wide")
    st.html(_STYLE)
    st.logo(ICON, size="large")
    with st.sidebar.container(gap="xxsmall"):
        for other in PAGES:
            st.page_link(other.path, label=other.title, icon=other.icon)


@contextmanager
def opening(path: str) -> Iterator[None]:
    """Draw the frame of a page, then say that SeeWhy is starting while the libraries load.

    Import what needs torch inside it: on a fresh server that takes seconds, and a page that
    has drawn nothing yet looks broken.
    """
    open_page(path)
    needed = FIRST if path == "dashboard.py" else NEEDED
    if not warm.is_up(needed):
        with st.spinner("Starting SeeWhy; the first start takes a few seconds."):
            warm.up(needed)
    yield


def just_arrived() -> bool:
    """Return whether this run is the first on a page; bound controls may start with defaults."""
    return bool(st.session_state.get("arrived"))


def is_phone(pixels: int) -> bool:
    """Return whether content of that width is a phone's."""
    return pixels < PHONE


def width() -> int:
    """Return the width of the page's content in pixels, a guess until the browser has measured it.

    A figure needs it to give its panels the picture's proportions. The browser sends a width only
    where it differs from this one, because that runs the whole page again, and a click meanwhile
    can be lost.
    """
    agent = st.context.headers.get("User-Agent", "")
    pixels = int(st.session_state.get("width", NARROW if "Mobi" in agent else WIDE))
    ruler = st.components.v2.component("seewhy.ruler", html="<i></i>", js=_RULER)
    ruler(key="ruler", data={"width": pixels, "tolerance": TOLERANCE}, on_width_change=_keep_width)
    return pixels


def _keep_width() -> None:
    """Keep the measured width for all pages of the visit."""
    st.session_state["width"] = st.session_state["ruler"]["width"]
