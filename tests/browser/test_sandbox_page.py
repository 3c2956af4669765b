"""The sandbox in a real browser, as a newcomer meets it: an alarm from three letters to the all-clear."""

import re

import pytest
from playwright.sync_api import Browser, expect

from alertnet.cli.demo.evening import Evening
from alertnet.cli.demo.page import page_over
from tests.browser.desk import Desk

pytestmark = pytest.mark.browser

ANA, COORDINATOR, DEPUTY = "north-ana", "colombia-coordinator", "colombia-coordinator-2"
OMBUDS, HEAD_OFFICE, EMBASSY = "colombia-ombuds", "international-head-office", "international-embassy-es"
ALERT = re.compile("URGENTE?")
CODE = re.compile(r"^\d{4}$")


def test_an_sos_reaches_the_coordinator_and_unanswered_the_next(desk: Desk) -> None:
    """SOS typed on the field's handset reaches the coordinator's phone and, unanswered, the next."""
    desk.writes(ANA, "SOS")

    expect(desk.screen(ANA)).to_contain_text("SOS")
    expect(desk.screen(COORDINATOR)).to_contain_text(ALERT)
    desk.says(COORDINATOR, "told")
    desk.jumps_until(lambda: bool(ALERT.search(desk.screen(DEPUTY).inner_text())))
    desk.says(DEPUTY, "told")
    expect(desk.page.locator("#lines")).to_contain_text("Second coordinator is told in place of Duty coordinator")


def test_an_evening_goes_from_the_sos_to_the_all_clear(desk: Desk) -> None:
    """A4, A6: call, code and link acknowledge, and the all-clear goes to exactly those who were told."""
    desk.writes(ANA, "SOS")
    desk.says(COORDINATOR, "ringing")
    code = desk.answers(COORDINATOR)
    desk.presses(COORDINATOR, code + "1")
    expect(desk.page.locator("#incident")).to_contain_text("critical · verified · open")

    desk.party(COORDINATOR).get_by_role("button", name=CODE).click()
    desk.says(COORDINATOR, "takes charge")

    desk.jumps_until(lambda: "told" in desk.marks(HEAD_OFFICE).inner_text())
    desk.party(HEAD_OFFICE).get_by_role("button", name=CODE).click()
    desk.says(HEAD_OFFICE, "takes charge")

    desk.jumps_until(lambda: "told" in desk.marks(EMBASSY).inner_text())
    with desk.page.expect_popup() as opened:
        desk.screen(EMBASSY).get_by_role("link").last.click()
    opened.value.get_by_role("button", name="Lo asumo").click()
    expect(opened.value.get_by_role("status")).to_contain_text("usted lo asume")
    desk.says(EMBASSY, "takes charge")

    desk.page.get_by_label("It is over:").select_option("released")
    desk.page.get_by_role("button", name="All-clear").click()
    expect(desk.page.locator("#incident")).to_contain_text("closed: released")
    for told in (COORDINATOR, HEAD_OFFICE, EMBASSY):
        expect(desk.screen(told).locator(".in").last).not_to_contain_text(ALERT)
    expect(desk.screen("international-ohchr")).to_contain_text("No messages yet.")


def test_a_code_keyed_in_a_call_acknowledges_and_silence_does_not(desk: Desk, evening: Evening) -> None:
    """A6: an answered call is no answer; the spoken code keyed back is one, here with the digits of the keyboard."""
    evening.begin("checkpoint")
    desk.jumps_until(lambda: "ringing" in desk.marks(COORDINATOR).inner_text())
    desk.answers(COORDINATOR)
    desk.party(COORDINATOR).get_by_role("button", name="Wait", exact=True).click()
    desk.party(COORDINATOR).get_by_role("button", name="Hang up").click()
    expect(desk.page.locator("#lines")).to_contain_text("answered, but no code was keyed")
    expect(desk.marks(COORDINATOR)).not_to_contain_text("takes charge")

    desk.jumps_until(lambda: "ringing" in desk.marks(COORDINATOR).inner_text())
    code = desk.answers(COORDINATOR)
    desk.screen(COORDINATOR).focus()
    desk.page.keyboard.type(code)

    desk.says(COORDINATOR, "takes charge")


