"""Claims attempts to send: within the pace, most severe first, and only what may still leave (A3, A4, A7)."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from alertnet.core.delivery.circuit_breaker import FIRST_PAUSE
from alertnet.core.delivery.horizon import LATELY
from alertnet.core.delivery.rate_limit import believed, free_after
from alertnet.core.directory.contact import MethodKind
from alertnet.core.escalation.advance import still_wanted
from alertnet.core.escalation.context import LATE
from alertnet.core.escalation.state import Unsent
from alertnet.core.incident import Facts
from alertnet.core.notification import AttemptStatus, Failure, Kind, is_in_field
from alertnet.core.resolution.resolve import Plans, may_be_told
from alertnet.flows.notifications.field_reassurance import may_leave
from alertnet.flows.notifications.prompts import words_of_prompt
from alertnet.flows.sending.encrypt_mail import seal_for
from alertnet.flows.sending.locked_attempt import lock_attempt
from alertnet.flows.sending.phone_load import JOINED, PhoneLoad, has_rung_out
from alertnet.flows.sending.render_and_send import Claimed, claimed_from
from alertnet.flows.sending.send_capacity import Outward, SendCapacity
from alertnet.flows.unit.locked_incident import look_at, taken_up
from alertnet.store.db.session import PutApart
from alertnet.store.db.tx import Tx
from alertnet.store.queues import due_attempts
from alertnet.store.queues import senders as sender_store
from alertnet.store.queues.attempts import NewAttempt, busy_numbers
from alertnet.store.queues.due_attempts import DueAttempt
from alertnet.store.records import editions, notifications
from alertnet.store.records import prompts as prompt_store
from alertnet.store.records.notifications import Covered, NewCoverage, NewNotification, covered_by_task

LEASE = timedelta(seconds=30)
"""How long a worker has to send and report; then the outcome is unknown (A5)."""

UNWANTED = "no longer wanted"
RELIEVED = "relieved"
"""Somebody else is on duty since it was planned, and is told instead."""
AWAY = "provider_away"
RANG_OUT = "rang_out"
"""Its phone has just rung for the same incident and nobody answered; the contact's other methods take over."""
CLOSED = "closed"
"""The contact has closed since it was planned; its other methods take over."""

MOST_QUEUES = 2000
"""The most numbers for which it is remembered which providers they wait for."""

MOST_SEEN = 100
"""How far down the queue one look searches for what may leave or must wait for a provider."""


@dataclass
class Claims:
    """The result of a look at the queue.

    `unwanted`: attempts that may no longer leave, for `put_aside`. `held_up`: those that must wait for a provider from
    now on, each with the moment to look again, for `hold_up`. `waiting`: those that were waiting already. `broken`:
    those that can't be read, with the name of the fault. `unplaced`: how many wait only for a thread or the pace.
    `next_at`: the pace allows no more before then; None where it holds nothing back. `is_paced`: none of our numbers is
    free until then. `is_all`: nothing else that is due was left in the queue.
    """

    claimed: list[Claimed] = field(default_factory=list)
    unwanted: list[str] = field(default_factory=list)
    held_up: dict[str, datetime] = field(default_factory=dict)
    waiting: dict[str, datetime] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    unplaced: int = 0
    next_at: datetime | None = None
    is_paced: bool = False
    is_all: bool = False

    @property
    def leaves_nothing(self) -> bool:
        """Whether there is nothing to do but send what was claimed."""
        return self.is_all and not (self.unwanted or self.held_up or self.broken)


def claim(tx: Tx, method: MethodKind, outward: Outward) -> Claims:
    """Claim due attempts of a method, as many as there are places, each under its own lease.

    A place is a free thread of a working provider, and a number whose pace lets it send now. What turns out longer or
    shorter than expected is charged by `charge`. A number that is in a call, over all incidents, is left out.
    """
    look, known = _Look(tx, method, outward), len(outward.queues)
    look.go_down_the_queue()
    claims, capacity = look.claims, look.capacity
    look.load.keep()
    due_attempts.lease(tx, claims.claimed, tx.now + LEASE)
    due_attempts.wait(tx.session, claims.waiting)
    capacity.use(LEASE)
    # The next look skips those found to wait for another provider, and so goes further down.
    claims.next_at = tx.now if len(outward.queues) > known and capacity.left else capacity.next_at()
    claims.is_paced = capacity.is_paced
    return claims


def charge(tx: Tx, method: MethodKind, sender: str, units: int, rate: float) -> None:
    """Correct the sender's pace for a message so many units longer, or shorter, than it was claimed for."""
    free_at = believed(sender_store.hold(tx, method, [sender])[sender], tx.now, rate)
    sender_store.keep(tx, method, {sender: free_after(free_at, tx.now, units, rate)})


