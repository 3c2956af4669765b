"""One of the field who is awaited by a routine, or on a journey that was announced by the API (A2, B4)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Select, select

from alertnet.core.directory.routine import Risk, Routine, Terms
from alertnet.flows.credentials.pins import set_pins
from alertnet.flows.journeys.missed import TYPE as MISSED
from alertnet.flows.journeys.routines import follow_routines
from alertnet.store.tables import incidents
from alertnet.web.api import journeys
from alertnet.web.api.models import CheckIn, Plan
from simulation.outside.coordinators import Coordinators
from simulation.outside.field import DURESS, PIN, SETTLED, was_deaf
from simulation.outside.people import People
from simulation.world.cast import INCIDENT_AFTER, TRAVELLER, TRAVELLERS_PHONE, ZONE
from simulation.world.story import Found
from simulation.world.world import START, World

ONCE = "582310"
AGAIN = "by one one-time PIN, twice"
WAYS = ("never", "by its PIN", "by its PIN", "by a one-time PIN", AGAIN, AGAIN, "by the API")
MINUTE = timedelta(minutes=1)
_MISSED: Select[Any] = select(incidents.c.facts, incidents.c.opened_at).where(incidents.c.type == MISSED)


@dataclass
class Proof:
    """A check-in that counts by the design; `done_at`: when we said so."""

    done_at: datetime | None = None


class Awaited:
    """Is awaited in some nights in which nobody else uses that phone; all other nights are unchanged."""

    def __init__(self, world: World, people: People, coordinators: Coordinators, *, is_free: bool) -> None:
        self.world = world
        self.people = people
        self.coordinators = coordinators
        self.random = world.draws("awaited")
        # What came by the API alone is lost with the database, and nobody can know of it.
        self.comes = is_free and not world.mischief.quiet and self.random.comes() and not world.draws("loss").comes()
        self.is_routine, self.risk = self.random.random() < 0.4, self.random.choice(list(Risk))
        # Of a routine one OK is for all that was to come within half an hour, and the API knows no id.
        self.way = self.random.choice(WAYS[:4] if self.is_routine else WAYS)
        self.proofs: list[Proof] = []
        self.expected: list[datetime] = []
        """When it has to be heard of: once, or twice where the same one-time PIN is to come again."""
        self._journey: str | None = None

    @property
    def has_begun(self) -> bool:
        """Whether it is awaited, as far as anybody knows."""
        return self.is_routine or self._journey is not None

    @property
    def reports(self) -> int:
        """How many incidents may result."""
        return len(self.expected)

    def begin(self) -> None:
        """Set the PINs, let it be awaited, and plan what it says."""
        if not self.comes:
            return
        self.world.database.pattern.transact(set_pins, TRAVELLER, PIN, DURESS, [ONCE])
        first = START.astimezone(ZONE).replace(second=0, microsecond=0) + MINUTE * self.random.randint(1, 2)
        self.expected = [first, first + MINUTE] if self.way == AGAIN else [first]
        if self.is_routine:
            self._begins_routine()
        else:
            self._after(self.random.uniform(2, 5), self._announces)
        for place, expected in enumerate(self.expected) if self.way != "never" else ():
            left = 50 if self.way == AGAIN else INCIDENT_AFTER.total_seconds() - 10
            seconds = (expected - self.world.time.now).total_seconds() + self.random.uniform(1, left)
            self._after(seconds, partial(self._calls_in, place))

    def _begins_routine(self) -> None:
        world, times = self.world, tuple(each.hour * 60 + each.minute for each in self.expected)
        team = world.network.teams["north"]
        routine = Routine("morning", times, members=("eva",), terms=Terms(self.risk, INCIDENT_AFTER))
        world.network = replace(
            world.network, teams={**world.network.teams, "north": replace(team, routines=(routine,))}
        )
        world.edition = world.publish(world.network)
        world.database.pattern.transact(lambda tx: follow_routines(replace(tx, now=START), world.network))

    def _announces(self) -> None:
        """Let the desk announce its journey; later, where nobody answers."""
        legs = [{"to": "L12", "expected_at": each.isoformat()} for each in self.expected]
        about = {"team": "north", "member": "eva", "risk": self.risk, "incident_after": "2m"}
        plan = Plan.model_validate({**about, "legs": legs})

        def known(answer: Any) -> None:
            self._journey = answer["id"]

        self.coordinators.post(f"{TRAVELLER} is awaited", partial(journeys.announce, plan), known)

    def _calls_in(self, place: int) -> None:
        """Say that all is well; what proves nothing by the design is expected to count for nothing."""
        proof, counts = Proof(), self.has_begun and place == 0

        def done(*_: object) -> None:
            proof.done_at = self.world.time.now

        if self.way == "by the API":
            if self._journey is None:
                return
            act = partial(journeys.check_in, self._journey, CheckIn.model_validate({"kind": "ok"}))
            self.coordinators.post(f"{TRAVELLER} is well", act, done)
        else:
            by_its_pin = self.way == "by its PIN"
            counts = counts and (self.risk is Risk.LOW or not by_its_pin)
            self.people.write(TRAVELLERS_PHONE, f"OK {PIN if by_its_pin else ONCE}", done)
        if counts:
            self.proofs.append(proof)

    def _after(self, seconds: float, act: Callable[[], object]) -> None:
        self.world.time.after(seconds, act)


def check_awaited(world: World, awaited: Awaited) -> Found:
    """B4: who has called in by a way that proves it has no incident; who has not has one, and not before its time."""
    opened = [row.opened_at for row in world.database.rows(_MISSED) if row.facts["raised_from"] == TRAVELLERS_PHONE]
    slack, done = world.mischief_was.slack(1), [each.done_at for each in awaited.proofs]
    is_unsure = None in done or not awaited.has_begun
    if not awaited.comes or is_unsure:
        return
    heard = [at for at in done if at is not None and at < awaited.expected[0] + INCIDENT_AFTER - slack]
    if len(heard) < len(done):
        return
    missed = [each + INCIDENT_AFTER for each in awaited.expected[len(heard) :]]
    for at in opened:
        if not missed or at < missed[0] - slack:
            yield "B4", f"{TRAVELLER} has called in {awaited.way}, and an incident was opened at {at:%H:%M:%S}"
    if missed and max(missed[0], world.calm_since) < world.time.now - SETTLED and not (opened or was_deaf(world)):
        yield "A2", f"{TRAVELLER} was to call in by {missed[0]:%H:%M:%S}, has not {awaited.way}, and nobody was told"
