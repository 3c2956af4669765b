"""The evening at the console: two coordinators, three contacts; with scripts and without, on a small telephone."""

import re
import time
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from alertnet.cli.demo.evening import Evening
from alertnet.cli.demo.stage import COORDINATOR
from alertnet.core.inbound.on_the_road.journey import Journey, JourneyKind, Leg
from alertnet.flows.credentials.users import add_user, renew_recovery
from alertnet.flows.desk.board import read_board
from alertnet.flows.journeys.check_in import announce_journey
from alertnet.runtime import tree_editing
from alertnet.store.db.tx import Tx
from alertnet.store.records.credentials import users
from alertnet.store.records.credentials.users import Role
from alertnet.web.console.sessions import COOKIE
from tests.browser.conftest import PATIENCE
from tests.browser.console import Console, SitDown
from tests.browser.sights import CODE, LINK
from tests.web.console.desk import HASH, PASSWORD

pytestmark = pytest.mark.browser

README = Path(__file__).parents[2] / "README.md"
SECOND_GENERATION = {"latency": 300, "downloadThroughput": 31_250, "uploadThroughput": 6_250}
"""A line in milliseconds, and in bytes a second."""


@pytest.mark.long
def test_an_evening_of_two_coordinators_and_three_contacts(
    browser: Browser, evening: Evening, sit_down: SitDown
) -> None:
    """From the alarm to the all-clear: each sees at once what the others do, and nothing comes from another host.

    Maria sits where there is but the slowest line.
    """
    maria, ben = sit_down(), sit_down()
    stage, both = evening.stage, (maria, ben)
    maria.context.new_cdp_session(maria.page).send(
        "Network.emulateNetworkConditions", {"offline": False, **SECOND_GENERATION}
    )
    ben.context.add_cookies([{"name": COOKIE, "value": stage.runtime.transact(ben_signs_in), "url": stage.api.url}])
    ben.opens()

    # Ana cries for help; both hear, and look; each sees that the other does.
    stage.phone("ana").sends("SOS")
    for console in both:
        expect(console.page.locator(".question", has_text="genuine")).to_be_visible()
        expect(console.page).to_have_title(re.compile(r"^\([12]\) Board"))
        console.looks_at_the_incident()
    expect(maria.page.locator("#here")).to_contain_text("ben")
    expect(ben.page.locator("#here")).to_contain_text(COORDINATOR)

    # Maria decides while Ben writes: the question goes from his page, and nothing from under his hand.
    ben.folds_out("There is news, or it is graver than thought")
    ben.page.get_by_label("What is new").fill("They let u")
    maria.page.get_by_role("button", name="Yes, go").click()
    expect(ben.page.locator(".question", has_text="genuine")).to_have_count(0)

    # The first contact answers by SMS.
    alert = next(match for text in stage.phone("coordinator").inbox if (match := CODE.search(text)))
    stage.phone("coordinator").sends(f"OK {alert[1]}")
    for console in both:
        expect(console.page.locator("#answers")).to_contain_text("Duty coordinator")
    expect(ben.page.get_by_label("What is new")).to_be_focused()
    expect(ben.page.get_by_label("What is new")).to_have_value("They let u")
    ben.page.get_by_label("What is new").fill("They let us go")
    ben.page.get_by_role("button", name="Tell the news").click()
    expect(maria.page.locator("#lines")).to_contain_text("They let us go")

    # The second by the page of its link, on a small telephone without scripts; Maria vouches for the third.
    while not (found := [match for text in stage.phone("ombuds").inbox if (match := LINK.search(text))]):
        evening.jump()
    telephone = browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 640})
    theirs = telephone.new_page()
    theirs.goto(f"{found[0][0]}?lang=en")
    theirs.get_by_role("button", name="I take charge").click()
    for console in both:
        expect(console.page.locator("#answers")).to_contain_text("Office of the Ombudsman")
    maria.folds_out("Somebody has answered me")
    maria.page.locator("#vouch-who").select_option(label="National Network of Defenders (defenders-network)")
    maria.page.locator("#vouch-kind").select_option("acknowledged")
    maria.page.get_by_role("button", name="Record the answer").click()
    expect(ben.page.locator("#answers")).to_contain_text("National Network of Defenders")

    # Are the authorities to be told? Ben holds that; Maria sees it before she presses anything.
    while not asks_about_a_level(evening):
        evening.jump()
    for console in both:
        expect(console.page.locator(".question", has_text="Tell")).to_be_visible()
    ben.page.locator(".matter", has_text="Tell").get_by_role("button", name="Hold").click()
    expect(maria.page.locator(".matter", has_text="Tell")).to_contain_text("You are asked again")

    # It is over, and whoever was told hears it.
    before = len(stage.phone("ombuds").inbox)
    maria.folds_out("It is over")
    maria.page.locator("#close-reason").select_option("released")
    maria.page.get_by_role("button", name="See who would hear it").click()
    expect(maria.page.locator("blockquote").first).to_be_visible()
    maria.page.get_by_role("button", name="Yes, it is over").click()
    expect(ben.page.locator("#sentences")).to_contain_text("it is closed")
    while len(stage.phone("ombuds").inbox) == before:
        evening.jump()

    # It was not: who looks at it as closed, which shows less, sees that too.
    ben.page.reload()
    maria.folds_out("It is not over after all")
    maria.page.get_by_label("Why").fill("They are back")
    maria.page.get_by_role("button", name="Open it again").click()
    expect(ben.page.locator("#lines")).to_contain_text("Opened again")

    assert maria.hosts | ben.hosts == {"127.0.0.1"}
    telephone.close()