def put_aside(tx: Tx, attempt_id: str) -> None:
    """Cancel a queued attempt that may no longer leave."""
    attempt = lock_attempt(tx, attempt_id)
    if attempt is None or attempt.status is not AttemptStatus.QUEUED:
        return
    found, _ = due_attempts.with_words(tx.session, [attempt_id])
    for due in found:
        why = _Obstacles(tx).to(due)
        if why == RANG_OUT:
            attempt.failed(Failure.NO_ANSWER, RANG_OUT, redial=False)
        elif why is not None:
            if why == JOINED:
                attempt.note_decision_sent()
            attempt.cancelled(why)
        if why == UNWANTED:
            attempt.forget_use()
        elif why in (CLOSED, RELIEVED):
            attempt.happens(lambda each: Unsent(each.contact, each.method_index))
    attempt.finish()


def hold_up(tx: Tx, attempt_id: str, until: datetime) -> None:
    """Let an attempt wait for its providers, which are away; the contact's next method goes."""
    attempt = lock_attempt(tx, attempt_id)
    if attempt is None or attempt.status is not AttemptStatus.QUEUED:
        return
    attempt.wait(until, AWAY)
    attempt.finish()


class _Look:
    """One look at the queue of a method: what leaves, and what decides it."""

    def __init__(self, tx: Tx, method: MethodKind, outward: Outward) -> None:
        self.claims = Claims()
        self._since = outward.horizon.since(tx.now)
        self.load = PhoneLoad(tx, self._since)
        self.capacity = SendCapacity(tx, method, outward)
        self._tx = tx
        self._method = method
        self._outward = outward
        self._obstacles = _Obstacles(tx)

    def go_down_the_queue(self) -> None:
        """Judge what is due until there are no more places, or no more attempts."""
        tx, claims, capacity, by_call = self._tx, self.claims, self.capacity, self._method is MethodKind.CALL
        seen: list[str] = []
        spared = busy_numbers(tx) if by_call else set()
        # What a provider refuses for its own sake must not be all that it is ever tried with (A11).
        least_tried = capacity.is_trial
        most = capacity.left or MOST_SEEN
        while (capacity.left or capacity.barred_until(self._outward.providers) is not None) and len(seen) < MOST_SEEN:
            waiting = self._waiting_elsewhere()
            taken = due_attempts.claim(
                tx,
                self._method,
                most,
                besides=seen,
                spared=spared | waiting,
                least_tried=least_tried,
                since=self._since if tx.now - self._since < LATELY else None,
            )
            seen += taken
            is_all = len(taken) < most
            if by_call:
                first = {index: id for id, index in reversed(taken.items())}
                taken = {id: index for id, index in taken.items() if first[index] == id}
            self._judge_each(list(taken))
            if by_call:
                spared |= {taken[each.id] for each in claims.claimed if each.id in taken}
            if is_all:
                # A second call to a number waits for the first, and is not counted here.
                claims.is_all = not (by_call or claims.unplaced or waiting)
                if not (claims.unplaced or waiting):
                    self._outward.queues.clear()
                return
            most *= 2

    def _waiting_elsewhere(self) -> set[bytes]:
        """Numbers known to wait for providers without a place.

        Recipients reached by another provider must not wait for them.
        """
        queues, providers = list(self._outward.queues.items()), set(self._outward.providers)
        return {index for index, order in queues if set(order) <= providers and self.capacity.are_taken(order)}

    def _judge_each(self, ids: Sequence[str]) -> None:
        written = _just_queued(self._tx, ids)
        read, broken = due_attempts.with_words(self._tx.session, [id for id in ids if id not in written])
        self.claims.broken |= broken
        written |= {each.id: each for each in read}
        found = [written[id] for id in ids if id in written]
        self.load.expect(found)
        for due in found:
            with PutApart(self.claims.broken, due.id):
                self._judge(due)

    def _judge(self, due: DueAttempt) -> None:
        claims = self.claims
        if due.id in self.load.joined or self._obstacles.to(due) is not None:
            claims.unwanted.append(due.id)
        elif until := self.load.waits_until(due):
            claims.waiting[due.id] = until
        else:
            self._place(due)

    def _place(self, due: DueAttempt) -> None:
        """Place it with the first provider of its route that has room; one that has turned it away comes last."""
        tx, claims, capacity, outward = self._tx, self.claims, self.capacity, self._outward
        order = outward.routing.order(due.method, due.address, outward.providers)
        if due.provider is not None:
            order = tuple(sorted(order, key=lambda provider: provider == due.provider))
        # Check this before anything is reserved, so that what can't be read does not use up the pace.
        seal = seal_for(tx, due)
        units = outward.lengths.get((due.method, due.kind, due.language), 1)
        # One that has a number before its first try is a second call, and goes from the same number.
        preferred = due.sender if due.started_at is None else None
        if place := capacity.reserve(order, units, due.address, preferred):
            others = [other for other in order if other != place[0]]
            may_go_over = due.provider is None and bool(others) and capacity.barred_until(others) is None
            claimed = claimed_from(tx, _as_of_now(tx, due), place, seal=seal, units=units, may_go_over=may_go_over)
            claims.claimed.append(self.load.leaves(due, claimed, self._obstacles.without))
        elif until := capacity.barred_until(order):
            waits = claims.waiting if due.delays else claims.held_up
            waits[due.id] = max(until, tx.now + FIRST_PAUSE)
        else:
            claims.unplaced += 1
            if len(outward.providers) > 1 and len(outward.queues) < MOST_QUEUES:
                outward.queues[due.address_index] = order


