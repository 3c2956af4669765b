"""Taking attempts to send: paced first, most severe first, and only what may still leave (A3, A4, A7)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.exc import DBAPIError

from alertnet.core.codec import from_plain
from alertnet.core.contact import MethodKind
from alertnet.core.escalation import State
from alertnet.core.notification import AttemptStatus, Failure
from alertnet.core.resolution import may_be_told
from alertnet.flows.attempt import hold, is_wanted_anywhere
from alertnet.flows.case import Case
from alertnet.flows.deliver import Claimed, claimed_from
from alertnet.flows.outbox import Outbox
from alertnet.store import attempts as attempt_store
from alertnet.store import incidents as incident_store
from alertnet.store import pinned
from alertnet.store import senders as sender_store
from alertnet.store.escalations import Escalation
from alertnet.store.tables import escalations
from alertnet.store.tx import Tx

LEASE = timedelta(seconds=30)
"""How long a worker has to send and report; then the outcome is unknown (A5)."""


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
    look = _Look(tx, method, list(senders), rate)
    while len(look.claims.claimed) < look.room(limit):
        rows = attempt_store.take_queued(
            tx.session,
            method,
            tx.now,
            look.room(limit) - len(look.claims.claimed),
            besides=look.passed,
            spared=look.spared,
        )
        for row in rows:
            look.consider(row)
        if not rows:
            break
    return look.settle()


def charge(tx: Tx, method: MethodKind, sender: str, units: int, rate: float) -> None:
    """A message is longer than the one unit it was claimed for: its sender pauses for the rest, too."""
    sender_store.occupy(tx, method, sender, units, rate)


def put_aside(tx: Tx, attempt_id: str) -> list[str]:
    """Cancel a queued attempt that may not leave any more, or let it fail where its time is over."""
    held = hold(tx, attempt_id)
    if held is None or held.status is not AttemptStatus.QUEUED:
        return []
    why = _obstacle(held.case, held.row, tx.now)
    if why == Failure.EXPIRED.value:
        held.failed(Failure.EXPIRED)
    elif why is not None:
        held.cancelled(why)
    return held.finish()


class _Look:
    """One look at the queue of a method, row by row."""

    def __init__(self, tx: Tx, method: MethodKind, senders: list[str], rate: float) -> None:
        self.tx = tx
        self.method = method
        self.rate = rate
        self.numbers = self.senders = senders
        self.claims = Claims()
        self.passed: list[str] = []
        self.spared: set[bytes] = set()
        self.incidents: dict[str, Case] = {}
        if rate or method is MethodKind.CALL:
            # Held also without a pace: two workers must not ring one number, each unseen by the other.
            free = sender_store.hold(tx, method, senders)
            if rate:
                self.senders = sorted((number for number in free if free[number] <= tx.now), key=free.__getitem__)
                self.claims.next_at = min(free.values())
        if method is MethodKind.CALL:
            self.spared = attempt_store.busy_numbers(tx.session)

    def room(self, limit: int) -> int:
        """How many may be claimed: with a pace, one for each number that is free."""
        return min(limit, len(self.senders)) if self.rate else limit

    def consider(self, row: Row[Any]) -> None:
        self.passed.append(row.id)
        if self.method is MethodKind.CALL and row.address_index in self.spared:
            return
        try:
            full = attempt_store.full(self.tx.session, row.id)
            why = _obstacle(self._incident(row.incident_id), full, self.tx.now)
            if why is None:
                self._claim(full)
            else:
                self.claims.unwanted.append(row.id)
        except DBAPIError:
            raise
        except Exception as fault:
            # One that can't be read must not keep the others from leaving (A11).
            self.claims.broken[row.id] = type(fault).__name__

    def settle(self) -> Claims:
        """Write down what was claimed, and what that leaves of the pace."""
        for each in self.claims.claimed:
            attempt_store.change(
                self.tx.session,
                each.attempt,
                status=AttemptStatus.SENDING.value,
                lease=each.lease,
                due_at=self.tx.now + LEASE,
                sender=each.sender,
                started_at=self.tx.now,
                changed_at=self.tx.now,
            )
        if self.rate and self.claims.claimed:
            for each in self.claims.claimed:
                sender_store.occupy(self.tx, self.method, each.sender, 1, self.rate)
            self.claims.next_at = min(sender_store.hold(self.tx, self.method, self.numbers).values())
        return self.claims

    def _claim(self, row: Any) -> None:
        place = len(self.claims.claimed) if self.rate else int(row.id, 16) % len(self.senders)
        each = claimed_from(row, self.tx.chance.id(), self.tx.now, self.senders[place])
        self.claims.claimed.append(each)
        if self.method is MethodKind.CALL:
            self.spared.add(row.address_index)

    def _incident(self, id: str | None) -> Case | None:
        if id is not None and id not in self.incidents:
            self.incidents[id] = _glance(self.tx, id)
        return self.incidents[id] if id is not None else None


def _obstacle(case: Case | None, row: Any, now: datetime) -> str | None:
    """Why the attempt may not leave now; None when it may."""
    if case is not None:
        if row.is_alert and not is_wanted_anywhere(case, row.notification_id):
            return "no longer wanted"
        # The field's own phones are written `team/member`, and no tree bars them.
        trees = [plan.tree for plan in case.plans.values()]
        if "/" not in row.contact and (reason := may_be_told(case.facts, trees, row.address)) is not None:
            return reason.value
    is_over = row.expires_at is not None and row.expires_at <= now
    return Failure.EXPIRED.value if is_over else None


def _glance(tx: Tx, incident_id: str) -> Case:
    """The incident as it stands, only to be looked at: whoever holds it may be waiting for an attempt of ours."""
    incident = incident_store.get(tx.session, incident_id)
    rows = tx.session.execute(select(escalations).where(escalations.c.incident_id == incident_id))
    standing = [
        Escalation(row.id, incident_id, row.tree, row.scope, from_plain(State, row.state), row.due_at) for row in rows
    ]
    return Case(tx, incident, pinned.plans(tx.session, incident.facts, incident.trees), standing, Outbox(tx))
