"""The coordinator's page of an answer: who said what, when and how; its one button takes the answer back (A6)."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Row, select

from alertnet.core.acknowledgement import AnswerKind
from alertnet.core.contact import Contact, Disclosure
from alertnet.core.disclosure import details_of
from alertnet.flows.answer_page import Form
from alertnet.flows.case import Case, take_up
from alertnet.flows.letters import said
from alertnet.flows.open_page import (
    Opened,
    Outcome,
    find_link,
    hears_of_duress,
    look_at,
    may_answer,
    takes_pin,
)
from alertnet.flows.proof import check_page_pin
from alertnet.flows.respond import SUBJECTS, revoke
from alertnet.messages.page import Page, Remark
from alertnet.store.tables import acknowledgements
from alertnet.store.tx import Tx

REVOKE = "revoke"


def open_answer(tx: Tx, token: str) -> Opened | None:
    """The page of a coordinator's link, no more than minimal; None when no notice of an answer ever had such a link."""
    link = find_link(tx, token)
    return None if link is None or link.acknowledgement_id is None else _show(tx, link)


def revoke_answer(tx: Tx, token: str, form: Form) -> Opened | None:
    """Take the answer back, or show the details to who knows the PIN. Sent again, it counts once."""
    link = find_link(tx, token)
    if link is None or link.acknowledgement_id is None:
        return None
    case = take_up(tx, link.incident_id)
    if not may_answer(case, link):
        return _show(tx, link, outcome=Outcome.OVER)
    if not (form.answer == REVOKE or (form.pin and not form.answer)):
        return _show(tx, link, outcome=Outcome.NOT_ALLOWED)
    proved, remarks = check_page_pin(case, link, form.pin)
    if form.answer == REVOKE and _answer(tx, link).revoked_at is None:
        revoke(case, link.acknowledgement_id, by=link.contact)
    case.finish()
    return _show(tx, link, *remarks, proved=proved, hang_ups=tuple(case.hang_ups))


def _show(
    tx: Tx,
    link: Row[Any],
    *remarks: Remark,
    proved: bool = False,
    outcome: Outcome = Outcome.DONE,
    hang_ups: tuple[str, ...] = (),
) -> Opened:
    case = look_at(tx, link.incident_id)
    contact = case.contact(link.tree, link.contact)
    answer = _answer(tx, link)
    words = replace(
        said(case, link.tree, contact.timezone), subject=SUBJECTS[AnswerKind(answer.kind)], about=answer.contact
    )
    if not may_answer(case, link):
        page = Page(words, (Remark("taken_care_of" if case.is_open else "closed"),), asked=True)
    elif answer.revoked_at is not None:
        page = Page(words, (Remark("recorded_revoke", answer.revoked_at),), asked=True)
    else:
        page = _standing_page(case, link, contact, answer, Page(words, remarks, (REVOKE,), asked=True), proved)
    return Opened(page, contact.language, case.incident.templates, outcome, hang_ups)


def _standing_page(case: Case, link: Row[Any], contact: Contact, answer: Row[Any], page: Page, proved: bool) -> Page:
    reads = proved and contact.disclosure is not Disclosure.MINIMAL
    # The name and the words of whoever answered are free text: for those who may read everything.
    given = (answer.by, answer.note) if contact.disclosure is Disclosure.FULL else ()
    return replace(
        page,
        stated=(Remark(f"answered_{answer.via}", answer.at),),
        takes_pin=takes_pin(contact) and not proved,
        details=(*filter(None, given), *details_of(case.facts, contact.disclosure)) if reads else (),
        duress=hears_of_duress(case, contact, proved=proved),
    )


def _answer(tx: Tx, link: Row[Any]) -> Row[Any]:
    query = select(acknowledgements).where(acknowledgements.c.id == link.acknowledgement_id)
    return tx.session.execute(query).one()