def ben_signs_in(tx: Tx) -> str:
    """The second coordinator, with a session."""
    add_user(tx, "ben", Role.COORDINATOR, HASH, "test")
    user = users.named(tx, "ben")
    assert user is not None
    return users.begin_session(tx, user)


def asks_about_a_level(evening: Evening) -> bool:
    board = evening.stage.runtime.read(read_board)
    return any(matter.subject == "level" for matter in board.matters)


def test_without_scripts_and_on_a_small_telephone_every_act_works(sit_down: SitDown, evening: Evening) -> None:
    """A drill is raised, decided and closed by forms alone, with nothing to scroll sideways for."""
    desk = sit_down(java_script_enabled=False, viewport={"width": 320, "height": 640})
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


def test_what_somebody_did_is_recorded_with_scripts_too(desk: Console, evening: Evening) -> None:
    """Its form has a field `action`, which a script finds where it looks for the form's own address."""
    evening.stage.phone("ana").sends("SOS")
    desk.looks_at_the_incident()
    desk.folds_out("Somebody has done something")
    desk.page.locator("#action-who").select_option(index=1)
    desk.page.locator("#action-what").select_option("visited")

    desk.page.get_by_role("button", name="Record the action").click()

    expect(desk.page.locator("#lines")).to_contain_text("visited")


def test_a_countdown_runs_and_says_when_the_line_is_broken(desk: Console, evening: Evening) -> None:
    evening.stage.phone("ana").sends("SOS")
    expect(desk.page.locator("#open time").first).to_have_text(re.compile(r"^\d\d:\d\d \(in \d+ min( \d+ s)?\)$"))
    expect(desk.page.locator("#line")).to_have_text(re.compile(r"^Live, as of \d\d:\d\d:\d\d$"))

    # The question came by the stream, and its form has the proof of this page. An iPhone of 2015 sends it by itself.
    desk.page.evaluate("delete AbortSignal.timeout")
    with desk.page.expect_navigation():
        desk.page.get_by_role("button", name="Yes, go").click()
    expect(desk.page.get_by_text("Nothing waits for you now.")).to_be_visible()
    desk.context.set_offline(True)
    # In one go: what is under way by then may still be heard.
    line = desk.page.evaluate("heard = 0; tick(); document.getElementById('line').textContent")

    assert "The line is broken: this is as of" in line


