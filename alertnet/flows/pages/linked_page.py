"""What every page behind a link has in common: whether its visitor may act, what came of it, and what the PIN opens."""

from enum import StrEnum

from alertnet.core.codec import replace, value
from alertnet.core.directory.contact import Disclosure
from alertnet.flows.notifications.contact_pins import coerced, is_forced
from alertnet.flows.pages.proof import Proof, Sent, prove
from alertnet.flows.unit.locked_incident import LockedIncident, Recipient
from alertnet.messages.page import TYPED, Page, Remark
from alertnet.store.records.credentials.page_links import PageLink


class Outcome(StrEnum):
    """The result of what was sent to a page; opening one is `done`."""

    DONE = "done"
    NOT_ALLOWED = "not allowed"
    """There is no such answer or action: nothing was recorded."""
    NOT_PROVED = "not proved"
    """The PIN is missing: nothing was recorded."""
    OVER = "over"
    """It came too late: nothing was recorded."""


@value
class Opened:
    """A page to show in the contact's language or another, in the wording pinned by its incident.

    `templates` is None for those in force, where it is about no incident.
    """

    page: Page
    language: str
    templates: str | None
    outcome: Outcome = Outcome.DONE


def judge(visitor: Recipient, link: PageLink, sent: Sent, *, is_allowed: bool) -> tuple[Outcome, Proof | None]:
    """Whether what was sent to the page of a link may be done, and the proof that came with it.

    `is_allowed`: the page takes such an answer. An answer without the PIN that it needs is not done.
    """
    if not visitor.may_answer(link.address):
        return Outcome.OVER, None
    if sent.is_too_long or not is_allowed:
        return Outcome.NOT_ALLOWED, None
    proof = prove(visitor, link, sent)
    return Outcome.NOT_PROVED if sent.answer and proof.is_missing else Outcome.DONE, proof


def over(locked: LockedIncident) -> Remark:
    """What a page says on which nothing can be done any more."""
    return Remark("taken_care_of" if locked.is_open else "closed")


def with_proof(visitor: Recipient, page: Page, proof: Proof, sent: Sent | None = None) -> Page:
    """The page with its PIN state, and with what was sent in vain."""
    locked, decides = visitor.locked, visitor.locked.may_coordinate(*visitor.name)
    # A coordinator may have to know that somebody stands beside the team, or beside a contact.
    learns = decides or visitor.contact.disclosure is not Disclosure.MINIMAL
    hears = (decides or page.is_notice) and proof.is_given and not proof.is_coerced
    return replace(
        page,
        remarks=(*page.remarks, Remark("too_long")) if sent and sent.is_too_long else page.remarks,
        takes_pin=proof.is_missing,
        opens_details=proof.is_missing and learns,
        is_opened=proof.is_given and learns,
        ticket=proof.ticket,
        typed={name: getattr(sent, name) for name in TYPED} if sent else {},
        duress=hears and is_forced(locked),
        coerced=coerced(locked) if hears else (),
    )
