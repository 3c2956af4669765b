"""The contact's page in a real browser with its scripts off, as whoever opens a link in an old telephone has it."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from alertnet.cli.demo.evening import Evening
from tests.database import migrate

pytestmark = pytest.mark.browser

PIN = "47110"
LINK = re.compile(r"http://\S+/a/\w+")
LARGEST = 30_000
"""Bytes: an old telephone on a bad line."""


@pytest.fixture(scope="module")
def evening() -> Iterator[Evening]:
    with Evening(migrate=migrate) as evening:
        evening.begin("checkpoint")
        yield evening


@pytest.fixture
def link(evening: Evening) -> str:
    """The coordinator's, out of its alert."""
    for _ in range(20):
        for text in evening.stage.phone("coordinator").inbox:
            if found := LINK.search(text):
                return found[0]
        evening.jump()
    raise AssertionError("no alert came")


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 640})
    yield context.new_page()
    context.close()


def test_the_enter_key_in_the_name_answers_nothing(page: Page, link: str) -> None:
    """Who writes a name and presses Enter has not answered yet."""
    page.goto(f"{link}?lang=en")
    page.get_by_label("Your name or function").fill("Duty officer")
    page.get_by_label("Your name or function").press("Enter")

    expect(page.get_by_text("Opening this page has recorded nothing.")).to_be_visible()


def test_one_pin_shows_the_details_by_the_enter_key_and_answers_nothing(page: Page, link: str) -> None:
    """Whoever is woken types the PIN once: the details come first, then the answer that they call for."""
    page.goto(f"{link}?lang=en")
    page.get_by_label("Your PIN").fill(PIN)
    page.get_by_label("Your PIN").press("Enter")

    expect(page.get_by_text("Place: L12")).to_be_visible()
    expect(page.get_by_text("Opening this page has recorded nothing.")).to_be_visible()
    expect(page.get_by_label("Your PIN")).to_have_count(0)


def test_the_page_is_light_and_leaves_nothing_behind(page: Page, link: str) -> None:
    """Under 30 kB, no cookie, nothing fetched from anywhere."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    answer = page.goto(link)

    assert answer is not None
    assert len(answer.body()) < LARGEST
    assert page.context.cookies() == []
    assert [url for url in asked if not url.endswith("/favicon.ico")] == [link]


def test_by_ear_the_matter_comes_first_then_whom_to_call_then_each_answer(page: Page, link: str) -> None:
    """In the order of the browser's accessibility tree, which is all that a screen reader has."""
    page.goto(f"{link}?lang=en")

    expect(page.locator("main")).to_match_aria_snapshot(
        """
        - heading /urgent alert/ [level=1]
        - paragraph: /Arrest · critical · reported/
        - paragraph:
          - text: For more, call
          - strong:
            - link /\\+57/
        - paragraph: Please do not mention this case in public or to others.
        - textbox "Your PIN"
        - button "Show details"
        - textbox "Your name or function (optional)"
        - paragraph: /Opening this page has recorded nothing/
        - button "I take charge"
        - button "I have passed it on"
        - button "I can't act"
        - group: Wrong person
        """
    )


def test_a_button_answers_without_scripts_and_the_answer_can_be_changed(page: Page, link: str) -> None:
    """A6: opening records nothing, a button does; then another one."""
    page.goto(f"{link}?lang=en")
    expect(page.get_by_text("Opening this page has recorded nothing.")).to_be_visible()

    page.locator("#answer-pin").fill(PIN)
    page.get_by_role("button", name="I take charge").click()
    expect(page.get_by_role("status")).to_contain_text("you take charge")

    page.get_by_text("Change my answer").click()
    page.get_by_role("button", name="I have passed it on").click()
    expect(page.get_by_role("status")).to_contain_text("you have passed it on")
