"""A button that copies the address of the page, which is the link to all that was chosen."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.ui.parts import visit

_HTML = """
<button type="button" title="Copy a link to this page as it is now">
  <svg viewBox="0 0 24 24" width="16" height="16" aria-hidden="true"><path fill="none"
    stroke="currentColor" stroke-width="2" stroke-linecap="round" d="M9.5 14.5l5-5M11 6.5l1.6-1.6a4
    4 0 0 1 5.7 5.7L16.5 12.2M13 17.5l-1.6 1.6a4 4 0 0 1-5.7-5.7L7.5 11.8"/></svg>
  <span class="label">Copy link</span>
</button>
<input type="text" readonly hidden aria-label="Link to this page">
<span class="status" role="status"></span>
"""

_CSS = """
div {display: flex; flex-wrap: wrap; justify-content: flex-end; gap: .4rem; position: relative}
button {display: inline-flex; align-items: center; gap: .4rem; min-height: 2.2rem; padding: 0 .7rem;
  font: inherit; font-size: .9rem; white-space: nowrap; cursor: pointer;
  color: var(--st-text-color); background: var(--st-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius)}
.label {min-width: 3.6rem}
button:hover {color: var(--st-primary-color); border-color: var(--st-primary-color)}
button:focus-visible, input:focus-visible {outline: 2px solid var(--st-text-color);
  outline-offset: 2px}
input {font: inherit; font-size: .9rem; width: 16rem; padding: .5rem; color: var(--st-text-color);
  background: var(--st-secondary-background-color); border: 1px solid var(--st-border-color);
  border-radius: var(--st-button-radius)}
input[hidden] {display: none}
.status {position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%)}
"""

# Browsers give the clipboard only to pages opened with https or on the computer itself. On others
# the oldest way is tried, and where that fails too, the link stands there, selected, to be copied.
_JS = """
export default function({parentElement, data}) {
  const find = (selector) => parentElement.querySelector(selector);
  const [button, label] = [find("button"), find(".label")];
  const [field, status] = [find("input"), find(".status")];
  const link = () => {
    const address = new URL(window.location.href);
    address.hash = "";
    const pairs = [...address.searchParams].map(([name, value]) => [name,
      name.includes("picture") && Object.hasOwn(data.shared, value) ? data.shared[value] : value]);
    address.search = new URLSearchParams(pairs);
    return address.href;
  };
  const copied = () => {
    label.textContent = status.textContent = "Copied";
    field.hidden = true;
    clearTimeout(button.timer);
    button.timer = setTimeout(() => {
      label.textContent = "Copy link";
      status.textContent = "";
    }, 2000);
  };
  button.onclick = async () => {
    field.value = link();
    try {
      await navigator.clipboard.writeText(field.value);
      return copied();
    } catch {}
    field.hidden = false;
    field.select();
    let done = false;
    try { done = document.execCommand("copy"); } catch {}
    if (done) {
      copied();
      button.focus();
    } else {
      status.textContent = "The link is selected: copy it.";
    }
  };
}
"""


def button(key: str = "copy_link") -> None:
    """Draw the button; a picture that was shared is named in the link by what others open it by.

    Args:
        key: of the component.
    """
    draw = st.components.v2.component("seewhy.copy_link", html=_HTML, css=_CSS, js=_JS)
    mine = visit.current()
    draw(key=key, data={"shared": mine.received() | mine.shared()}, width="content")


def title(heading: str, more: Callable[[], None] | None = None) -> None:
    """Draw the title of a page with the button at the end of its line.

    Args:
        heading: the title.
        more: draws another button before it.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="title"):
        st.title(heading, anchor=False)
        if more is not None:
            more()
        button()
