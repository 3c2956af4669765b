"""An address that turned out to be a stranger's fails wherever it stands, and the contact's other methods go."""

from alertnet.core.directory.usable_methods import stale_key
from alertnet.core.disclosure import Subject
from alertnet.core.escalation.state import Event, Failed
from alertnet.core.notification import Failure
from alertnet.flows.escalation.escalate import move, stale_kinds
from alertnet.flows.notifications.compose import notify_coordinators
from alertnet.flows.unit.locked_incident import LockedIncident


def report_wrong_person(locked: LockedIncident, tree: str, contact_id: str, address: str) -> None:
    """Take the address out of use in this incident, and tell the coordinators. It is never a decline."""
    events: dict[str, list[Event]] = {}
    for its_tree, its_contact in locked.same_recipient(tree, contact_id):
        escalation = locked.escalation_of(its_tree)
        for method_index, method in enumerate(its_contact.all_methods):
            if (
                escalation is None
                or method.address != address
                or stale_key(its_contact, method) in escalation.state.stale
            ):
                continue
            stale = stale_kinds(Failure.WRONG_PERSON, method.kind)
            events.setdefault(escalation.id, []).append(Failed(its_contact.id, method_index, stale))
    if events:
        locked.record("wrong_person", tree=tree, contact=contact_id)
        move(locked, events)
        notify_coordinators(locked, Subject.WRONG_PERSON, contact_id)
