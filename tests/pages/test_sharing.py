"""A link opens a picture of another visitor where that one shares it, and else says so once."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui.parts import visit
from tests.pages.steps import settled, unescaped
from tests.pages.test_pages import MODEL, ROOT, opened
from tests.pages.test_visit import linked, uploaded

PRIVATE = (
    "a.png belongs to another visitor, who has not shared it by this link: upload it, or ask for a "
    "link copied after sharing."
)


def shared(app: AppTest) -> str:
    """Press the button; return the id."""
    settled(app.button(key="share").click().run())
    (shared_id,) = app.session_state["visit"].shared().values()
    return str(shared_id)


def infos(app: AppTest) -> list[str]:
    return [unescaped(each.value) for each in app.info]


def test_a_shared_picture_opens_for_everybody_under_its_name() -> None:
    shared_id = shared(uploaded("a.png"))
    partner = linked(picture=shared_id)
    assert partner.selectbox(key="picture").value == "a.png"
    assert not partner.info
    assert partner.session_state["visit"].received() == {"a.png": shared_id}, "passed on by a link"
    assert "share" not in [each.key for each in partner.button], "it is not the partner's to share"


def test_a_shared_picture_has_another_name_than_what_the_partner_has() -> None:
    shared_id = shared(uploaded("a.png", "b.png"))
    partner = uploaded("c.png", "b.png")
    assert partner.session_state["visit"].receive(
        shared_id, visit.visits().shared(shared_id), ()
    ) == ("b.png")
    other = uploaded("b.png")
    picture = visit.visits().shared(shared_id)
    assert other.session_state["visit"].receive(shared_id, picture, ()) == "b.png (2)"


def test_sharing_ends_for_those_who_come_later() -> None:
    owner = uploaded("a.png")
    shared_id = shared(owner)
    settled(owner.button(key="unshare").click().run())
    assert not owner.session_state["visit"].shared()
    partner = linked(picture=shared_id)
    assert infos(partner) == ["The picture of this link is shared no longer: ask for it again."]
    assert partner.selectbox(key="picture").value == "cat"


@pytest.mark.parametrize("value", ["shared-", "shared-" + "a" * 22, "shared-" + "/" * 500])
def test_an_id_that_nobody_has_opens_nothing(value: str) -> None:
    partner = linked(picture=value)
    assert not partner.exception
    assert len(infos(partner)) == 1


def test_a_private_picture_is_told_until_another_is_chosen() -> None:
    uploaded("a.png")
    partner = linked(picture="a.png")
    assert infos(partner) == [PRIVATE]
    assert infos(settled(partner.run())) == [PRIVATE], "a rerun is no choice"
    partner.selectbox(key="picture").set_value("flower")
    assert infos(settled(partner.run())) == []


@pytest.mark.slow
def test_a_private_picture_is_told_on_the_first_page_only() -> None:
    partner = linked(picture="a.png")
    assert infos(partner) == [PRIVATE]
    assert infos(settled(partner.switch_page("pages/heatmaps.py").run())) == []


@pytest.mark.slow
def test_private_weights_are_told_until_another_model_is_chosen_or_the_page_left() -> None:
    title = "mine.pth (resnet18, 63c9b601)"
    partner = linked(model=title)
    sentence = f"{title} belongs to another visitor: upload it to use it here."
    assert [unescaped(each.value) for each in partner.warning] == [sentence]
    assert not settled(partner.switch_page("pages/heatmaps.py").run()).warning
    partner = linked(model=title)
    partner.selectbox(key="model").set_value("efficientnet_lite2")
    assert not settled(partner.run()).warning


def test_a_built_in_picture_is_not_to_be_shared() -> None:
    app = opened("dashboard.py", model=MODEL)
    assert "share" not in [each.key for each in app.button]


def test_a_gallery_opens_what_is_shared_beside_what_everybody_has() -> None:
    owner = uploaded("a.png")
    shared_id = shared(owner)
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
    app.session_state["model"] = MODEL
    app.query_params["pictures"] = ["Coffee cup", shared_id, "private.png", "rocket"]
    app = settled(app.switch_page("pages/gallery.py").run())
    assert app.multiselect(key="pictures").value == ["coffee", "a.png", "rocket"]
    (lost,) = app.warning
    assert unescaped(lost.value).endswith("has not shared it by this link: private.png.")
