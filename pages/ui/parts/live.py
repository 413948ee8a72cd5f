"""What changes by itself, read out to people who do not see it."""

from __future__ import annotations

import streamlit as st

SECONDS = 10
"""Between two readings of work that goes on; its words change several times a second."""

_HTML = '<div role="status"></div>'
_CSS = "div {position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%)}"
# What a screen reader is to read must change in one place that stays, and seldom: the lines that
# are seen are drawn anew by each run. Between two runs a bar may be gone for a moment, so that work
# has ended only where it is not there at the next look either.
_JS = """
export default function({parentElement, data}) {
  const host = parentElement.host || parentElement;
  host.cleanUp?.();
  const place = parentElement.querySelector("[role=status]");
  const last = window.seewhyRead ??= {lines: [], moving: false, time: 0};
  let ending = false;
  const read = (selector) => [...document.querySelectorAll(selector)]
    .map((each) => each.textContent.trim()).filter(Boolean);
  const say = (words) => {
    place.textContent = words.join(" ");
    last.time = Date.now();
  };
  const look = () => {
    const bars = read(data.bars);
    if (bars.length) {
      ending = false;
      if (last.moving && Date.now() < last.time + 1000 * data.seconds) return;
      last.moving = true;
      return say(bars);
    }
    if (last.moving && !ending) {
      ending = true;
      return;
    }
    const lines = read(data.lines);
    const fresh = lines.filter((line) => !last.lines.includes(line));
    if (lines.length) last.lines = lines;
    if (fresh.length) say(fresh);
    else if (last.moving) say(["Finished."]);
    last.moving = ending = false;
  };
  const timer = setInterval(look, 1000);
  host.cleanUp = () => clearInterval(timer);
  return host.cleanUp;
}
"""


def region() -> None:
    """Read out the sentence under the title, and how work begins, goes on and ends.

    Call it once in each run; it draws nothing that can be seen.
    """
    draw = st.components.v2.component("seewhy.live", html=_HTML, css=_CSS, js=_JS)
    main = '[data-testid="stMain"]'
    data = {
        "seconds": SECONDS,
        "bars": f'{main} :is([data-testid="stProgress"], [data-testid="stSpinner"]) p',
        "lines": f'{main} :is(.st-key-said, [class*="st-key-status"]) p',
    }
    draw(key="live", data=data)
