"""Those who are told: some answer, late or wrongly, some decline or pass it on, and some never hear it."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy import Select, select
from starlette.responses import Response

from alertnet.channels.base import Outgoing
from alertnet.core.delivery.provider_routes import FIRST
from alertnet.core.directory.contact import MethodKind
from alertnet.store.tables import notifications
from alertnet.web import pages
from alertnet.web.forms import Form
from alertnet.web.twilio import webhooks
from simulation.checks.promises import Promises
from simulation.hosts.web import PATIENCE, Web, WebAnswer
from simulation.world.cast import FIELD_PHONE, SECRET, phones_of
from simulation.world.database import OURS, PUBLIC_URL
from simulation.world.message import OPTS_IN, OPTS_OUT
from simulation.world.world import World

_DECISION = re.compile(r"GO (\d{4})")
_BY_OWN_CODE = re.compile(r"It waits for GO \d{4}|GO \d{4} lets it go on")
"""How a confirmation names its reader's own code, with which HOLD takes charge too (B3)."""
_TASK = re.compile(r"OK (\d{4})")
_CODE = re.compile(r"reply (\d{4})")
_TEST = re.compile(r"test of your number\. Please reply (\d{4})")
_LINK = re.compile(re.escape(PUBLIC_URL) + r"/a/(\w+)")
_PAGE = re.compile(re.escape(PUBLIC_URL) + r"/([ac]/\w+)")

_TO_CALL: Select[Any] = select(notifications.c.tree, notifications.c.contact).where(
    notifications.c.method == MethodKind.TASK.value
)

A_TEST = "a test"
"""How an answer to a test of a number comes, by SMS or on the page."""
SOS, PROBE = "SOS", "what is this?"
"""Plain words, whose writer gets a reply."""
IN_WORDS = f"they have been watching {SECRET} since noon"
"""Words of the field that are no report: coordinators must read them, whether an incident is open or not."""

WRONG_PERSON = "wrong_person"

AGAIN_AFTER = 60.0  # Seconds until somebody without a reply sends the same text again.
MOST_TRIES = 4


