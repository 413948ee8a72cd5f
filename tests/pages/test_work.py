"""Pages start work, show how far it is, stop it, and draw its result."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.errors import BadOption
from core.models import catalog
from core.models import load as loading
from core.models.catalog_entry import Entry
from core.models.classifier import Classifier
from core.models.files import download_folder
from core.models.sources import published_files
from core.requests.keys import key_of
from core.work.handler import Handler
from core.work.handlers import HANDLERS
from core.work.job import Job, Link
from pages.ui.parts import jobs as work
from tests.conftest import classifier_of, tiny_net
from tests.pages.steps import unescaped

SOON = 20.0


@dataclass(frozen=True)
class TableRequest:
    """What the small page below asks for."""

    name: str


class Desk:
    """What the small page below works on; a test opens the gate."""

    def __init__(self) -> None:
        self.go, self.begun, self.runs = threading.Event(), threading.Event(), 0
        self.error: Exception | None = None

    def work(self, link: Link[str]) -> str:
        self.runs += 1
        self.begun.set()
        end = time.monotonic() + SOON
        while not self.go.wait(0.002):
            assert time.monotonic() < end
            link(0.5, "halfway")
        if self.error:
            raise self.error
        return "the answer"


@pytest.fixture(autouse=True)
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    desk = Desk()
    handler = Handler(
        run=lambda request, resources, link: desk.work(link),
        title=lambda request: "The table",
        cost=lambda request, resources: 100,
    )
    monkeypatch.setitem(HANDLERS, TableRequest, handler)  # type: ignore[arg-type]
    before = set(threading.enumerate())
    yield desk
    desk.go.set()
    st.cache_resource.clear()
    left = [t for t in set(threading.enumerate()) - before if t.name.startswith("seewhy-")]
    assert not left


def page(desk) -> None:
    """One piece of work with what it gives."""
    import streamlit as st

    from pages.ui.parts import jobs as work
    from tests.pages.test_work import TableRequest

    job = work.submit(TableRequest(st.text_input("Key", "one")))
    work.drop_all_but()
    if work.watch([job]):
        st.markdown(job.result())


def opened(desk: Desk) -> AppTest:
    return AppTest.from_function(page, default_timeout=SOON, args=(desk,)).run()


def until(app: AppTest, true: Callable[[AppTest], object]) -> None:
    end = time.monotonic() + SOON
    while not true(app):
        assert time.monotonic() < end, "waited in vain"
        app.run()
        assert not app.exception


def bars(app: AppTest) -> list[str]:
    return [unescaped(bar.proto.text) for bar in app.get("progress")]


def test_quick_work_is_drawn_at_once_without_a_bar(desk: Desk) -> None:
    desk.go.set()
    app = opened(desk)
    until(app, lambda app: app.markdown)
    assert app.markdown[0].value == "the answer"
    assert not bars(app)
    assert not app.button
    assert desk.runs == 1


def test_long_work_shows_its_stage_and_then_its_result(desk: Desk) -> None:
    app = opened(desk)
    until(app, lambda app: bars(app) and "halfway" in bars(app)[0])
    assert bars(app)[0].startswith("The table: halfway")
    assert app.get("progress")[0].proto.value == 50
    assert not app.markdown
    desk.go.set()
    until(app, lambda app: app.markdown)
    assert not bars(app)
    assert desk.runs == 1


def test_stop_and_start_again(desk: Desk) -> None:
    app = opened(desk)
    assert desk.begun.wait(SOON)
    assert [button.label for button in app.button] == ["Stop"]
    app.button[0].click().run()
    assert [caption.value for caption in app.caption] == ["The table was stopped."]
    app.run()
    assert [button.label for button in app.button] == ["Start again"]
    assert desk.runs == 1
    desk.go.set()
    app.button[0].click().run()
    until(app, lambda app: app.markdown)
    assert desk.runs == 2


def test_one_visitor_s_stop_leaves_the_other_waiting(desk: Desk) -> None:
    ada, bob = opened(desk), opened(desk)
    assert desk.begun.wait(SOON)
    ada.button[0].click().run()
    assert ada.caption[0].value == "The table was stopped."
    assert "The table" in bars(bob.run())[0]
    desk.go.set()
    until(bob, lambda app: app.markdown)
    assert desk.runs == 1


def test_a_failure_is_told_and_kept_until_asked_again(desk: Desk) -> None:
    desk.error = BadOption("samples is 3: give 50 to 5000.")
    desk.go.set()
    app = opened(desk)
    until(app, lambda app: app.error)
    app.run()
    assert app.error[0].value == "samples is 3\\: give 50 to 5000."
    assert [button.label for button in app.button] == ["Try again"]
    assert desk.runs == 1
    desk.error = None
    app.button[0].click().run()
    until(app, lambda app: app.markdown)
    assert not app.error
    assert desk.runs == 2


def test_another_choice_drops_the_work_of_the_last(desk: Desk) -> None:
    app = opened(desk)
    assert desk.begun.wait(SOON)
    first = work.runner().find(key_of(TableRequest("one")))
    assert first is not None
    app.text_input[0].set_value("two").run()
    assert first.state == "stopped"
    assert work.runner().find(key_of(TableRequest("one"))) is None
    assert work.runner().find(key_of(TableRequest("two"))) is not None


def test_what_waits_is_told_its_place(desk: Desk) -> None:
    opened(desk)
    assert desk.begun.wait(SOON)
    other = opened(desk)
    other.text_input[0].set_value("two").run()
    assert bars(other) == ["The table: number 1 in the queue"]


@pytest.mark.parametrize(
    ("left", "words"), [(0.2, "about 1 s"), (12.4, "about 12 s"), (200.0, "about 3 min")]
)
def test_durations_are_rough(left: float, words: str) -> None:
    assert work.seconds(left) == words


def model_page() -> None:
    """A model and what it says."""
    import streamlit as st

    from core.pictures import built_in
    from core.requests.maps import PredictionRequest
    from core.requests.references import PictureRef
    from pages.ui.parts import models as loaded

    summary = loaded.summary("resnet18:random")
    if summary is None:
        st.stop()
    picture = built_in.load(built_in.SAMPLES[0].key)
    prediction = loaded.prediction(
        PredictionRequest(picture=PictureRef(picture.sha256, picture.name), model=summary.reference)
    )
    for guess in prediction.guesses if prediction else ():
        st.markdown(guess.name)


def test_a_model_is_loaded_once_in_the_background(monkeypatch: pytest.MonkeyPatch) -> None:
    go, loads = threading.Event(), []

    def load(*_: object) -> Classifier:
        loads.append(threading.current_thread().name)
        assert go.wait(SOON)
        return classifier_of(tiny_net())

    monkeypatch.setattr(loading, "load", load)
    app = AppTest.from_function(model_page, default_timeout=SOON).run()
    until(app, lambda app: bars(app) and "loading weights" in bars(app)[0])
    go.set()
    until(app, lambda app: app.markdown)
    assert len(app.markdown) == 4
    other = AppTest.from_function(model_page, default_timeout=SOON).run()
    assert [line.value for line in other.markdown] == [line.value for line in app.markdown]
    assert len(loads) == 1
    assert loads[0].startswith("seewhy-")


def test_missing_weights_are_downloaded_after_the_button(
    monkeypatch: pytest.MonkeyPatch, desk: Desk
) -> None:
    fetched = []

    def download(entry: Entry, link: Link[str]) -> str:
        desk.work(link)
        fetched.append(entry.id)
        folder = download_folder()
        assert folder is not None
        folder.mkdir(parents=True)
        (folder / entry.file_name).write_bytes(b"weights")
        return "file"

    monkeypatch.setattr(published_files.download, "download", download)
    monkeypatch.setattr(loading, "load", lambda *_: classifier_of(tiny_net()))
    monkeypatch.setattr(catalog, "find", lambda _: find("resnet18:IMAGENET1K_V1"))
    app = AppTest.from_function(model_page, default_timeout=SOON).run()
    assert "not on this machine" in app.info[0].value
    assert not desk.begun.is_set()
    app.button(key="download_button").click().run()
    until(app, lambda app: bars(app) and "halfway" in bars(app)[0])
    desk.go.set()
    until(app, lambda app: app.markdown)
    assert fetched == ["resnet18:IMAGENET1K_V1"]


def missing_model_page() -> None:
    """A model whose weights are not on disk."""
    from pages.ui.parts import models

    models.summary("resnet18")


def test_no_download_is_offered_where_the_owner_forbids_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEWHY_ALLOW_DOWNLOADS", "0")
    app = AppTest.from_function(missing_model_page, default_timeout=SOON).run()
    assert "its owner does not allow downloads" in app.info[0].value
    assert not app.button


find = catalog.find


def test_work_that_ends_between_waiting_and_drawing_is_drawn(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait_for = work.wait_for

    def ends_late(jobs: Sequence[Job[str]], seconds: float) -> bool:
        monkeypatch.setattr(work, "wait_for", wait_for)
        assert not wait_for(jobs, 0.0)
        desk.go.set()
        assert wait_for(jobs, SOON)
        return False

    monkeypatch.setattr(work, "wait_for", ends_late)
    app = opened(desk)
    assert app.markdown[0].value == "the answer"
    assert not bars(app)


@pytest.mark.parametrize(("jobs", "seconds"), [(0, 0.4), (10, 0.4), (20, 0.8), (90, 2.0)])
def test_pages_look_at_work_less_often_on_a_busy_server(
    monkeypatch: pytest.MonkeyPatch, jobs: int, seconds: float
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(work, "runner", lambda: SimpleNamespace(busy=jobs))
        assert work.interval() == pytest.approx(seconds)
