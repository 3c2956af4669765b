"""The office: tests numbers, plans a drill, pauses a route, or erases what is over of somebody (A2, A6, A9, A10)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, Select, select
from starlette.responses import Response

from alertnet.core.directory.contact import MethodKind
from alertnet.core.directory.contact_tree import Network
from alertnet.core.directory.number_tests import testable
from alertnet.core.incident import Facts, Scope, Severity
from alertnet.core.monitoring.drills import DrillStatus
from alertnet.core.notification import Kind
from alertnet.flows.incidents.drills import plan_drill
from alertnet.flows.notifications.number_tests import send_tests
from alertnet.flows.sending.pause import pause
from alertnet.flows.system.purge import PurgeDecision
from alertnet.flows.system.subject import erase_subject, subject_of
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.tx import Tx
from alertnet.store.tables import (
    ACTING,
    acknowledgements,
    code_numbers,
    codes,
    drills,
    incidents,
    journeys,
    links,
    metadata,
    notifications,
)
from alertnet.store.views.subject import DataSubject
from simulation.hosts.web import Web
from simulation.world.cast import STRANGERS_PHONE
from simulation.world.story import Found
from simulation.world.world import World

COUNTRY = "CO"
SETTLED = timedelta(seconds=30)
SEEN_WITHIN = timedelta(seconds=3)
"""How long after a pause no tick is left out: each worker looks every second, even while nothing is due."""

_ACTS = incidents.alias("acts")
_OPEN = select(incidents.c.id).join(_ACTS, _ACTS.c.id == ACTING).where(_ACTS.c.status == "open")
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
        self.random = world.draws("number tests")

    def begin(self) -> None:
        if not self.world.mischief.quiet and self.random.comes():
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


class Erasures:
    """Erases in some nights what is over of somebody who asks for it; all other nights are unchanged."""

    def __init__(self, world: World, web: Web) -> None:
        self.world = world
        self.web = web
        self.random = world.draws("erasures")

    def begin(self) -> None:
        if not self.world.mischief.quiet and self.random.comes():
            for _ in range(self.random.choice([1, 2, 4])):
                self.world.time.after(self.random.uniform(20, self.world.length), self._erases)

    def _erases(self) -> None:
        network = self.world.edition.network
        contacts = [f"{tree.id}/{contact.id}" for tree, contact in network.all_contacts]
        members = [f"{team.id}/{id}" for team in network.teams.values() for id in team.members]
        who = self.random.choice([*contacts, *members, STRANGERS_PHONE])

        def act(runtime: Runtime) -> Response:
            runtime.transact(self._erase, network, subject_of(network, who))
            return Response(status_code=204)

        self.world.story.tell("desk", f"erases what is over of {who}")
        self.web.request("an erasure", act)

    def _erase(self, tx: Tx, network: Network, person: DataSubject) -> None:
        """Erase it, and look that nothing goes that an open incident needs, and all that must (A2, A10)."""
        needed = list(_of_open(tx))
        erase_subject(tx, network, person, PurgeDecision("the desk", "they have asked for it"))
        self.world.asked.erased |= {*person.addresses}
        if list(_of_open(tx)) != needed:
            self.world.story.breaks_promise("A2", "an erasure has taken something that an open incident needs")
        for table in (links, acknowledgements):
            closed = table.c.incident_id.not_in(_OPEN)
            kept = tx.session.execute(select(table.c.tree, table.c.contact, table.c.address).where(closed)).all()
            for row in kept:
                if row.address and f"{row.tree}/{row.contact}" in person.owners:
                    how = f"{row.contact} has asked for an erasure, and {table.name} still have its address"
                    self.world.story.breaks_promise("A10", how)


def _of_open(tx: Tx) -> Iterator[Row[Any]]:
    """All that is kept of the incidents that are open, and of those merged into them."""
    for table in metadata.sorted_tables:
        # A check-in that came is over, whatever it had led to.
        if "incident_id" in table.c and table is not journeys:
            query = select(table).where(table.c.incident_id.in_(_OPEN)).order_by(*table.primary_key)
            yield from tx.session.execute(query).all()
    query = select(code_numbers).join(codes, codes.c.id == code_numbers.c.code_id).order_by(*code_numbers.primary_key)
    yield from tx.session.execute(query.where(codes.c.incident_id.in_(_OPEN))).all()


class Office:
    """Does one thing in some nights in which the field does nothing besides its alarms."""

    def __init__(self, world: World, web: Web, *, is_free: bool) -> None:
        self.world = world
        self.web = web
        self.random = world.draws("office")
        drawn = self.random.choice(["drill", "pause"])
        acts = is_free and not world.mischief.quiet and self.random.comes()
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
