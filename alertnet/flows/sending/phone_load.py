"""Limits what a coordinator's phone gets, and how often: what is open shares one SMS and one call (B9).

It is asked when something is about to leave, so flows that write alarms, questions, tasks and notices need not know of
each other. What is new goes at once; what was said before waits for its turn, and names whatever else waits.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from alertnet.core.directory.contact import MethodKind
from alertnet.core.disclosure import Further, Subject
from alertnet.core.incident import Severity
from alertnet.core.limits import (
    COORDINATOR_CALLS,
    COORDINATOR_TEXTS,
    NOTICES,
    REPEATED_TEXTS,
    TEXTS_AGAIN,
    TEXTS_OF_NEWS,
    Limit,
    Usage,
)
from alertnet.core.notification import ASKING, Kind, is_repeat
from alertnet.flows.sending.render_and_send import Claimed
from alertnet.store.db.tx import Tx
from alertnet.store.queues import attempts as attempt_store
from alertnet.store.queues import due_attempts
from alertnet.store.queues.due_attempts import DueAttempt
from alertnet.store.records import editions, limits, notifications

JOINED = attempt_store.JOINED
MOST_JOINED = 50
SHARED = ASKING | {Kind.REMINDER}
"""Kinds that need not leave by themselves, since another message names them.

An alert always leaves, and names these too.
"""

Free = Callable[[Sequence[DueAttempt]], Iterable[DueAttempt]]


class PhoneLoad:
    """What one look at the queue lets leave to coordinators by one method."""

    def __init__(self, tx: Tx, since: datetime) -> None:
        """`since`: nothing that waits is due before it."""
        self.joined: set[str] = set()
        """Attempts that are named in another one."""
        self._tx = tx
        self._since = since
        self._charged: dict[str, tuple[Limit, ...]] = {}
        """By id, the limits for which each expected attempt counts."""
        self._used: dict[limits.Counted, Usage] = {}
        self._counted: set[limits.Counted] = set()
        self._alone: set[bytes] = set()
        """Indexes of numbers for which nothing else waits that an alert could name."""

    def expect(self, due: Sequence[DueAttempt]) -> None:
        """Load the limits for which these attempts count."""
        self._charged |= {each.id: charged(self._tx, each) for each in due}
        wanted = {(limit, each.address) for each in due for limit in self._charged[each.id]} - self._used.keys()
        if wanted:
            self._used |= limits.hold_each(self._tx, wanted)

    def waits_until(self, due: DueAttempt) -> datetime | None:
        """When an expected attempt may leave at the earliest; None for now, and for whatever does not count."""
        now = self._tx.now
        used = [(_for(due, limit), self._used[limit, due.address]) for limit in self._holding(due)]
        return max((limit.retry_at(each, now) for limit, each in used if not limit.room(each, now)), default=None)

    def leaves(self, due: DueAttempt, claimed: Claimed, free: Free) -> Claimed:
        """Count a claimed attempt, and add what else waits for the phone and may be named (`free`)."""
        charged = self._charged[due.id]
        for limit in charged:
            counted = limit, due.address
            self._used[counted] = limit.force(self._used[counted], self._tx.now)
            self._counted.add(counted)
        if not charged or _is_placed_again(due) or not (waiting := self._waiting_beside(due)):
            return claimed
        others = [other for other in free(waiting) if self._may_share(due, other)]
        if joined := {other.id for other in others}:
            due_attempts.drop(self._tx, joined, JOINED)
            self.joined |= joined
        more = _named(due, others)
        if due.method is MethodKind.CALL or not more:
            return claimed
        said = replace(claimed.said, more=(*claimed.said.more, *more))
        notifications.say(self._tx.session, due.notification_id, said)
        return replace(claimed, said=said)

    def keep(self) -> None:
        """Store what was counted, once each for everything that left."""
        if self._counted:
            limits.keep_each(self._tx, {counted: self._used[counted] for counted in self._counted})

    def _waiting_beside(self, due: DueAttempt) -> Sequence[DueAttempt]:
        """What else waits for its phone. For many alerts in one look, the first asks for all of them."""
        if due.kind is Kind.ALERT and due.address_index in self._alone:
            return ()
        kinds = {Kind.NOTICE} if due.kind is Kind.NOTICE else SHARED
        waiting = due_attempts.claim_others(self._tx.session, due, kinds, MOST_JOINED, self._since)
        if due.kind is Kind.ALERT and not waiting:
            self._alone.add(due.address_index)
        return waiting

    def _holding(self, due: DueAttempt) -> Iterable[Limit]:
        """The limits that hold it back once used up; what is news and can't wait, and what must ring, have none."""
        is_call = due.method is MethodKind.CALL
        counting = () if _is_placed_again(due) else self._charged[due.id]
        if _stands_alone(due) and not is_repeat(due.rank):
            # Whoever reads it too late has called the team by then.
            return ()
        if due.kind is Kind.NOTICE or not counting:
            return counting
        if due.kind is Kind.ALERT and not is_call and (_is_critical(due) or not self._was_rung(due)):
            return ()
        if is_call:
            return () if (due.kind is Kind.ALERT or _is_critical(due)) and not self._was_rung(due) else counting
        is_said_again = is_repeat(due.rank) and due.kind is not Kind.REMINDER
        return counting if is_said_again else [limit for limit in counting if limit is not TEXTS_AGAIN]

    def _was_rung(self, due: DueAttempt) -> bool:
        """Whether that phone was called about its incident before."""
        assert due.incident_id is not None
        return attempt_store.was_rung(self._tx.session, due.incident_id, due.address_index)

    def _may_share(self, due: DueAttempt, other: DueAttempt) -> bool:
        """Whether it can be named in that message; drills and real messages never mix."""
        if not counted(self._tx, other) or _stands_alone(due) or _stands_alone(other):
            return False
        return due.kind is Kind.NOTICE or _is_drill(due) == _is_drill(other)


