"""What somebody did after acknowledging: recorded, told to the coordinators, and what the escalation waited for."""

from datetime import datetime

from alertnet.core.disclosure import Subject
from alertnet.core.escalation.quorum import Action
from alertnet.core.escalation.state import Acted, Event
from alertnet.flows.escalation.escalate import move
from alertnet.flows.escalation.record_response import counted_in
from alertnet.flows.notifications.answer_changes import announce_rest, told_at
from alertnet.flows.notifications.compose import notify_coordinators
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.records import answers


def is_reported(locked: LockedIncident, tree: str, contact_id: str, action: str, note: str) -> bool:
    """Whether the very same report of the recipient is on the record: a page that is sent twice reports once."""
    reported = answers.reports(locked.tx.session, locked.incident.id, locked.names(tree, contact_id))
    return any(each.action == action and (each.note or "") == note for each in reported)


def report_action(
    locked: LockedIncident,
    tree: str,
    contact_id: str,
    action: Action,
    *,
    at: datetime | None = None,
    note: str | None = None,
) -> None:
    """Record an action of a contact; `none` is kept, but ends no waiting for one."""
    locked.work.add(
        answers.NewReport(
            id=locked.tx.entropy.id(),
            incident_id=locked.incident.id,
            tree=tree,
            contact=contact_id,
            action=action,
            at=at or locked.tx.now,
            note=note,
        )
    )
    locked.record("action_reported", tree=tree, contact=contact_id, action=action.value, note=note)
    leaves_at = told_at(locked, tree, contact_id)
    if leaves_at == locked.tx.now:
        notify_coordinators(locked, Subject.ACTION, contact_id, besides=(tree, contact_id))
    elif leaves_at is not None:
        announce_rest(locked, tree, contact_id, leaves_at)
    if action is not Action.NONE:
        events: dict[str, list[Event]] = {}
        for escalation, id in counted_in(locked, tree, contact_id):
            events.setdefault(escalation, []).append(Acted(id))
        move(locked, events)
