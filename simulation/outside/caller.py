"""Those who call us: a member who reports after the tone, and contacts who key the code that they were sent.

We keep the recording, and nobody else does (A9, A12). Only the code of the caller's own number counts (A6).
"""

import re
from functools import partial

from sqlalchemy import select
from starlette.responses import Response

from alertnet.core.disclosure import Subject
from alertnet.flows.credentials.pins import set_pins
from alertnet.flows.voice.incoming_call import Asks
from alertnet.runtime.wiring import Runtime
from alertnet.store.tables import alarms, inbound, incidents, notifications, recordings
from alertnet.web.forms import Form
from alertnet.web.twilio import webhooks
from simulation.hosts.web import Web, WebAnswer
from simulation.outside.call import AFTER_THE_CODE
from simulation.outside.field import PIN
from simulation.outside.people import People
from simulation.outside.provider import Provider
from simulation.world.cast import SECRET, TRAVELLER, TRAVELLERS_PHONE, phones_of
from simulation.world.database import ACCOUNT
from simulation.world.story import Found
from simulation.world.world import World

CALLS = 3
"""How often contacts call us, in nights in which they do."""
TRIES_EVERY = 5.0  # Seconds.
KEYED = ((None, ""), ("pin", f"{PIN}*"), ("type", "20"), ("told", "*"))
"""The keys pressed in a call to us, in order, by what was asked for."""
WRONG = "11111"
_PROOF = re.compile(rf"keyed={Asks.PROOF}&amp;code=(\w+)")
FETCHED_WITHIN = 80.0
"""Seconds after the last fault within which it is fetched; it is tried each minute."""


class Caller:
    """Calls us in some nights in which nobody else of the field does anything."""

    def __init__(self, world: World, web: Web, provider: Provider, *, is_free: bool) -> None:
        self.world = world
        self.web = web
        self.provider = provider
        self.random = world.draws("caller")
        self.calls = is_free and not world.mischief.quiet and self.random.comes()
        self.told: dict[str, bytes] = {}
        """The recordings that we have acknowledged, by their ids."""

    @property
    def _call(self) -> str:
        return f"CA{self.world.seed:032x}"

    @property
    def reports(self) -> int:
        """How many incidents may result."""
        return int(self.calls)

    def begin(self) -> None:
        if self.calls:
            self.world.database.pattern.transact(set_pins, TRAVELLER, PIN)
            self.world.time.after(self.random.uniform(2, self.world.length / 2), partial(self._keys, 0))

    def _keys(self, turn: int) -> None:
        keyed, digits = KEYED[turn]
        form = Form({"CallSid": self._call, "From": TRAVELLERS_PHONE, "Digits": digits})
        self.world.story.tell(TRAVELLER, f"is in a call with us{f', asked for {keyed}' if keyed else ''}")

        def act(runtime: Runtime) -> Response:
            return webhooks.call_in(form, runtime, keyed, throttle=self.web.throttle)

        self.web.request("a call to us", act, partial(self._hears, turn))

    def _hears(self, turn: int, answer: WebAnswer) -> None:
        seconds = self.random.uniform(2, TRIES_EVERY)
        if not isinstance(answer, Response):
            self.world.time.after(seconds, partial(self._keys, turn))
            return
        if b"<Record" in bytes(answer.body):
            id, sound = f"RE{self.world.seed:032x}", f"they took her to {SECRET}".encode()
            self.provider.recordings[id] = sound
            self.world.time.after(seconds, partial(self._is_recorded, id, sound))
        if turn + 1 < len(KEYED):
            self.world.time.after(seconds, partial(self._keys, turn + 1))

    def _is_recorded(self, id: str, sound: bytes) -> None:
        """The provider tells us of the recording, until we confirm it."""
        about = {"CallSid": self._call, "From": TRAVELLERS_PHONE, "AccountSid": ACCOUNT}
        about |= {"RecordingSid": id, "RecordingStatus": "completed", "RecordingDuration": "12"}

        def hear(answer: WebAnswer) -> None:
            if isinstance(answer, Response):
                self.told[id] = sound
            else:
                self.world.time.after(TRIES_EVERY, partial(self._is_recorded, id, sound))

        self.web.request("a recording", partial(webhooks.call_recorded, Form(about)), hear)


