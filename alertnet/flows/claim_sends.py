"""Taking attempts to send: paced first, most severe first, and only what may still leave (A3, A4, A7)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, bindparam, select
from sqlalchemy.exc import DBAPIError

from alertnet.core.codec import from_plain
from alertnet.core.contact import MethodKind
from alertnet.core.escalation import State
from alertnet.core.incident import Facts, IncidentStatus
from alertnet.core.notification import AttemptStatus
from alertnet.core.progress import still_wanted
from alertnet.core.resolution import may_be_told
from alertnet.flows.attempt import hold
from alertnet.flows.deliver import Claimed, claimed_from
from alertnet.store import attempts as attempt_store
from alertnet.store import pinned
from alertnet.store import senders as sender_store
from alertnet.store.changes import change_each
from alertnet.store.tables import alarms, attempts, escalations, served
from alertnet.store.tx import Tx

LEASE = timedelta(seconds=30)
"""How long a worker has to send and report; then the outcome is unknown (A5)."""

UNWANTED = "no longer wanted"

_SERVED: Select[Any] = (
    select(
        served.c.notification_id,
        served.c.contact,
        served.c.level_index,
        served.c.method.label("place"),
        escalations.c.tree,
        escalations.c.state,
    )
    .join(escalations, escalations.c.id == served.c.escalation_id)
    .where(served.c.notification_id.in_(bindparam("notifications", expanding=True)))
)

_ALARM_DUE = select(alarms.c.due_at).where(alarms.c.id == bindparam("alarm"))
"""None once it was answered, decided or overtaken."""


@dataclass
class Claims:
    """What a look at the queue gave.

    `unwanted`: attempts that may not leave any more, for `put_aside`. `broken`: those that can't be read, with the name
    of the fault. `next_at`: the pace allows no more before then; None where it holds nothing back.
    """

    claimed: list[Claimed] = field(default_factory=list)
    unwanted: list[str] = field(default_factory=list)
    broken: dict[str, str] = field(default_factory=dict)
    next_at: datetime | None = None


def claim(tx: Tx, method: MethodKind, limit: int, *, senders: Sequence[str], rate: float) -> Claims:
    """Take at most that many due attempts of a method, each from one of the senders and under a lease of its own.

    A sender gets the next one when the pace lets it, at `rate` units a second (0: no pace); what turns out longer than
    one unit is charged by `charge`. A number that is being called, over all incidents, is left in peace.
    """
    claims = Claims()
    turn = int(tx.chance.digits(3)) % len(senders)
    free = [*senders[turn:], *senders[:turn]]
    if rate or method is MethodKind.CALL:
        # Held also without a pace: two workers must not ring one number, each unseen by the other.
        free_at = sender_store.hold(tx, method, senders)
        free = [number for number in free if not rate or free_at[number] <= tx.now]
        claims.next_at = min(free_at.values()) if rate else None
    room = min(limit, len(free)) if rate else limit
    _fill(tx, method, claims, room, free)
    change_each(tx.session, attempts, [_under_lease(each) for each in claims.claimed])
    if rate and claims.claimed:
        for each in claims.claimed:
            sender_store.occupy(tx, method, each.sender, 1, rate)
        claims.next_at = min(sender_store.hold(tx, method, senders).values())
    return claims


def charge(tx: Tx, method: MethodKind, sender: str, units: int, rate: float) -> None:
    """A message is longer than the one unit it was claimed for: its sender pauses for the rest, too."""
    sender_store.occupy(tx, method, sender, units, rate)


def put_aside(tx: Tx, attempt_id: str) -> list[str]:
    """Cancel a queued attempt that may not leave any more."""
    held = hold(tx, attempt_id)
    if held is None or held.status is not AttemptStatus.QUEUED:
        return []
    rows, _ = attempt_store.with_words(tx.session, [attempt_id])
    for row in rows:
        why = _obstacle(tx, row, _services(tx, rows).get(row.notification_id, ()))
        if why is not None:
            held.cancelled(why)
    return held.finish()


def _fill(tx: Tx, method: MethodKind, claims: Claims, room: int, senders: list[str]) -> None:
    """Go down the queue until there is no more room, or no more."""
    passed: list[str] = []
    spared = attempt_store.busy_numbers(tx.session, tx.now) if method is MethodKind.CALL else set()
    while len(claims.claimed) < room:
        left = room - len(claims.claimed)
        due = attempt_store.take(tx.session, method, attempt_store.QUEUED, tx.now, left, besides=passed, spared=spared)
        if not due:
            return
        is_all = len(due) < left
        passed += [row.id for row in due]
        if method is MethodKind.CALL:
            due = list({row.address_index: row for row in reversed(due)}.values())
        rows, broken = attempt_store.with_words(tx.session, [row.id for row in due])
        claims.broken |= broken
        services = _services(tx, rows)
        for row in rows:
            sender = senders[len(claims.claimed) % len(senders)]
            _judge(tx, claims, row, services.get(row.notification_id, ()), sender)
        if method is MethodKind.CALL:
            spared |= {row.address_index for row in due if row.id in {each.attempt for each in claims.claimed}}
        if is_all:
            return


def _judge(tx: Tx, claims: Claims, row: Row[Any], services: Sequence[Row[Any]], sender: str) -> None:
    try:
        if _obstacle(tx, row, services) is None:
            claims.claimed.append(claimed_from(row, tx.chance.id(), tx.now, sender))
        else:
            claims.unwanted.append(row.id)
    except DBAPIError:
        raise
    except Exception as fault:
        # What can't be read must not keep the others from leaving (A11).
        claims.broken[row.id] = type(fault).__name__


def _under_lease(claimed: Claimed) -> dict[str, Any]:
    return {
        "key": claimed.attempt,
        "status": AttemptStatus.SENDING.value,
        "lease": claimed.lease,
        "due_at": claimed.at + LEASE,
        "sender": claimed.sender,
        "started_at": claimed.at,
        "changed_at": claimed.at,
    }


def _services(tx: Tx, rows: Sequence[Row[Any]]) -> dict[str, list[Row[Any]]]:
    """What the alerts among these count for, with the states of those escalations, by notification.

    They are not held: whoever holds an incident may be waiting for an attempt of ours.
    """
    alerts = [row.notification_id for row in rows if row.is_alert]
    services: dict[str, list[Row[Any]]] = {}
    for service in tx.session.execute(_SERVED, {"notifications": alerts}) if alerts else ():
        services.setdefault(service.notification_id, []).append(service)
    return services


def _obstacle(tx: Tx, row: Row[Any], services: Sequence[Row[Any]]) -> str | None:
    """Why the attempt may not leave now; None when it may."""
    facts = from_plain(Facts, row.facts) if row.incident_id else None
    if facts is not None and row.is_alert:
        plans = pinned.plans(tx.session, facts, row.trees)
        is_open = row.incident_status == IncidentStatus.OPEN.value
        if not is_open or not any(_wants(plans[service.tree], service) for service in services):
            return UNWANTED
    # The field's own phones are written `team/member`, and no tree bars them.
    elif facts is not None and "/" not in row.contact:
        trees = [pinned.tree(tx.session, hash) for hash in row.trees.values()]
        if (reason := may_be_told(facts, trees, row.address)) is not None:
            return reason.value
    if row.alarm_id and tx.session.scalar(_ALARM_DUE, {"alarm": row.alarm_id}) is None:
        return UNWANTED
    return None


def _wants(plan: Any, service: Row[Any]) -> bool:
    state = from_plain(State, service.state)
    return still_wanted(plan, state, service.level_index, service.contact, service.place)
