"""An attacker who has found the links of a mailbox whose owner has a PIN, and guesses the PIN (A6, B9)."""

from functools import partial
from typing import Any

from sqlalchemy import Select, select

from alertnet.core.directory.contact import MethodKind
from alertnet.flows.credentials.pins import set_pins
from alertnet.flows.notifications.contact_pins import PIN_ENTERED
from alertnet.store.tables import acknowledgements, timeline
from alertnet.web import pages
from alertnet.web.forms import Form
from simulation.hosts.web import Web
from simulation.outside.people import People
from simulation.world.story import Found
from simulation.world.world import World

PIN, STRANGER = "47110", "a stranger"
GUESSES = 40
MOST_HEARD = 10
"""The most wrong PINs of one owner that are checked in the longest of nights: five, and five after the wait."""

_ENTERED: Select[Any] = select(timeline.c.payload).where(timeline.c.kind == PIN_ENTERED)


class Guesser:
    """Presses buttons with wrong PINs; nights without it are unchanged."""

    def __init__(self, world: World, web: Web, people: People) -> None:
        self.world = world
        self.web = web
        self.people = people
        self.random = world.draws("guesser")
        contacts = [
            (f"{tree.id}/{contact.id}", method.address)
            for tree, contact in world.network.all_contacts
            for method in contact.methods
            if method.kind is MethodKind.EMAIL
        ]
        comes = bool(contacts) and self.random.comes()
        self.address = self.random.choice(sorted(contacts))[1] if comes else None
        if self.address is not None:
            world.pins[self.address] = PIN
        self.owners = [owner for owner, address in contacts if address == self.address]

    def begin(self) -> None:
        """Set the PIN of the mailbox's owner, and plan the guesses."""
        for owner in self.owners:
            self.world.database.pattern.transact(set_pins, owner, PIN)
        for _ in range(GUESSES if self.owners else 0):
            self.world.time.after(self.random.uniform(3, self.world.length), self._guess)

    def _guess(self) -> None:
        token = self.people.links.get(self.address or "")
        if token is None:
            return
        answer = self.random.choice(["acknowledge", "decline", "relay", "wrong_person"])
        pin = self.random.choice(["", f"{self.random.randrange(47111, 99999)}"])
        self.world.story.tell("guesser", f"presses {answer} on the page of {self.world.name_of(str(self.address))}")
        form = Form({"answer": answer, "by": STRANGER, "pin": pin})
        self.web.request("a button and a guess", partial(pages.press_on_contact_page, token, form))


def check_guesses(world: World) -> Found:
    """A6, B9: no guess answers, and few are checked."""
    if STRANGER in world.database.column(select(acknowledgements.c.by)):
        yield "A6", "somebody without the PIN has answered on a page that needs one"
    heard: dict[tuple[str, str], int] = {}
    for payload in world.database.column(_ENTERED):
        if payload["pin"] == "wrong":
            owner = payload["tree"], payload["contact"]
            heard[owner] = heard.get(owner, 0) + 1
    for owner, times in heard.items():
        if times > MOST_HEARD:
            yield "A6", f"{times} wrong PINs of {'/'.join(owner)} were looked at, at most {MOST_HEARD} may be"