def counted(tx: Tx, due: DueAttempt) -> tuple[Limit, ...]:
    """The limits for which it counts: a message to a coordinator that wants an answer, and a notice.

    A continued attempt, a re-send (A5) and a redial repeat what was counted already.
    """
    return () if _is_placed_again(due) else charged(tx, due)


def charged(tx: Tx, due: DueAttempt) -> tuple[Limit, ...]:
    """The limits for which it counts, also if placed again: nothing holds a redial, but the phone rests afterwards."""
    if _is_placed_again(due) and due.method is not MethodKind.CALL:
        return ()
    if due.kind is Kind.NOTICE:
        return (NOTICES, COORDINATOR_TEXTS) if due.method is MethodKind.SMS else (COORDINATOR_TEXTS,)
    if due.method is MethodKind.EMAIL or not _asks_a_coordinator(tx, due):
        return ()
    if due.method is MethodKind.CALL:
        return (COORDINATOR_CALLS,)
    return (COORDINATOR_TEXTS,) if _stands_alone(due) else (TEXTS_AGAIN, COORDINATOR_TEXTS)


def _is_placed_again(due: DueAttempt) -> bool:
    return due.extra or due.started_at is not None or due.sender is not None


def has_rung_out(tx: Tx, due: DueAttempt) -> bool:
    """Whether a coordinator's phone has just rung in vain for this alert's incident, so that no other call is made."""
    if due.kind is not Kind.ALERT or due.method is not MethodKind.CALL or not counted(tx, due):
        return False
    assert due.incident_id is not None
    since = tx.now - COORDINATOR_CALLS.window
    return attempt_store.has_rung_out(tx.session, due.incident_id, due.address_index, since)


def _for(due: DueAttempt, limit: Limit) -> Limit:
    """How much of the limit this one may use: repeats leave room for all that is news, notices for what asks."""
    if limit is not COORDINATOR_TEXTS:
        return limit
    return TEXTS_OF_NEWS if due.kind is Kind.NOTICE else REPEATED_TEXTS if is_repeat(due.rank) else limit


def _asks_a_coordinator(tx: Tx, due: DueAttempt) -> bool:
    if due.kind in ASKING:
        return due.prompt_id is not None
    if not due.is_alert or due.tree is None:
        return False
    contact = editions.tree(tx.session, due.trees[due.tree]).contacts.get(due.contact)
    return contact is not None and contact.is_coordinator


def _is_critical(due: DueAttempt) -> bool:
    return due.facts is not None and due.facts.severity is Severity.CRITICAL


def _stands_alone(due: DueAttempt) -> bool:
    """Whether its SMS is never combined with others: it must be read before anybody is called, on a page of its own."""
    return due.method is MethodKind.SMS and due.kind is Kind.ALARM and due.said.subject is Subject.READ_FIRST


def _is_drill(due: DueAttempt) -> bool:
    return due.facts is not None and due.facts.drill


def _named(due: DueAttempt, others: Sequence[DueAttempt]) -> list[Further]:
    """What the others say, each code once, and of alarms that nobody answers one, since its code takes them all."""
    if due.kind is Kind.NOTICE:
        return [Further(other.said.ref, other.said.subject, other.said.about) for other in others]
    found = {_asks(due): due.said.named(due.kind)}
    for other in others:
        found.setdefault(_asks(other), other.said.named(other.kind))
    return list(found.values())[1:]


def _asks(due: DueAttempt) -> tuple[object, ...]:
    """What tells it from others: its code; of alarms that nobody answers in a tree, as without one, its words."""
    said = due.said
    is_of_tree = said.subject in (Subject.UNANSWERED, Subject.TOO_FEW)
    if said.code is not None and not is_of_tree:
        return (said.code,)
    return due.kind, said.ref, said.subject, None if is_of_tree else said.about
