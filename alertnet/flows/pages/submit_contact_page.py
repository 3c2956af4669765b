"""A button of the contact's page was pressed, or its PIN entered: only so does a link change anything (A6)."""

from alertnet.core.escalation.quorum import Action, Via
from alertnet.core.limits import LONGEST_NOTE
from alertnet.flows.escalation.pin_proof import Sent, prove
from alertnet.flows.escalation.record_response import respond
from alertnet.flows.escalation.report_action import is_reported, report_action
from alertnet.flows.escalation.report_wrong_person import report_wrong_person
from alertnet.flows.pages.contact_page import (
    ACTION,
    ANSWERS,
    TOO_LONG,
    WRONG_PERSON,
    Opened,
    Outcome,
    may_answer,
    show_page,
)
from alertnet.flows.unit.locked_incident import LockedIncident, take_up
from alertnet.messages.page import Remark
from alertnet.store.db.tx import Tx
from alertnet.store.records.credentials import page_links
from alertnet.store.records.credentials.page_links import PageLink


def answer_page(tx: Tx, token: str, form: Sent) -> Opened | None:
    """Record what was sent, and show what holds now; None when no alert ever had such a link.

    Sent again, it counts once. Of a contact with a PIN nothing is recorded without it.
    """
    form = form.without_ticket()
    link = page_links.find(tx, token)
    if link is None or link.escalation_id is None:
        return None
    locked = take_up(tx, link.incident_id)
    if not may_answer(locked, link):
        return show_page(tx, link, outcome=Outcome.OVER)
    if max(len(form.note), len(form.by)) > LONGEST_NOTE:
        return show_page(tx, link, TOO_LONG, sent=form, outcome=Outcome.NOT_ALLOWED)
    if not _is_allowed(form):
        return show_page(tx, link, outcome=Outcome.NOT_ALLOWED)
    proof = prove(locked, link, form)
    if form.answer and proof.is_missing:
        locked.finish()
        return show_page(tx, link, proof=proof, sent=form, outcome=Outcome.NOT_PROVED)
    done = _record(locked, link, form)
    locked.finish()
    return show_page(tx, link, *done, proof=proof)


def _is_allowed(form: Sent) -> bool:
    if form.answer == ACTION:
        return form.action in list(Action)
    return form.answer in (*ANSWERS, WRONG_PERSON) if form.answer else bool(form.pin)


def _record(locked: LockedIncident, link: PageLink, form: Sent) -> tuple[Remark, ...]:
    """What was done, where the page does not show it anyway."""
    now = locked.tx.now
    if form.answer == ACTION:
        if not is_reported(locked, link.tree, link.contact, form.action, form.note):
            report_action(locked, link.tree, link.contact, Action(form.action), note=form.note or None)
        return (Remark("recorded_action", now),)
    if form.answer == WRONG_PERSON:
        report_wrong_person(locked, link.tree, link.contact, link.address)
        return (Remark("recorded_wrong_person", now),)
    if form.answer:
        kind, by = ANSWERS[form.answer], form.by or None
        respond(locked, link.tree, link.contact, kind, Via.LINK, address=link.address, by=by)
    return ()
