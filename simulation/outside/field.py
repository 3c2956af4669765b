"""The field besides its alarms: journeys, withdrawals, roll-calls, borrowed phones, devices (B4, B5)."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any

from sqlalchemy import Row, Select, select
from starlette.responses import Response

from alertnet.core.codec import from_plain
from alertnet.core.inbound.field_words import FieldVerb
from alertnet.core.inbound.on_the_road.journey import Journey, JourneyKind, Status
from alertnet.core.incident import Severity
from alertnet.core.monitoring.self_monitoring import Part
from alertnet.flows.credentials.pins import set_pins
from alertnet.flows.incidents.device_alarm import FOLLOWS_WITHIN, Pressed, receive_alarm
from alertnet.flows.journeys.missed import TYPE as MISSED
from alertnet.flows.journeys.roll_call import Question, call_roll
from alertnet.flows.sms.quarantine import bind_text
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.tx import Tx
from alertnet.store.records.editions import Edition
from alertnet.store.records.inbound import quarantined
from alertnet.store.records.timeline import SYSTEM
from alertnet.store.tables import attempts, inbound, incidents, journeys, notifications, troubles
from simulation.hosts.web import Web, WebAnswer
from simulation.outside.people import SOS, People
from simulation.world.cast import (
    FIELD_PHONE,
    INCIDENT_AFTER,
    SECRET,
    STRANGERS_PHONE,
    TRAVELLER,
    TRAVELLERS_PHONE,
    ZONE,
)
from simulation.world.story import Found
from simulation.world.world import World

PIN, DURESS = "58231", "58232"
TRIES_EVERY = 8.0  # Seconds.
SETTLED = timedelta(seconds=30)
"""What happened before the calm was half over is on record after this time."""

_WEEKDAYS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
_HOUR = re.compile(r"\d\d:\d\d")
LONGEST_ROAD = timedelta(hours=2)

DEVICE = "bracelet-1"
REPORT, NEWS = "ALERTA", "NUEVA"
WITHDRAWN, PRESSED = "withdrawal_asked", "device_alarm"

_JOURNEYS: Select[Any] = (
    select(journeys.c.journey, journeys.c.incident_id, incidents.c.opened_at, incidents.c.type)
    .outerjoin(incidents, incidents.c.id == journeys.c.incident_id)
    .where(journeys.c.kind == JourneyKind.JOURNEY.value)
    .order_by(journeys.c.status == Status.OVER.value, journeys.c.began_at.desc())
)
_ASKED: Select[Any] = select(journeys).where(journeys.c.kind == JourneyKind.ROLL_CALL.value)
_TO_THE_FIELD: Select[Any] = (
    select(notifications.c.address, notifications.c.incident_id, attempts.c.created_at)
    .join(attempts, attempts.c.notification_id == notifications.c.id)
    .where(notifications.c.kind == "field_status")
)
_SAID: Select[Any] = select(notifications.c.address, notifications.c.said)


class Traveller:
    """Goes on a journey in some nights, as drawn; all other nights are unchanged."""

    def __init__(self, world: World, people: People) -> None:
        self.world = world
        self.people = people
        self.random = world.draws("traveller")
        self.travels = not world.mischief.quiet and self.random.comes()
        self.calls_in = self.random.choice(["in time", "late", "never", "under duress"])

    @property
    def reports(self) -> int:
        """How many incidents may result: its silence opens one, each word under duress another.

        A departure that is brought twice may be missed twice, where the first was merged and closed with others.
        """
        texts = [each.text for each in self.world.texts.values()]
        departures = sum(text.startswith("GO ") for text in texts) if self.world.asked.merges else 1
        return (max(1, departures) + sum(DURESS in text for text in texts)) * self.travels

    def begin(self) -> None:
        """Set the PINs, set out, and plan the check-ins."""
        if not self.travels:
            return
        self.world.database.pattern.transact(set_pins, TRAVELLER, PIN, DURESS)
        sets_out = self.random.uniform(3, 20)
        expected = self.world.moment(sets_out + self.random.uniform(20, 80)).replace(second=0, microsecond=0)
        expected += timedelta(minutes=1)
        self._plan(self.world.moment(sets_out), f"GO {PIN} L12 {self._written(expected.astimezone(ZONE))}")
        missed_at = expected + INCIDENT_AFTER
        if self.calls_in == "late":
            self._plan(missed_at + timedelta(seconds=self.random.uniform(2, 60)), f"OK {PIN}")
        elif self.calls_in != "never":
            left = (missed_at - self.world.moment(sets_out)).total_seconds()
            pin = PIN if self.calls_in == "in time" else DURESS
            self._plan(self.world.moment(sets_out + self.random.uniform(5, left - 5)), f"OK {pin}")

    def _written(self, expected: datetime) -> str:
        """The time as somebody types it, half the time with its day."""
        hour, day = f"{expected:%H:%M}", _WEEKDAYS[expected.weekday()]
        dated = (f"{day} {hour}", f"{hour} {day}", f"{expected:%d/%m} {hour}", f"el {day} {expected.day} a las {hour}")
        writing = self.world.draws("departure")
        return writing.choice(dated) if writing.random() < 0.5 else hour

    def _plan(self, at: datetime, text: str) -> None:
        seconds = (at - self.world.time.now).total_seconds()
        self.world.time.after(seconds, partial(self.people.write, TRAVELLERS_PHONE, text))


class Members:
    """Does one thing in nights without a journey: withdraws, is asked, uses a stranger's phone, presses a device."""

    def __init__(self, world: World, web: Web, people: People, traveller: Traveller) -> None:
        self.world = world
        self.web = web
        self.people = people
        self.random = world.draws("members")
        drawn = self.random.choice(["withdraw", "answer", "borrow", "press"])
        acts = not (world.mischief.quiet or traveller.travels) and self.random.comes()
        self.does = drawn if acts else None
        self._presses = 0

    @property
    def reports(self) -> int:
        """How many incidents may result: of a report, of each who is asked, of each press of a device."""
        withdrawn = 1 + len(self._texts(REPORT))
        return {None: 0, "withdraw": withdrawn, "answer": 2, "borrow": 1, "press": self._presses}[self.does]

    def begin(self) -> None:
        """Plan what was drawn."""
        match self.does:
            case "withdraw":
                self._withdraws()
            case "answer":
                self._is_asked()
            case "borrow":
                self._borrows()
            case "press":
                for _ in range(self.random.randrange(1, 4)):
                    self._after(self.random.uniform(2, self.world.length * 0.8), self._press)

    def _withdraws(self) -> None:
        self.world.database.pattern.transact(set_pins, TRAVELLER, PIN, DURESS)
        pin, raised = self.random.choice([PIN, DURESS]), self.random.uniform(2, 20)
        self._after(raised, partial(self.people.write, TRAVELLERS_PHONE, f"{REPORT} {PIN} 31"))
        later = raised + self.random.uniform(1, self.world.length / 2)
        self._after(later, partial(self.people.write, TRAVELLERS_PHONE, f"FALSE {pin}"))

    def _is_asked(self) -> None:
        self.world.database.pattern.transact(set_pins, TRAVELLER, PIN, DURESS)
        question = Question(team="north", raises=True, incident_after=INCIDENT_AFTER)

        def act(runtime: Runtime) -> Response:
            runtime.transact(call_roll, runtime.edition.network, question, "the desk")
            return Response(status_code=201)

        begins = self.random.uniform(2, 5)
        self._after(begins, partial(self.web.request, "a roll-call", act))
        for phone, text in ((TRAVELLERS_PHONE, f"OK {PIN}"), (FIELD_PHONE, "OK")):
            if self.random.random() < 2 / 3:
                seconds = begins + self.random.uniform(5, 1.4 * INCIDENT_AFTER.total_seconds())
                self._after(seconds, partial(self.people.write, phone, text))

    def _borrows(self) -> None:
        """Write on a stranger's phone; half the time a coordinator says whose text it is."""
        self.world.database.pattern.transact(set_pins, TRAVELLER, PIN, DURESS)
        words = self.random.choice([f"{SOS} {PIN}", f"{REPORT} {PIN} 20 L12", "I lost my phone"])
        self._after(self.random.uniform(2, 30), partial(self.people.write, STRANGERS_PHONE, words))
        if self.random.random() < 0.5:
            self._after(self.random.uniform(60, self.world.length), self._binds)

    def _binds(self) -> None:
        self.world.story.tell("desk", f"binds the text of an unknown number to {TRAVELLER}")

        def hear(answer: WebAnswer) -> None:
            if answer is None:
                self._after(TRIES_EVERY, self._binds)

        self.web.request("a binding", _bind, hear)

    def _press(self) -> None:
        self._presses += 1
        pressed = Pressed(DEVICE, "north", self.world.time.now, position=f"4.60971, -74.08175 {SECRET}")

        def flow(tx: Tx, edition: Edition) -> None:
            locked, _ = receive_alarm(tx, edition, pressed)
            locked.finish()

        def act(runtime: Runtime) -> Response:
            runtime.transact(flow, runtime.edition)
            return Response(status_code=201)

        self.world.story.tell("bracelet", "is pressed")
        self.web.request("an alarm of a device", act)

    def _after(self, seconds: float, act: Callable[[], None]) -> None:
        self.world.time.after(seconds, act)

    def _texts(self, word: str) -> list[str]:
        return [text.text for text in self.world.texts.values() if text.text.startswith(word)]


