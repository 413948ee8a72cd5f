"""How well the text of a page can be read, measured on what the browser has drawn."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from tests.core.figures.colour_vision import Colours, contrast

if TYPE_CHECKING:
    from playwright.sync_api import Page

TEXT, LARGE = 4.5, 3.0
"""Contrast that text needs, and that large text and icons need: WCAG 2.2, 1.4.3 and 1.4.11."""
FAINTEST = 5
"""Percent of a text's ground that may be worse: the edges of a button or of a line of the chart."""

_RUNS = """() => {
  const runs = [];
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d", {willReadFrequently: true});
  const rgba = (colour) => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data];
  };
  const parent = (each) => each.parentElement ?? each.getRootNode().host ?? null;
  const over = document.querySelector("[data-testid=stPopoverBody]");
  const cover = over?.getBoundingClientRect();
  const visible = (element, box) => {
    if (box.width < 3 || box.height < 3) return null;
    if (over && !over.contains(element) && box.left < cover.right && box.right > cover.left &&
        box.top < cover.bottom && box.bottom > cover.top) return null;
    if (!element.checkVisibility({checkOpacity: true, checkVisibilityCSS: true})) return null;
    let [left, top, right, bottom] = [box.left, box.top, box.right, box.bottom];
    for (let each = element; each && each !== document.body; each = parent(each)) {
      if (/Skip|stSkeleton/.test(each.dataset?.testid ?? "")) return null;
      const style = getComputedStyle(each);
      if (style.clipPath !== "none") return null;
      if (style.overflowX === "visible" || style.display === "inline") continue;
      const clip = each.getBoundingClientRect();
      [left, top] = [Math.max(left, clip.left), Math.max(top, clip.top)];
      [right, bottom] = [Math.min(right, clip.right), Math.min(bottom, clip.bottom)];
    }
    [left, top] = [Math.max(left, 0), Math.max(top, 0)];
    [right, bottom] = [Math.min(right, innerWidth), Math.min(bottom, innerHeight)];
    return right - left >= 3 && bottom - top >= 3 ? [left, top, right, bottom] : null;
  };
  const note = (element, text, box, style) => {
    const place = visible(element, box);
    if (!place || element.closest(":disabled, [aria-disabled=true], [disabled]")) return;
    let opacity = 1;
    for (let each = element; each; each = parent(each)) {
      opacity *= parseFloat(getComputedStyle(each).opacity);
    }
    const svg = element instanceof SVGElement;
    if (svg) opacity *= parseFloat(style.fillOpacity);
    const size = parseFloat(style.fontSize);
    const [red, green, blue, alpha] = rgba(svg ? style.fill : style.color);
    const icon = /Material/.test(style.fontFamily);
    runs.push({
      text: text.trim().slice(0, 60), box: place, colour: [red, green, blue],
      alpha: alpha / 255 * opacity,
      large: icon || size >= 24 || size >= 18.6 && parseInt(style.fontWeight) >= 700,
    });
  };
  const walk = (node) => {
    if (node.nodeType === Node.TEXT_NODE) {
      const element = node.parentElement ?? node.getRootNode().host;
      if (!node.data.trim() || /^(STYLE|SCRIPT)$/.test(element.tagName)) return;
      const range = document.createRange();
      range.selectNodeContents(node);
      const style = getComputedStyle(element);
      for (const box of range.getClientRects()) note(element, node.data, box, style);
      return;
    }
    if (node.tagName === "INPUT" && /^(text|number|search)$/.test(node.type)) {
      const style = node.value ? getComputedStyle(node) : getComputedStyle(node, "::placeholder");
      note(node, node.value || node.placeholder, node.getBoundingClientRect(), style);
    }
    if (node.shadowRoot) walk(node.shadowRoot);
    for (const child of node.childNodes) walk(child);
  };
  walk(document.body);
  return runs;
}"""

# The text alone goes; what is drawn with its colour, as lines around it, stays. Each style is put
# into every component too, because these have styles of their own.
_STYLE = """css => {
  window.seewhySheet ??= new CSSStyleSheet();
  window.seewhySheet.replaceSync(css);
  const give = (root) => {
    if (!root.adoptedStyleSheets.includes(window.seewhySheet)) {
      root.adoptedStyleSheets = [...root.adoptedStyleSheets, window.seewhySheet];
    }
    for (const each of root.querySelectorAll("*")) if (each.shadowRoot) give(each.shadowRoot);
  };
  give(document);
}"""
_STILL = "*, ::before, ::after {transition: none !important; caret-color: transparent !important}"
_NO_TEXT = """* {-webkit-text-fill-color: transparent !important; text-shadow: none !important}
text {opacity: 0 !important}"""


@dataclass(frozen=True, slots=True)
class Run:
    """A line of text: what it says, its contrast, and the contrast that it needs."""

    text: str
    contrast: float
    needed: float


def runs(page: Page) -> list[Run]:
    """Measure all text in the window: HTML, SVG and what lies in components.

    The ground is what is seen once the text is taken away, so pictures and colours below an
    SVG's text count as they are. Controls that cannot be used are left out, as by WCAG.
    """
    stop_motion(page)
    found = page.evaluate(_RUNS)
    page.evaluate(_STYLE, _STILL + _NO_TEXT)
    drawn = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    page.evaluate(_STYLE, "")
    pixels = np.asarray(drawn, np.float64) / 255
    return [_run(each, pixels) for each in found]


def stop_motion(page: Page) -> None:
    """Let everything change at once, and no caret blink."""
    page.evaluate(_STYLE, _STILL)


def _run(found: dict[str, Any], pixels: Colours) -> Run:
    left, top, right, bottom = (round(each) for each in found["box"])
    ground = pixels[top:bottom, left:right].reshape(-1, 3)
    ink = found["alpha"] * np.array(found["colour"]) / 255 + (1 - found["alpha"]) * ground
    worst = np.percentile(contrast(ink, ground), FAINTEST)
    return Run(found["text"], round(float(worst), 2), LARGE if found["large"] else TEXT)
