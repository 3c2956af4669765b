"""The coordinator's page of a notice: what it says, what to do about it, and after the PIN the texts to read."""

from dataclasses import replace

from alertnet.core.disclosure import NO_DETAILS, details_of
from alertnet.flows.pages.coordinator_page import reads_texts, texts_of
from alertnet.flows.pages.linked_page import Opened, Outcome, judge, over, with_proof
from alertnet.flows.pages.proof import Proof, Sent, no_proof
from alertnet.flows.unit.locked_incident import look_at, take_up
from alertnet.messages.page import Page
from alertnet.store.db.tx import Tx
from alertnet.store.records.credentials.page_links import Notice


def press(tx: Tx, notice: Notice, sent: Sent) -> Opened:
    """Show the texts to somebody who knows the PIN; nothing else can be done there."""
    if notice.incident is None:
        return show(tx, notice, outcome=Outcome.NOT_ALLOWED)
    visitor = take_up(tx, notice.incident).recipient(notice.link.tree, notice.link.contact)
    outcome, proof = judge(visitor, notice.link, sent, is_allowed=bool(sent.pin) and not sent.answer)
    visitor.locked.finish()
    return show(tx, notice, proof, outcome)


def show(tx: Tx, notice: Notice, proof: Proof | None = None, outcome: Outcome = Outcome.DONE) -> Opened:
    page = Page(notice.said, asked=True, is_notice=True)
    if notice.incident is None:
        return Opened(page, notice.language, None, outcome)
    locked, link = look_at(tx, notice.incident), notice.link
    visitor = locked.recipient(link.tree, link.contact)
    if not visitor.may_answer(link.address):
        page = replace(page, remarks=(over(locked),), is_notice=False)
        return Opened(page, notice.language, locked.incident.templates, outcome)
    contact, proof = visitor.contact, proof or no_proof(visitor)
    page = replace(
        page,
        remarks=proof.remarks,
        details=details_of(locked.facts, contact.disclosure) if proof.is_given else NO_DETAILS,
        texts=texts_of(locked) if reads_texts(contact, proof) else (),
    )
    return Opened(with_proof(visitor, page, proof), notice.language, locked.incident.templates, outcome)