def test_three_keys_lead_to_an_act_on_what_was_named(desk: Console, evening: Evening) -> None:
    """`/`, what it is called, Enter, and the key that stands beside the act; none of it where it is switched off.

    And no page asks another host for anything.
    """
    page = desk.page
    evening.stage.phone("ana").sends("SOS")
    ref = page.locator("#open h3 a").inner_text()

    page.keyboard.press("/")
    page.keyboard.type(ref)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(ref)
    page.wait_for_load_state()
    page.keyboard.press("4")

    expect(page.locator("#do-update")).to_have_attribute("open", "")
    desk.opens("/account")
    page.get_by_label("Single keys").uncheck()
    page.keyboard.press("/")
    expect(page.locator("#find")).not_to_be_focused()
    assert desk.hosts == {"127.0.0.1"}


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
    page.locator("input[type=password]").fill(PASSWORD)
    page.get_by_role("button", name="It is me, go on").click()
    expect(page.get_by_role("button", name="Remove my laptop")).to_be_visible()
    page.get_by_role("button", name="Sign out", exact=True).click()

    page.get_by_label("Name").fill("maria")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in with a passkey").click()

    expect(page.get_by_role("heading", name="To do")).to_be_visible()
    context.close()


@pytest.mark.long
def test_who_knows_nothing_but_the_readme_begins_decides_and_closes_a_drill(desk: Console) -> None:
    """Its words are those of the pages, in that order; what must be chosen is, as the last there is."""
    [story] = re.findall(r"^A drill takes five minutes: .*?\n\n", README.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    words = [" ".join(each.split()) for each in re.findall(r"\*(.+?)\*", story)]
    page = desk.page
    began, empty = time.monotonic(), page.locator("select:required:invalid").locator("visible=true")

    for said in words:
        begins = re.compile(rf"^\s*{re.escape(said)}")
        page.locator("a, button, summary").filter(has_text=begins).locator("visible=true").first.click()
        expect(page.locator(".sending")).to_have_count(0)
        page.wait_for_load_state()
        while empty.count():
            empty.first.select_option(index=empty.first.locator("option").count() - 1)

    expect(page.get_by_role("heading", level=1)).to_contain_text("What came of drill")
    expect(page.get_by_role("row", name="can't act, vouched")).to_have_count(1)
    assert len(words) == 12
    assert time.monotonic() - began < 300


@pytest.mark.long
def test_what_is_rarely_done_works_without_scripts_too(sit_down: SitDown, evening: Evening) -> None:
    """Turns of duty, somebody on the road, a graver case with everything one may do, reports, number tests, an edit."""
    desk = sit_down(java_script_enabled=False, viewport={"width": 320, "height": 640})
    page, runtime = desk.page, evening.stage.runtime
    coordinators = {"rota: []": "rota: [north/ana, north/luis]", "verified: 2026-10-01": "verified: 2025-08-01"}
    [latest] = runtime.watched.history()
    text = tree_editing.files_of(runtime, latest)["colombia.yaml"]
    for before, after in coordinators.items():
        text = text.replace(before, after)
    checked = tree_editing.check_edit(runtime, latest, {"colombia.yaml": text}, lambda network: {})
    tree_editing.publish_edit(runtime, latest, checked, "omar", "two take turns")
    runtime.trees.look()
    done = page.locator(".done")

    desk.opens("/duty")
    desk.folds_out("Two exchange turns")
    for label, choice in (("One", 1), ("The other", 2), ("Which week", 1)):
        page.get_by_label(label, exact=label == "One").select_option(index=choice)
    page.get_by_role("button", name="Exchange them").click()
    expect(done).to_contain_text("it holds at once")
    desk.folds_out("Take back what I arranged last")
    page.get_by_role("button", name="Take it back").click()
    expect(done).to_have_text("Taken back.")

    leg = Leg("L12", runtime.now() + timedelta(minutes=90), "America/Bogota")
    team = runtime.edition.network.teams["north"]
    ours = Journey(JourneyKind.JOURNEY, team.id, "ana", team.country, team.consent, (leg,), team.terms, runtime.now())
    runtime.transact(announce_journey, ours, "test")
    for button, said in (
        ("Expect them later", "expected later"),
        ("I have heard from them", "heard of"),
        ("They have arrived", "heard of"),
    ):
        desk.opens("/journeys")
        page.get_by_role("button", name=button).click()
        expect(done).to_contain_text(said)
    desk.folds_out("Ask whether everybody is safe")
    page.get_by_label("Whom", exact=True).select_option("team/north")
    page.get_by_role("button", name="Ask them now").click()
    expect(page.locator("#rolls")).to_contain_text("0 of 3 have answered")

    desk.opens("/raise")
    page.get_by_label("What has happened").select_option("threat")
    page.get_by_label("Country").select_option("CO")
    page.get_by_label("How far").select_option("international")
    page.get_by_role("button", name="See who will be told").click()
    page.get_by_role("button", name="Raise the alarm").click()
    desk.folds_out("There is news, or it is graver than thought")
    page.get_by_label("What is new").fill("They have guns")
    page.get_by_label("Severity from now on").select_option("critical")
    page.get_by_role("button", name="Tell the news").click()
    expect(page.locator(".severity").first).to_have_text("critical")
    here = page.url.partition("?")[0]
    for summary, chosen, button, said in (
        ("Somebody has answered me", {"#vouch-who": 1, "#vouch-kind": 1}, "Record the answer", "what you heard"),
        ("Somebody has done something", {"#action-who": 1, "#action-what": 1}, "Record the action", "what was done"),
        ("Open a level now, hold it, or leave it out", {"#go-which": 2}, "Refuse", ": Refuse."),
        ("Spare somebody from now on", {}, "Spare them", "they are spared"),
    ):
        desk.folds_out(summary)
        for field, choice in chosen.items():
            page.locator(field).select_option(index=choice)
        if not chosen:
            page.get_by_label("Office of the Ombudsman").check()
        page.get_by_role("button", name=button, exact=True).click()
        expect(done).to_contain_text(said)
    page.get_by_role("button", name="Revoke the answer").click()
    expect(done).to_contain_text("counts no more")
    for language, heading in (("en", "In short"), ("fr", "En bref"), ("de", "Kurz gesagt")):
        page.goto(here)
        desk.folds_out("A report to hand on")
        page.get_by_label("How much it tells").select_option("full")
        page.get_by_label("In which language").select_option(language)
        page.get_by_role("button", name="As a page").click()
        expect(page.get_by_role("heading", name=heading)).to_be_visible()

    desk.opens("/people")
    page.get_by_role("button", name="Send a test").first.click()
    expect(done).to_contain_text("Tests on their way: 2.")
    desk.opens("/editions/2/files?name=colombia.yaml")
    edited = page.get_by_label("Its text")
    edited.fill(edited.input_value().replace("wait: 10m", "wait: 5m", 1))
    page.get_by_role("button", name="Check, and see").click()
    expect(page.get_by_text("is told 5m earlier").first).to_be_visible()
    page.get_by_role("button", name="Play a case through with it").click()
    page.get_by_role("button", name="Play it").click()
    expect(page.locator("#night")).to_be_visible()


def test_on_paper_stands_what_is_read_and_nothing_to_press(evening: Evening, sit_down: SitDown) -> None:
    """A folded part is an empty box there, and a heading alone leads to nothing."""
    evening.begin("checkpoint")
    desk = sit_down()
    desk.looks_at_the_incident()
    page = desk.page
    expect(page.get_by_role("heading", name="What you can do")).to_be_visible()
    lanes = page.locator("#picture .lanes >> visible=true")
    expect(lanes).to_have_count(1)

    page.emulate_media(media="print")

    expect(page.locator("#lines li").first).to_be_visible()
    assert "mark" in str(lanes.evaluate("each => each.parentNode.innerHTML"))  # As large as what they name.
    expect(page.get_by_role("heading", name="What you can do")).to_be_hidden()
    assert "What has happened" in page.locator("h2:visible").all_inner_texts()
    assert page.locator("button:visible, summary:visible").all_inner_texts() == []
