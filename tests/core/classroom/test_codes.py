"""Codes, tokens and names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.classroom import codes
from core.errors import BadRoom


def test_codes_have_no_look_alikes_and_make_no_words() -> None:
    assert not set(codes.LETTERS) & set("AEIOUILQSVZ0125")
    made = {codes.new_code() for _ in range(200)}
    assert len(made) > 150
    assert all(codes.code_from(code) == code for code in made)


@pytest.mark.parametrize("typed", ["bkrt", " B K R T ", "bk-rt", "BKRT\n"])
def test_a_code_is_known_however_it_is_typed(typed: str) -> None:
    assert codes.code_from(typed) == "BKRT"


@given(st.text(max_size=30))
def test_anything_else_is_no_code(typed: str) -> None:
    letters = [letter for letter in typed.upper() if not (letter.isspace() or letter == "-")]
    if len(letters) == codes.LENGTH and set(letters) <= set(codes.LETTERS):
        assert codes.code_from(typed) == "".join(letters)
        return
    with pytest.raises(BadRoom, match="code has 4 letters"):
        codes.code_from(typed)


def test_a_token_is_known_by_its_digest_and_differs_from_room_to_room() -> None:
    token = codes.new_token()
    assert codes.digest_of(token) == codes.digest_of(token) != codes.digest_of(codes.new_token())
    assert codes.student_of("BKRT", token) != codes.student_of("BKRW", token)
    for bad in ("", "short", token + "x", "' OR 1=1 --"):
        assert codes.digest_of(bad) == codes.student_of("BKRT", bad) == ""


@given(st.text(max_size=400))
def test_a_name_is_one_short_line(typed: str) -> None:
    name = codes.name_from(typed)
    assert len(name) <= codes.LONGEST_NAME
    assert name == name.strip()
    assert len(name.splitlines()) <= 1
    assert name.isprintable()


def test_a_name_cannot_turn_the_text_around() -> None:
    assert codes.name_from("\u202eada\u202c\u200b") == "ada"
    assert codes.name_from(" \t\n") == ""
