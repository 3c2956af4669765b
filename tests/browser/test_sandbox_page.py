"""The sandbox in a real browser, as a newcomer meets it: an alarm from three letters to the all-clear."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from alertnet.cli.demo.evening import Evening
from alertnet.cli.demo.play import page_over
from tests.browser.sandbox_page import MOST_JUMPS, SandboxPage

pytestmark = pytest.mark.browser

ANA, COORDINATOR = "north-ana", "colombia-coordinator"
HEAD_OFFICE, EMBASSY = "international-head-office", "international-embassy-es"
ALERT = re.compile("URGENTE?")
LARGEST = 30_000
"""Bytes."""
CODE = re.compile(r"^\d{4}$")
LIES_UNDER_THE_BAR = """() => {
  const [bar, here] = [document.querySelector(".clock"), document.activeElement];
  const [above, box] = [bar.getBoundingClientRect(), here.getBoundingClientRect()];
  return !bar.contains(here) && box.bottom > above.top && box.top < above.bottom ? here.outerHTML : "";
}"""
"""Where the focus stands, if the bar covers any of it."""


def passes(evening: Evening, until: Callable[[], bool]) -> None:
    """Let time go by without the page's button, which has tests of its own: to look after each press takes a second."""
    for _ in range(MOST_JUMPS):
        if until():
            return
        evening.jump()
    raise AssertionError("it did not come to that")


@pytest.mark.long
def test_the_time_who_is_rung_and_the_way_ahead_stay_in_sight(sandbox: SandboxPage) -> None:
    """However far somebody has scrolled, on whatever screen; and what was never hides what comes next."""
    sandbox.writes(ANA, "SOS")
    sandbox.says(COORDINATOR, "ringing")

    for width, height in ((320, 640), (768, 960), (1440, 900)):
        sandbox.page.set_viewport_size({"width": width, "height": height})
        sandbox.page.locator("#network").get_by_role("heading").last.scroll_into_view_if_needed()
        for seen in ("#face time", ".rings", "#jump"):
            expect(sandbox.page.locator(seen)).to_be_in_viewport(ratio=1)
        sandbox.page.locator("#coming").scroll_into_view_if_needed()
        for seen in ("#lines li", "#coming li"):
            expect(sandbox.page.locator(seen).first).to_be_in_viewport()


@pytest.mark.long
def test_nothing_that_the_keyboard_leads_to_lies_under_the_bar(sandbox: SandboxPage) -> None:
    """WCAG 2.4.11: on a small screen what the bar says of a story takes several lines."""
    page = sandbox.page
    page.set_viewport_size({"width": 320, "height": 640})
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    page.evaluate("document.getElementById('caption').textContent = 'The coordinator is told by SMS. '.repeat(3)")
    page.locator("summary").last.focus()

    covered = set()
    for _ in range(60):
        page.keyboard.press("Shift+Tab")
        covered.add(page.evaluate(LIES_UNDER_THE_BAR))

    assert page.evaluate("document.querySelector('.clock').offsetHeight") > 72
    assert covered == {""}


@pytest.mark.long
def test_the_page_is_light(sandbox: SandboxPage) -> None:
    """At most 30 kB on the line, with every telephone of the network on it; a mail has its frame once it is read."""
    sandbox.writes(ANA, "SOS")
    sandbox.says(COORDINATOR, "ringing")

    answer = sandbox.page.reload()

    assert answer is not None
    assert len(answer.body()) > LARGEST
    assert answer.request.sizes()["responseBodySize"] < LARGEST
    assert len(sandbox.page.frames) == 1


@pytest.mark.long
def test_who_is_rung_is_one_press_away(sandbox: SandboxPage) -> None:
    sandbox.writes(ANA, "SOS")
    sandbox.says(COORDINATOR, "ringing")

    sandbox.page.locator("#time").get_by_role("link").click()

    expect(sandbox.page.locator(f"#party-{COORDINATOR} .screen")).to_be_in_viewport()


