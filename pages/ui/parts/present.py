"""Presenting: the figure in the whole window, with large type, steered by keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import streamlit as st

from pages.ui.parts import visit_pictures

T = TypeVar("T")

_STYLE = """<style>
[data-testid="stSidebar"], [data-testid="stHeader"], [data-testid="stExpandSidebarButton"],
.st-key-toolbar, .st-key-copy_link {display: none !important}
[data-testid="stMainBlockContainer"] {padding: 1rem 1.6rem; max-width: none}
[data-testid="stMainBlockContainer"] h1 {font-size: 2.2rem}
.st-key-said p, .st-key-status p, .st-key-captions p {font-size: 1.3rem !important}
.st-key-said {margin-top: -.4rem}
.st-key-room_settings, .st-key-invitation [data-testid="stAlert"], .st-key-enlarge_code {
  display: none !important}
:is(.st-key-lesson, .st-key-question, .st-key-asked, .st-key-answered,
  .st-key-outcome) :is(p, li) {
  font-size: 1.6rem; line-height: 1.4}
:is(.st-key-question, .st-key-asked) :is(h2, h3) {font-size: 1.8rem}
.st-key-steps button p {font-size: 1.2rem}
</style>"""
_HTML = """<button type="button"><span class="label"></span></button><span class="keys"></span>"""
_CSS = """
div {display: flex; align-items: center; gap: .8rem; justify-content: flex-end}
button {display: inline-flex; align-items: center; min-height: 2.2rem; padding: 0 .7rem;
  font: inherit; font-size: .9rem; white-space: nowrap; cursor: pointer;
  color: var(--st-text-color); background: var(--st-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius)}
button:hover {color: var(--st-primary-color); border-color: var(--st-primary-color)}
button:focus-visible {outline: 2px solid var(--st-text-color); outline-offset: 2px}
.keys {font-size: .75rem; white-space: nowrap}
.keys:empty {display: none}
@media (max-width: 640px) {button, .keys {display: none}}
"""
# Streamlit calls the function again whenever `data` changes, without the cleanup of the last call.
_JS = """
export default function({parentElement, data, setTriggerValue}) {
  const host = parentElement.host || parentElement;
  host.cleanUp?.();
  const button = parentElement.querySelector("button");
  parentElement.querySelector(".label").textContent = data.on ? "Leave" : "Present";
  parentElement.querySelector(".keys").textContent = data.on ? data.keys : "";
  const act = (name) => setTriggerValue("act", `${name}@${data.state}`);
  const leave = () => {
    if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
    act("leave");
  };
  button.onclick = () => {
    if (data.on) return leave();
    document.documentElement.requestFullscreen?.().catch(() => {});
    act("enter");
  };
  const names = data.names;
  const press = (event) => {
    const fields = "input, textarea, [role=grid], select, [role=slider], [role=combobox]";
    if (event.target.closest?.(fields) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") return leave();
    if (!(event.key in names)) return;
    event.preventDefault();
    act(names[event.key]);
  };
  const changed = () => { if (!document.fullscreenElement) act("leave"); };
  host.cleanUp = () => {
    document.removeEventListener("keydown", press);
    document.removeEventListener("fullscreenchange", changed);
  };
  if (data.on) {
    document.addEventListener("keydown", press);
    document.addEventListener("fullscreenchange", changed);
  }
  return host.cleanUp;
}
"""


@dataclass(frozen=True, slots=True)
class Steering:
    """What the keys do while a page is presented.

    Attributes:
        names: of what is done, by the key's name in a browser.
        words: the keys in one line.
        state: what was on the screen when a key was pressed; a press that comes when it is another
            came late or twice, and does nothing. Empty where that does not matter.
        act: does what a name says; called before the page runs.
    """

    names: Mapping[str, str]
    words: str
    act: Callable[[str], None]
    state: str = ""


def on() -> bool:
    """Return whether this visit presents."""
    return bool(st.session_state.get("presenting"))


def _step(name: str) -> None:
    """Go to another picture, map or layer."""
    step, what = (1 if name.startswith("next") else -1), name.partition(" ")[2]
    if what == "picture":
        names = visit_pictures.names()
        chosen = st.session_state.get("kept_picture", names[0])
        at = names.index(chosen) if chosen in names else 0
        visit_pictures.choose(names[(at + step) % len(names)])
    else:
        place = f"present_{what}"
        st.session_state[place] = st.session_state.get(place, 0) + step


MAPS = Steering(
    {
        "ArrowRight": "next picture",
        "ArrowLeft": "last picture",
        "ArrowDown": "next map",
        "ArrowUp": "last map",
        "l": "next layer",
        "L": "last layer",
    },
    "← → picture · ↑ ↓ map · L, Shift+L layer · Esc leaves",
    _step,
)


def button(steering: Steering = MAPS) -> None:
    """Draw the button that begins and ends it; while it lasts, hide all but the figure."""
    if on():
        st.html(_STYLE)
    draw = st.components.v2.component("seewhy.present", html=_HTML, css=_CSS, js=_JS)
    draw(
        key="present",
        data={
            "on": on(),
            "keys": steering.words,
            "names": dict(steering.names),
            "state": steering.state,
        },
        on_act_change=partial(_act, steering),
        width="content",
    )


def _act(steering: Steering) -> None:
    """Do what a key or the button asks for; called before the page runs."""
    name, _, state = str(st.session_state["present"]["act"]).partition("@")
    if name in ("enter", "leave"):
        st.session_state["presenting"] = name == "enter"
    elif name in steering.names.values() and state == steering.state:
        steering.act(name)


def one_of(methods: Sequence[T]) -> tuple[T, ...]:
    """Return the one map that is presented."""
    if not on() or not methods:
        return tuple(methods)
    return (methods[st.session_state.get("present_map", 0) % len(methods)],)


def layer_steps() -> int:
    """Return by how many layers the keys have gone deeper since this was asked last."""
    return int(st.session_state.pop("present_layer", 0))
