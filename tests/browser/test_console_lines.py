"""The console on a bad line: what is sent counts once, what is typed survives, and no page takes a line in vain."""

import re

import pytest
from playwright.sync_api import Route, expect
from sqlalchemy import text as sql

from alertnet.cli.demo.evening import Evening
from alertnet.cli.demo.stage import COORDINATOR
from alertnet.flows.credentials.users import sign_out
from alertnet.store.tables import incidents
from tests.browser.console import Console

pytestmark = pytest.mark.browser

SECRET = "He is in the white house by the mill"
HIDE = "hide => { Object.defineProperty(document, 'hidden', { value: hide, configurable: true });"
HIDE += " document.dispatchEvent(new Event('visibilitychange')) }"
SILENT_UNTIL_TOUCHED = """window.rung = 0;
window.AudioContext = class {
    state = "suspended";
    currentTime = 0;
    turn(state) { if (this.state !== state) this.state = state, this.onstatechange() }
    resume() { if (navigator.userActivation.isActive) this.turn("running") }
    suspend() { this.turn("suspended") }
    createOscillator() { return { connect: (next) => next, start: () => { rung += this.state[0] === "r" }, stop() {} } }
    createGain() { return { connect() {}, gain: { setValueAtTime() {}, exponentialRampToValueAtTime() {} } } }
};"""
"""As in Safari, and in Firefox after each load of a page."""
FOLLOWS = "() => stream !== null && stream.readyState === EventSource.OPEN"


def raised(evening: Evening) -> list[str]:
    return evening.stage.runtime.read(lambda tx: [row.ref for row in tx.session.execute(incidents.select())])


def fills_in(desk: Console) -> None:
    page = desk.page
    page.get_by_label("What has happened").select_option("threat")
    page.get_by_label("Country").select_option("CO")
    page.get_by_label("In one line").fill(SECRET)


def test_an_act_on_a_line_that_breaks_is_done_once_and_the_page_says_which(desk: Console, evening: Evening) -> None:
    """First the request is lost, then the answer: what is sent again until there is one counts once.

    It is pressed while who would be told is still asked, which keeps nobody from raising.
    """
    page = desk.page
    desk.opens("/raise")
    fills_in(desk)
    expect(page.locator("#told h2")).to_be_visible()
    lost: list[str] = []

    def breaks(route: Route) -> None:
        if "step=preview" in (route.request.post_data or ""):  # Never answered.
            return
        lost.append("answer" if lost else "request")
        if lost[-1] == "answer":
            route.fetch()
        route.abort()
        if len(lost) == 2:
            page.unroute("**/desk/raise")

    page.route("**/desk/raise", breaks)
    page.get_by_role("button", name="See who will be told").click()
    expect(page.locator(".sending")).to_be_visible()
    page.get_by_role("button", name="Raise the alarm").click()

    expect(page.locator(".sending")).to_contain_text("nobody knows yet whether this was recorded")
    expect(page.get_by_role("alert")).to_contain_text("This was recorded before")
    assert lost == ["request", "answer"]
    [ref] = raised(evening)
    page.get_by_role("link", name="How it stands now").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(ref)


def test_who_will_be_told_is_said_of_what_the_form_says_now(desk: Console) -> None:
    """The answer to what it said before comes last, as it may on a bad line."""
    page = desk.page
    desk.opens("/raise")
    held: list[Route] = []
    page.route("**/desk/raise", lambda route: route.continue_() if held else held.append(route))

    fills_in(desk)
    page.get_by_label("How far").select_option("national")
    expect(page.locator("#told")).to_contain_text("Ombuds")
    with page.expect_response("**/desk/raise") as late:
        held[0].continue_()

    # Whom to spare stands behind, by all names that there are.
    said = late.value.text().partition('name="exclude"')[0]
    assert ("Duty desk" in said, "Ombuds" in said) == (True, False)
    page.evaluate("() => new Promise(requestAnimationFrame)")
    expect(page.locator("#told")).to_contain_text("Ombuds")


