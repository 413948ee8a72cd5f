"""An answer that was chosen while the server was away is given once it is back."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest


def page(kind: str, refused: bool) -> None:
    import streamlit as st

    from pages.ui.classroom import ask

    sent = st.session_state.setdefault("sent", [])

    def send(part: str, value: str) -> None:
        sent.append((part, value))
        if refused:
            st.session_state["answer_problem"] = "too late"

    given = sent[-1][1] if sent and not refused else ""
    draw = ask._pills if kind == "pills" else ask._free
    draw("What?", "guess", "BKRT_0", given, ("cat", "dog"), send)
    st.write(f"given: {given or 'none'}")


@pytest.mark.parametrize("kind", ["pills", "free"])
@pytest.mark.parametrize("refused", [False, True])
def test_it_is_given_once(kind: str, refused: bool) -> None:
    app = AppTest.from_function(page, args=(kind, refused))
    app.session_state["guess_BKRT_0"] = "dog"
    app.run()
    assert app.session_state["sent"] == [("guess", "dog")]
    assert app.markdown[-1].value == ("given: none" if refused else "given: dog")


@pytest.mark.parametrize("kind", ["pills", "free"])
def test_nothing_chosen_is_no_answer(kind: str) -> None:
    app = AppTest.from_function(page, args=(kind, False)).run()
    assert app.session_state["sent"] == []