def _as_of_now(tx: Tx, due: DueAttempt) -> DueAttempt:
    """The attempt; a question about a level that leaves late says when that opens by itself as it stands now (B3)."""
    said, is_question = due.said, due.kind is Kind.DECISION and due.said.automatic_at is not None
    if not is_question or said.at is None or tx.now - said.at <= LATE:
        return due
    assert due.incident_id is not None
    assert due.prompt_id is not None
    words = words_of_prompt(look_at(tx, due.incident_id), prompt_store.get(tx.session, due.prompt_id))
    said = replace(said, automatic_at=words["automatic_at"])
    notifications.say(tx.session, due.notification_id, said)
    return replace(due, said=said)


def _just_queued(tx: Tx, ids: Sequence[str]) -> dict[str, DueAttempt]:
    """Those of the attempts that this very transaction has queued, from memory, without reading them.

    This is valid because only the flow that queued them has changed their incident. It leaves out attempts of merged
    parts, and incidents that two flows share.
    """
    found = {}
    for locked in taken_up(tx).values():
        if locked is None or locked.incident.merged or locked.incident.part_of:
            continue
        rows, incident = locked.work.pending, locked.incident
        states = {each.id: (each.tree, each.state) for each in locked.escalations}
        messages = {each.id: each for each in rows.written(NewNotification)}
        served: dict[str, list[NewCoverage]] = {id: [] for id in messages}
        for each in rows.written(NewCoverage):
            served.setdefault(each.notification, []).append(each)
        for attempt in rows.written(NewAttempt):
            message = messages.get(attempt.notification_id)
            if message is None or attempt.id not in ids or attempt.incident_id != incident.id:
                continue
            if all(each.escalation in states for each in served[message.id]):
                coverage = tuple(each.covered(*states[each.escalation]) for each in served[message.id])
                found[attempt.id] = due_attempts.as_queued(attempt, message, incident, coverage)
    return found


class _Obstacles:
    """What keeps attempts from leaving now. An incident's plans are resolved once for all its due attempts."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        # The plans of incidents that this transaction holds are known.
        held = [each for each in taken_up(tx).values() if each is not None]
        self._plans: dict[str | None, tuple[Facts, dict[str, str], Plans]] = {
            each.incident.id: (each.facts, each.incident.trees, each.plans) for each in held
        }

    def without(self, others: Sequence[DueAttempt]) -> list[DueAttempt]:
        """Those that nothing keeps from leaving."""
        return [other for other in others if self.to(other) is None]

    def to(self, due: DueAttempt) -> str | None:
        """Why the attempt may not leave now; None where it may."""
        if due.error == JOINED:
            return JOINED
        facts = due.facts
        if facts is not None and due.is_alert:
            if (reason := self._to_alert(due, facts)) is not None:
                return reason
        elif facts is not None and not is_in_field(due.contact):
            trees = [editions.tree(self._tx.session, hash) for hash in due.trees.values()]
            if (barred := may_be_told(facts, trees, due.address, (due.tree, due.contact))) is not None:
                return barred.value
            if due.kind is Kind.TASK and not self._is_to_do(due, facts):
                return UNWANTED
        if due.kind is Kind.FIELD_STATUS and not may_leave(self._tx, due.contact, due.address, due.incident_id):
            return UNWANTED
        if due.prompt_id and not prompt_store.asks(self._tx, due.prompt_id, due.said.at or self._tx.now):
            return UNWANTED
        return None

    def _to_alert(self, due: DueAttempt, facts: Facts) -> str | None:
        plans = self._plans_of(due, facts)
        wanted = _wanted(due, plans, due.coverage)
        if not wanted:
            return UNWANTED
        if all(plans[each.tree].reach(each.contact).closed_by(each.method_index, self._tx.now) for each in wanted):
            return CLOSED
        methods = [plans[each.tree].tree.contacts[each.contact].all_methods[each.method_index] for each in wanted]
        if all(method.address != due.address for method in methods):
            return RELIEVED
        return RANG_OUT if has_rung_out(self._tx, due) else None

    def _is_to_do(self, task: DueAttempt, facts: Facts) -> bool:
        covered = covered_by_task(self._tx.session, task.prompt_id or "")
        return bool(_wanted(task, self._plans_of(task, facts), covered))

    def _plans_of(self, due: DueAttempt, facts: Facts) -> Plans:
        known = self._plans.get(due.incident_id)
        if known is None or known[:2] != (facts, due.trees):
            known = self._plans[due.incident_id] = facts, due.trees, editions.plans(self._tx, facts, due.trees)
        return known[2]


def _wanted(due: DueAttempt, plans: Plans, coverage: Sequence[Covered]) -> list[Covered]:
    """The escalations that it counts for whose contact may still be told, so that somebody waits for an answer."""
    return [
        each
        for each in coverage
        if due.is_open and still_wanted(plans[each.tree], each.state, each.level_index, each.contact, each.method_index)
    ]
