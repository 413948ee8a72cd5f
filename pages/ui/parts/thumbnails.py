"""Pictures as small buttons: one press, or Enter, chooses a picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import streamlit as st

_CSS = """
div.thumbs {display: grid; gap: .5rem; grid-template-columns: repeat(auto-fill, minmax(84px, 1fr))}
button {display: block; padding: 3px; margin: 0; min-width: 0; cursor: pointer; font: inherit;
  color: var(--st-text-color); background: none; border: 2px solid transparent;
  border-radius: var(--st-base-radius)}
button:hover {border-color: var(--st-border-color)}
button[aria-pressed="true"] {border-color: var(--st-primary-color);
  background: color-mix(in srgb, var(--st-primary-color) 14%, transparent)}
button[aria-pressed="true"] span {font-weight: 600}
button:focus-visible {outline: 2px solid var(--st-text-color); outline-offset: 1px}
img {display: block; width: 100%; aspect-ratio: 1; object-fit: cover;
  border-radius: var(--st-base-radius)}
span {display: block; margin-top: 3px; font-size: .75rem; line-height: 1.2; text-align: center;
  white-space: nowrap; overflow: hidden}
"""

_JS = """
export default function({parentElement, data, setTriggerValue}) {
  const place = parentElement.querySelector(".thumbs");
  const old = new Map([...place.children].map((each) => [each.dataset.name, each]));
  const buttons = data.thumbs.map((thumb) => {
    const button = old.get(thumb.name) ?? document.createElement("button");
    if (!button.firstChild) {
      button.type = "button";
      button.dataset.name = thumb.name;
      button.append(document.createElement("img"), document.createElement("span"));
    }
    const [image, label] = button.children;
    image.alt = "";
    if (image.src !== thumb.image) image.src = thumb.image;
    label.textContent = thumb.label;
    label.ariaHidden = "true";
    button.title = button.ariaLabel = thumb.title;
    button.ariaPressed = String(thumb.name === data.chosen);
    button.onclick = () => setTriggerValue("pick", thumb.name);
    return button;
  });
  const same = buttons.length === place.children.length &&
    buttons.every((each, index) => each === place.children[index]);
  if (!same) place.replaceChildren(...buttons);  // else the focus stays where it is
}
"""


@dataclass(frozen=True, slots=True)
class Thumb:
    """One small picture.

    Attributes:
        name: what choosing it gives.
        title: its whole name, for those who cannot see it and as a tip.
        label: what stands below it.
        image: as an address.
    """

    name: str
    title: str
    label: str
    image: str


def thumbnails(thumbs: Sequence[Thumb], chosen: str, choose: Callable[[str], None]) -> None:
    """Draw them.

    Args:
        thumbs: in their order.
        chosen: name of the one that is marked.
        choose: called with the name of the one that is pressed.
    """

    def picked() -> None:
        name = st.session_state["thumbnails"]["pick"]
        if name in {each.name for each in thumbs}:
            choose(name)

    draw = st.components.v2.component(
        "seewhy.thumbnails", html='<div class="thumbs"></div>', css=_CSS, js=_JS
    )
    data = {"thumbs": [asdict(each) for each in thumbs], "chosen": chosen}
    draw(key="thumbnails", data=data, on_pick_change=picked)
