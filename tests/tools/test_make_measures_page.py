"""docs/measures.md says what the cards say."""

from __future__ import annotations

from core.measure.single.table import MEASURES
from tools.make_measures_page import PAGE, page


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == page(), "run python -m tools.make_measures_page"


def test_every_card_is_there_whole() -> None:
    text = page()
    for measure in MEASURES.values():
        assert f"## {measure.title} (`{measure.name}`)" in text
        assert all(part in text for part in (measure.card.definition, *measure.card.elsewhere))
