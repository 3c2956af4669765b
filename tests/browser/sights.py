"""The pages worth looking at, brought to a moment at which there is much to see on them."""

import re
from collections.abc import Callable, Mapping

from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import select

from alertnet.cli.demo.evening import Evening
from alertnet.flows.credentials.pins import set_pins
from alertnet.store.tables import links

LINK = re.compile(r"http://\S+/(?:a|c)/\w+")
CODE = re.compile(r"URGENTE.* responda (\d{4})")
COORDINATOR = "colombia-coordinator"


class Sight:
    """One evening, the browser that looks at it, and the address of the sandbox's page."""

    def __init__(self, evening: Evening, context: BrowserContext, url: str) -> None:
        self.evening = evening
        self._context = context
        self._url = url

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

    def sandbox_as_it_spreads(self, page: Page) -> None:
        """An arrest: a coordinator has taken charge, and embassies abroad are told."""
        self.evening.begin("checkpoint")
        stage = self.evening.stage
        while not (found := [CODE.search(text) for text in stage.phone("coordinator").inbox]) or not found[0]:
            self.evening.jump()
        stage.phone("coordinator").sends(found[0][1])
        while not stage.phone("embassy-es").inbox:
            self.evening.jump()
        page.goto(self._url)
        page.locator(f"#party-{COORDINATOR} summary").click()
        expect(page.locator("#mark-international-embassy-es")).to_contain_text("told")
        page.evaluate("scrollTo(0, 0)")

    def sandbox_at_the_end(self, page: Page) -> None:
        """The all-clear was given, and what came of it is a picture."""
        incident = self.evening.story().incident
        assert incident is not None
        self.evening.close(incident.ref, "released")
        page.goto(self._url)
        expect(page.get_by_role("link", name="Save this picture")).to_be_visible()

    def contact_page(self, page: Page) -> None:
        """Before any answer."""
        page.goto(f"{self.link('embassy-es', 'a')}?lang=en")

    def contact_page_answered(self, page: Page) -> None:
        """After one, everything folded out."""
        page.goto(f"{self.link('embassy-es', 'a')}?lang=en")
        page.get_by_role("button", name="I take charge").click()
        page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")

    def contact_page_with_pin(self, page: Page) -> None:
        """What was pressed without the PIN, which is asked for."""
        self.evening.stage.runtime.transact(set_pins, "international/embassy-es", pin="47110")
        page.goto(f"{self.link('embassy-es', 'a')}?lang=en")
        page.get_by_text("Change my answer").click()
        page.get_by_role("button", name="I can't act").click()
        expect(page.get_by_text("please enter your PIN as well")).to_be_visible()
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
}
"""In the order in which they follow from one another."""
