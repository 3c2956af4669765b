"""The pages worth looking at, brought to a moment at which there is much to see on them."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta

from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import insert, select

from alertnet.cli.demo.evening import Evening
from alertnet.core.inbound.on_the_road.journey import Journey, JourneyKind, Leg
from alertnet.core.incident import Facts, Scope, Severity
from alertnet.flows.credentials.pins import set_pins
from alertnet.flows.desk.board import read_board
from alertnet.flows.desk.drills import read_drill
from alertnet.flows.incidents.drills import begin_drill, plan_drill
from alertnet.flows.journeys.check_in import announce_journey
from alertnet.flows.journeys.roll_call import Question, call_roll
from alertnet.runtime import tree_editing
from alertnet.store.db.tx import Tx
from alertnet.store.tables import documents, links
from tests.store.test_figures import answers, begins, tells

LINK = re.compile(r"http://\S+/(?:a|c)/\w+")
CODE = re.compile(r"URGENTE.* responda (\d{4})")
COORDINATOR = "colombia-coordinator"


class Sight:
    """One evening, the browser that looks at it, and the address of the sandbox's page."""

    def __init__(self, evening: Evening, context: BrowserContext, url: str) -> None:
        self.evening = evening
        self._context = context
        self._url = url
        self._seat = ""
        """Where the console is, once somebody has come in."""

    def open(self, name: str) -> Page:
        """A new tab with that sight."""
        page = self._context.new_page()
        SIGHTS[name](self, page)
        return page

    def link(self, who: str, part: str) -> str:
        """The newest link of somebody's texts that leads to that part: `a` or `c`."""
        inbox = self.evening.stage.phone(who).inbox
        found = [match[0] for text in inbox for match in LINK.finditer(text)]
        return next(link for link in reversed(found) if f"/{part}/" in link)

    def sandbox_at_rest(self, page: Page) -> None:
        """As a newcomer finds it."""
        page.goto(self._url)
        expect(page.get_by_label("SMS from Ana Example")).to_be_visible()

    def sandbox_in_alarm(self, page: Page) -> None:
        """Three letters were sent; telephones ring, one is answered."""
        page.goto(self._url)
        page.get_by_label("SMS from Ana Example").fill("SOS")
        page.get_by_label("SMS from Ana Example").press("Enter")
        expect(page.locator(f"#mark-{COORDINATOR}")).to_contain_text("ringing")
        card = page.locator(f"#party-{COORDINATOR}")
        card.locator("summary").click()
        expect(card.locator(".screen")).to_contain_text("URGENTE")
        page.evaluate("scrollTo(0, 0)")

    def sandbox_all_open(self, page: Page) -> None:
        """Every card open, a call in progress, an hour of a story behind it."""
        page.goto(self._url)
        card = page.locator(f"#party-{COORDINATOR}")
        card.locator("summary").click()
        card.get_by_role("button", name="Answer", exact=True).click()
        expect(card.locator(".heard p").first).to_be_visible()
        page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        page.evaluate("scrollTo(0, 0)")

    def sandbox_as_it_spreads(self, page: Page) -> None:
        """An arrest: a coordinator has taken charge, and embassies abroad are told."""
        self._let_it_spread()
        page.goto(self._url)
        page.locator(f"#party-{COORDINATOR} summary").click()
        expect(page.locator("#mark-international-embassy-es")).to_contain_text("told")
        page.evaluate("scrollTo(0, 0)")

    def _let_it_spread(self) -> None:
        self.evening.begin("checkpoint")
        self._seat = ""
        stage = self.evening.stage
        while not (found := [CODE.search(text) for text in stage.phone("coordinator").inbox]) or not found[0]:
            self.evening.jump()
        stage.phone("coordinator").sends(found[0][1])
        while not stage.phone("embassy-es").inbox:
            self.evening.jump()

    def sandbox_at_the_end(self, page: Page) -> None:
        """The all-clear was given, and what came of it is a picture."""
        incident = self.evening.story().incident
        assert incident is not None
        self.evening.close(incident.ref, "released")
        page.goto(self._url)
        expect(page.get_by_role("link", name="Save this picture")).to_be_visible()

    def console(self, page: Page, path: str = "") -> None:
        """A page of the console, signed in by the sandbox's own link, to which nobody has to go twice."""
        if not self._seat:
            page.goto(f"{self._url}desk")
            self._seat = page.url
        page.goto(f"{self._seat}{path}")

    def console_board(self, page: Page) -> None:
        """An arrest that spreads anew, and an SOS whose truth is asked about."""
        self._let_it_spread()
        self.evening.stage.phone("luis").sends("SOS")
        while not self._waits_for_verification():
            self.evening.jump()
        self.console(page)
        expect(page.get_by_role("button", name="Go")).to_be_visible()

    def console_incident(self, page: Page) -> None:
        """The arrest, with every act folded out."""
        self.console(page)
        page.locator("#open h3", has_text="arrest").get_by_role("link").click()
        expect(page.get_by_text("Who knows:")).to_be_visible()
        page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")

    def console_incident_at_first(self, page: Page) -> None:
        """The same as it comes."""
        self.console(page)
        page.locator("#open h3", has_text="arrest").get_by_role("link").click()
        expect(page.get_by_text("Who knows:")).to_be_visible()

    def console_close(self, page: Page) -> None:
        """The words of the all-clear, before it is given."""
        self.console_incident_at_first(page)
        page.goto(f"{page.url}/close?reason=released")
        expect(page.get_by_role("button", name="Yes, it is over")).to_be_visible()

    def console_raise(self, page: Page) -> None:
        """Who would be told of what is filled in."""
        self.console(page, "/raise")
        page.get_by_label("What has happened").select_option("arrest")
        page.get_by_label("Country").select_option("CO")
        page.get_by_label("How far").select_option("international")
        page.get_by_label("Who is concerned").fill("P7")
        page.get_by_role("button", name="See who will be told").click()
        expect(page.get_by_role("button", name="Raise the alarm")).to_be_visible()

    def console_drill_planned(self, page: Page) -> None:
        """Who would take part in one that is planned."""
        self.console(page, "/drills/new")
        page.get_by_label("On which day").fill(f"{self.evening.stage.runtime.now() + timedelta(days=9):%Y-%m-%d}")
        page.get_by_label("And again").select_option("3")
        page.get_by_label("What has happened").select_option("arrest")
        page.get_by_label("Country").select_option("CO")
        page.get_by_role("button", name="See who takes part").click()
        expect(page.get_by_role("button", name="Plan it for")).to_be_visible()

    def console_drill(self, page: Page) -> None:
        """What came of one, in which a number is dead."""
        stage = self.evening.stage
        stage.phone("coordinator").behaves("invalid")
        facts = Facts("arrest", Severity.CRITICAL, "CO", consent=Scope.INTERNATIONAL)
        ref = stage.runtime.transact(begin_drill, stage.runtime.edition, facts, by="test").incident.ref
        while not stage.runtime.read(read_drill, ref).sums.dead:
            self.evening.jump()
        self.console(page, f"/drills/{ref}")
        expect(page.get_by_text("dead: mend it in the tree").first).to_be_visible()

    def console_drills(self, page: Page) -> None:
        """One under way, one to come."""
        runtime = self.evening.stage.runtime
        facts = Facts("arrest", Severity.CRITICAL, "CO", consent=Scope.INTERNATIONAL)
        runtime.transact(plan_drill, runtime.edition, facts, runtime.now() + timedelta(days=9), 3, by="test")
        self.console(page, "/drills")
        expect(page.get_by_role("button", name="Cancel it")).to_be_visible()

    def console_report(self, page: Page) -> None:
        """All that coordinators read of the arrest, to be handed on."""
        self.console_incident_at_first(page)
        page.goto(f"{page.url}/report?disclosure=full")
        expect(page.get_by_role("heading", name="In short")).to_be_visible()

    def console_account(self, page: Page) -> None:
        """Who is signed in."""
        self.console(page, "/account")

    def console_users(self, page: Page) -> None:
        """One of them folded out."""
        self.console(page, "/users")
        page.locator("details[id^=user-] summary").first.click()
        expect(page.get_by_role("button", name="New recovery codes")).to_be_visible()

    def console_found(self, page: Page) -> None:
        """Every act on the first incident."""
        self.console(page)
        page.get_by_label("Find").fill(page.locator("#open h3 a").first.inner_text())
        page.get_by_label("Find").press("Enter")
        expect(page.locator("kbd").first).to_be_visible()

    def console_sign_in(self, page: Page) -> None:
        """After a try that failed."""
        self.console(page, "/sign-in")
        for label in ("Name", "Password", "Code of your"):
            page.get_by_label(label).fill("nobody")
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.get_by_role("alert")).to_be_visible()

    def console_journeys(self, page: Page) -> None:
        """Two are on the road, one of them late; everybody was asked whether they are safe."""
        runtime = self.evening.stage.runtime
        for member, minutes in (("luis", -25), ("ana", 90)):
            leg = Leg("L12", runtime.now() + timedelta(minutes=minutes), "America/Bogota")
            later = Leg("L14", leg.expected_at + timedelta(hours=2), "America/Bogota")
            team = runtime.edition.network.teams["north"]
            journey = Journey(
                JourneyKind.JOURNEY,
                team.id,
                member,
                team.country,
                team.consent,
                (leg, later),
                team.terms,
                runtime.now(),
            )
            runtime.transact(announce_journey, journey, "test")
        runtime.transact(call_roll, runtime.edition.network, Question(text="shots at the market"), "test")
        self.console(page, "/journeys")
        expect(page.get_by_text("overdue")).to_be_visible()
        page.evaluate("for (const each of document.querySelectorAll('details.card')) each.open = true")

    def console_quarantine(self, page: Page) -> None:
        """A stranger has written."""
        self.evening.stage.sandbox.handset("+573005550999").sends("SOS my phone is gone, it is Ana")
        self.console(page, "/quarantine")
        expect(page.get_by_text("my phone is gone")).to_be_visible()

    def console_people(self, page: Page) -> None:
        """Some numbers were never tried."""
        self.console(page, "/people")
        page.evaluate("for (const each of document.querySelectorAll('details.card')) each.open = true")

    def console_duty(self, page: Page) -> None:
        """The turns of eight weeks, everything folded out."""
        self.console(page, "/duty")
        page.evaluate("for (const each of document.querySelectorAll('main details')) each.open = true")

    def console_system(self, page: Page) -> None:
        """Signs of life, providers, queues."""
        self.console(page, "/system")
        expect(page.get_by_role("heading", name="Queues")).to_be_visible()

    def console_trees(self, page: Page) -> None:
        """All that are in force, of which some is unwise."""
        runtime = self.evening.stage.runtime
        [*_, latest] = runtime.watched.history()
        edit = {}
        for name, text in tree_editing.files_of(runtime, latest).items():
            edit[name] = text.replace("verified: 2026-08-14", "verified: 2025-08-14")
        checked = tree_editing.check_edit(runtime, latest, edit, lambda network: {})
        tree_editing.publish_edit(runtime, latest, checked, "omar", "the mayor's numbers were last tried in 2025")
        runtime.trees.look()
        self.console(page, "/trees")
        expect(page.get_by_text("unwise: ").first).to_be_visible()

    def console_tree(self, page: Page) -> None:
        """One of them as a picture."""
        self.console(page, "/trees/colombia")

    def console_simulator(self, page: Page) -> None:
        """An arrest at night, played on an edit that is not in force; the slider stands at forty minutes."""
        self.console(page, "/editions/1/wait?tree=colombia&level=Coordination&wait=5m")
        page.get_by_role("button", name="Play a case through with it").click()
        page.get_by_label("It happens at").fill("195")
        page.get_by_label("How long").select_option("2")
        page.get_by_label("Seen after").fill("40")
        expect(page.get_by_text("min earlier").first).to_be_visible()

    def console_editor(self, page: Page) -> None:
        """Two files are changed, and a name that nobody has was typed: the fault stands beside its line."""
        self.console(page, "/editions/1/wait?tree=international&level=Head office&wait=5m")
        page.get_by_role("button", name="colombia.yaml").click()
        text = page.get_by_label("Its text")
        text.fill(text.input_value().replace("deputy: coordinator-2", "deputy: coordinator-3"))
        page.get_by_role("button", name="Check, and see").click()
        expect(page.get_by_text("unknown contact 'coordinator-3'")).to_be_visible()

    def console_figures(self, page: Page) -> None:
        """Of a month of arrests at night, in which ombudsmen answer late, with a drill among them; with advice."""
        runtime = self.evening.stage.runtime
        night = runtime.now().replace(hour=7, minute=10)
        ombuds = ("colombia", "Ombudsman and defenders", "ombuds")

        def happened(tx: Tx) -> None:
            tx.session.execute(insert(documents).values(hash="t", kind="templates", content="x"))
            for number in range(12):
                incident, at = begins(tx, number, days=number + 1, now=night), night - timedelta(days=number + 1)
                tells(tx, incident, at, who=("colombia", "Coordination", "coordinator"))
                answers(tx, incident, at + timedelta(minutes=2 + number % 5), "colombia", "coordinator")
                tells(tx, incident, at + timedelta(minutes=10), who=ombuds)
                tells(tx, incident, at + timedelta(minutes=11), "failed", "call", who=ombuds)
                answers(tx, incident, at + timedelta(minutes=22 + number), "colombia", "ombuds")

        runtime.transact(happened)
        self.console(page, "/figures")
        expect(page.get_by_role("link", name="Try it in the editor").first).to_be_visible()
        page.evaluate("for (const each of document.querySelectorAll('details.card')) each.open = true")

    def console_editions(self, page: Page) -> None:
        """The history, of one edition."""
        self.console(page, "/editions")

    def console_edition(self, page: Page) -> None:
        """That edition with its files."""
        self.console(page, "/editions/1")

    def console_asks_again(self, page: Page) -> None:
        """A new password was asked for, and the one before was not right."""
        self.console(page, "/account")
        page.get_by_role("button", name="New password").click()
        page.locator("input[type=password]").fill("not the right one")
        page.get_by_role("button", name="It is me").click()
        expect(page.get_by_role("alert")).to_be_visible()

    def _waits_for_verification(self) -> bool:
        board = self.evening.stage.runtime.read(read_board)
        return any(matter.subject == "verify" for matter in board.matters)

    def contact_page(self, page: Page) -> None:
        """Before any answer."""
        page.goto(f"{self.link('embassy-es', 'a')}?lang=en")

    def contact_page_answered(self, page: Page) -> None:
        """After one, everything folded out."""
        page.goto(f"{self.link('embassy-es', 'a')}?lang=en")
        page.get_by_role("button", name="I take charge").click()
        page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")

    def contact_page_with_pin(self, page: Page) -> None:
        """What was pressed with a wrong PIN, which is asked for again."""
        self.evening.stage.runtime.transact(set_pins, "international/embassy-es", pin="47110")
        page.goto(f"{self.link('embassy-es', 'a')}?lang=en")
        page.get_by_text("Change my answer").click()
        page.locator("#answer-pin").fill("00000")
        page.get_by_role("button", name="I can't act").click()
        expect(page.get_by_text("This PIN is not right")).to_be_visible()
        page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")

    def coordinators_page(self, page: Page) -> None:
        """The question whether it is true."""
        # Its SMS names it beside the alert, whose link stands there: the mail or the next reminder has this one.
        asked = select(links.c.token).where(links.c.contact == "coordinator", links.c.escalation_id.is_(None))
        *_, token = self.evening.stage.runtime.read(lambda tx: tx.session.scalars(asked).all())
        base, *_ = self.link("coordinator", "a").partition("/a/")
        page.goto(f"{base}/c/{token}?lang=en")


