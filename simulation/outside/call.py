"""A call at the other end: it rings, a person or machine answers, hears us, and presses keys."""

import re
from datetime import datetime
from functools import partial

from starlette.responses import Response

from alertnet.web.forms import Form
from alertnet.web.twilio import webhooks
from simulation.hosts.web import Web, WebAnswer
from simulation.outside.deliver_text import call_back
from simulation.outside.people import People
from simulation.world.message import Message
from simulation.world.world import World

_TRY = re.compile(r"keypad(?:\?try=(\d)(&amp;silent=1)?|\?about=(\w+))?")
_SPOKEN = re.compile(r"(?<!\d, )(\d), (\d), (\d)(?!, \d)")
AFTER_THE_CODE = "call, after its code"
"""How an answer by phone comes: the code only proves that somebody listens, and does not take charge."""
RINGS_FOR = 30.0  # Seconds.


class Call:
    """One call, from the first ring to its end."""

    def __init__(self, world: World, web: Web, people: People, message: Message) -> None:
        self.world = world
        self.web = web
        self.people = people
        self.message = message
        self.is_over = False
        self.ended_at: datetime | None = None
        self.by_person = False
        self._picks_up()
        people.hear_ringing()

    def is_hung_up(self) -> None:
        """End the call from our side."""
        if not self.is_over:
            self.world.story.tell("provider", f"ends {self.world.describe(self.message.outgoing)}: we hung up")
            self._ends("completed" if self.message.status == "in-progress" else "canceled")

    def _picks_up(self) -> None:
        random, time = self.world.random, self.world.time
        if random.random() < self.world.mischief.fails:
            ending = random.choice(["busy", "no-answer", "failed"])
            time.after(RINGS_FOR if ending == "no-answer" else 2.0, partial(self._ends, ending))
            return
        self.by_person = random.random() < max(0.2, self.world.mischief.answers)
        time.after(random.uniform(3, 25), self._is_answered)

    def _is_answered(self) -> None:
        if self.is_over:
            return
        self.message.status = "in-progress"
        who = "somebody" if self.by_person else "a voicemail"
        self.world.story.tell("phone", f"{who} picks up {self.world.describe(self.message.outgoing)}")
        attempt, form = self.message.outgoing.attempt, Form({"CallSid": self.message.id})
        self.web.request("a call", lambda runtime: webhooks.call_answered(attempt, form, runtime), self._hears)

    def _hears(self, answer: WebAnswer) -> None:
        if self.is_over:
            return
        words = bytes(answer.body).decode() if isinstance(answer, Response) else ""
        place = _TRY.search(words)
        if place is None:
            self.world.time.after(4.0, partial(self._ends, "completed"))
            return
        turn, silent = int(place[1]) if place[1] else None, bool(place[2])
        spoken = _SPOKEN.findall(words)
        keys = partial(self._keys, turn, silent, place[3], spoken)
        self.world.time.after(self.world.random.uniform(2, 9), keys)

    def _keys(self, turn: int | None, silent: bool, about: str | None, spoken: list[tuple[str, str, str]]) -> None:
        if self.is_over:
            return
        random, outgoing = self.world.random, self.message.outgoing
        digits = ""
        if self.by_person and outgoing.to == self.world.recycled:
            digits = random.choice(["9*", ""])
        elif self.by_person and turn is None:
            digits = random.choice(["", "1", "1", "1", "2", "3", "4"])
            self.world.asked.lets_go |= digits == "1"
            if digits:
                self.people.proves(AFTER_THE_CODE, outgoing.to)
        elif self.by_person and spoken:
            code = "".join(spoken[-1])
            digits = random.choice([code, code, code, f"{(int(code) + 1) % 1000:03d}", ""])
            if digits == code:
                self.people.proves("call", outgoing.to)
        elif self.by_person and outgoing.to in self.world.pins:
            digits = self.world.pins[outgoing.to]
            self.people.proves("call", outgoing.to)
        if digits:
            self.world.story.tell("phone", f"keys {digits} in {self.world.describe(outgoing)}")
        form = Form({"CallSid": self.message.id, "Digits": digits})
        self.web.request(
            "keys",
            lambda runtime: webhooks.call_keyed(outgoing.attempt, form, runtime, turn, silent, about),
            self._hears,
        )

    def _ends(self, status: str) -> None:
        if not self.is_over:
            self.is_over, self.ended_at = True, self.world.time.now
            self.message.status = status
            call_back(self.world, self.web, self.message)
