"""An attacker who forges a contact's number and texts codes until one is right, but no longer counts (A6, B9)."""

from functools import partial

from sqlalchemy import select
from starlette.responses import Response

from alertnet.core.delivery.provider_routes import FIRST
from alertnet.core.directory.contact import MethodKind
from alertnet.store.tables import acknowledgements, codes
from alertnet.web.forms import Form
from alertnet.web.twilio import webhooks
from simulation.hosts.web import Heard, Web, WebAnswer
from simulation.outside.people import People
from simulation.world.database import OURS
from simulation.world.story import Found
from simulation.world.world import World

GUESSES = 40
ENOUGH = 10
"""After so many wrong codes received within an hour no code of the number counts in that incident."""
LUCK = "by luck"


class CodeGuesser:
    """Texts wrong codes from one contact's number, then its true code; nights without it are unchanged."""

    def __init__(self, world: World, web: Web, people: People) -> None:
        self.world = world
        self.web = web
        self.people = people
        self.random = world.draws("code guesser")
        numbers = {
            method.address
            for _, contact in world.network.all_contacts
            for method in contact.methods
            if method.kind is MethodKind.SMS
        }
        comes = bool(numbers) and not world.mischief.quiet and self.random.comes()
        self.number = self.random.choice(sorted(numbers)) if comes else ""
        self.heard: dict[str, int] = {}
        """How many wrong ones were received while the number had that code."""

    def begin(self) -> None:
        for place in range(GUESSES if self.number else 0):
            self.world.time.after(self.random.uniform(3, self.world.length), partial(self._guess, place))

    def _guess(self, place: int) -> None:
        code = self.people.known.get(self.number)
        if code is None:
            return
        if self.heard.get(code, 0) >= ENOUGH:
            self._text(place, f"OK {code} {LUCK}", lambda _: None)
            return
        given = set(self.world.database.column(select(codes.c.code)))
        wrong = next(each for each in (f"{self.random.randrange(2100, 9999)}" for _ in range(99)) if each not in given)

        def hear(answer: WebAnswer) -> None:
            self.heard[code] = self.heard.get(code, 0) + isinstance(answer, Response)

        self._text(place, wrong, hear)

    def _text(self, place: int, text: str, hear: Heard) -> None:
        self.world.story.tell("guesser", f"texts {text!r} as {self.world.name_of(self.number)}")
        id = f"SM-guess-{place}"
        to = OURS[FIRST][0]
        self.world.has_text(id, self.number, to, text)
        form = Form({"MessageSid": id, "From": self.number, "To": to, "Body": text})
        self.web.request("a guess", lambda runtime: webhooks.text_in(form, runtime), hear)


def check_code_guesses(world: World) -> Found:
    """A6: a wrong code is counted before anything is accepted."""
    if any((note or "").endswith(LUCK) for note in world.database.column(select(acknowledgements.c.note))):
        yield "A6", f"a code counted after {ENOUGH} wrong ones of the same number"
