"""One attempt in a flow's hands: locked after its incident, and its outcome written wherever it matters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from typing_extensions import Unpack

from alertnet.core.delivery.circuit_breaker import pause_after
from alertnet.core.delivery.provider_codes import AccountFault, account_fault, is_whole_account
from alertnet.core.directory.contact import MethodKind
from alertnet.core.errors import Inconsistent
from alertnet.core.escalation.state import Asked, CalledOff, Delayed, Event, Failed
from alertnet.core.notification import UNDER_WAY, UNSETTLED, URGENT, AttemptStatus, Failure, Kind
from alertnet.flows.escalation.bad_addresses import bad_addresses
from alertnet.flows.escalation.escalate import move
from alertnet.flows.notifications.cancel_messages import HANG_UP_WITHIN, wanted_by
from alertnet.flows.notifications.redial import as_shown, dial_again
from alertnet.flows.notifications.stand_down import tell_late
from alertnet.flows.unit.locked_incident import LockedIncident, take_up
from alertnet.flows.unit.unit_of_work import UnitOfWork
from alertnet.store.db.tx import Tx
from alertnet.store.monitoring import heartbeats
from alertnet.store.queues import attempts as attempt_store
from alertnet.store.queues import incident_attempts
from alertnet.store.queues.attempts import Attempt, AttemptChanges
from alertnet.store.records import notifications, timeline
from alertnet.store.records import prompts as prompt_store
from alertnet.store.records.notifications import Coverage

ASK_AFTER = timedelta(seconds=15)
"""An unknown outcome has this long to be settled by its callback."""
FOLLOW_UP = timedelta(seconds=60)
"""Callbacks can be lost, so the provider is asked if it has not reported by then."""

_LONGEST_ID = 64  # Characters of a provider's id that are stored; the Message-ID of a mail may be longer.


@dataclass
class LockedAttempt:
    """An attempt locked after its incident, if it has one. `found`: its state at that time."""

    tx: Tx
    found: Attempt
    status: AttemptStatus
    provider_id: str | None
    work: UnitOfWork
    incidents: dict[str, LockedIncident]
    """By incident: attempts of one incident that are locked together share it."""
    events: dict[str, list[Event]] = field(default_factory=dict)
    """By escalation, of its incident or of one that this was merged into."""
    account_fault: AccountFault | None = None
    """What its provider, which had accepted it, found wrong with our account."""
    may_be_late: bool = False
    """Whether it is found to have left, or perhaps to have, although it was cancelled."""
    has_failed: bool = False
    """Whether it is found to have reached nobody, and may have been the last way to ask anybody for a decision."""

    @property
    def locked(self) -> LockedIncident | None:
        """Its incident, loaded only when it is needed, since most outcomes don't need it."""
        id = self.found.incident_id
        if id is None:
            return None
        if id not in self.incidents:
            self.incidents[id] = take_up(self.tx, id)
        return self.incidents[id]

    @property
    def is_call(self) -> bool:
        return self.found.method is MethodKind.CALL

    def apply_status(
        self, provider_id: str, status: AttemptStatus, failure: Failure | None = None, code: object = None
    ) -> None:
        """Apply a status of the provider, which may come late, in any order, and more than once."""
        if self.provider_id not in (None, provider_id[:_LONGEST_ID]):
            return
        was_heard_of = self.provider_id is not None
        self.bind(provider_id)
        if self.is_call and status is AttemptStatus.DELIVERED:
            status, failure = self._end_of_call()
        match status:
            case AttemptStatus.SENT:
                # Cancelled while it was on its way to the provider: it left after all.
                left = self.status is AttemptStatus.CANCELLED and not was_heard_of
                if self.status in UNSETTLED or left or self._call_off_again():
                    self.sent()
            case AttemptStatus.DELIVERED:
                self._delivered()
            case AttemptStatus.FAILED if self.status in UNDER_WAY and is_whole_account(str(code)):
                self._refused_later(str(code))
            case AttemptStatus.FAILED if self.status in UNDER_WAY:
                self.failed(failure or Failure.UNDELIVERED, code)
            case AttemptStatus.CANCELLED if self.status in UNDER_WAY:
                self.cancelled("hung up")
            case AttemptStatus.FAILED if self.status is AttemptStatus.CANCELLED:
                self.change(due_at=None, lease=None, failure=failure or Failure.UNDELIVERED)
            case AttemptStatus.CANCELLED if self.status is AttemptStatus.CANCELLED:
                self.change(due_at=None, lease=None)

    def bind(self, provider_id: str) -> None:
        """Store the provider's id of it."""
        if self.provider_id is None:
            self.provider_id = provider_id[:_LONGEST_ID]
            self.change(provider_id=self.provider_id)

    def sent(self) -> None:
        """Record that the provider has accepted it. A call that nobody wants any more is ended."""
        follow_up = None if self.found.method is MethodKind.EMAIL else self.tx.now + FOLLOW_UP
        if self.status is AttemptStatus.CANCELLED and self.is_call and self.provider_id:
            self.tx.hang_up(self.provider_id)
            follow_up = self.tx.now + HANG_UP_WITHIN
        self.note_decision_sent()
        self._become(AttemptStatus.SENT, due_at=follow_up, checks=0)

    def failed(self, failure: Failure, code: object = None, *, tell: bool = True, redial: bool = True) -> None:
        """Record that it did not reach anybody. `tell`: tell the escalations, so that the next method goes at once.

        `redial`: a call that rang out may be placed once more.
        """
        heartbeats.note_failure(self.tx, self.found.method, failure)
        self._become(AttemptStatus.FAILED, failure=failure, error=None if code is None else str(code))
        self.has_failed = self.found.kind in URGENT
        if redial and dial_again(self.work, self.found, failure):
            self._show(AttemptStatus.QUEUED)
            self.record("dialled_again")
        if tell:
            stale = failure.stale_kinds(self.found.method)
            self.happens(lambda each: Failed(each.contact, each.method_index, stale))

    def unsure(self, code: str) -> None:
        """Record that nobody knows whether it left. The one re-send is not re-sent again (A5)."""
        if self.found.extra:
            self.failed(Failure.OUTCOME_UNKNOWN, code)
        else:
            began = min(self.found.started_at or self.found.created_at, self.tx.now)
            due_at = max(self.tx.now, began + ASK_AFTER)
            self._become(AttemptStatus.UNKNOWN, due_at=due_at, checks=0, error=code)

    def wait(self, due_at: datetime, code: str) -> None:
        """Queue it again, since it has not left; the first time, the next method goes meanwhile."""
        self._queue_again(due_at=due_at, delays=self.found.delays + 1, error=code, provider=None)
        self._delayed(code)

    def turned_away(self, code: str) -> None:
        """Give it to another provider at once, since its own surely has not sent it."""
        self._queue_again(due_at=self.tx.now, error=code)
        self.record("attempt_turned_away", provider=self.found.provider, error=code)
        self.tx.leaves_due(self.found.method)

    def send_again(self) -> None:
        """Queue the one re-send of what can't be found, with the same words and code (A5)."""
        self.work.attempt(self.found.notification_id, self.found, extra=True)
        self._show(AttemptStatus.QUEUED)
        self.record("attempt_sent_again")

    def never_left(self) -> None:
        """Record that it was cancelled on its way, and surely has not left."""
        self.change(due_at=None, lease=None)
        self.forget_use()

    def forget_use(self) -> None:
        """Let it count as never sent, so that it leaves if it is wanted after all (A2).

        What a close held back is left to the reopening.
        """
        if self.found.kind is not Kind.ALERT or self.locked is None:
            return
        session, closed_at = self.tx.session, self.locked.incident.closed_at
        may_count = self.locked.is_open or (closed_at and attempt_store.was_over(session, self.found.id, closed_at))
        if may_count and not attempt_store.was_followed(session, self.found):
            self.happens(lambda each: CalledOff(each.contact, each.method_index, each.level_index))

    def may_have_left(self, code: str, *, given_up: bool = False) -> None:
        """Record that it was cancelled on its way, and nobody knows whether it left; `given_up`: nor ever will."""
        failure = Failure.OUTCOME_UNKNOWN if given_up else None
        due_at = None if given_up else self.tx.now + ASK_AFTER
        self.change(due_at=due_at, lease=None, checks=0, failure=failure, error=code)
        self.may_be_late = True

    def cancelled(self, why: str) -> None:
        """Record that it must not leave, or was taken back."""
        self._become(AttemptStatus.CANCELLED, entry={"why": why})

    def note_decision_sent(self) -> None:
        """Let a decision's automatic time count from now on, since it has reached a coordinator."""
        id = self.found.prompt_id if self.found.kind is Kind.DECISION else None
        if id is None or self.status not in UNSETTLED or self.locked is None:
            return
        prompt = prompt_store.get(self.tx.session, id)
        for escalation in self.locked.escalations:
            question = escalation.state.question
            if escalation.id == prompt.escalation_id and question is not None and not question.sent:
                self.events.setdefault(escalation.id, []).append(Asked(prompt.level_index))

    def change(self, **values: Unpack[AttemptChanges]) -> None:
        """Set columns that concern nobody else; written together with everything else."""
        self.work.change_attempt(self.found.id, **values)

    def happens(self, event: Callable[[Coverage], Event]) -> None:
        """Tell this event to every escalation that it counts for."""
        for coverage in self._coverage():
            self.events.setdefault(coverage.escalation, []).append(event(coverage))

    def record(self, kind: str, **payload: object) -> None:
        """Add a line to the history: which attempt, to whom and how, but never the number or the text."""
        found = self.found
        which = {"attempt": found.id, "message": found.kind.value, "tree": found.tree, "contact": found.contact}
        chain = found.incident_id or timeline.SYSTEM
        self.work.record(chain, kind, which | {"method": found.method.value} | payload)

    def finish(self) -> None:
        """Write it, and let the escalations continue from what was written."""
        self.work.flush()
        # Somebody who answers a cancelled call hears in it that the incident is over.
        if self.has_failed:
            self._note_nobody_asked()
        is_late = self.may_be_late and self.found.is_alert and not self.is_call
        locked = self.locked if self.events or is_late else None
        if locked is None:
            return
        if self.events:
            move(locked, locked.by_tree(self.events))
            if bad := bad_addresses(locked, locked):
                move(locked, bad)
        if is_late:
            tell_late(locked, self.found.notification_id)
        locked.finish()

    def _note_nobody_asked(self) -> None:
        """Where this was the last way to ask any coordinator for a decision, the escalations go on without (A2)."""
        id = self.found.incident_id
        unheard = incident_attempts.unheard_decisions(self.tx.session, id) if id is not None else ()
        for escalation in self.locked.escalations if unheard and self.locked else ():
            for of, index in unheard:
                if of in (None, escalation.id):
                    self.events.setdefault(escalation.id, []).append(Asked(index, reached=False))

    def _refused_later(self, code: str) -> None:
        """Let it wait as if it had been refused: it was accepted, and then our account was found at fault."""
        self.account_fault = account_fault(code)
        self._become(AttemptStatus.FAILED, failure=Failure.OUR_ACCOUNT, error=code)
        self._show(AttemptStatus.QUEUED)
        found, leaves_at = self.found, self.tx.now + pause_after(self.found.delays)
        self.work.attempt(found.notification_id, found, extra=found.extra, leaves_at=leaves_at, delays=found.delays + 1)
        self._delayed(code)

    def _delayed(self, code: str) -> None:
        """Let the next method go meanwhile, the first time that it has to wait."""
        if self.found.delays == 0:
            self.record("attempt_delayed", error=code)
            self.happens(lambda each: Delayed(each.contact, each.method_index))

    def _queue_again(self, **values: Unpack[AttemptChanges]) -> None:
        self.status = AttemptStatus.QUEUED
        self.change(status=self.status, lease=None)
        self.change(**values)

    def _delivered(self) -> None:
        if self.status is AttemptStatus.DELIVERED:
            self.change(due_at=None)
        elif self.found.failure is not Failure.WRONG_PERSON:
            self._call_off_again()
            self.note_decision_sent()
            self._become(AttemptStatus.DELIVERED, failure=None, error=None)

    def _call_off_again(self) -> bool:
        """Cancel the re-send that has not left: the outcome was given up, but is known after all (A5)."""
        if self.found.failure is not Failure.OUTCOME_UNKNOWN:
            return False
        again = attempt_store.unsent_again(self.tx.session, self.found.notification_id)
        for id in again:
            self.work.change_attempt(
                id, status=AttemptStatus.CANCELLED, changed_at=self.tx.now, due_at=None, lease=None, checks=0
            )
            self.record("attempt_cancelled", attempt=id, why="the first one is known of")
        if again:
            self.change(failure=None, error=None)
        return bool(again)

    def _end_of_call(self) -> tuple[AttemptStatus, Failure | None]:
        """Something answered, perhaps a voicemail: only the code proves that it was a person (A6)."""
        asks = self.found.incident_id is not None and self.found.kind in URGENT
        if self.status is AttemptStatus.DELIVERED or not asks:
            return AttemptStatus.DELIVERED, None
        if self.found.is_alert and not self.is_wanted():
            return AttemptStatus.CANCELLED, None
        if not notifications.said_of(self.tx.session, self.found.notification_id).expects_answer:
            return AttemptStatus.DELIVERED, None
        return AttemptStatus.FAILED, Failure.NO_CODE

    def is_wanted(self) -> bool:
        """Whether an alert may still ring."""
        locked = self.locked
        return locked is not None and any(map(wanted_by(locked), self._coverage()))

    def is_wanted_anew(self) -> bool:
        """Whether an alert that was called off may leave after all, and nothing else has taken its place."""
        followed = self.found.is_alert and attempt_store.was_followed(self.tx.session, self.found)
        return self.found.is_alert and not followed and self.is_wanted()

    def _coverage(self) -> list[Coverage]:
        return notifications.coverage_of(self.tx.session, self.found.notification_id)

    def _become(
        self, status: AttemptStatus, /, *, entry: dict[str, object] | None = None, **values: Unpack[AttemptChanges]
    ) -> None:
        self.may_be_late |= self.status is AttemptStatus.CANCELLED
        self.change(status=status, due_at=None, lease=None, changed_at=self.tx.now)
        self.change(**values)
        self._show(as_shown(self.tx.session, self.found.id, self.found.notification_id, self.found.method, status))
        failure, error = values.get("failure"), values.get("error")
        told = ({"failure": failure.value} if failure else {}) | ({"error": error} if error is not None else {})
        self.record(f"attempt_{status.value}", **told, **(entry or {}))
        self.status = status
        if self.is_call and status not in UNDER_WAY:
            # Another call may wait for this number.
            self.tx.leaves_due()

    def _show(self, status: AttemptStatus) -> None:
        self.work.show(self.found.notification_id, status)


def lock_attempt(tx: Tx, attempt_id: str) -> LockedAttempt | None:
    """Lock the attempt, after its incident; None where there is none. Raises `Inconsistent` where it can't be read."""
    found, faults = _lock(tx, [attempt_id])
    if attempt_id in faults:
        raise faults[attempt_id]
    return found.get(attempt_id)


def lock_attempts(tx: Tx, ids: Sequence[str]) -> dict[str, LockedAttempt]:
    """Lock several attempts by id, all in one unit of work: whichever is finished first writes what is pending for all.

    It leaves out those whose incident another flow holds, and those with inconsistent data; each is then taken alone.
    """
    return _lock(tx, ids, free_only=True)[0]


def _lock(
    tx: Tx, ids: Sequence[str], *, free_only: bool = False
) -> tuple[dict[str, LockedAttempt], dict[str, Inconsistent]]:
    found, faults = attempt_store.lock(tx.session, ids, free_only=free_only)
    work, incidents = UnitOfWork(tx), dict[str, LockedIncident]()
    return {each.id: LockedAttempt(tx, each, each.status, each.provider_id, work, incidents) for each in found}, faults