def test_an_evening_goes_from_the_sos_to_the_all_clear(sandbox: SandboxPage, evening: Evening) -> None:
    """A4, A6: call, code and link acknowledge, and the all-clear goes to exactly those who were told."""
    sandbox.writes(ANA, "SOS")
    expect(sandbox.screen(ANA)).to_contain_text("SOS")
    expect(sandbox.page.locator("#incident").get_by_role("heading")).to_have_text("SOS")
    sandbox.says(COORDINATOR, "ringing")
    expect(sandbox.screen(COORDINATOR)).to_contain_text(ALERT)
    code = sandbox.answers(COORDINATOR)
    sandbox.presses(COORDINATOR, code + "1")
    expect(sandbox.page.locator("#incident")).to_contain_text("critical · verified · open")
    sandbox.presses(COORDINATOR, "1")
    sandbox.says(COORDINATOR, "takes charge")
    sandbox.party(COORDINATOR).get_by_role("button", name="Hang up").click()

    sandbox.jumps_until(lambda: "told" in sandbox.marks(HEAD_OFFICE).inner_text())
    sandbox.party(HEAD_OFFICE).get_by_role("button", name=CODE).click()
    sandbox.says(HEAD_OFFICE, "takes charge")

    passes(evening, lambda: bool(evening.stage.phone("embassy-es").inbox))
    sandbox.says(EMBASSY, "told")
    with sandbox.page.expect_popup() as opened:
        sandbox.screen(EMBASSY).get_by_role("link").last.click()
    opened.value.get_by_role("button", name="Me hago cargo").click()
    expect(opened.value.get_by_role("status")).to_contain_text("usted se hace cargo")
    sandbox.says(EMBASSY, "takes charge")

    sandbox.page.get_by_text("Give the all-clear …").click()
    expect(sandbox.page.locator("#incident")).to_contain_text("Is the team safe?")
    sandbox.page.get_by_label("How it ended:").select_option("released")
    sandbox.page.get_by_role("button", name="Yes, it is over").click()
    expect(sandbox.page.locator("#incident")).to_contain_text("closed: released")
    for told in (COORDINATOR, HEAD_OFFICE, EMBASSY):
        expect(sandbox.screen(told).locator(".in").last).not_to_contain_text(ALERT)
    expect(sandbox.screen("international-ohchr")).to_contain_text("No messages yet.")


@pytest.mark.long
def test_a_code_keyed_in_a_call_acknowledges_and_silence_does_not(sandbox: SandboxPage, evening: Evening) -> None:
    """A6: an answered call is no answer; the 1 after the spoken code is one, here with the digits of the keyboard."""
    evening.begin("checkpoint")
    coordinator = evening.stage.phone("coordinator")
    passes(evening, lambda: coordinator.ringing is not None)
    sandbox.answers(COORDINATOR)
    sandbox.party(COORDINATOR).get_by_role("button", name="Wait", exact=True).click()
    sandbox.party(COORDINATOR).get_by_role("button", name="Hang up").click()
    expect(sandbox.page.locator("#lines")).to_contain_text("answered, but no code was keyed")
    expect(sandbox.marks(COORDINATOR)).not_to_contain_text("takes charge")

    passes(evening, lambda: coordinator.ringing is not None)
    code = sandbox.answers(COORDINATOR)
    sandbox.screen(COORDINATOR).focus()
    sandbox.page.keyboard.type(code)
    sandbox.says(COORDINATOR, "heard the call")
    sandbox.screen(COORDINATOR).focus()
    sandbox.page.keyboard.type("1")

    sandbox.says(COORDINATOR, "takes charge")


@pytest.mark.long
def test_a_scanners_click_acknowledges_nothing_and_a_persons_does(sandbox: SandboxPage, evening: Evening) -> None:
    """A6: HEAD and GET of every link, and an automatic reply; then the same link and a button."""
    evening.begin("scanner")
    passes(evening, lambda: bool(evening.sandbox.mailbox("derechos-humanos@embajada-es.example").mails))
    sandbox.says(EMBASSY, "1 mail")
    card = sandbox.party(EMBASSY)
    expect(card).to_contain_text("(2 opened)")
    expect(sandbox.marks(EMBASSY)).not_to_contain_text("takes charge")

    card.locator(".letters").get_by_role("link").first.click()
    with sandbox.page.expect_popup() as opened:
        card.frame_locator("iframe").get_by_role("link").click()
    opened.value.get_by_role("button", name="Me hago cargo").click()

    sandbox.says(EMBASSY, "takes charge")


@pytest.mark.long
def test_an_hour_passes_in_a_minute(sandbox: SandboxPage, evening: Evening) -> None:
    """At 60x the next levels are told while somebody looks on, by the same rules."""
    evening.begin("nobody")
    sandbox.says(COORDINATOR, "without coverage")

    sandbox.page.get_by_role("button", name="60× speed", exact=True).click()
    sandbox.says(HEAD_OFFICE, "told")

    sandbox.page.get_by_role("button", name="1× speed", exact=True).click()
    expect(sandbox.page.get_by_role("button", name="1× speed", exact=True)).to_have_attribute("aria-pressed", "true")


