"""What a coordinator does for an incident from any of its pages: vouch, report an action, close (B4, A6)."""

from typing import Any

from sqlalchemy import Row, select

from alertnet.core.escalation.quorum import Action, AnswerKind
from alertnet.core.incident import CloseReason
from alertnet.core.notification import Kind
from alertnet.flows.escalation.pin_proof import Sent
from alertnet.flows.escalation.report_action import is_reported, report_action
from alertnet.flows.escalation.vouch import vouch
from alertnet.flows.incidents.close_incident import close_incident
from alertnet.flows.pages.contact_page import may_answer
from alertnet.flows.unit.locked_incident import Case
from alertnet.messages.page import CoordinatorActions, Remark
from alertnet.store.tables import notifications

VOUCH, ACTION, CLOSE = "vouch", "action", "close"
ACTS = (VOUCH, ACTION, CLOSE)


def coordinator_actions_of(case: Case, link: Row[Any]) -> CoordinatorActions | None:
    """What the link's coordinator can do now, about those who were told or are to be called."""
    if not may_answer(case, link):
        return None
    return CoordinatorActions(tuple(_contacts(case)))


def is_allowed(case: Case, sent: Sent) -> bool:
    """Whether every field that the act needs has one of its values."""
    if sent.answer == CLOSE:
        return sent.reason in list(CloseReason)
    value = sent.kind in list(AnswerKind) if sent.answer == VOUCH else sent.action in list(Action)
    return value and sent.contact in {value for value, _ in _contacts(case)}


def carry_out(case: Case, link: Row[Any], sent: Sent) -> tuple[Remark, ...]:
    """Do it, and say so. Sent again, it counts once."""
    if sent.answer == CLOSE:
        close_incident(case, CloseReason(sent.reason), text=sent.note or None, by=link.contact)
        return ()
    tree, _, contact = sent.contact.partition("/")
    if sent.answer == VOUCH:
        vouch(case, tree, contact, AnswerKind(sent.kind), by=link.contact)
        return (Remark("recorded_vouch", case.tx.now),)
    if not is_reported(case, tree, contact, sent.action, sent.note):
        report_action(case, tree, contact, Action(sent.action), note=sent.note or None)
    return (Remark("recorded_action", case.tx.now),)


def _contacts(case: Case) -> list[tuple[str, str]]:
    """(tree/contact, organisation and id) of those who were told or are to be called, if they still may be."""
    kinds = (Kind.ALERT.value, Kind.REMINDER.value, Kind.TASK.value)
    query = select(notifications.c.tree, notifications.c.contact).where(
        notifications.c.incident_id == case.incident.id, notifications.c.kind.in_(kinds)
    )
    told = sorted({(row.tree, row.contact) for row in case.tx.session.execute(query)})
    return [
        (f"{tree}/{id}", f"{case.contact(tree, id).organisation} ({id})")
        for tree, id in told
        if id in case.plans[tree].allowed
    ]
