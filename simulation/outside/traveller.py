"""Somebody on the road who calls in, in time or late, under duress or never; what comes of it is as agreed (B4)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from sqlalchemy import Row, Select, select

from alertnet.core.codec import from_plain
from alertnet.core.inbound.journey import Journey, Status
from alertnet.core.inbound.sms_grammar import FieldVerb
from alertnet.core.monitoring.self_monitoring import Part
from alertnet.flows.credentials.pins import set_pins
from alertnet.flows.journeys.missed import TYPE as MISSED
from alertnet.store.records.timeline import SYSTEM
from alertnet.store.tables import incidents, journeys, troubles
from simulation.outside.people import People
from simulation.world.cast import INCIDENT_AFTER, TRAVELLER, TRAVELLERS_PHONE, ZONE
from simulation.world.story import Found
from simulation.world.world import World

PIN, DURESS = "58231", "58232"
CHANCE = 0.3
SETTLED = timedelta(seconds=30)
"""After a moment that went by before the calm was half over, whatever it brings is on the record."""

_JOURNEYS: Select[Any] = (
    select(journeys.c.journey, journeys.c.incident_id, incidents.c.opened_at, incidents.c.type)
    .outerjoin(incidents, incidents.c.id == journeys.c.incident_id)
    .order_by(journeys.c.status == Status.OVER.value, journeys.c.began_at.desc())
)


class Traveller:
    """Sets out in some nights, and does as was drawn; all other nights are as they were."""

    def __init__(self, world: World, people: People) -> None:
        self.world = world
        self.people = people
        self.random = Random(f"traveller {world.seed}")
        self.travels = not world.mischief.quiet and self.random.random() < CHANCE
        self.calls_in = self.random.choice(["in time", "late", "never", "under duress"])

    @property
    def reports(self) -> int:
        """How many incidents may come of it: its silence opens one, each word under duress another."""
        forced = [text for text in self.world.texts.values() if DURESS in text.text]
        return (1 + len(forced)) * self.travels

    def begin(self) -> None:
        """Get the PINs, set out, and plan to call in."""
        if not self.travels:
            return
        self.world.database.pattern.transact(set_pins, TRAVELLER, PIN, DURESS)
        sets_out = self.random.uniform(3, 20)
        expected = self.world.moment(sets_out + self.random.uniform(20, 80)).replace(second=0, microsecond=0)
        expected += timedelta(minutes=1)
        self._plan(self.world.moment(sets_out), f"GO {PIN} L12 {expected.astimezone(ZONE):%H:%M}")
        missed_at = expected + INCIDENT_AFTER
        if self.calls_in == "late":
            self._plan(missed_at + timedelta(seconds=self.random.uniform(2, 60)), f"OK {PIN}")
        elif self.calls_in != "never":
            left = (missed_at - self.world.moment(sets_out)).total_seconds()
            pin = PIN if self.calls_in == "in time" else DURESS
            self._plan(self.world.moment(sets_out + self.random.uniform(5, left - 5)), f"OK {pin}")

    def _plan(self, at: datetime, text: str) -> None:
        seconds = (at - self.world.time.now).total_seconds()
        self.world.time.after(seconds, partial(self.people.write, TRAVELLERS_PHONE, text))


def check_journeys(world: World, history: Sequence[Row[Any]]) -> Found:
    """B4: an incident opens when nobody has called in by then, and else none; under duress it is critical."""
    heard = [row for row in history if (row.chain, row.kind) == (SYSTEM, "checked_in")]
    calls = [row.at for row in heard if row.payload["said"] == FieldVerb.CHECK_IN]
    # A text that was sent once more sets out anew.
    set_out_at = max((row.at for row in heard if row.payload["said"] == FieldVerb.DEPART), default=world.time.now)
    # What one of our clocks calls before, another may call after.
    slack = timedelta(seconds=1 + 2 * world.mischief_was.clocks_apart)
    for row in world.database.rows(_JOURNEYS)[:1]:
        missed_at = from_plain(Journey, row.journey).awaited.expected_at + INCIDENT_AFTER
        when = f"{missed_at:%H:%M:%S}"
        # It rings in what the phone has open already, if there is something.
        if row.type == MISSED and row.opened_at < missed_at:
            yield "B4", f"{TRAVELLER} was to call in by {when}, and an incident was opened before"
        if row.incident_id and any(set_out_at < at < missed_at - slack for at in calls):
            yield "B4", f"{TRAVELLER} has called in before {when}, and an incident was opened"
        is_due = max(missed_at, set_out_at, world.calm_since) < world.time.now - SETTLED
        if is_due and not (calls or row.incident_id or _was_deaf(world)):
            yield "A2", f"nothing was heard of {TRAVELLER} by {when}, and no incident was opened"
    facts = world.database.column(select(incidents.c.facts))
    is_told = any(each.get("duress") and each["severity"] == "critical" for each in facts)
    if any(row.payload["pin"] == "duress" for row in heard) and not is_told:
        yield "B4", "a check-in under duress was heard, and nobody was told that it is critical"


def _was_deaf(world: World) -> bool:
    return bool(world.database.column(select(troubles.c.part).where(troubles.c.part == Part.INBOUND.value)))