@pytest.mark.long
def test_a_story_plays_by_itself_to_an_end_that_can_be_kept(sandbox: SandboxPage) -> None:
    """Nobody touches anything: people answer, a line says what happens, and what came of it is a picture."""
    sandbox.page.get_by_role("button", name="Watch “Arrested at a checkpoint”").click()
    expect(sandbox.page.locator("#caption")).to_contain_text("takes charge", timeout=90_000)

    card = sandbox.page.get_by_role("img", name=re.compile(r"^\d+ told, [234] took charge, 22 minutes$"))
    expect(card).to_be_visible(timeout=120_000)
    assert card.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1200
    with sandbox.page.expect_download() as saved:
        sandbox.page.get_by_role("link", name="Save this picture").click()
    assert Path(saved.value.path()).read_bytes().startswith(b"\x89PNG")
    expect(sandbox.page.get_by_role("button", name="1× speed", exact=True)).to_have_attribute("aria-pressed", "true")


def test_what_is_heard_is_spoken_in_its_language(sandbox: SandboxPage, evening: Evening) -> None:
    """The words of a call go to the voices of the browser, each sentence once."""
    sandbox.page.evaluate(
        "() => { speechSynthesis.speak = (said) => (window.said ||= []).push([said.lang, said.text]) }"
    )
    sandbox.page.get_by_label("Speak calls aloud").check()
    sandbox.writes(ANA, "SOS")
    sandbox.says(COORDINATOR, "ringing")

    sandbox.answers(COORDINATOR)

    sandbox.page.wait_for_function("window.said?.length > 1")
    said = sandbox.page.evaluate("window.said")
    assert {language[:2] for language, _ in said} == {"es"}
    assert len({text for _, text in said}) == len(said)


def test_what_somebody_types_stays_while_the_page_changes(sandbox: SandboxPage, evening: Evening) -> None:
    """News arrives beside the hand that writes, never under it."""
    box = sandbox.party(COORDINATOR).get_by_placeholder("Write an SMS")
    box.fill("I am on m")
    evening.stage.phone("ana").sends("SOS")
    expect(sandbox.screen(COORDINATOR)).to_contain_text(ALERT)

    expect(box).to_be_focused()
    expect(box).to_have_value("I am on m")


@pytest.mark.long
def test_behind_other_tabs_the_page_rests_and_catches_up(sandbox: SandboxPage, evening: Evening) -> None:
    """Each page that is live has everything looked at four times a second."""
    page = sandbox.page
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert page.evaluate("stream.readyState === EventSource.CLOSED")
    evening.stage.phone("ana").sends("SOS")

    page.evaluate("delete document.hidden")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    expect(sandbox.screen(COORDINATOR)).to_contain_text(ALERT)


def test_what_cannot_be_done_is_said_aloud(sandbox: SandboxPage) -> None:
    sandbox.party(ANA).get_by_label("It is").select_option("switched_off")
    expect(sandbox.marks(ANA)).to_contain_text("switched off")

    sandbox.writes(ANA, "SOS")

    expect(sandbox.page.get_by_role("alert")).to_contain_text("switched off")


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


A_STAGE = 90_000
"""Milliseconds in which a stage is cleared and another set up, on a busy machine."""


@pytest.mark.long
def test_every_story_begins_on_a_stage_of_its_own(sandbox: SandboxPage, evening: Evening) -> None:
    """Each button of the list raises its incident, at once or from the field, and nothing of the one before is left."""
    before = "none"
    for scene in evening.scenes:
        if sandbox.page.locator("#scenes").get_attribute("open") is None:
            sandbox.page.locator("#scenes > summary").click()
        sandbox.page.locator(f'button[name="scene"][value="{scene.key}"]').click()
        if scene.key in ("road", "roll-call"):
            expect(sandbox.page.locator(".ref")).to_have_count(0, timeout=A_STAGE)
            expect(sandbox.page.locator("#lines")).not_to_be_empty()
        else:
            expect(sandbox.page.locator(".ref")).to_have_text(re.compile(f"^(?!{before}).+"), timeout=A_STAGE)
            before = sandbox.page.locator(".ref").inner_text()

        expect(sandbox.page.locator("#incident")).not_to_contain_text("this is the newest")
        expect(sandbox.page.get_by_role("alert")).to_be_hidden()
