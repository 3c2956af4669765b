"""What a coordinator does for an incident from any of its pages: vouch, report an action, close (B4, A6)."""

from alertnet.core.escalation.quorum import Action, AnswerKind
from alertnet.core.incident import CloseReason
from alertnet.core.notification import Kind
from alertnet.flows.escalation.pin_proof import Sent
from alertnet.flows.escalation.report_action import is_reported, report_action, vouch
from alertnet.flows.incidents.close_incident import close_incident
from alertnet.flows.pages.contact_page import may_answer
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.messages.page import CoordinatorActions, Remark
from alertnet.store.records import notifications
from alertnet.store.records.credentials.page_links import PageLink

VOUCH, ACTION, CLOSE = "vouch", "action", "close"
ACTS = (VOUCH, ACTION, CLOSE)


def coordinator_actions_of(locked: LockedIncident, link: PageLink) -> CoordinatorActions | None:
    """What the link's coordinator can do now, about those who were told or are to be called."""
    if not may_answer(locked, link):
        return None
    return CoordinatorActions(tuple(_contacts(locked)))


def is_allowed(locked: LockedIncident, sent: Sent) -> bool:
    """Whether every field that the act needs has one of its values."""
    if sent.answer == CLOSE:
        return sent.reason in list(CloseReason)
    value = sent.kind in list(AnswerKind) if sent.answer == VOUCH else sent.action in list(Action)
    return value and sent.contact in {value for value, _ in _contacts(locked)}


def carry_out(locked: LockedIncident, link: PageLink, sent: Sent) -> tuple[Remark, ...]:
    """Do it, and say so. Sent again, it counts once."""
    if sent.answer == CLOSE:
        close_incident(locked, CloseReason(sent.reason), text=sent.note or None, by=link.contact)
        return ()
    tree, _, contact = sent.contact.partition("/")
    if sent.answer == VOUCH:
        vouch(locked, tree, contact, AnswerKind(sent.kind), by=link.contact)
        return (Remark("recorded_vouch", locked.tx.now),)
    if not is_reported(locked, tree, contact, sent.action, sent.note):
        report_action(locked, tree, contact, Action(sent.action), note=sent.note or None)
    return (Remark("recorded_action", locked.tx.now),)


def _contacts(locked: LockedIncident) -> list[tuple[str, str]]:
    """(tree/contact, organisation and id) of those who were told or are to be called, if they still may be."""
    kinds = (Kind.ALERT, Kind.REMINDER, Kind.TASK)
    told = sorted(notifications.told(locked.tx.session, locked.incident.id, kinds))
    return [
        (f"{tree}/{id}", f"{locked.contact(tree, id).organisation} ({id})")
        for tree, id in told
        if locked.may_hear(tree, id)
    ]