def test_a_draft_survives_a_broken_line_and_a_searched_laptop_shows_nothing_of_it(
    desk: Console, evening: Evening
) -> None:
    """What is on the disk is sealed by a key that only the page has; once it was sent nothing is left.

    Where the browser sends it by itself nobody would take it away: so an old one keeps and brings nothing. Nor does one
    that can't sound, as in Lockdown Mode, offer to.
    """
    desk.opens("/raise")
    fills_in(desk)
    desk.page.wait_for_function("() => localStorage.getItem('desk-draft')")
    kept = desk.page.evaluate("() => Object.values(localStorage).map((each) => each + atob(each)).join()")
    assert SECRET not in kept
    desk.context.set_offline(True)
    desk.page.close()
    desk.context.set_offline(False)
    old = desk.context.new_page()
    old.add_init_script("delete AbortSignal.timeout; delete window.AudioContext")
    old.goto(f"{evening.stage.api.url}/desk/raise")
    old.evaluate("keep()")
    expect(old.locator("#draft")).to_be_hidden()
    old.goto(f"{evening.stage.api.url}/desk")
    old.wait_for_function(FOLLOWS)
    expect(old.locator("#sound")).to_be_hidden()

    again = Console(desk.context.new_page(), set())
    again.page.goto(f"{evening.stage.api.url}/desk/raise")
    expect(again.page.locator("#draft")).to_be_visible()
    expect(again.page.get_by_label("In one line")).to_have_value(SECRET)
    again.page.get_by_role("button", name="Raise the alarm").click()
    expect(again.page.get_by_text("Raised; the first are told now.")).to_be_visible()

    assert again.page.evaluate("() => localStorage.length") == 0
    again.opens("/raise")
    expect(again.page.get_by_label("In one line")).to_have_value("")
    assert len(raised(evening)) == 1


def test_tabs_of_one_browser_leave_lines_free_and_each_is_true_once_it_is_seen(desk: Console, evening: Evening) -> None:
    """A browser has six lines to a server: a tab that nobody sees gives its own up, but for one board, which sounds.

    Its box is ticked while it does.
    """
    board = f"{evening.stage.api.url}/desk"
    desk.context.add_init_script(SILENT_UNTIL_TOUCHED)
    tabs = [desk.page]
    for _ in range(3):
        tabs[-1].evaluate(HIDE, True)
        tabs.append(desk.context.new_page())
        tabs[-1].goto(board)

    tabs[-1].wait_for_function(FOLLOWS)
    assert [tab.evaluate(FOLLOWS) for tab in tabs] == [True, False, False, True]
    sound = tabs[-1].get_by_label("A sound when")
    sound.check()
    assert tabs[-1].evaluate("rung") == 1
    evening.stage.phone("ana").sends("SOS")
    for tab in (tabs[0], tabs[-1]):
        expect(tab).to_have_title(re.compile(r"^\([12]\) Board"))
    expect(tabs[1]).to_have_title(re.compile("^Board"))
    assert tabs[-1].evaluate("rung") > 1
    tabs[-1].reload()
    expect(sound).not_to_be_checked()
    expect(sound.locator("..")).to_have_class("sound old")
    tabs[-1].get_by_role("heading", level=1).click()
    expect(sound).to_be_checked()
    tabs[-1].reload()
    sound.press("Space")
    expect(sound).to_be_checked()

    tabs[1].evaluate(HIDE, False)

    expect(tabs[1]).to_have_title(re.compile(r"^\([12]\) Board"))


def test_a_page_says_since_when_it_is_old_while_the_database_is_away_and_is_true_again_after(
    desk: Console, evening: Evening
) -> None:
    line, runtime = desk.page.locator("#line"), evening.stage.runtime
    desk.page.wait_for_function(FOLLOWS)
    expect(line).to_contain_text("Live, as of")

    runtime.transact(lambda tx: tx.session.execute(sql("ALTER TABLE timeline RENAME TO elsewhere")))
    expect(line).to_have_text(re.compile(r"^The line is broken: this is as of \d\d:\d\d:\d\d$"))
    runtime.transact(lambda tx: tx.session.execute(sql("ALTER TABLE elsewhere RENAME TO timeline")))
    evening.stage.phone("ana").sends("SOS")

    expect(line).to_contain_text("Live, as of")
    expect(desk.page.locator("#open > li")).to_have_count(1)


def test_a_page_that_was_open_for_a_day_says_that_its_session_has_ended(desk: Console, evening: Evening) -> None:
    """What stands there is old, and it says so; the way back in is a press away."""
    desk.page.wait_for_function(FOLLOWS)

    evening.stage.runtime.transact(sign_out, COORDINATOR, "test")
    evening.stage.phone("ana").sends("SOS")

    expect(desk.page.locator("#line")).to_contain_text("This session has ended, and this is as of")
    desk.page.get_by_role("link", name="Sign in").click()
    expect(desk.page.get_by_role("heading", level=1)).to_have_text("Sign in")
