"""The frame of every page: title, icon, menu, width of the window."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st

from core.figures import PHONE
from core.files.assets import ASSETS
from core.imports import warm
from pages.ui.parts import floods, history, kept_downloads, late_fragments, live, popovers, visit
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
    Page("pages/trust.py", "Trust", ":material/verified:", "is the map right?"),
    Page("pages/gallery.py", "Gallery", ":material/photo_library:", "and on many pictures?"),
    Page("pages/concepts.py", "Concepts", ":material/psychology:", "what do neurons respond to?"),
    Page("pages/classroom.py", "Classroom", ":material/school:", "and with a class?"),
)

# Colours come from the theme; words in its accent or in Plotly's grey, which are not read well on
# every ground, get the colour of the text. The main block starts higher than Streamlit's own
# because there is no header above it, and phones get narrower margins.
_STYLE = """<style>
[data-testid="stMainBlockContainer"] {padding: 3.9rem 2rem 3rem; max-width: 1720px}
[data-testid="stMain"] {scrollbar-gutter: stable}
[data-testid="stSidebarUserContent"] {padding-top: 0}
[data-testid="stSidebar"][data-collapsed="true"], [data-collapsed="true"] * {
  visibility: hidden !important}
[data-testid="stMainBlockContainer"] h1 {padding: 0 0 .1rem; font-size: 1.9rem}
[data-testid="stMainBlockContainer"] :is(h2, h3) {padding: .2rem 0 .2rem; font-size: 1.2rem}
[data-testid="stPlotlyChart"] :is(.annotation-text, .legendtext, .bartext-outside,
  [class*="tick"] text, [class^="g-"][class*="title"] text) {fill: currentColor !important}
[data-testid="stPlotlyChart"] .annotation-text tspan[style*="fill"] {fill: currentColor !important;
  fill-opacity: .7}
[data-testid="stPlotlyChart"] .modebar-container {top: auto !important; bottom: 50px !important}
:is(.st-key-overlap, .st-key-consensus) .modebar-container {top: 2px !important;
  bottom: auto !important}
.st-key-said {margin-top: -1rem}
.st-key-said p {min-height: 1.45em}
.st-key-toolbar {margin-top: -.7rem}
[data-testid="stMainBlockContainer"]:has(.st-key-view) .st-key-toolbar {margin-top: -.2rem}
.st-key-toolbar button {min-height: 2.4rem; white-space: nowrap}
:has(> .st-key-status) {margin: -.7rem 0 -1.1rem}
[data-testid="stStatusWidget"] button {display: none}
.st-key-numbers [data-testid="stMetricValue"] {font-size: 1.6rem}
.st-key-captions p {font-size: .9rem; line-height: 1.45}
[class*="st-key-families"] p {font-size: .85rem; line-height: 1.4}
.st-key-trust_table [data-testid="stTable"] {overflow-x: auto}
.st-key-captions [class*="st-key-trust"] {margin: -.9rem 0 -.6rem}
.st-key-captions [class*="st-key-trust"] button {text-align: left; padding: .2rem 0}
[data-testid="stApp"] a:focus-visible {outline: 2px solid; outline-offset: 2px}
[data-testid="stMain"]:focus-visible {outline: 2px solid; outline-offset: -3px}
[data-testid="stElementToolbar"]:focus-within {opacity: 1; z-index: 100; top: -2.4rem}
[data-testid="stElementToolbar"] button:focus-visible {outline: 2px solid; outline-offset: -2px}
[data-testid="stButtonGroup"] button[data-rac][data-selected="true"] {color: inherit}
[data-testid="stSliderThumbValue"] {color: inherit}
[data-testid="stTooltipHoverTarget"] > [aria-label^="Help for"] {position: relative}
[data-testid="stTooltipHoverTarget"] > [aria-label^="Help for"]::after {content: "";
  position: absolute; inset: -5px}
.modebar-btn {min-height: 24px}
.st-key-links a {color: inherit; border: 1px solid rgba(128, 128, 128, .45);
  padding: .45rem .9rem; min-height: 2.5rem}
:is(.st-key-ruler, .st-key-visit_cookie, .st-key-history, .st-key-live, .st-key-popovers,
  [class*="st-key-leaving"]) {position: absolute; height: 0; overflow: hidden}
.st-key-gallery_links {display: none}
.st-key-invitation h2 {font-size: 2.2rem !important; letter-spacing: .12em}
.st-key-large_invitation h1 {font-size: 5rem !important; letter-spacing: .12em; text-align: center}
.st-key-lesson {max-width: 56rem}
@media (prefers-reduced-motion: reduce) {
  *, ::before, ::after {animation-duration: 1ms !important; animation-iteration-count: 1 !important;
    transition-duration: 1ms !important; scroll-behavior: auto !important}
}
@media (max-width: 640px) {
  [data-testid="stMainBlockContainer"] {padding: 3.9rem 1rem 3rem}
  .st-key-toolbar {flex-wrap: nowrap !important; overflow-x: auto; scrollbar-width: none}
  .st-key-toolbar > * {flex: none !important}
  .st-key-status, .st-key-status * {flex-wrap: nowrap !important}
  .st-key-status p {font-size: .8rem; line-height: 1.25}
  .st-key-status [data-testid="stProgress"] p {white-space: nowrap; overflow: hidden;
    text-overflow: ellipsis}
  .st-key-numbers {flex-wrap: nowrap !important}
  .st-key-numbers > * {min-width: 0 !important}
  .st-key-numbers [data-testid="stMetricLabel"] p {white-space: normal; overflow: visible}
  .st-key-numbers [data-testid="stMetricValue"] {font-size: 1.05rem}
  .st-key-said p {white-space: nowrap; overflow: hidden; text-overflow: ellipsis}
  .st-key-seen [data-testid="stImage"] {max-width: 180px}
  .st-key-trust_table table {min-width: 46rem}
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
  // A phone's side bar covers the page: what was chosen there is on the page below it.
  const uncover = () => {
    if (window.innerWidth > 640) return;
    document.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click();
  };
  if (host.chosen && host.chosen !== data.chosen) uncover();
  host.chosen = data.chosen;
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
    const link = event.target.closest?.("a");
    if (event.type === "popstate" || link) leaving = Date.now() + 3000;
    if (link?.closest('[data-testid="stSidebar"]')) setTimeout(uncover);
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


kept_downloads.keep()
late_fragments.drop()
floods.dam()


def open_page(path: str) -> None:
    """Start a page: its title, the menu, the spacing. Call it before anything else is drawn."""
    page = next(page for page in PAGES if page.path == path)
    history.arrive(path)
    history.take_back()
    st.set_page_config(page_title=f"{page.title} · SeeWhy", page_icon=ICON, layout="wide")
    st.html(_STYLE)
    st.logo(ICON, size="large")
    history.one_step_a_page()
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
    from pages.ui.parts import add_pictures, rooms

    add_pictures.anywhere()
    visit.remember()
    live.region()
    popovers.keys()
    rooms.together(path)
    yield


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
    chosen = [str(st.session_state.get(key, "")) for key in ("picture", "model", "fit")]
    data = {"width": pixels, "tolerance": TOLERANCE, "chosen": "|".join(filter(None, chosen))}
    ruler(key="ruler", data=data, on_width_change=_keep_width)
    return pixels


def _keep_width() -> None:
    """Keep the measured width for all pages of the visit."""
    # A page that is led elsewhere at that moment has no ruler any more.
    if measured := st.session_state.get("ruler"):
        st.session_state["width"] = measured["width"]
