"""The observations for the watch, read in a few index lookups, however many closed incidents there are."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Table, bindparam, exists, select, union_all

from alertnet.core.delivery.circuit_breaker import Breaker
from alertnet.core.delivery.provider_routes import IN_ORDER, Route, Routing
from alertnet.core.directory.contact import MethodKind
from alertnet.core.incident import IncidentStatus
from alertnet.core.monitoring.self_monitoring import LATEST, Files, Observed
from alertnet.store.db.columns import Instant
from alertnet.store.db.session import Session
from alertnet.store.db.statements import Prepared
from alertnet.store.db.tx import Tx
from alertnet.store.monitoring import heartbeats
from alertnet.store.monitoring.heartbeats import Heartbeat
from alertnet.store.queues import circuit_breakers, postponed_rows, workers
from alertnet.store.queues.attempts import ASKED, QUEUED, SENDING, SENT_BY, busy_numbers
from alertnet.store.records.escalations import unheard
from alertnet.store.tables import alarms, attempts, drills, escalations, inbound, incidents, journeys, senders

TRIED_LATELY = timedelta(minutes=3)
"""A mailbox that is named is tried twice a minute."""
STUBBORN = 3
"""An attempt that failed to leave this often, and still waits, is stubborn."""
FOR_LONG = timedelta(seconds=30)
"""Before this it may be only a provider that asks for a moment's patience."""

CLOCKS_DIFFER = timedelta(seconds=10)
"""Moments later than this were recorded before the clock was set back, and are ignored."""

_NOW = bindparam("now", type_=Instant())


def _oldest(table: Table, *conditions: ColumnElement[bool]) -> Any:
    query = select(table.c.due_at).where(table.c.due_at <= _NOW, *conditions)
    return query.order_by(table.c.due_at).limit(1).scalar_subquery()


def _oldest_attempt(method: MethodKind, status: str, *conditions: ColumnElement[bool]) -> Any:
    return _oldest(attempts, attempts.c.method == method.value, attempts.c.status == status, *conditions)


_IS_FREE = attempts.c.address_index.not_in(bindparam("busy"))
_TO_SEND = {
    method.value: _oldest_attempt(method, *QUEUED, *([_IS_FREE] if method is MethodKind.CALL else []))
    for method in SENT_BY
}
_OLDEST = Prepared(
    select(
        _oldest(escalations).label("escalations"),
        _oldest(alarms).label("alarms"),
        _oldest(journeys).label("journeys"),
        _oldest(inbound).label("inbound"),
        _oldest(drills).label("drills"),
        *(subquery.label(method) for method, subquery in _TO_SEND.items()),
        *(_oldest_attempt(method, *SENDING).label(f"leases_{method}") for method in SENT_BY),
        *(
            _oldest_attempt(method, status).label(f"questions_{method}_{status}")
            for method in SENT_BY
            for status in ASKED
        ),
    )
)
_CALLED = select(attempts.c.address_index).where(
    attempts.c.method == MethodKind.CALL.value,
    attempts.c.provider_id.is_not(None),
    attempts.c.changed_at.between(bindparam("since"), _NOW),
)
_OPEN = select(incidents.c.id).where(incidents.c.status == IncidentStatus.OPEN.value)
_JUST_CALLED = union_all(
    _CALLED.where(attempts.c.incident_id.in_(_OPEN)), _CALLED.where(attempts.c.incident_id.is_(None))
)
_STUBBORN = select(
    *(
        exists()
        .where(
            attempts.c.method == method.value,
            attempts.c.status.in_(QUEUED),
            attempts.c.due_at.is_not(None),
            attempts.c.delays >= STUBBORN,
            attempts.c.created_at < bindparam("then"),
        )
        .label(method.value)
        for method in SENT_BY
    )
)


