"""A visit is found again by its cookie, without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.errors import BadPicture
from pages.ui.parts import frame, jobs, visit
from tests.pages.steps import settled
from tests.pages.test_pages import MODEL, ROOT, opened, picture_file


def with_cookies(monkeypatch: pytest.MonkeyPatch, cookies: dict[str, str]) -> None:
    """Let the next sessions come with these cookies."""
    monkeypatch.setattr(type(st.context), "cookies", property(lambda self: cookies))


def uploaded(*names: str) -> AppTest:
    """A visit that brought pictures along."""
    app = opened("dashboard.py")
    app.segmented_control(key="from").set_value("Upload").run()
    for number, name in enumerate(names):
        app.file_uploader(key="files").upload(*picture_file(name, f"#0000{number:02x}")).run()
    return settled(app)


def linked(**asked: str) -> AppTest:
    """Open a link in a new session."""
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    for key, value in {"model": MODEL, **asked}.items():
        app.query_params[key] = value
    return settled(app.run())


def test_a_reload_finds_the_pictures_again(monkeypatch: pytest.MonkeyPatch) -> None:
    token = uploaded("a.png", "b.png").session_state["visit_token"]
    with_cookies(monkeypatch, {f"{visit.COOKIE}8501": token, "other": "x"})
    app = linked(picture="a.png")
    assert app.selectbox(key="picture").value == "a.png"
    assert {"a.png", "b.png"} <= set(app.selectbox(key="picture").options)
    assert not app.info


def test_another_visitor_finds_nothing_and_gets_no_cookie_before_bringing_something() -> None:
    first = uploaded("a.png").session_state["visit_token"]
    app = linked()
    assert "a.png" not in app.selectbox(key="picture").options
    assert "visit_token" not in app.session_state
    assert uploaded("c.png").session_state["visit_token"] != first


def test_hostile_cookies_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    values = ["", "x" * 100_000, "../" * 14 + "a", "\u202e" * 43, "a" * 43]
    with_cookies(
        monkeypatch, {f"{visit.COOKIE}{number}": each for number, each in enumerate(values)}
    )
    app = uploaded("a.png")
    assert not app.exception
    assert app.session_state["visit_token"] not in values, "a token of the server's own"
    assert app.session_state["visit_unknown"] == ["a" * 43]


def test_a_file_that_was_removed_is_not_offered_after_a_reload(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = uploaded("a.png", "b.png")
    with_cookies(monkeypatch, {f"{visit.COOKIE}8501": before.session_state["visit_token"]})
    file: Path = before.session_state["visit"].pictures()["a.png"].file
    file.unlink()
    app = linked(picture="a.png")
    assert not app.exception
    assert "a.png" not in app.selectbox(key="picture").options
    assert "b.png" in app.selectbox(key="picture").options


def test_the_token_stands_in_no_address() -> None:
    app = uploaded("a.png")
    assert app.session_state["visit_token"] not in repr(app.query_params)


def test_a_file_that_goes_while_the_page_is_open_is_told_in_one_sentence() -> None:
    app = uploaded("a.png")
    stored = app.session_state["visit"].pictures()["a.png"]
    jobs.resources().pictures.clear()
    stored.file.unlink()
    with pytest.raises(BadPicture, match=r"a\.png is no longer on this server: upload it again"):
        jobs.resources().picture(stored.reference)


def test_every_page_shows_an_own_picture() -> None:
    app = uploaded("a.png")
    for page in frame.PAGES:
        settled(app.switch_page(page.path).run())
        assert not app.exception, page.title
        assert app.title[0].value in (page.title, "SeeWhy")
