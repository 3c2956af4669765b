"""Checks now and then whether anything due was forgotten while some worker could do it (A2)."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Select, Table, bindparam, select

from alertnet.core.directory.contact import MethodKind
from alertnet.store.tables import alarms, attempts, breakers, drills, escalations, inbound, journeys, timeline
from simulation.hosts.host import Host
from simulation.world.world import World

EVERY = 5.0  # Seconds.
LONG_GAP = timedelta(seconds=25)
SENT = {"SMS": MethodKind.SMS, "mail": MethodKind.EMAIL}
TICK = timedelta(seconds=1.5)
"""A tick, and the time that a look and its work take."""


class Watch:
    """Tracks since when some worker has been able to do what is due."""

    def __init__(self, world: World, hosts: Sequence[Host]) -> None:
        self.world = world
        self.hosts = hosts
        self.fine_until = datetime.max.replace(tzinfo=UTC)
        """From then on no worker ran for so long that plans may have moved (A7: what is overdue by a minute)."""
        self._last_fine = world.time.now
        self._overdue: set[tuple[str, datetime]] = set()

    def begin(self) -> None:
        """Begin to check repeatedly."""
        self.world.time.after(EVERY, self._look)

    def fine_since(self) -> datetime | None:
        """Since when a worker has looked without a pause, with the database there; None where none does."""
        return self._since(host.fine_since for host in self._running())

    def kept_since(self) -> datetime | None:
        """Since when a worker has run with the database there, even one whose looks do not return."""
        return self._since(host.runs_since for host in self._running())

    def overdue(self, before: datetime) -> Iterator[tuple[str, datetime]]:
        """What should have been looked at and has been due since before that moment, and since when."""
        if self.world.database.earliest_due() >= before:
            return
        for what, query in _FORGOTTEN.items():
            for row in self.world.database.rows(query, before=before) if self._counts(what) else ():
                yield what, row.due_at

    def _look(self) -> None:
        fine_since = self.fine_since()
        if fine_since is None or fine_since > self.world.time.now - timedelta(seconds=EVERY):
            if self.world.time.now - self._last_fine > LONG_GAP:
                self.fine_until = min(self.fine_until, self._last_fine)
        else:
            self._last_fine = self.world.time.now
        if fine_since is not None:
            late = TICK + self.world.mischief.slack(50 * self.world.mischief.step)
            before = min(self.world.time.now - late, max(self.world.time.now - late, fine_since))
            if fine_since <= before:
                self._find_forgotten(before, late)
        self.world.time.after(EVERY, self._look)

    def _find_forgotten(self, before: datetime, late: timedelta) -> None:
        """Find what was overdue at the check before as well: what a text heard late brings was due long ago."""
        overdue = set(self.overdue(before))
        known, self._overdue = self._overdue, overdue
        for what, due_at in sorted(overdue & known):
            since = due_at.strftime("%H:%M:%S.%f")[:-3]
            how = f"one {what} has been due since {since}, and for {late.total_seconds():.1f} s a worker was there"
            self.world.story.breaks_promise("A2", f"{how} that did not look")

    def _running(self) -> Iterator[Host]:
        return (host for host in self.hosts if _is_running(host))

    def _since(self, moments: Iterable[datetime | None]) -> datetime | None:
        known = [moment for moment in moments if moment is not None]
        return max(min(known), self.world.database_back_at) if known and not self.world.database_is_away else None

    def _counts(self, what: str) -> bool:
        """Whether a queue counts: texts may wait for the rate limit, or while every provider is in trouble."""
        if what not in SENT:
            return True
        routes = {route for route in self.world.routes if route[0] is SENT[what]}
        ill = {(MethodKind(row.method), row.provider) for row in self.world.database.rows(select(breakers))}
        back = self.world.database.rows(_BACK, since=self.world.time.now - TICK)
        ill |= {(MethodKind(row.payload["method"]), row.payload["provider"]) for row in back}
        return not (self.world.mischief_was.rate or routes <= ill)


def _is_running(host: Host) -> bool:
    return host.is_up and host.process is not None and not host.process.life.is_stopped


def _forgotten(table: Table, *conditions: Any) -> Select[Any]:
    due = (table.c.due_at.is_not(None), table.c.due_at < bindparam("before", type_=table.c.due_at.type))
    return select(table.c.due_at).where(*due, *conditions)


_BACK: Select[Any] = select(timeline.c.payload).where(
    timeline.c.kind == "provider_back", timeline.c.at > bindparam("since", type_=timeline.c.at.type)
)
"""Providers that have been in order for only a moment: what waited for them leaves right now."""

_FORGOTTEN = {
    "escalation": _forgotten(escalations),
    "alarm": _forgotten(alarms),
    "journey": _forgotten(journeys),
    "text": _forgotten(inbound),
    "drill": _forgotten(drills),
    "expired lease": _forgotten(attempts, attempts.c.status == "sending"),
    **{
        what: _forgotten(attempts, attempts.c.status == "queued", attempts.c.method == method)
        for what, method in SENT.items()
    },
}
