"""The office: tests numbers of contacts, plans a drill, or pauses a route (A2, A6, A9, B5)."""

from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy import Select, select
from starlette.responses import Response

from alertnet.core.directory.contact import MethodKind
from alertnet.core.directory.number_tests import testable
from alertnet.core.incident import Facts, Scope, Severity
from alertnet.core.monitoring.drills import DrillStatus
from alertnet.core.notification import Kind
from alertnet.flows.incidents.drills import plan_drill
from alertnet.flows.notifications.number_tests import send_tests
from alertnet.flows.sending.pause import pause
from alertnet.runtime.wiring import Runtime
from alertnet.store.tables import drills, incidents, notifications
from simulation.hosts.web import Web
from simulation.world.story import Found
from simulation.world.world import World

CHANCE = 0.4
TRIES = 0.5
"""The share of nights in which somebody tests numbers while all else goes on; a test may or may not be answered."""
COUNTRY = "CO"
SETTLED = timedelta(seconds=30)
SEEN_WITHIN = timedelta(seconds=3)
"""How long after a pause no tick is left out: each worker looks every second, even while nothing is due."""

_DRILLS: Select[Any] = select(drills.c.status, drills.c.starts_at, drills.c.incident_id)
_ALERTED: Select[Any] = (
    select(notifications.c.contact, notifications.c.tree)
    .join(incidents, incidents.c.id == notifications.c.incident_id)
    .where(notifications.c.kind == Kind.ALERT.value)
)


class NumberTests:
    """Tests numbers; nights in which it does not are unchanged."""

    def __init__(self, world: World, web: Web) -> None:
        self.world = world
        self.web = web
        self.random = Random(f"number tests {world.seed}")

    def begin(self) -> None:
        if not self.world.mischief.quiet and self.random.random() < TRIES:
            self.world.time.after(self.random.uniform(1, self.world.length / 2), self._try_some)

    def _try_some(self) -> None:
        network = self.world.edition.network
        able = list(testable(network))
        chosen = self.random.sample(able, min(len(able), self.random.choice([1, 2, 4])))
        self.world.story.tell("desk", f"tries the numbers of {', '.join(contact.id for _, contact in chosen)}")

        def send(runtime: Runtime) -> Response:
            runtime.transact(send_tests, network, chosen, "the desk")
            return Response(status_code=204)

        self.web.request("tests of numbers", send)


class Office:
    """Does one thing in some nights in which the field does nothing besides its alarms."""

    def __init__(self, world: World, web: Web, *, is_free: bool) -> None:
        self.world = world
        self.web = web
        self.random = Random(f"office {world.seed}")
        drawn = self.random.choice(["drill", "pause"])
        acts = is_free and not world.mischief.quiet and self.random.random() < CHANCE
        self.does = drawn if acts else None

    @property
    def reports(self) -> int:
        """How many incidents may result."""
        return int(self.does == "drill")

    def begin(self) -> None:
        if self.does is not None:
            acts = {"drill": self._plan_drill, "pause": self._pause}
            self.world.time.after(self.random.uniform(0.5, 20), acts[self.does])

    def _plan_drill(self) -> None:
        at = self.world.time.now + timedelta(seconds=self.random.uniform(5, 40))
        facts = Facts("arrest", Severity.CRITICAL, COUNTRY, Scope.INTERNATIONAL)

        def act(runtime: Runtime) -> Response:
            runtime.transact(plan_drill, runtime.edition, facts, at, None, by="the desk")
            return Response(status_code=201)

        self.world.story.tell("desk", f"plans a drill for {at:%H:%M:%S}")
        self.web.request("a drill", act)

    def _pause(self) -> None:
        route = self.random.choice([each for each in self.world.routes if each[0] is MethodKind.SMS])
        until = self.world.time.now + timedelta(seconds=self.random.uniform(30, self.world.length / 2))

        def act(runtime: Runtime) -> Response:
            runtime.transact(pause, [route], until, "the desk", "maintenance", known=self.world.routes)
            self.world.looks_until = self.world.time.now + SEEN_WITHIN
            return Response(status_code=201)

        self.world.story.tell("desk", f"pauses {route[0].value} by {route[1]} until {until:%H:%M:%S}")
        self.web.request("a pause", act)


def check_office(world: World) -> Found:
    """B5: a drill is held once at its time, and not beside anything real; outsiders are not told (A3)."""
    planned = world.database.rows(_DRILLS)
    rows = {row.id: row for row in world.database.rows(select(incidents))}
    held = {row.incident_id for row in planned if row.status == DrillStatus.HELD}
    if held != {id for id, row in rows.items() if row.facts["drill"]}:
        yield "B5", f"{len(held)} drills were held, and other incidents are drills"
    for row in planned:
        if row.status == DrillStatus.PLANNED and max(row.starts_at, world.calm_since) < world.time.now - SETTLED:
            yield "A2", f"the drill of {row.starts_at:%H:%M:%S} has not begun, and was not skipped"
    for id in held:
        yield from _in_the_way(world, rows, rows[id])
        trees = world.edition.network.trees
        for told in world.database.rows(_ALERTED.where(incidents.c.id == id)):
            contact = trees[told.tree].contacts.get(told.contact)
            if contact and not (contact.drills or contact.is_coordinator or contact.id in trees[told.tree].last_resort):
                yield "A3", f"{told.contact} was alerted by a drill, and has not agreed to take part"


def _in_the_way(world: World, rows: dict[str, Any], drill: Any) -> Found:
    """What was reported as critical and never lowered, and was open when the drill began."""
    slack = world.mischief_was.slack(1)
    for row in rows.values():
        known = world.opened.get(row.ref)
        was_open = row.opened_at < drill.opened_at - slack and (row.closed_at or world.time.now) > drill.opened_at
        is_critical = known is not None and {known.severity, row.facts["severity"]} == {Severity.CRITICAL}
        if is_critical and was_open and row.facts["country"] == COUNTRY:
            yield "B5", f"the drill {drill.ref} began beside {row.ref}, which is real and critical"
