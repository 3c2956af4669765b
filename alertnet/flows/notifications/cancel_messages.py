"""Cancels messages that may no longer leave, in the transaction that decides so; hangs up what still rings (A3, A4)."""

from collections.abc import Callable, Collection
from datetime import timedelta

from alertnet.core.directory.contact import MethodKind
from alertnet.core.escalation.advance import Wanted, call_off
from alertnet.core.escalation.state import CalledOff
from alertnet.core.notification import AttemptStatus, Kind, is_in_field
from alertnet.core.resolution.exclusions import Bars
from alertnet.flows.notifications.redial import as_shown
from alertnet.flows.unit.locked_incident import LockedIncident, Recipient
from alertnet.store.erasure import parts_of
from alertnet.store.queues import incident_attempts
from alertnet.store.queues.incident_attempts import Addressed, Stoppable
from alertnet.store.records import notifications
from alertnet.store.records.notifications import Coverage

HANG_UP_WITHIN = timedelta(seconds=5)
"""A call that nobody wants is over by then, or is hung up once more."""

CONFIRMATIONS = (Kind.RECORDED, Kind.DECLINED)
"""What tells a contact which answer of it is recorded."""


def cancel_unwanted(locked: LockedIncident) -> list[Coverage]:
    """Cancel queued alerts that no escalation wants any more, and end their calls.

    Returns what those counted for that had surely told nobody.
    """
    alerts = locked.prefetch.read(incident_attempts.stoppable_alerts, locked.incident.id)
    is_wanted = wanted_by(locked)
    wanted = {attempt.id for attempt, coverage in alerts if is_wanted(coverage)}
    unwanted = [(attempt, coverage) for attempt, coverage in alerts if attempt.id not in wanted]
    for attempt, contact in {attempt.id: (attempt, coverage.contact) for attempt, coverage in unwanted}.values():
        cancel(locked, attempt, contact)
    return [coverage for attempt, coverage in unwanted if attempt.is_surely_unsent]


def forget_uses(locked: LockedIncident, called_off: Collection[Coverage]) -> None:
    """Let what was called off before it left count as never sent, so that it leaves if it is wanted after all (A2)."""
    events: dict[str, list[CalledOff]] = {}
    for each in called_off:
        events.setdefault(each.escalation, []).append(CalledOff(each.contact, each.method_index, each.level_index))
    for escalation in locked.escalations if called_off else ():
        state = call_off(locked.plans[escalation.tree], escalation.state, events.get(escalation.id, ()))
        if state is not escalation.state:
            escalation.state = state
            locked.save(escalation)


def cancel_barred(locked: LockedIncident) -> None:
    """Cancel messages other than alerts, even claimed ones, to those who may no longer be told (A3).

    This holds for every kind, even the all-clear: whoever must not be told gets nothing more from us.
    """
    barred = Bars(locked.facts, tuple(plan.tree for plan in locked.plans.values())).addresses
    for attempt in _others(locked):
        if attempt.address in barred and not is_in_field(attempt.contact):
            cancel(locked, attempt, attempt.contact, why=barred[attempt.address].value)


def cancel_for_those_gone(locked: LockedIncident) -> None:
    """Cancel messages other than alerts to contacts that have left their tree, and to numbers they no longer have."""
    for attempt in _others(locked):
        if attempt.tree and not is_in_field(attempt.contact):
            contact = locked.contact(attempt.tree, attempt.contact)
            if contact.former or attempt.address in contact.left:
                cancel(locked, attempt, contact.id)


def cancel_to_strangers(locked: LockedIncident) -> None:
    """Cancel messages other than alerts to numbers and addresses that turned out to be a stranger's (A9)."""
    strangers = locked.strangers
    _cancel_unsent(locked, lambda attempt: attempt.address in strangers)


def cancel_to_field(locked: LockedIncident) -> None:
    """Cancel what has not left yet for a phone of the field, even if claimed."""
    _cancel_unsent(locked, lambda attempt: is_in_field(attempt.contact))


def cancel_asking(locked: LockedIncident, prompts: Collection[str]) -> None:
    """Cancel what has not left yet and asks for something that is no longer needed, even if claimed."""
    if prompts:
        _cancel_unsent(locked, lambda attempt: attempt.prompt in prompts)


def cancel_queued(locked: LockedIncident) -> None:
    """Cancel all that waits to leave; of an incident that can't be read it would wait for ever."""
    session = locked.tx.session
    for attempt, contact in incident_attempts.queued(session, parts_of(session, locked.incident.id)):
        cancel(locked, attempt, contact)


def cancel_confirmations(recipient: Recipient) -> None:
    """Cancel what has not left yet and says which answer of the contact is recorded, even if claimed."""
    names = recipient.names
    _cancel_unsent(
        recipient.locked,
        lambda attempt: attempt.kind in CONFIRMATIONS and (attempt.tree, attempt.contact) in names,
    )


def cancel_news_of(locked: LockedIncident, answer: str) -> None:
    """Cancel what has not left yet and tells the coordinators of that answer, even if claimed."""
    told = incident_attempts.telling_of(locked.tx.session, locked.incident.every_id, answer)
    _cancel_unsent(locked, lambda attempt: attempt.id in told)


def _cancel_unsent(locked: LockedIncident, is_pointless: Callable[[Addressed], bool]) -> None:
    for attempt in _others(locked):
        if attempt.is_unsent and is_pointless(attempt):
            cancel(locked, attempt, attempt.contact)


def _others(locked: LockedIncident) -> list[Addressed]:
    """Messages besides alerts that may be on their way."""
    return incident_attempts.stoppable_others(locked.tx.session, locked.incident.every_id)


def wanted_by(locked: LockedIncident) -> Callable[[Coverage], bool]:
    """Tells whether the escalation that an alert counts for still wants it to leave, as escalations stand now."""
    escalations = {each.id: Wanted(locked.plans[each.tree], each.state) for each in locked.escalations}

    def is_wanted(coverage: Coverage) -> bool:
        escalation = escalations.get(coverage.escalation)
        if escalation is None or not locked.is_open:
            # An escalation that can't be read may be unanswered, so nothing of it is cancelled (A11).
            trees = [each.tree for each in locked.broken if each.id == coverage.escalation]
            return locked.is_open and any(locked.recipient(tree, coverage.contact).may_hear for tree in trees)
        return escalation.wants(coverage.level_index, coverage.contact, coverage.method_index)

    return is_wanted


def cancel(locked: LockedIncident, attempt: Stoppable, contact: str, **why: str) -> None:
    """Cancel an attempt to reach that contact, and hang up if it is ringing."""
    session, look_at = locked.tx.session, None
    if attempt.method == MethodKind.CALL and attempt.provider_id:
        # The process that should hang up may die first, so the call is asked about until the provider says it is over.
        locked.tx.hang_up(attempt.provider_id)
        look_at = locked.tx.now + HANG_UP_WITHIN
    incident_attempts.cancel(locked.tx, attempt, look_at=look_at)
    shown = as_shown(session, attempt.id, attempt.notification, attempt.method, AttemptStatus.CANCELLED)
    notifications.show(session, attempt.notification, shown)
    locked.record("attempt_cancelled", attempt=attempt.id, contact=contact, method=attempt.method, **why)
