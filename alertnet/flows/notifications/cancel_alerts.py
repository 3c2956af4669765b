"""Cancels what may not leave any more, in the transaction that made it so, and hangs up what rings for it (A3, A4)."""

from collections.abc import Callable, Collection
from datetime import timedelta

from alertnet.core.escalation.advance_incident import still_wanted
from alertnet.core.notification import AttemptStatus, is_in_field
from alertnet.core.resolution.exclusions import Bars
from alertnet.flows.notifications.redial import as_shown
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.queues import incident_attempts
from alertnet.store.queues.incident_attempts import Addressed, Stoppable
from alertnet.store.records import notifications
from alertnet.store.records.notifications import Coverage

HANG_UP_WITHIN = timedelta(seconds=5)
"""A call that rings for nothing is over by then, or hung up once more."""


def cancel_unwanted(locked: LockedIncident) -> None:
    """Cancel the waiting alerts that no escalation wants any more, and end the calls that ring for nothing."""
    wanted: set[str] = set()
    found: dict[str, tuple[Stoppable, str]] = {}
    for attempt, coverage in locked.prefetch.read(incident_attempts.stoppable_alerts, locked.incident.id):
        found[attempt.id] = attempt, coverage.contact
        if is_wanted(locked, coverage):
            wanted.add(attempt.id)
    for attempt, contact in found.values():
        if attempt.id not in wanted:
            cancel(locked, attempt, contact)


def cancel_barred(locked: LockedIncident) -> None:
    """Cancel what is no alert, too, for those who may not be told any more: also what has been claimed (A3).

    No kind is an exception, not even the all-clear: whoever is not to be told hears nothing more from us.
    """
    barred = Bars(locked.facts, tuple(plan.tree for plan in locked.plans.values())).addresses
    for attempt in _others(locked):
        if attempt.address in barred and not is_in_field(attempt.contact):
            cancel(locked, attempt, attempt.contact, why=barred[attempt.address].value)


def cancel_for_those_gone(locked: LockedIncident) -> None:
    """Cancel what is no alert, too, for those who have left their tree, and for numbers that are theirs no more."""
    for attempt in _others(locked):
        if attempt.tree and not is_in_field(attempt.contact):
            contact = locked.contact(attempt.tree, attempt.contact)
            if contact.former or attempt.address in contact.left:
                cancel(locked, attempt, contact.id)


def cancel_to_strangers(locked: LockedIncident) -> None:
    """Cancel what is no alert, too, for numbers and addresses that turned out to be somebody else's (A9)."""
    strangers = locked.strangers
    _cancel_unsent(locked, lambda attempt: attempt.address in strangers)


def cancel_to_field(locked: LockedIncident) -> None:
    """Cancel what has not left yet for a phone of the field, also what was claimed."""
    _cancel_unsent(locked, lambda attempt: is_in_field(attempt.contact))


def cancel_asking(locked: LockedIncident, prompts: Collection[str]) -> None:
    """Cancel what has not left yet and asks for something that nobody has to do any more, also what was claimed."""
    if prompts:
        _cancel_unsent(locked, lambda attempt: attempt.prompt in prompts)


def _cancel_unsent(locked: LockedIncident, is_pointless: Callable[[Addressed], bool]) -> None:
    for attempt in _others(locked):
        if attempt.is_unsent and is_pointless(attempt):
            cancel(locked, attempt, attempt.contact)


def _others(locked: LockedIncident) -> list[Addressed]:
    """What may be on its way besides alerts."""
    return incident_attempts.stoppable_others(locked.tx.session, locked.incident.every_id)


def is_wanted(locked: LockedIncident, coverage: Coverage) -> bool:
    """Whether the escalation that an alert counts for still wants it to leave."""
    escalation = next((each for each in locked.escalations if each.id == coverage.escalation), None)
    if escalation is None or not locked.is_open:
        # Of one that can't be read nobody knows that it is answered: nothing of it is taken back for that (A11).
        trees = [each.tree for each in locked.broken if each.id == coverage.escalation]
        return locked.is_open and any(locked.may_hear(tree, coverage.contact) for tree in trees)
    plan = locked.plans[escalation.tree]
    return still_wanted(plan, escalation.state, coverage.level_index, coverage.contact, coverage.method_index)


def cancel(locked: LockedIncident, attempt: Stoppable, contact: str, **why: str) -> None:
    """Cancel an attempt to reach that contact, and have it hung up where it rings."""
    session, now, look_at = locked.tx.session, locked.tx.now, None
    if not attempt.is_unsent and attempt.provider_id:
        # Whoever is to hang up may die before: until the provider says that it is over, the call is asked about.
        locked.tx.hang_up(attempt.provider_id)
        look_at = now + HANG_UP_WITHIN
    incident_attempts.cancel(session, attempt, now, look_at=look_at)
    shown = as_shown(session, attempt.id, attempt.notification, attempt.method, AttemptStatus.CANCELLED)
    notifications.show(session, attempt.notification, shown)
    locked.record("attempt_cancelled", attempt=attempt.id, contact=contact, method=attempt.method, **why)
