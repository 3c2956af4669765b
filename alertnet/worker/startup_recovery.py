"""Recovery at a worker's start: handles what was missed first, and recognises a restored backup.

A restored backup would send again everything that was due after it was taken. The administrator declares it (`alertnet
db restored`), and a starting worker checks too. If the provider has messages of ours that are younger than anything in
the database, they were sent from another state of it. A wrong guess costs two minutes and an alarm, and never silences
anything.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from alertnet.channels.base import LedgerEntry
from alertnet.core.delivery.provider_routes import Route
from alertnet.core.directory.contact import MethodKind
from alertnet.flows.system import restored_backup
from alertnet.flows.system.restored_backup import SentText, remember
from alertnet.runtime.database.transactions import DatabaseAway, isolated
from alertnet.runtime.wiring import Runtime
from alertnet.store.monitoring import last_activity
from alertnet.store.monitoring.last_activity import Declaration
from alertnet.worker.missed_inbound import hear_unkeyed, list_each, poll_route

AWAY = timedelta(minutes=2)
"""A shorter absence is none; this also covers the difference between our clock and the provider's."""

HEARD_WITHIN = timedelta(seconds=3)
"""For how long everything waits for answers that came meanwhile."""
LOOKED_WITHIN = timedelta(seconds=10)
"""For how long a route waits for the look at its provider, at most."""

log = structlog.get_logger(__name__)


class StartupRecovery:
    """What a worker looks for at each provider before it goes on, and what has to wait meanwhile.

    At first everything waits for a moment, so that answers that came meanwhile count first. A provider that takes
    longer then holds back only its own routes, and only for `LOOKED_WITHIN`.
    """

    def __init__(self, runtime: Runtime) -> None:
        self.has_begun = False
        self._runtime = runtime
        self._began_at = runtime.now()
        self._unseen: set[Route] = set()
        """Routes that were not looked at yet."""
        self._is_settling = False
        """A restored backup is being settled."""

    @property
    def is_over(self) -> bool:
        """Whether there is nothing left to wait for."""
        return self.has_begun and not self._unseen

    @property
    def holds_all(self) -> bool:
        """Whether nothing at all may go on yet."""
        if not self.has_begun or self._is_settling:
            return True
        return bool(self._unseen) and self._runtime.now() < self._began_at + HEARD_WITHIN

    @property
    def held_routes(self) -> frozenset[Route]:
        """The routes by which nothing may be sent yet."""
        return frozenset(self._unseen) if self._runtime.now() < self._ends_at else frozenset()

    def begin(self) -> dict[str, Callable[[], None]]:
        """Find out whether a worker was active a moment ago; if not, give the work to do, each job by name.

        Call it before anything is written, and again after `DatabaseAway`. Interrupted work is taken up again.
        """
        runtime = self._runtime
        since = runtime.transact(last_activity.away_since, AWAY)
        declared = runtime.read(lambda tx: last_activity.declared(tx.session))
        broke_off = declared is not None and not declared.is_over
        books = _with_ledger(runtime)
        self._began_at = runtime.now()
        self._unseen = set(books if since is not None or broke_off else ())
        self._is_settling, self.has_begun = broke_off, True
        if broke_off:
            return {"restored": partial(self._run, books, self._declare)}
        if since is None:
            return {}
        if not books:
            runtime.transact(last_activity.back)
        return {
            provider: partial(self._run, routes, partial(self._judge, routes, since))
            for provider, routes in _by_provider(books).items()
        }

    @property
    def _ends_at(self) -> datetime:
        return self._began_at + LOOKED_WITHIN

    def _run(self, routes: Sequence[Route], first: Callable[[], None]) -> None:
        """Do all work for these routes. No failure may keep alarms from leaving (A11)."""
        fetching = [partial(self._fetch, route) for route in routes]
        steps: list[Callable[[], None]] = [first, *fetching, partial(hear_unkeyed, self._runtime)]
        try:
            for step in steps:
                with isolated(log, "comeback_failed"):
                    step()
            self._unseen.difference_update(routes)
            if not self._unseen:
                self._runtime.transact(last_activity.back)
        except DatabaseAway:
            # Once the database is back, all of it starts again.
            self.has_begun = False

    def _judge(self, routes: Sequence[Route], last: datetime) -> None:
        """If this database is an old backup, declare it restored."""
        if not self._is_settling and any(self._is_another(route, last) for route in routes):
            log.error("database_is_old", newest=last.isoformat())
            self._declare(last)

    def _declare(self, taken_at: datetime | None = None) -> None:
        self._is_settling = True
        try:
            declare_restored(self._runtime, taken_at, by="found at the start")
        finally:
            self._is_settling = False

    def _fetch(self, route: Route) -> None:
        """Fetch what came in meanwhile. Don't wait for another lease: its holder may have died."""
        try:
            poll_route(self._runtime, route, at_once=True, until=self._ends_at)
        finally:
            self._unseen.discard(route)

    def _is_another(self, route: Route, last: datetime) -> bool:
        """Whether the provider has messages of ours that this database does not know."""
        method, outlet = route[0], self._runtime.outlets[route]
        if method is not MethodKind.SMS or outlet.ledger is None:
            return False
        since = last + AWAY
        listings = list_each(self._runtime, outlet.ledger.outgoing, outlet.senders, since, self._ends_at)
        ids = {entry.found.provider_id for each in listings for entry in each.entries if entry.at > since}
        return bool(ids and self._runtime.read(lambda tx: last_activity.unbound(tx.session, ids)))