class Reporter:
    """Raises an incident by SMS and writes more of it, in some nights in which nobody else uses that phone."""

    def __init__(self, world: World, people: People, *, is_free: bool) -> None:
        self.world = world
        self.people = people
        self.random = world.draws("narrows by SMS")
        self.tells = is_free and not world.mischief.quiet and self.random.comes()

    @property
    def reports(self) -> int:
        """How many incidents may result: news of what is closed already is one of its own."""
        return sum(each.sender == TRAVELLERS_PHONE for each in self.world.texts.values()) * self.tells

    def begin(self) -> None:
        """Set the PINs, and plan the texts."""
        if not self.tells:
            return
        self.world.database.pattern.transact(set_pins, TRAVELLER, PIN, DURESS)
        raised = self.random.uniform(2, 20)
        widest = self.random.choice(["", " C2", " C3"])
        self._plan(raised, f"{REPORT} {PIN} {self.random.choice([22, 31, 40])}{widest}")
        for _ in range(self.random.choice([1, 2, 4])):
            words = self.random.choice(["C0", "C1", "P7 C1", "L12", "12 P7", "42"])
            self._plan(raised + self.random.uniform(1, self.world.length * 0.8), f"{NEWS} {PIN} {words}")

    def _plan(self, seconds: float, text: str) -> None:
        self.world.time.after(seconds, partial(self.people.write, TRAVELLERS_PHONE, text))