SIGHTS: Mapping[str, Callable[[Sight, Page], None]] = {
    "sandbox at rest": Sight.sandbox_at_rest,
    "sandbox in alarm": Sight.sandbox_in_alarm,
    "sandbox with everything open": Sight.sandbox_all_open,
    "coordinator's page": Sight.coordinators_page,
    "sandbox as the alarm spreads": Sight.sandbox_as_it_spreads,
    "contact's page": Sight.contact_page,
    "contact's page, answered": Sight.contact_page_answered,
    "contact's page that asks for a PIN": Sight.contact_page_with_pin,
    "sandbox at the end": Sight.sandbox_at_the_end,
    "console's board": Sight.console_board,
    "console's incident": Sight.console_incident,
    "console's incident as it comes": Sight.console_incident_at_first,
    "console before the all-clear": Sight.console_close,
    "console before raising": Sight.console_raise,
    "console's journeys": Sight.console_journeys,
    "console's quarantine": Sight.console_quarantine,
    "console's people": Sight.console_people,
    "console's duty": Sight.console_duty,
    "console's system": Sight.console_system,
    "console's trees": Sight.console_trees,
    "console's tree": Sight.console_tree,
    "console's simulator": Sight.console_simulator,
    "console's editor": Sight.console_editor,
    "console's history of the trees": Sight.console_editions,
    "console's edition": Sight.console_edition,
    "console's report": Sight.console_report,
    "console before a drill": Sight.console_drill_planned,
    "console's drill": Sight.console_drill,
    "console's drills": Sight.console_drills,
    "console's figures": Sight.console_figures,
    "console's account": Sight.console_account,
    "console's users": Sight.console_users,
    "console's one field": Sight.console_found,
    "console's door": Sight.console_sign_in,
    "console's question who it is": Sight.console_asks_again,
}
"""In the order in which they follow from one another."""