def _with_ledger(runtime: Runtime) -> list[Route]:
    """The routes whose provider can be asked what it has sent and received."""
    return [route for route, outlet in runtime.outlets.items() if outlet.ledger is not None]


def _by_provider(routes: Sequence[Route]) -> dict[str, list[Route]]:
    found: dict[str, list[Route]] = {}
    for route in routes:
        found.setdefault(route[1], []).append(route)
    return found


def declare_restored(runtime: Runtime, taken_at: datetime | None, by: str) -> tuple[Declaration, Sequence[str]]:
    """Keep a backup of that age from repeating what was done since; by default its age is the newest moment in it.

    Called again it goes on where it stopped, and does nothing twice. Gives the declaration, and the references of
    incidents that may lack answers.
    """
    declared = runtime.transact(restored_backup.hold_back, taken_at, by, _with_ledger(runtime))
    incidents = runtime.read(lambda tx: last_activity.going_on(tx.session))
    if not declared.is_over:
        # Before any code is drawn: a code that was told since the backup must not be given to another contact.
        declared = replace(declared, lost=_find_lost(runtime, declared.taken_at))
        for id in runtime.read(lambda tx: last_activity.queued(tx, declared.at)):
            _apart(runtime, restored_backup.mark_unknown, id, declared.taken_at)
        for id, _ in incidents:
            _apart(runtime, restored_backup.alarm_about, id, declared.taken_at)
        runtime.transact(restored_backup.tell_everybody, runtime.edition, declared.taken_at, declared.lost)
    return declared, [ref for _, ref in incidents]


def _find_lost(runtime: Runtime, taken_at: datetime) -> dict[str, tuple[str, ...]]:
    """Incidents that the provider's messages name and the database does not know. Their codes are reserved."""
    until = runtime.now() + LOOKED_WITHIN
    entries: list[LedgerEntry] = []
    for (method, _), outlet in runtime.outlets.items():
        if method is MethodKind.SMS and outlet.ledger is not None:
            listings = list_each(runtime, outlet.ledger.outgoing, outlet.senders, taken_at, until)
            entries += [entry for each in listings for entry in each.entries]
            if not all(each.is_whole for each in listings):
                log.warning("lost_incidents_unread", since=taken_at.isoformat())
    sent = [SentText(entry.to, entry.text) for entry in sorted(entries, key=lambda entry: entry.at)]
    return runtime.transact(remember, runtime.edition, sent)


def _apart(runtime: Runtime, flow: Callable[..., None], id: str, *args: object) -> None:
    """Run a flow over one row; its failure does not affect the others (A11)."""
    with isolated(log, "restore_failed", row=id):
        runtime.transact(flow, id, *args)