def _bind(runtime: Runtime) -> Response:
    """Let a coordinator bind the latest text of an unknown number to the traveller."""

    def flow(tx: Tx, edition: Edition) -> None:
        for text in quarantined(tx, None, 1):
            team, _, member = TRAVELLER.partition("/")
            bind_text(tx, edition, text.id, team, member, by="the desk").finish()

    runtime.transact(flow, runtime.edition)
    return Response(status_code=200)


def check_members(world: World, members: Members, history: Sequence[Row[Any]]) -> Found:
    """B4, B5: the effects of a withdrawal, a roll-call, a text from a borrowed phone, and a device."""
    match members.does:
        case "withdraw":
            yield from _left_alone(world, history)
        case "answer":
            yield from _looked_for(world, history)
        case "borrow":
            yield from _learnt_nothing(world)
        case "press":
            yield from _found(world, history)


def _left_alone(world: World, history: Sequence[Row[Any]]) -> Found:
    slack = world.mischief_was.slack(1)
    for row in history:
        if row.kind != WITHDRAWN or "came_to" in row.payload:
            continue
        facts = world.database.column(select(incidents.c.facts).where(incidents.c.id == row.chain))[0]
        if row.payload["pin"] == "duress" and (facts["severity"] != Severity.CRITICAL or not facts.get("duress")):
            yield "B4", "an alarm was called off under duress, and it did not become critical"
        for told in world.database.rows(_TO_THE_FIELD):
            if told.incident_id == row.chain and told.created_at > row.at + slack:
                yield "B4", f"{TRAVELLER} was written to at {told.created_at:%H:%M:%S}, after it had called off"


def _looked_for(world: World, history: Sequence[Row[Any]]) -> Found:
    slack = world.mischief_was.slack(1)
    for row in world.database.rows(_ASKED):
        journey = from_plain(Journey, row.journey)
        missed_at = journey.awaited.expected_at + INCIDENT_AFTER
        heard = [
            each.at
            for each in history
            if (each.chain, each.kind) == (SYSTEM, "checked_in") and each.payload["by"] == journey.owner
        ]
        # Where the desk had to call it again, an OK may have come before it; that is no answer.
        answers = [at for at in heard if at > row.began_at + slack]
        if row.incident_id and any(at < missed_at - slack for at in answers):
            yield "B4", f"{journey.owner} has answered the roll-call in time, and an incident was opened"
        if answers and row.status != Status.OVER:
            yield "B4", f"{journey.owner} has answered the roll-call, and is still awaited"
        is_due = max(missed_at, world.calm_since) < world.time.now - SETTLED
        may_have_answered = any(at > row.began_at - slack for at in heard)
        if is_due and not (may_have_answered or row.incident_id or was_deaf(world)):
            yield "A2", f"{journey.owner} did not answer the roll-call, and no incident was opened"


