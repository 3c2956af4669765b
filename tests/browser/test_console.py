"""The evening at the console: two coordinators, three telephones; with scripts and without, on a small telephone."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from alertnet.cli.demo.evening import Evening
from alertnet.cli.demo.play import page_over
from alertnet.flows.credentials.users import add_user, renew_recovery
from alertnet.store.records.credentials.users import Role
from tests.browser.conftest import PATIENCE
from tests.web.console.desk import HASH, PASSWORD

pytestmark = pytest.mark.browser


@dataclass(frozen=True)
class Console:
    """Somebody's browser at the console of the evening."""

    page: Page
    hosts: set[str]

    @property
    def base(self) -> str:
        return self.page.url.partition("/desk")[0]

    def opens(self, path: str = "") -> None:
        self.page.goto(f"{self.base}/desk{path}")

    def looks_at_the_incident(self) -> None:
        self.opens()
        self.page.locator("#open h3 a").first.click()

    def folds_out(self, summary: str) -> None:
        self.page.get_by_text(summary, exact=True).click()


def sit_down(browser: Browser, sandbox: str, **options: object) -> tuple[BrowserContext, Console]:
    """Open the console by the sandbox's link, and note which hosts the browser asks."""
    context = browser.new_context(**options)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE)
    hosts: set[str] = set()
    context.on("request", lambda request: hosts.add(request.url.split("/")[2].partition(":")[0]))
    page = context.new_page()
    page.goto(f"{sandbox}desk")
    return context, Console(page, hosts)


@pytest.fixture
def sandbox_url(evening: Evening) -> Iterator[str]:
    with page_over(evening, 0) as url:
        yield url


def test_two_coordinators_see_decide_and_close_one_evening(
    browser: Browser, evening: Evening, sandbox_url: str
) -> None:
    """Each sees at once what the other does; nothing is decided twice; nothing comes from another host."""
    (one, maria), (other, ben) = sit_down(browser, sandbox_url), sit_down(browser, sandbox_url)
    expect(maria.page.get_by_text("No incident is open.")).to_be_visible()

    evening.stage.phone("ana").sends("SOS")
    for console in (maria, ben):
        expect(console.page.locator(".question", has_text="genuine")).to_be_visible()
        expect(console.page).to_have_title(re.compile(r"^\([12]\) Board"))

    maria.page.locator(".matter", has_text="genuine").get_by_role("button", name="Go").click()
    expect(ben.page.locator(".question", has_text="genuine")).to_have_count(0)

    ben.looks_at_the_incident()
    ben.folds_out("Somebody has answered me")
    ben.page.locator("#vouch-who").select_option(index=1)
    ben.page.locator("#vouch-kind").select_option("acknowledged")
    ben.page.get_by_role("button", name="Record the answer").click()
    expect(ben.page.get_by_text("Recorded: what you heard.")).to_be_visible()
    expect(maria.page.get_by_text("acting:")).to_be_visible()

    maria.looks_at_the_incident()
    maria.folds_out("It is over")
    maria.page.locator("#close-reason").select_option("released")
    maria.page.get_by_role("button", name="See who would hear it").click()
    expect(maria.page.locator("blockquote").first).to_be_visible()
    maria.page.get_by_role("button", name="Yes, it is over").click()
    expect(ben.page.locator("#sentences")).to_contain_text("it is closed")

    assert maria.hosts | ben.hosts == {"127.0.0.1"}
    one.close()
    other.close()


def test_without_scripts_and_on_a_small_telephone_every_act_works(
    browser: Browser, evening: Evening, sandbox_url: str
) -> None:
    """A drill is raised, decided and closed by forms alone, with nothing to scroll sideways for."""
    context, desk = sit_down(browser, sandbox_url, java_script_enabled=False, viewport={"width": 320, "height": 640})
    page = desk.page
    desk.opens("/drills/new")
    page.get_by_label("What has happened").select_option("threat")
    page.get_by_label("Country").select_option("CO")
    page.get_by_role("button", name="See who takes part").click()
    expect(page.get_by_role("heading", name="Who will be told")).to_be_visible()
    page.get_by_role("button", name="Begin the drill now").click()
    expect(page.get_by_text("The drill has begun; the first are told now.")).to_be_visible()

    desk.folds_out("There is news, or it is graver than thought")
    page.get_by_label("What is new").fill("We begin")
    page.get_by_role("button", name="Tell the news").click()
    expect(page.locator("#lines")).to_contain_text("We begin")

    desk.folds_out("It is over")
    page.get_by_label("How it ended").select_option("resolved")
    page.get_by_role("button", name="See who would hear it").click()
    page.get_by_role("button", name="Yes, it is over").click()
    expect(page.locator("#sentences")).to_contain_text("it is closed (resolved")
    desk.opens("/drills")
    expect(page.get_by_text("No incident is open.")).to_be_visible()
    context.close()