def observe(
    tx: Tx, routes: frozenset[Route], *, is_tested: bool, files: Files = Files.IN_FORCE, routing: Routing = IN_ORDER
) -> Observed:
    """Observe everything that is judged. `routes`: all routes; `is_tested`: the inbound path should answer its test."""
    seen = {
        name: heartbeat
        for name, heartbeat in heartbeats.read(tx.session).items()
        if heartbeat.at <= tx.now + CLOCKS_DIFFER
    }
    ill = {route: breaker for route, breaker in circuit_breakers.found(tx).items() if route in routes}
    return Observed(
        now=tx.now,
        since=heartbeats.when(seen.get(heartbeats.WATCH_SINCE)) or tx.now,
        due=_due(tx),
        rate_limited_until=_rate_limited_until(tx.session),
        routes=routes,
        away=_away(ill, seen, tx.now),
        stubborn=_stubborn(tx, ill),
        reports=heartbeats.reports(seen),
        is_tested=is_tested,
        inbound_at=heartbeats.when(seen.get(heartbeats.INBOUND)),
        workers=tuple(each for each in workers.seen(tx.session) if each.seen_at <= tx.now + CLOCKS_DIFFER),
        unheard=tuple(unheard(tx.session)),
        files=files,
        routing=routing,
        mailbox_read_at=_mailbox_read_at(seen, tx.now),
        faults={route: breaker.fault for route, breaker in ill.items() if breaker.fault is not None},
    )


def _away(ill: Mapping[Route, Breaker], seen: Mapping[str, Heartbeat], now: datetime) -> dict[Route, datetime]:
    """The routes that count as gone, since when; a provider that answers again is only waited for."""
    return {
        route: breaker.opened_at or heartbeats.when(seen.get(heartbeats.barred(route))) or now
        for route, breaker in ill.items()
        if breaker.bars_until(now) is not None
    }


def _mailbox_read_at(seen: Mapping[str, Heartbeat], now: datetime) -> datetime | None:
    """When the mailbox for answers was last read; what nobody tries to read any more is no mailbox of ours."""
    tried, read = (heartbeats.when(seen.get(each)) for each in (heartbeats.MAILBOX_TRIED, heartbeats.MAILBOX_READ))
    return (read or datetime.min.replace(tzinfo=UTC)) if tried is not None and now - tried < TRIED_LATELY else None


def _due(tx: Tx) -> dict[str, datetime]:
    """For each queue, since when its oldest row is due.

    Calls that wait for another to the same number don't count, nor do those whose line has just become free.
    """
    busy = busy_numbers(tx)
    [row] = _OLDEST.all(tx.session, {"now": tx.now, "busy": list(busy)})
    if row.call is not None and tx.now - row.call > LATEST:
        busy |= set(tx.session.scalars(_JUST_CALLED, {"now": tx.now, "since": tx.now - LATEST}))
        [row] = _OLDEST.all(tx.session, {"now": tx.now, "busy": list(busy)})
    found: dict[str, datetime] = {}
    named = [(name.partition("_")[0], due_at) for name, due_at in row._asdict().items()]
    faulty = [("put_off", row.since) for row in postponed_rows.still_postponed(tx.session)]
    for name, due_at in [*named, *faulty]:
        if due_at is not None:
            found[name] = min(due_at, found.get(name, due_at))
    return found


def _rate_limited_until(session: Session) -> dict[MethodKind, datetime]:
    found: dict[MethodKind, datetime] = {}
    for row in session.execute(select(senders)):
        method = MethodKind(row.name.partition(":")[0])
        found[method] = max(row.free_at, found.get(method, row.free_at))
    return found


def _stubborn(tx: Tx, ill: Collection[Route]) -> frozenset[MethodKind]:
    """The methods with a provider that is `ill` and a message that failed to leave again and again.

    If all providers are well, the recipient is the reason, such as a mailbox that asks for another try.
    """
    if not ill:
        return frozenset()
    found = tx.session.execute(_STUBBORN, {"then": tx.now - FOR_LONG}).one()._mapping
    return frozenset(method for method, _ in ill if found[method.value])