def _learnt_nothing(world: World) -> Found:
    texts = [row for row in world.database.rows(select(inbound)) if row.sender == STRANGERS_PHONE]
    said = world.database.rows(_SAID)
    is_taken_for_known = any(row.reply is not None or (row.known and row.bound_to is None) for row in texts)
    if is_taken_for_known or any(row.address == STRANGERS_PHONE for row in said):
        yield "B4", "an unknown number was answered"
    facts = world.database.column(select(incidents.c.facts))
    raised = [each for each in facts if each.get("raised_from") == STRANGERS_PHONE and not each.get("lone_text")]
    if any(row.bound_to == TRAVELLER and row.body.startswith((REPORT, SOS)) for row in texts) and not raised:
        yield "B4", f"a report was bound to {TRAVELLER}, and nothing was raised"
    if texts and not any(row.said.get("subject") == "unknown_number" for row in said):
        yield "A12", "an unknown number wrote, and no coordinator was told"


def _found(world: World, history: Sequence[Row[Any]]) -> Found:
    # What was merged has in its history too what another report was told.
    chains = {row.chain for row in history if row.kind == "incident_opened" and row.payload["by"] == f"device/{DEVICE}"}
    rows = [row for row in world.database.rows(select(incidents)) if row.id in chains]
    in_order = sorted((row for row in rows if row.status == "open"), key=lambda row: row.opened_at)
    for before, after in pairwise(in_order):
        # Long after the last one, and once somebody has taken charge, a press is another alarm.
        until = [row for row in history if row.chain == before.id and row.at <= after.opened_at]
        is_new = all(after.opened_at - row.at > FOLLOWS_WITHIN for row in until if row.kind == PRESSED)
        if not (is_new and {row.kind for row in until} & {"acknowledged", "escalation_stopped"}):
            yield "B5", f"{DEVICE} has {len(in_order)} incidents open, where each press joins the one before"
    for row in rows:
        if row.facts["severity"] != Severity.CRITICAL:
            yield "B5", f"{DEVICE} was pressed, and its incident is {row.facts['severity']}"


def check_journeys(world: World, history: Sequence[Row[Any]]) -> Found:
    """B4: an incident opens only when nobody has called in by then; under duress it is critical."""
    heard = [row for row in history if (row.chain, row.kind) == (SYSTEM, "checked_in")]
    calls = [row.at for row in heard if row.payload["said"] == FieldVerb.CHECK_IN]
    # A text that was sent again sets out anew.
    set_out_at = max((row.at for row in heard if row.payload["said"] == FieldVerb.DEPART), default=world.time.now)
    # Our clocks may differ on what came before what.
    slack = world.mischief_was.slack(1)
    for row in world.database.rows(_JOURNEYS)[:1]:
        missed_at = from_plain(Journey, row.journey).awaited.expected_at + INCIDENT_AFTER
        when = f"{missed_at:%H:%M:%S}"
        yield from _awaited_as_written(world, from_plain(Journey, row.journey))
        # It rings in what the phone has open already, if anything.
        if row.type == MISSED and row.opened_at < missed_at:
            yield "B4", f"{TRAVELLER} was to call in by {when}, and an incident was opened before"
        if row.incident_id and any(set_out_at < at < missed_at - slack for at in calls):
            yield "B4", f"{TRAVELLER} has called in before {when}, and an incident was opened"
        is_due = max(missed_at, set_out_at, world.calm_since) < world.time.now - SETTLED
        if is_due and not (calls or row.incident_id or was_deaf(world)):
            yield "A2", f"nothing was heard of {TRAVELLER} by {when}, and no incident was opened"
    facts = world.database.column(select(incidents.c.facts))
    is_told = any(each.get("duress") and each["severity"] == "critical" for each in facts)
    if any(row.payload["pin"] == "duress" for row in heard) and not is_told:
        yield "B4", "a check-in under duress was heard, and nobody was told that it is critical"


def _awaited_as_written(world: World, journey: Journey) -> Found:
    written = {
        hour for text in world.texts.values() if text.text.startswith("GO ") for hour in _HOUR.findall(text.text)
    }
    expected = journey.awaited.expected_at
    if f"{expected.astimezone(ZONE):%H:%M}" not in written or expected > journey.began_at + LONGEST_ROAD:
        yield "B4", f"{TRAVELLER} is awaited by {expected:%d %H:%M}, and has written another time"


def was_deaf(world: World) -> bool:
    """Whether nothing could be received, so that nobody counts as missed."""
    return bool(world.database.column(select(troubles.c.part).where(troubles.c.part == Part.INBOUND.value)))
