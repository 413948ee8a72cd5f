"""A class in real browsers: a teacher, a student at a desk and one with a phone play a lesson."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Page, expect

from core.classroom import lesson_file, lessons
from tests.browser import steps

Visit = Callable[..., Page]
LESSON = lesson_file.parse(next(iter(lessons.texts().values())))
TITLES = [screen.title for screen in LESSON.screens]


def heading(page: Page, text: str) -> None:
    """Wait until a page has a heading."""
    expect(page.get_by_role("heading", name=text, exact=True)).to_be_visible()


def press(page: Page, name: str) -> None:
    """Press a button once the page rests."""
    steps.wait_for_rest(page)
    page.get_by_role("button", name=name, exact=True).click()


def join(page: Page, name: str) -> None:
    """Come into the room of the page's address."""
    page.get_by_label("Your name").fill(name)
    press(page, "Join")


def paint(page: Page) -> None:
    """Draw a stroke across the middle of the picture."""
    canvas = page.locator("canvas").last
    expect(canvas).to_be_visible()
    steps.wait_for_rest(page)
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    left, top = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(left, top)
    page.mouse.down()
    page.mouse.move(left + 50, top + 10, steps=4)
    page.mouse.up()


def test_a_class_plays_a_lesson(visit: Visit) -> None:
    teacher = visit("/classroom")
    heading(teacher, "Start a room")
    press(teacher, "Start the room")
    heading(teacher, TITLES[0])
    address = teacher.url
    code = address.partition("room=")[2][:4]
    assert "teacher=" in address
    desk, phone = (visit(f"/classroom?room={code}", width=width) for width in (1100, 390))
    students = (desk, phone)
    for page, name in zip(students, ("Ada", "*Bo* [x](y)"), strict=True):
        join(page, name)
        heading(page, TITLES[0])
        assert "teacher" not in page.url
    expect(teacher.get_by_text("*Bo* [x](y)")).to_be_visible()

    # A question: everybody answers, the teacher sees who and not what, then all see it.
    for page in students:
        page.get_by_role("radio", name=LESSON.screens[0].answers[0]).click()
        expect(page.get_by_text("Everything is answered")).to_be_visible()
    expect(teacher.get_by_text("2 of 2 answered")).to_be_visible()
    expect(teacher.get_by_text("the right answer")).to_have_count(0)
    press(teacher, "Reveal")
    for page in (teacher, *students):
        expect(page.get_by_text("the right answer").first).to_be_visible()

    # Guess, paint, reveal; the painting outlives a reload.
    press(teacher, "Next")
    for page in students:
        page.get_by_role("radio", name="Egyptian cat").click()
        paint(page)
        expect(page.get_by_text("Everything is answered")).to_be_visible()
    phone.reload()
    heading(phone, TITLES[1])
    expect(phone.get_by_text("of the picture is painted")).to_be_visible()
    expect(teacher.get_by_text("2 of 2 answered")).to_be_visible()
    press(teacher, "Reveal")
    for page in students:
        expect(page.get_by_text("The model says")).to_be_visible()
        expect(page.get_by_text("You are number")).to_be_visible()
    expect(teacher.get_by_text("Closest to Grad-CAM")).to_be_visible()

    # Where the teacher goes, the class goes, and comes back; who does not follow stays.
    steps.wait_for_rest(desk)
    desk.get_by_text("Follow the teacher").click()
    steps.wait_for_rest(teacher)
    teacher.get_by_role("link", name="Heat maps", exact=True).click()
    heading(phone, "Heat maps")
    expect(phone.locator(".st-key-said")).to_contain_text("your teacher's view")
    steps.wait_for_rest(teacher)
    teacher.get_by_role("link", name="Superpixels", exact=True).click()
    phone.wait_for_url("**/superpixels**")
    heading(phone, "Superpixels")
    phone.reload()  # as a phone does that was asleep
    heading(phone, "Superpixels")
    steps.wait_for_rest(teacher)
    teacher.get_by_role("link", name="Back to the lesson").click()
    phone.wait_for_url("**/classroom**")
    heading(desk, TITLES[1])

    # To the end, by keys while the teacher presents.
    press(teacher, "Present")
    expect(teacher.get_by_role("button", name="Leave", exact=True)).to_be_visible()
    for title in TITLES[2:]:
        steps.wait_for_rest(teacher)
        teacher.keyboard.press("ArrowRight")
        for page in (teacher, *students):
            heading(page, title)
    expect(teacher.get_by_text("*Bo* [x](y)")).to_be_hidden()
    teacher.keyboard.press("Escape")

    # What was said can be taken away; closing the room ends it for all.
    teacher.locator(".st-key-room_settings button").click()
    table = steps.download(teacher, teacher.get_by_role("button", name="Answers (CSV)"))
    rows = table.path().read_text("utf-8").splitlines()
    assert len(rows) == 1 + 2 * 3
    assert sum(",guess,Ada,Egyptian cat,true" in row for row in rows) == 1
    press(teacher, "Close the room")
    press(teacher, "Close and delete")
    heading(teacher, "Join a room")
    for page in students:
        expect(page.get_by_text(f"There is no room {code}")).to_be_visible()
