"""The result of a trial: compares what was promised with the provider's records."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Row, select

from alertnet.core.notification import Failure, Kind
from alertnet.sandbox.telephony.network import Message
from alertnet.store.db.tx import Tx
from alertnet.store.tables import attempts, incidents, notifications
from alertnet.store.views import audit

LATE = timedelta(seconds=5)
UNKNOWN = Failure.OUTCOME_UNKNOWN.value


@dataclass(frozen=True)
class Alert:
    """One alert that had to be sent. `arrivals`: each time the provider accepted it; `extras`: re-sends on record.

    `tried`: how each of its attempts ended, by the record.
    """

    ref: str
    contact: str
    planned_at: datetime
    arrivals: Sequence[datetime]
    extras: int
    tried: Sequence[str]

    @property
    def unknown(self) -> int:
        """How often nobody ever knew whether it had left."""
        return sum(end == UNKNOWN for end in self.tried)


@dataclass(frozen=True)
class Record:
    """The record of a trial: every alert, all references, and where a hash chain is broken."""

    alerts: Sequence[Alert]
    refs: frozenset[str]
    strays: int
    """Messages at the provider that belong to no alert on record."""
    breaks: Sequence[str]


@dataclass(frozen=True)
class Reckoning:
    """The result of a trial. Each broken promise is in `faults`, in words."""

    accepted: int
    lost: int
    handed_over: int
    """Alerts that failed after a second doubt about them, upon which the next contact was told (A5)."""
    marked: int
    unmarked: int
    late: int
    latest: timedelta
    faults: tuple[str, ...]


def read_record(tx: Tx, messages: Iterable[Message]) -> Record:
    """The record, with what the provider accepted: each message names our attempt in its status callback."""
    arrivals: dict[str, list[datetime]] = defaultdict(list)
    for message in messages:
        if message.status_callback:
            arrivals[PurePath(urlsplit(message.status_callback).path).name].append(message.created_at)
    tried: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in tx.session.execute(select(attempts)):
        tried[row.notification_id].append(row)
    refs = {row.id: row.ref for row in tx.session.execute(select(incidents.c.id, incidents.c.ref))}
    rows = tx.session.execute(select(notifications).where(notifications.c.kind == Kind.ALERT.value))
    alerts = [_alert(row, refs[row.incident_id], tried[row.id], arrivals) for row in rows]
    known = {row.id for rows in tried.values() for row in rows}
    strays = sum(len(times) for attempt, times in arrivals.items() if attempt not in known)
    breaks = [f"{each.chain} {each.seq}: {each.why}" for each in audit.verify(tx.session)]
    return Record(alerts, frozenset(refs.values()), strays, breaks)


def reckon(record: Record, accepted: Collection[str], told: Sequence[str], most_extras: float = 1.0) -> Reckoning:
    """Compare the record with the accepted references; these contacts had to be told of each.

    `most_extras`: how many marked extras are allowed for each incident.
    """
    alerts: Mapping[tuple[str, str], Alert] = {(each.ref, each.contact): each for each in record.alerts}
    arrived = {place for place, each in alerts.items() if each.arrivals}
    missing = [(ref, contact) for ref in accepted for contact in told if (ref, contact) not in arrived]
    heard = {ref for ref, _ in arrived}
    handed_over = [place for place in missing if place in alerts and alerts[place].unknown > 1 and place[0] in heard]
    lost = [place for place in missing if place not in handed_over]
    more = {place: len(each.arrivals) - 1 for place, each in alerts.items() if len(each.arrivals) > 1}
    unmarked = record.strays + sum(max(0, count - alerts[place].extras) for place, count in more.items())
    marked = sum(more.values()) + record.strays - unmarked
    delays = [min(each.arrivals) - each.planned_at for each in record.alerts if each.arrivals]
    groundless = [place for place, each in alerts.items() if each.extras > each.unknown]
    faults = [
        *(f"lost: {ref}, {contact}" + _how(alerts.get((ref, contact))) for ref, contact in lost),
        *(f"{unmarked} extra that are not marked" for _ in range(min(unmarked, 1))),
        *(f"sent again without a doubt: {ref}, {contact}" for ref, contact in groundless),
        *(f"{marked} extras for {len(accepted)} incidents" for _ in range(marked > most_extras * len(accepted))),
        *(f"accepted, and not on the record: {ref}" for ref in accepted if ref not in record.refs),
        *record.breaks,
    ]
    late = sum(delay > LATE for delay in delays)
    latest = max(delays, default=timedelta(0))
    return Reckoning(len(accepted), len(lost), len(handed_over), marked, unmarked, late, latest, tuple(faults))


def _how(alert: Alert | None) -> str:
    return f" ({', '.join(alert.tried)})" if alert else ""


def _alert(row: Row[Any], ref: str, tried: Sequence[Row[Any]], arrivals: Mapping[str, list[datetime]]) -> Alert:
    times = sorted(at for attempt in tried for at in arrivals.get(attempt.id, ()))
    extras = sum(attempt.extra for attempt in tried)
    ends = [attempt.failure or attempt.status for attempt in sorted(tried, key=lambda each: each.created_at)]
    return Alert(ref, row.contact, row.planned_at, times, extras, ends)
