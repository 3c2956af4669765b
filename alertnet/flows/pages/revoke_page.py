"""The coordinator's page of an answer: who answered what, when and how. Its one button revokes the answer (A6)."""

from dataclasses import replace

from alertnet.flows.escalation.record_response import SUBJECTS, revoke
from alertnet.flows.notifications.compose import said
from alertnet.flows.pages.coordinator_page import opened_by, reads_texts
from alertnet.flows.pages.linked_page import Opened, Outcome, Proof, Sent, judge, no_proof, over
from alertnet.flows.unit.locked_incident import look_at, take_up
from alertnet.messages.page import Page, Remark
from alertnet.store.db.tx import Tx
from alertnet.store.records import answers
from alertnet.store.records.credentials.page_links import PageLink

REVOKE = "revoke"


def press(tx: Tx, link: PageLink, sent: Sent) -> Opened:
    """Revoke the answer, or show the details to somebody who knows the PIN. Sent again, it counts once."""
    visitor = take_up(tx, link.incident_id).recipient(link.tree, link.contact)
    outcome, proof = judge(visitor, link, sent, is_allowed=sent.answer == REVOKE if sent.answer else bool(sent.pin))
    revokes = outcome is Outcome.DONE and sent.answer == REVOKE
    if revokes and answers.get(tx.session, link.acknowledgement).revoked_at is None:
        revoke(visitor.locked, link.acknowledgement, by=visitor.id, besides=visitor)
    visitor.locked.finish()
    return show(tx, link, proof=proof, outcome=outcome)


def show(tx: Tx, link: PageLink, proof: Proof | None = None, outcome: Outcome = Outcome.DONE) -> Opened:
    """The page of a coordinator's link to an answer, as of now; when just opened, with as little as before its PIN."""
    visitor = look_at(tx, link.incident_id).recipient(link.tree, link.contact)
    answer = answers.get(tx.session, link.acknowledgement)
    words = replace(said(visitor), subject=SUBJECTS[answer.kind], about=answer.contact)
    if not visitor.may_answer(link.address):
        page = Page(words, (over(visitor.locked),), asked=True)
    elif answer.revoked_at is not None:
        page = Page(words, (Remark("recorded_revoke", answer.revoked_at),), asked=True)
    else:
        proof = proof or no_proof(visitor)
        stated = (Remark(f"answered_{answer.via.value}", answer.at),)
        page = opened_by(visitor, Page(words, proof.remarks, (REVOKE,), asked=True, stated=stated), proof)
        # The answerer's name and words are free text.
        if reads_texts(visitor.contact, proof):
            page = replace(page, details=page.details.with_texts(answer.by, answer.note))
    return Opened(page, visitor.contact.language, visitor.locked.incident.templates, outcome)