def test_what_somebody_fills_in_stays_while_the_page_changes(
    browser: Browser, evening: Evening, sandbox_url: str
) -> None:
    """News arrives beside the hand that writes, never under it."""
    context, desk = sit_down(browser, sandbox_url)
    evening.stage.phone("ana").sends("SOS")
    expect(desk.page.locator("#open h3 a")).to_have_count(1)
    desk.looks_at_the_incident()
    desk.folds_out("There is news, or it is graver than thought")
    desk.page.get_by_label("What is new").fill("I am on my w")

    evening.stage.phone("ana").sends("NEWS we are at the bridge")

    expect(desk.page.locator("#texts")).to_contain_text("at the bridge")
    expect(desk.page.get_by_label("What is new")).to_have_value("I am on my w")
    expect(desk.page.get_by_label("What is new")).to_be_focused()
    context.close()


def test_a_countdown_runs_and_says_when_the_line_is_broken(
    browser: Browser, evening: Evening, sandbox_url: str
) -> None:
    context, desk = sit_down(browser, sandbox_url)
    evening.stage.phone("ana").sends("SOS")
    expect(desk.page.locator("#open time").first).to_have_text(re.compile(r"^in \d+ min \d+ s$"))
    expect(desk.page.locator("#line")).to_have_text(re.compile(r"^Live, as of \d\d:\d\d:\d\d$"))

    context.set_offline(True)
    desk.page.evaluate("heard = 0; tick()")

    expect(desk.page.locator("#line")).to_contain_text("The line is broken: this is as of")
    context.close()


def test_three_keys_lead_to_an_act_on_what_was_named(browser: Browser, evening: Evening, sandbox_url: str) -> None:
    """`/`, what it is called, Enter, and the key that stands beside the act; none of it where it is switched off."""
    context, desk = sit_down(browser, sandbox_url)
    page = desk.page
    evening.stage.phone("ana").sends("SOS")
    ref = page.locator("#open h3 a").inner_text()

    page.keyboard.press("/")
    page.keyboard.type(ref)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(ref)
    page.keyboard.press("4")

    expect(page.locator("#do-update")).to_have_attribute("open", "")
    desk.opens("/account")
    page.get_by_label("Single keys").uncheck()
    page.keyboard.press("/")
    expect(page.locator("#find")).not_to_be_focused()
    context.close()


def test_a_passkey_is_made_and_opens_the_console(browser: Browser, evening: Evening) -> None:
    """By the browser's own authenticator: after the password it stands for the code."""
    runtime = evening.stage.runtime
    runtime.transact(add_user, "maria", Role.COORDINATOR, HASH, "test")
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    devices = context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    automatic = {"isUserVerified": True, "automaticPresenceSimulation": True}
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": {**options, **automatic}})
    desk = f"{evening.stage.api.url.replace('127.0.0.1', 'localhost')}/desk"  # A passkey is for a name, not a number.
    page.goto(desk)
    page.get_by_label("Name").fill("maria")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Code of your").fill(next(iter(runtime.transact(renew_recovery, "maria", "test"))))
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.goto(f"{desk}/account")
    page.get_by_label("What you call the device").fill("my laptop")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="It is me, go on").click()
    expect(page.get_by_role("button", name="Remove my laptop")).to_be_visible()
    page.get_by_role("button", name="Sign out", exact=True).click()

    page.get_by_label("Name").fill("maria")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in with a passkey").click()

    expect(page.get_by_role("heading", name="To decide")).to_be_visible()
    context.close()
