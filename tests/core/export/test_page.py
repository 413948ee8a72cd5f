"""Reports show text as text, whatever it holds, and no value is forgotten."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from jinja2 import UndefinedError

from core.export.page import rendered

EVIL = "<script>alert('1')</script> & \"\ud800"
SECTION = {
    "name": EVIL,
    "error": "",
    "prediction": EVIL,
    "flag": EVIL,
    "figures": [("data:image/png;base64,AA==", EVIL)],
    "pairs": [(EVIL,) * 6],
    "notes": [EVIL],
}
TRUST = {
    "title": EVIL,
    "sentence": EVIL,
    "direction": EVIL,
    "rows": [(EVIL,) * 6],
    "beside": [(EVIL,) * 6],
    "split": [(EVIL,) * 7],
    "chance": [(EVIL,) * 6],
    "extremes": [("data:image/png;base64,AA==", EVIL)],
    "card": [EVIL],
}
HEAD = {"tab": EVIL, "title": EVIL, "about": EVIL, "command": EVIL}
PAGES: dict[str, dict[str, Any]] = {
    "agreement.html": {
        **HEAD,
        "content": EVIL,
        "byline": EVIL,
        "notes": [EVIL],
        "facts": [EVIL],
        "bars": "data:image/png;base64,AA==",
        "summaries": [(EVIL,) * 5],
        "measures": [EVIL],
        "trusted": [TRUST],
        "hidden": EVIL,
        "failures": [(EVIL,) * 3],
        "sections": [SECTION, {"name": EVIL, "error": EVIL}],
        "versions": EVIL,
    },
    "measures.html": {**HEAD, "sections": [TRUST], "faults": [EVIL], "versions": EVIL},
    "dissection.html": {
        **HEAD,
        "notes": [EVIL],
        "layers": [(EVIL,) * 7],
        "terms": [EVIL],
        "figures": [(EVIL, "data:image/png;base64,AA==")],
        "surest": [(EVIL,) * 5],
        "record": EVIL,
    },
}


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.open: list[str] = []
        self.alts: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.opened.append(tag)
        if tag not in ("meta", "img"):
            self.open.append(tag)
        else:
            self.alts += [value for name, value in attrs if name == "alt"]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("template", PAGES)
def test_text_stays_text_and_every_tag_is_closed(template: str) -> None:
    tags = Tags()
    tags.feed(rendered(template, **PAGES[template]).decode("utf-8"))
    assert "script" not in tags.opened
    assert not tags.open
    assert EVIL.replace("\ud800", "\ufffd") in tags.alts  # what a browser shows for it


@pytest.mark.parametrize("template", PAGES)
def test_a_value_that_is_missing_is_an_error(template: str) -> None:
    for name in PAGES[template]:
        some = {other: value for other, value in PAGES[template].items() if other != name}
        with pytest.raises(UndefinedError, match=name):
            rendered(template, **some)


def test_a_list_of_nothing_is_left_out() -> None:
    page = rendered("dissection.html", **(PAGES["dissection.html"] | {"notes": [], "terms": []}))
    assert b"<ul>" not in page