class CallsBack:
    """Contacts who call us in some nights, once they were sent a code; each call happens once, heard or not."""

    def __init__(self, world: World, web: Web, people: People) -> None:
        self.world = world
        self.web = web
        self.people = people
        self.random = world.draws("a call to us")
        self.calls = CALLS if not world.mischief.quiet and self.random.comes() else 0
        # It has its own entropy, so that nights in which nobody has a PIN are the same.
        self._proving = world.draws("proves a call to us")
        self.silent: dict[str, str] = {}
        """The numbers of those who keyed nothing, and heard us to the end, by the provider's id of the call."""

    def begin(self) -> None:
        """Give one contact a PIN in half of these nights, and plan the calls."""
        if self.calls and self._proving.comes():
            self._gives_pin()
        for place in range(self.calls):
            at = self.random.uniform(5, self.world.length)
            self.world.time.after(at, partial(self._rings, f"CA{self.world.seed:016x}{place:016x}"))

    def _gives_pin(self) -> None:
        """To somebody whom a level names; its own calls and pages want it from then on."""
        trees, pins = self.world.network.trees.values(), self.world.pins
        named = {f"{tree.id}/{id}": tree.contacts[id] for tree in trees for each in tree.levels for id in each.notify}
        free = [name for name, each in named.items() if each.duty is None and each.addresses.isdisjoint(pins)]
        if free:
            owner = self._proving.choice(free)
            pins |= dict.fromkeys(named[owner].addresses, PIN)
            self.world.database.pattern.transact(set_pins, owner, PIN)

    def _rings(self, call: str) -> None:
        if numbers := sorted(self.people.known):
            number = self.random.choice(numbers)
            self.world.story.tell("phone", f"{self.world.name_of(number)} calls us")
            self._asks(call, number, None, "")

    def _asks(self, call: str, number: str, keyed: str | None, digits: str, code: str = "") -> None:
        form = Form({"CallSid": call, "From": number, "Digits": digits})

        def hears(answer: WebAnswer) -> None:
            if not isinstance(answer, Response):
                return
            if keyed is None and f"keyed={Asks.CODE}".encode() in bytes(answer.body):
                self.world.time.after(self.random.uniform(2, 9), partial(self._keys, call, number))
            elif asked := _PROOF.search(bytes(answer.body).decode()):
                self.world.time.after(self._proving.uniform(2, 9), partial(self._proves, call, number, asked[1]))
            elif not digits and not self.world.database_is_away:
                # Without the database it was put through, and this provider has no list of calls to find it on.
                self.silent[call] = number

        def act(runtime: Runtime) -> Response:
            return webhooks.call_in(form, runtime, keyed, None, code, throttle=self.web.throttle)

        self.web.request("a call to us", act, hears)

    def _keys(self, call: str, number: str) -> None:
        """Key the code of this number, nothing, or a code that it was not sent."""
        own, others = self.people.known[number], sorted(set(self.people.known.values()))
        digits = self.random.choice([own, own, own, "", self.random.choice(others), f"{(int(own) + 1) % 10000:04d}"])
        sent_to = [each for each, code in self.people.known.items() if code == digits]
        if number not in self.world.pins and any(self.people.are_of_one(number, each) for each in sent_to):
            self.people.proves(AFTER_THE_CODE, number)
        self.world.story.tell("phone", f"{self.world.name_of(number)} keys {digits or 'nothing'} in its call to us")
        self._asks(call, number, Asks.CODE, digits)

    def _proves(self, call: str, number: str, code: str) -> None:
        """Key the PIN behind the code, a wrong one, or nothing."""
        own = self.world.pins[number]
        digits = self._proving.choice([own, own, WRONG, ""])
        if digits == own:
            self.people.proves(AFTER_THE_CODE, number)
        self.world.story.tell("phone", f"{self.world.name_of(number)} keys PIN {digits or 'nothing'} in its call to us")
        self._asks(call, number, Asks.PROOF, digits, code)


def check_calls_back(world: World, calls_back: CallsBack) -> Found:
    """A12: coordinators hear of a contact who called about something that goes on, and keyed nothing."""
    calls = {row.provider_id: row for row in world.database.rows(select(inbound).where(inbound.c.kind == "call"))}
    told = {said.get("subject") for said in world.database.column(select(notifications.c.said))}
    told |= set(world.database.column(select(alarms.c.subject)))
    goes_on = set(world.database.column(select(incidents.c.status))) == {"open"} and not world.asked.merges
    trees = world.network.trees.values()
    coordinators = frozenset[str]().union(*(phones_of(each) for tree in trees for each in tree.coordinators))
    for id, number in calls_back.silent.items():
        if id not in calls:
            continue
        name = world.name_of(number)
        if calls[id].reply is None:
            yield "A12", f"{name} called and keyed nothing, and nothing became of it"
        if goes_on and number not in coordinators and Subject.INBOUND_CALL.value not in told:
            yield "A12", f"{name} called and keyed nothing, and no coordinator heard of it"


def check_recordings(world: World, caller: Caller) -> Found:
    """A9, A12: a recording is stored with its incident, and deleted at the provider."""
    rows = {row.id: row for row in world.database.rows(select(recordings))}
    was_calm_for = (world.time.now - world.calm_since).total_seconds()
    for id, sound in caller.told.items():
        row, is_there = rows.get(id), id in caller.provider.recordings
        if row is None or row.incident_id is None:
            yield "A12", f"recording {id[-4:]} is about no incident, though its caller had raised one"
        elif row.audio != sound and (not is_there or was_calm_for > FETCHED_WITHIN):
            yield "A12", f"recording {id[-4:]} was told of, and is not kept"
        elif is_there and row.due_at is None:
            yield "A9", f"recording {id[-4:]} is left with the provider, and nobody will delete it"
