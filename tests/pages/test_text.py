"""Text from people says what it says, and does nothing."""

from __future__ import annotations

import pytest

from pages.ui.parts.text import JOINER, escape, lesson_markdown
from tests.pages.steps import unescaped


@pytest.mark.parametrize("safe", [escape, lesson_markdown])
@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("http://evil.com/a", "://"),
        ("see WWW.evil.com", "WWW"),
        ("ada@evil.com", "@"),
        (":material/check:", ":"),
        (":streamlit:", ":"),
    ],
)
def test_what_streamlit_looks_for_in_finished_text_is_broken(
    safe: object, text: str, broken: str
) -> None:
    assert callable(safe)
    made = safe(text)
    assert unescaped(made) == text
    plain = made.replace("\\", "")
    assert f"{broken}{JOINER}" in plain


def test_other_text_stays_as_it_was() -> None:
    assert escape("10:30 and a:b") == "10\\:30 and a\\:b"
    assert JOINER not in escape("a colon: and 1,280 channels")
