"""Writes docs/measures.md from the cards of the measures: `python -m tools.make_measures_page`."""

from __future__ import annotations

from pathlib import Path

from core.measure.single.base import Measure
from core.measure.single.check import VERDICT
from core.measure.single.table import MEASURES
from core.requests.measures import BASES, MeasureSettings
from core.requests.options import options_of

PAGE = Path(__file__).parents[1] / "docs" / "measures.md"
BETTER = {"higher": "Higher is better.", "lower": "Lower is better."}
HEAD = """\
# How far can a map be trusted?

A heat map always looks convincing. Each number below asks one question of a map; none of them
says that a map is right, and there is no total score. Look at a number beside the same number of
the controls: a random smooth map, the picture's edges (Sobel), its centre, and the map of the
same network with random weights.

This page is made from the cards in `core/measure/single` by `python -m tools.make_measures_page`.
What it says of other implementations was read in grad-cam 1.5.7, torch-cam 0.5.0, Quantus 0.6.0,
xplique and TorchRay, and is tested in `tests/core/measure/single` where it decides a number.
"""
FOOT = """
## Measures that are not here, and why

- Quantus' tutorial for ImageNet (ResNet-18) was saved with ROAD 0.0 at all 25 points,
  Monotonicity true for every picture, Effective complexity 50175 or 50176 of 50176 pixels and
  Rank accuracy 0.0000399 for every method: numbers that do not depend on the map. Its IROF
  divides by the probability of the whole picture and reached -412 540.
- Its SensitivityN removes pixels in the order of the map instead of random subsets, compares the
  sum of the drops with the heat of the last step alone, and counts the first batch only.
- grad-cam's ARCC is documented as a geometric mean and computed as a harmonic one; a total score
  hides which part failed.
- MuFidelity (xplique) and average stability draw their masks and noise without a seed.
- Efficient MPRT says little of coarse maps: the tutorial of its authors prints -0.009 with a
  spread of 0.043 for Grad-CAM.
- Filled holes can still be seen: the authors of ROAD agree that their outline may give the class
  away.
"""


def page() -> str:
    """Return the page as Markdown."""
    bases = "\n".join(f"- `{name}`: {words}" for name, words in BASES.items())
    settings = "\n".join(
        f"- `{option.name}` ({option.default}): {option.help}"
        for option in options_of(MeasureSettings)
    )
    parts = [
        HEAD,
        f"**The signs on the pages.** {VERDICT}\n",
        "## Settings\n",
        settings,
        "\nWhat replaces removed pixels (`base`):\n",
        bases,
    ]
    parts += [section(measure) for measure in MEASURES.values()]
    return "\n".join(parts) + "\n" + FOOT


def section(measure: Measure) -> str:
    """Return what the page says of one measure."""
    card = measure.card
    rows = {
        "Definition": card.definition,
        "Base": card.base,
        "Units": f"{card.units} {BETTER[measure.better]}",
        "Seed": card.seed,
        "Ties": card.ties,
        "Does not show": card.not_shown,
        "Cost": cost(measure),
    }
    lines = [
        f"\n## {measure.title} (`{measure.name}`)\n",
        f"{measure.sentence} [{measure.paper}]({measure.link})\n",
        *(f"- **{name}.** {text}" for name, text in rows.items()),
    ]
    if card.elsewhere:
        lines.append("- **Elsewhere.**")
        lines += [f"  - {text}" for text in card.elsewhere]
    return "\n".join(lines)


def cost(measure: Measure) -> str:
    """Return what a measure costs with the usual settings, in words."""
    usual = MeasureSettings()
    passes, maps = measure.passes(usual), measure.explanations(usual)
    parts = [f"{passes} passes" * (passes > 0), f"{maps} new map{'s' * (maps > 1)}" * (maps > 0)]
    text = " and ".join(part for part in parts if part)
    return f"{text} with the usual settings." if text else "No pass of the model."


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
    print(f"{PAGE} written.")