class People:
    """Everybody with a phone or a mailbox."""

    def __init__(self, world: World, web: Web, promises: Promises) -> None:
        self.world = world
        self.web = web
        self.promises = promises
        self.proven: set[tuple[str, str]] = set()
        """(via, address) of every answer that came with proof (A6)."""
        self.known: dict[str, str] = {}
        """The last code that each number was sent."""
        self.links: dict[str, str] = {}
        """The last link that each mailbox was sent."""
        self.pages: dict[str, str] = {}
        """The number or mailbox that each link was sent to, by its path, in their order."""
        self.mails: list[Outgoing] = []
        """The mails that have arrived."""
        self.written_by: dict[str, str] = {}
        """The number that wrote to each phone last, to which it answers."""
        self.reports = 0
        """How many texts were sent that raise an incident, each with its own id."""
        self._texts = 0
        # It has its own entropy, so that all other nights are the same.
        self._refusing = world.draws("refusing")
        self._refuses = not world.mischief.quiet and self._refusing.comes()
        self._hurrying = world.draws("rings beside")
        self._hurries = not world.mischief.quiet and self._hurrying.comes()

    def proves(self, via: str, address: str) -> None:
        """Note that an answer with proof is on its way from there."""
        self.proven.add((via, address))

    def read(self, outgoing: Outgoing) -> None:
        """Let somebody read a text or mail that arrived, and perhaps answer it."""
        random, chance = self.world.random, self.world.mischief.answers
        if self._is_test(outgoing) or self._is_a_strangers(outgoing):
            return
        self.pages |= dict.fromkeys(_PAGE.findall(outgoing.text), outgoing.to)
        if outgoing.method is MethodKind.EMAIL:
            self.mails.append(outgoing)
            if link := _LINK.search(outgoing.text):
                self.links[outgoing.to] = link[1]
                if random.random() < chance:
                    self.world.time.after(self._delay(), partial(self.press, outgoing.to, link[1]))
            return
        self.written_by[outgoing.to] = outgoing.sender
        self._may_refuse(outgoing.to)
        for decision in _DECISION.findall(outgoing.text):
            if random.random() < max(0.3, chance):
                word = random.choice(["GO", "GO", "GO", "HOLD"])
                is_proof = word == "HOLD" and _BY_OWN_CODE.search(outgoing.text) is not None
                decide = partial(self.decide, outgoing.to, f"{word} {decision}", is_proof=is_proof)
                self.world.time.after(self._delay(), decide)
        for task in _TASK.findall(outgoing.text):
            if random.random() < chance:
                words = random.choice(["OK {}", "OK {}", "NO {}", "PASS {}", f"DONE {{}} they send {SECRET}"])
                self.world.time.after(self._delay(), partial(self.report, outgoing.to, words.format(task)))
        if code := _CODE.search(outgoing.text):
            self.known[outgoing.to] = code[1]
            if random.random() < chance:
                self.world.time.after(self._delay(), partial(self.answer, outgoing.to))

    def decide(self, number: str, text: str, *, is_proof: bool) -> None:
        """Let somebody decide what comes next; `is_proof`: whoever says so takes charge by the same words."""
        if is_proof:
            self.proves("sms", number)
        self.world.asked.lets_go |= text.startswith("GO")
        self.write(number, text)

    def _is_test(self, outgoing: Outgoing) -> bool:
        """Whether only the number or address is tested; then its owner may answer that."""
        code, link = _TEST.search(outgoing.text), _LINK.search(outgoing.text)
        is_mail = outgoing.method is MethodKind.EMAIL and "TEST:" in outgoing.subject
        if not (code or is_mail):
            return False
        if self.world.random.random() < max(0.3, self.world.mischief.answers):
            if code:
                self.written_by[outgoing.to] = outgoing.sender
                self.world.time.after(self._delay(), partial(self.answer_test, outgoing.to, code[1]))
            elif link:
                self.world.time.after(self._delay(), partial(self.press_test, outgoing.to, link[1]))
        return True

    def answer(self, number: str) -> None:
        """Let somebody answer by SMS with the code that they got, or with something else."""
        random = self.world.random
        code = self.known[number]
        wrong = f"{(int(code) + 1) % 10000:04d}"
        words = random.choice(
            [*["OK {}"] * 5, "{}", "HOLD {}", "HOLD {}", "NO {}", "PASS {}", f"DONE {{}} called {SECRET}", PROBE, wrong]
        )
        others = sorted(each for each in self.known if each != number)
        if others and random.random() < 0.05:
            other = random.choice(others)
            if self.are_of_one(other, number):
                self.proves("sms", other)
            self.write(other, f"OK {code}")
            return
        if "{}" in words:
            self.proves("sms", number)
        self.write(number, words.format(code))

    def are_of_one(self, one: str, other: str) -> bool:
        """Whether one contact has both numbers, whoever has its turn: a code counts from any number of its contact."""
        return one == other or any({one, other} <= phones_of(each) for _, each in self.world.network.all_contacts)

    def answer_test(self, number: str, code: str) -> None:
        """Let somebody send back the code of a test; or let another person have read it, and send it."""
        numbers = {each for _, contact in self.world.edition.network.all_contacts for each in contact.numbers}
        if self.world.random.random() < 0.4:
            self.write(self.world.random.choice(sorted(numbers - {number})), code)
            return
        self.proves(A_TEST, number)
        self.write(number, code)

    def press_test(self, address: str, token: str) -> None:
        """Let somebody press the button of a test's page."""
        self.proves(A_TEST, address)
        self.world.story.tell("mailbox", f"{self.world.name_of(address)} presses that the test has reached it")
        form = Form({"answer": "reached"})
        self.web.request("a button of a test", lambda runtime: pages.press_on_contact_page(token, form, runtime))

    def disown(self, address: str, token: str) -> None:
        """Let a stranger press that the number is no longer the contact's."""
        self.world.story.tell("phone", f"{self.world.name_of(address)}'s is a stranger's, who says so")
        form = Form({"answer": WRONG_PERSON})
        self.web.request("a button of the page", lambda runtime: pages.press_on_contact_page(token, form, runtime))

    def report(self, number: str, text: str) -> None:
        """Let a coordinator who has called somebody report the result."""
        self.proves_tasks()
        self.write(number, text)

    def proves_tasks(self) -> None:
        """Note that somebody may vouch for whomever coordinators were asked to call."""
        for called in self.world.database.rows(_TO_CALL):
            self.proves("vouched", f"{called.tree}/{called.contact}")

    def write(self, number: str, text: str, heard: Callable[[], object] = lambda: None) -> None:
        """Send us an SMS; `heard` is called once it was answered."""
        self._texts += 1
        self._send(number, text, f"SM-in-{self._texts}", 1, heard)

    def press(self, address: str, token: str) -> None:
        """Let somebody press a button of the page that a mail leads to."""
        answer = self.world.random.choice(["acknowledge", "acknowledge", "decline", "relay"])
        self.proves("link", address)
        self.world.story.tell("mailbox", f"{self.world.name_of(address)} presses {answer}")
        pin = self.world.pins.get(address, "")
        press = partial(pages.press_on_contact_page, token, Form({"answer": answer, "by": "the desk", "pin": pin}))
        self.web.request("a button of the page", press, is_proved=bool(pin))

    def raise_by_sms(self) -> None:
        """Let the field call for help, with one word."""
        self.write(FIELD_PHONE, SOS)

    def write_in_words(self) -> None:
        """Let the field write something that no grammar can read."""
        self.write(FIELD_PHONE, IN_WORDS)

    def hurry(self, within: float) -> None:
        """Let somebody answer within those seconds in which one of our processes is slow."""
        if self.known and self.world.random.random() < self.world.mischief.answers:
            number = self.world.random.choice(sorted(self.known))
            self.world.time.after(self.world.random.uniform(0, within), partial(self.answer, number))

    def hear_ringing(self) -> None:
        """Let somebody else answer while a phone rings."""
        if self._hurries and self.known and self._hurrying.random() < 0.5:
            number = self._hurrying.choice(sorted(self.known))
            self.world.time.after(self._hurrying.uniform(1, 15), partial(self.answer, number))

    def _send(self, number: str, text: str, id: str, tries: int, heard: Callable[[], object]) -> None:
        self.world.story.tell("phone", f"{self.world.name_of(number)} writes {text!r}")
        to = self.written_by.get(number, OURS[FIRST][0])
        self.world.has_text(id, number, to, text)
        form = Form({"MessageSid": id, "From": number, "To": to, "Body": text})
        twice = self.world.random.random() < self.world.mischief.callback_doubled
        self.reports += number == FIELD_PHONE

        def hear(answer: WebAnswer) -> None:
            if isinstance(answer, Response):
                self.promises.was_replied_to(id, bytes(answer.body))
                heard()
            elif tries < MOST_TRIES and not self.world.is_calm:
                again = f"{id}-{tries}" if self.world.random.random() < 0.5 else id
                self.world.time.after(AGAIN_AFTER, partial(self._send, number, text, again, tries + 1, heard))

        if self.world.random.random() < self.world.mischief.callback_lost:
            self.world.story.tell("network", f"loses {text!r} on its way to us")
            self.world.time.after(PATIENCE, partial(hear, None))
            return
        self.web.request(f"{text!r}", lambda runtime: webhooks.text_in(form, runtime), hear, twice=twice)

    def _is_a_strangers(self, outgoing: Outgoing) -> bool:
        """Whether a stranger has the number, who says so on the page that the text leads to."""
        if outgoing.to != self.world.recycled:
            return False
        if link := _LINK.search(outgoing.text):
            self.world.time.after(self._delay(), partial(self.disown, outgoing.to, link[1]))
        return True

    def _may_refuse(self, number: str) -> None:
        """Refuse all further SMS, as advertisements; half of those who do reconsider."""
        if not self._refuses or self._refusing.random() > 0.4:
            return
        seconds = self._refusing.uniform(1, 40)
        self.world.time.after(seconds, partial(self.write, number, OPTS_OUT))
        if self._refusing.random() < 0.5:
            seconds += self._refusing.uniform(5, 300)
            self.world.time.after(seconds, partial(self.write, number, OPTS_IN))

    def _delay(self) -> float:
        return self.world.random.choice([5.0, 20.0, 90.0, 400.0]) * self.world.random.uniform(0.3, 1.5)
