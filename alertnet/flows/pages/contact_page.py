"""The contact's page. Opening it only reads (A6, A9); only a pressed button or an entered PIN acts."""

from dataclasses import replace
from datetime import datetime

from alertnet.core.directory.contact import Contact, Disclosure
from alertnet.core.disclosure import NO_DETAILS, addressed, ask_on_page, details_of
from alertnet.core.escalation.quorum import Action, AnswerKind, Via
from alertnet.core.escalation.state import action_due
from alertnet.core.notification import PromptAnswer
from alertnet.flows.escalation.bad_addresses import report_wrong_person
from alertnet.flows.escalation.record_decision import decide_rest, hold_rest, is_on_hold
from alertnet.flows.escalation.record_response import Response, respond
from alertnet.flows.escalation.report_action import is_reported, report_action
from alertnet.flows.incidents.update import happened_since
from alertnet.flows.notifications.compose import coming, said
from alertnet.flows.pages import linked_page
from alertnet.flows.pages.linked_page import Opened, Outcome, Proof, Sent
from alertnet.flows.pages.open_matters import also_open
from alertnet.flows.unit.locked_incident import Recipient, look_at, take_up
from alertnet.messages.page import Page, Remark
from alertnet.store.db.tx import Tx
from alertnet.store.records import answers, notifications
from alertnet.store.records.answers import CurrentAnswer
from alertnet.store.records.credentials.page_links import PageLink

ANSWERS = {
    "acknowledge": AnswerKind.ACKNOWLEDGED,
    "relay": AnswerKind.RELAYED,
    "decline": AnswerKind.DECLINED,
}
WRONG_PERSON, ACTION = "wrong_person", "action"
HOLD, GO = PromptAnswer.HOLD.value, PromptAnswer.GO.value
"""A coordinator's buttons about whatever comes next."""
_WORDS = {kind: f"recorded_{answer}" for answer, kind in ANSWERS.items()}


def show(
    tx: Tx,
    link: PageLink,
    *remarks: Remark,
    proof: Proof | None = None,
    sent: Sent | None = None,
    outcome: Outcome = Outcome.DONE,
) -> Opened:
    """The page of a contact's link as of now; when just opened, with no more than is shown before the PIN.

    `remarks`: what has just happened. `sent`: what was sent without effect, to be shown again.
    """
    visitor = look_at(tx, link.incident_id).recipient(link.tree, link.contact)
    words = said(visitor)
    if visitor.may_answer(link.address):
        proof = proof or linked_page.no_proof(visitor)
        page = Page(words, (*remarks, *proof.remarks), also_open=also_open(visitor, link))
        page = _open_page(visitor, link, page, proof)
        page = linked_page.with_proof(visitor, page, proof, sent)
    else:
        page = Page(words, (linked_page.over(visitor.locked),))
    return Opened(page, visitor.contact.language, visitor.locked.incident.templates, outcome)


def _open_page(visitor: Recipient, link: PageLink, page: Page, proof: Proof) -> Page:
    locked, contact, answer = visitor.locked, visitor.contact, visitor.current_answer()
    session, facts = locked.tx.session, locked.facts
    reads = proof.is_given and contact.disclosure is not Disclosure.MINIMAL
    takes_charge = answer is not None and answer.kind is AnswerKind.ACKNOWLEDGED
    states = locked.readable_states if takes_charge else {}
    following = coming(visitor, states)
    words = replace(page.said, **following.words) if following else page.said
    told_by = locked.tree(link.tree).level(notifications.level_of(session, link.id))
    words = addressed(words, facts, contact, told_by, reads=reads)
    return replace(
        page,
        said=replace(words, ask=ask_on_page(words.ask, contact), nationals=words.nationals and not proof.is_missing),
        remarks=(*_recorded(visitor, answer, action_due(states.values())), *page.remarks),
        answers=_answers_of(contact),
        answered=answer is not None,
        actions=tuple(Action) if answer is not None and answer.kind is not AnswerKind.DECLINED else (),
        details=details_of(facts, contact.disclosure) if reads else NO_DETAILS,
        since=happened_since(visitor, reads=reads),
        rest=(GO if following.on_hold else HOLD) if following else None,
    )


def _recorded(visitor: Recipient, answer: CurrentAnswer | None, due_at: datetime | None) -> tuple[Remark, ...]:
    """Remarks on the contact's answer: what was recorded, by when an action is expected, and whom to call.

    Without an answer: that the contact listened to a call, or that its answer was revoked, if so.
    """
    if answer is None:
        locked = visitor.locked
        heard = answers.heard_and_revoked(locked.tx.session, locked.incident.every_id, visitor.names)
        return tuple(Remark(word, at) for word, at in zip(("received", "recorded_revoke"), heard, strict=True) if at)
    expected = (Remark("expected_by", due_at),) if due_at else ()
    return Remark(_WORDS[answer.kind], answer.at), *expected, Remark("call_us")


def press(tx: Tx, link: PageLink, form: Sent) -> Opened:
    """Record what was sent, and return the page as of now.

    Sent again, it counts once. For a contact with a PIN nothing is recorded without it.
    """
    visitor = take_up(tx, link.incident_id).recipient(link.tree, link.contact)
    outcome, proof = linked_page.judge(visitor, link, form, is_allowed=_is_allowed(visitor, form))
    if outcome is not Outcome.DONE:
        visitor.locked.finish()
        return show(tx, link, proof=proof, sent=form, outcome=outcome)
    done = _record(visitor, link.address, linked_page.without_written_pins(visitor, form))
    visitor.locked.finish()
    return show(tx, link, *done, proof=proof)


def _is_allowed(visitor: Recipient, form: Sent) -> bool:
    if form.answer in (HOLD, GO):
        return visitor.is_coordinator
    if form.answer == ACTION:
        return form.action in list(Action)
    answers = _answers_of(visitor.contact)
    return form.answer in answers if form.answer else bool(form.pin)


def _answers_of(contact: Contact) -> tuple[str, ...]:
    """What the contact can answer; where no answer is expected any more, only that it is the wrong person."""
    return (*ANSWERS, WRONG_PERSON) if contact.answers else (WRONG_PERSON,)


def _record(visitor: Recipient, address: str, form: Sent) -> tuple[Remark, ...]:
    """Record it; returns remarks about what the page does not show anyway."""
    if kind := ANSWERS.get(form.answer):
        respond(visitor, Response(kind, Via.LINK, address, by=form.by or None))
    elif form.answer == WRONG_PERSON:
        report_wrong_person(visitor, address)
    elif form.answer == HOLD:
        hold_rest(visitor, Via.LINK, address)
    elif form.answer == GO and is_on_hold(visitor):
        decide_rest(visitor, PromptAnswer.GO)
    elif form.answer == ACTION and not is_reported(visitor, form.action, form.note):
        report_action(visitor, Action(form.action), note=form.note or None)
    is_shown = not form.answer or form.answer in ANSWERS
    return () if is_shown else (Remark(f"recorded_{form.answer}", visitor.locked.tx.now),)
