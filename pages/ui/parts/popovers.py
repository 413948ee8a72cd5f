"""Controls that open on a press, used with the keyboard."""

from __future__ import annotations

import streamlit as st

# Streamlit draws what a button opens at the end of the page and leaves the focus on the button:
# whoever uses the keyboard would pass everything else before. A click by a key has no `detail`.
_SCRIPT = """
export default function() {
  if (window.seewhyPopovers) return;
  window.seewhyPopovers = true;
  const buttons = '[data-testid="stPopoverButton"]', bodies = '[data-testid="stPopoverBody"]';
  const controls = "a[href], button, input, textarea, summary, [tabindex]";
  let button = null;
  const enter = (tries) => {
    const first = [...document.querySelectorAll(`${bodies} :is(${controls})`)]
      .find((each) => each.tabIndex >= 0 && !each.disabled && each.checkVisibility());
    if (first) first.focus();
    else if (tries) setTimeout(enter, 50, tries - 1);
  };
  document.addEventListener("click", (event) => {
    const pressed = event.target.closest?.(buttons);
    if (!pressed) return;
    button = pressed;
    if (!event.detail && pressed.ariaExpanded !== "true") enter(20);
  }, true);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Tab" || !event.target.closest?.(bodies)) return;
    setTimeout(() => {
      if (document.activeElement?.closest(bodies) || !document.querySelector(bodies)) return;
      if (button?.ariaExpanded === "true") button.click();
      button?.focus();
    });
  }, true);
}
"""


def keys() -> None:
    """Let the focus go into what a button opens, and back to the button."""
    st.components.v2.component("seewhy.popovers", html="<i></i>", js=_SCRIPT)(key="popovers")
