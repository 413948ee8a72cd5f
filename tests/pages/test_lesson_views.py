"""Addresses in lessons: what *Copy link* gives stands for what the page showed."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import pytest
from streamlit.testing.v1 import AppTest

from core.classroom import lesson_file
from core.classroom.lesson import View
from core.errors import BadOption, SeeWhyError
from pages.ui.classroom import views
from pages.ui.parts import jobs, rooms
from tests.pages.steps import settled, unescaped

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "lessons.md").read_text(encoding="utf-8")
HEAD = "title: T\n\n# S\n"


def view(address: str) -> View:
    """Return the view of an address, as a lesson reads it."""
    (screen,) = lesson_file.parse(f"{HEAD}view: http://localhost:8501/{address}\n").screens
    assert screen.view is not None
    return screen.view


def seat(text: str) -> AppTest:
    """Return a student's page of a lesson."""
    code, _ = rooms.rooms().start(text)
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=120)
    app.switch_page("pages/classroom.py")
    app.query_params["room"] = code
    app = settled(app.run())
    return settled(app.button(key="join_room").click().run())


def test_labels_of_controls_are_read_as_what_they_stand_for() -> None:
    study = views.study_of(
        view(
            "heatmaps?picture=Coffee+cup&maps=Grad-CAM&maps=EigenCAM&fit=as+trained"
            "&layer=bn2+7x7&class=espresso&versus=cup&precision=exact&smooth=none&smooth=augmented"
        )
    )
    assert study is not None
    assert study.pictures[0].name == "coffee.png"
    assert study.methods == ("grad-cam", "grad-cam+aug", "eigen-cam", "eigen-cam+aug")
    assert (study.fit, study.layers, study.targets) == ("crop", ("bn2",), ("espresso", "cup"))
    assert views.prediction_of(view("heatmaps?fit=as+trained&picture=Cat")).fit == "crop"


@pytest.mark.parametrize(
    ("address", "methods"),
    [
        ("heatmaps", 5),
        ("superpixels?samples=100", 1),
        ("agreement?top=20", 4),
        ("trust?measures=Random+weights&truth=mine.png", 4),
    ],
)
def test_what_a_page_shows_by_itself_need_not_be_named(address: str, methods: int) -> None:
    study = views.study_of(view(address))
    assert study is not None
    assert study.pictures[0].name == "cat.png"
    assert len(study.methods) == methods


def test_several_layers_and_a_typed_module() -> None:
    study = views.study_of(view("heatmaps?average=true&layers=bn2+7x7&layers=blocks.6.0.bn3+7x7"))
    assert study is not None
    assert "bn2" in study.layers
    study = views.study_of(view("heatmaps?module=bn2%2C+conv_head"))
    assert study is not None
    assert study.layers == ("bn2", "conv_head")


def test_classes_of_one_name_are_told_apart_by_their_index() -> None:
    study = views.study_of(view("heatmaps?class=crane+%28517%29&versus=crane"))
    assert study is not None
    prediction = jobs.finished(study.prediction(study.pictures[0]))
    names = ["crane" if index in (134, 517) else f"name {index}" for index in range(1000)]
    assert views.target_of(study, prediction, names) == 517
    with pytest.raises(SeeWhyError, match="several classes"):
        views.targets_of(study, prediction, names)


def test_own_weights_have_a_sentence() -> None:
    with pytest.raises(BadOption, match="without own weights"):
        views.study_of(view("heatmaps?model=resnet18&weights=mine.pth"))


def test_a_page_without_maps_says_what_to_do() -> None:
    assert views.study_of(view("concepts?model=efficientnet_lite0")) is None
    app = seat(f"{HEAD}view: concepts?model=efficientnet_lite0\n")
    assert "when your teacher opens it" in app.info[0].value


def test_two_classes_stand_side_by_side() -> None:
    address = urlencode(
        {"picture": "Four in one", "maps": "grad-cam", "class": "espresso", "versus": "tiger cat"}
    )
    app = seat(f"{HEAD}view: heatmaps?{address}\n")
    said = [unescaped(each.value) for each in app.caption]
    assert any("2 maps of espresso and tiger cat" in each for each in said), said


def test_a_name_of_a_model_hides_its_title() -> None:
    app = seat(
        f"{HEAD}view: heatmaps?picture=Cat&model=efficientnet_lite0-shortcut&maps=grad-cam\n"
        "guess: yes\nsays: Model B\n"
    )
    (asked,) = (each.label for each in app.button_group)
    assert asked == "**What will Model B say?**"
    assert not any("shortcut" in each.value for each in (*app.markdown, *app.caption))


def test_an_answer_brings_no_picture_and_is_taken_as_it_stands() -> None:
    answer = "![a](http://y/a.png) $x$"
    app = seat(f"{HEAD}ask: Which?\nanswers: {answer} | 0.5\n")
    (control,) = app.button_group
    assert [unescaped(each) for each in control.options] == [answer, "0.5"]
    assert all("![" not in each for each in control.options)
    settled(control.set_value(answer).run())
    asked = app.query_params["room"]
    code = asked if isinstance(asked, str) else asked[0]
    assert [each.value for each in rooms.rooms().answers(code)] == [answer]


def test_the_guides_example_is_a_lesson() -> None:
    text = GUIDE.split("```markdown\n", 1)[1].split("```", 1)[0]
    lesson = lesson_file.parse(text)
    assert [screen.parts for screen in lesson.screens] == [
        ("guess", "paint"),
        ("guess", "paint"),
        ("ask",),
    ]
    for screen in lesson.screens:
        assert screen.view is not None
        assert views.study_of(screen.view) is not None


def test_the_guide_names_every_field() -> None:
    for name in (*lesson_file.HEAD_FIELDS, *lesson_file.FIELDS):
        assert f"`{name}`" in GUIDE, name