def test_a_scanners_click_acknowledges_nothing_and_a_persons_does(desk: Desk, evening: Evening) -> None:
    """A6: HEAD and GET of every link, and an automatic reply; then the same link and a button."""
    evening.begin("scanner")
    desk.jumps_until(lambda: "1 mail" in desk.marks(EMBASSY).inner_text())
    card = desk.party(EMBASSY)
    expect(card).to_contain_text("(2 opened)")
    expect(desk.marks(EMBASSY)).not_to_contain_text("takes charge")

    card.locator(".letters").get_by_role("link").first.click()
    with desk.page.expect_popup() as opened:
        card.frame_locator("iframe").get_by_role("link").click()
    opened.value.get_by_role("button", name="Lo asumo").click()

    desk.says(EMBASSY, "takes charge")


def test_a_copied_code_from_a_strangers_telephone_counts_for_nothing(desk: Desk, evening: Evening) -> None:
    """A6: a right code from another number is reported, never counted."""
    evening.begin("copied")

    desk.jumps_until(lambda: "strange number" in desk.page.locator("#lines").inner_text())

    expect(desk.marks(COORDINATOR)).not_to_contain_text("takes charge")


def test_who_is_left_out_is_shown_with_the_reason(desk: Desk, evening: Evening) -> None:
    """A3: consent and exclusion bind, and are shown."""
    evening.begin("national")

    desk.says(EMBASSY, "left out: no consent to tell them")
    desk.says("colombia-ministry-defence", "left out: excluded")
    expect(desk.page.locator("#ring-international-1")).to_contain_text("left out")


@pytest.mark.long
def test_an_hour_passes_in_a_minute(desk: Desk, evening: Evening) -> None:
    """At 60x the next levels are told while somebody looks on, by the same rules."""
    evening.begin("nobody")
    desk.says(COORDINATOR, "without coverage")

    desk.page.get_by_role("button", name="60× speed", exact=True).click()
    desk.says(HEAD_OFFICE, "told")

    desk.page.get_by_role("button", name="1× speed", exact=True).click()
    expect(desk.page.get_by_role("button", name="1× speed", exact=True)).to_have_attribute("aria-pressed", "true")


def test_what_is_heard_is_spoken_in_its_language(desk: Desk, evening: Evening) -> None:
    """The words of a call go to the voices of the browser, each sentence once."""
    desk.page.evaluate("() => { speechSynthesis.speak = (said) => (window.said ||= []).push([said.lang, said.text]) }")
    desk.page.get_by_label("Speak calls aloud").check()
    desk.writes(ANA, "SOS")
    desk.says(COORDINATOR, "ringing")

    desk.answers(COORDINATOR)

    desk.page.wait_for_function("window.said?.length > 1")
    said = desk.page.evaluate("window.said")
    assert {language[:2] for language, _ in said} == {"es"}
    assert len({text for _, text in said}) == len(said)


def test_what_somebody_types_stays_while_the_page_changes(desk: Desk, evening: Evening) -> None:
    """News arrives beside the hand that writes, never under it."""
    box = desk.party(COORDINATOR).get_by_placeholder("Write an SMS")
    box.fill("I am on m")
    evening.stage.phone("ana").sends("SOS")
    expect(desk.screen(COORDINATOR)).to_contain_text(ALERT)

    expect(box).to_be_focused()
    expect(box).to_have_value("I am on m")


def test_what_cannot_be_done_is_said_aloud(desk: Desk) -> None:
    desk.party(ANA).get_by_label("It is").select_option("switched_off")
    expect(desk.marks(ANA)).to_contain_text("switched off")

    desk.writes(ANA, "SOS")

    expect(desk.page.get_by_role("alert")).to_contain_text("switched off")


def test_the_page_works_without_scripts(browser: Browser, evening: Evening) -> None:
    """Each button is a form of its own; what is new shows when the page is loaded again."""
    context = browser.new_context(java_script_enabled=False)
    with page_over(evening, 0) as url:
        page = context.new_page()
        page.goto(url)
        page.get_by_label("SMS from Ana Example").fill("SOS")
        page.get_by_label("SMS from Ana Example").press("Enter")

        expect(page.locator("#incident")).to_contain_text("not verified yet")
        assert page.url == url
    context.close()


@pytest.mark.long
def test_every_story_begins_on_a_stage_of_its_own(desk: Desk) -> None:
    """Each button of the list raises its incident, and nothing of the one before is left."""
    before = ""
    for scene in Evening.scenes:
        desk.page.locator(f'button[value="{scene.key}"]').click()
        expect(desk.page.locator(".ref")).not_to_have_text(before or "none")
        before = desk.page.locator(".ref").inner_text()

        expect(desk.page.locator("#incident")).not_to_contain_text("more")
        expect(desk.page.get_by_role("alert")).to_be_hidden()
