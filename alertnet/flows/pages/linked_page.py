"""What every page behind a link has in common: what is sent to it, with which proof, and what may be done (A6, A9).

Where a PIN is on record, a link does nothing without it: whoever reads an SMS is not yet the contact. After the PIN, a
page carries a ticket for a while in the values of its buttons and lists, so that each act does not ask again. It is
worthless at another link, and once a PIN is replaced.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

from alertnet.core.codec import replace, value
from alertnet.core.directory.contact import Disclosure
from alertnet.core.inbound.code_formats import digits_of
from alertnet.core.limits import LONGEST_NOTE
from alertnet.flows.credentials.pins import PinCheck, has_pin, pins_of, shown
from alertnet.flows.notifications.contact_pins import coerced, is_forced, needs_pin, owner_of_pin, try_contacts_pin
from alertnet.flows.unit.locked_incident import LockedIncident, Recipient
from alertnet.messages.page import TICKET, TYPED, Page, Remark
from alertnet.store.db.tx import Tx
from alertnet.store.records.credentials.page_links import PageLink

TICKET_LASTS = timedelta(minutes=10)


@value
class Sent:
    """What a page sent; missing fields are empty. `contact` is `tree/contact`; `by`: who answered for the contact."""

    answer: str = ""
    action: str = ""
    contact: str = ""
    kind: str = ""
    reason: str = ""
    type: str = ""
    severity: str = ""
    into: str = ""
    """The reference of the incident to which a text is joined."""
    note: str = ""
    by: str = ""
    pin: str = ""
    ticket: str = ""
    seen: str = ""
    """Which incident the page showed, and as of when, if it said so."""

    @property
    def is_too_long(self) -> bool:
        """Whether its free words are longer than what is kept."""
        return max(len(self.note), len(self.by)) > LONGEST_NOTE

    def without_ticket(self) -> "Sent":
        """What was sent, with its ticket and what was seen apart from the values that carried them."""
        values, carried = {}, []
        for name in ("answer", "action", "contact", "reason"):
            values[name], _, rest = getattr(self, name).partition(TICKET)
            carried.append(rest.partition(TICKET))
        ticket = next((ticket for ticket, _, _ in carried if ticket), "")
        return replace(self, **values, ticket=ticket, seen=carried[-1][2])


@value
class Proof:
    """Whether the page still needs a PIN, and whether it was proven; `remarks` says why not."""

    is_needed: bool
    is_given: bool = False
    remarks: tuple[Remark, ...] = ()
    ticket: str = ""
    is_coerced: bool = False
    """The duress PIN was used. The page shows nothing that would tell a bystander that it was noticed."""

    @property
    def is_missing(self) -> bool:
        """Whether the page may not do anything yet."""
        return self.is_needed and not self.is_given


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


def no_proof(visitor: Recipient) -> Proof:
    """The proof of a page that was just opened."""
    return Proof(needs_pin(visitor))


def prove(visitor: Recipient, link: PageLink, sent: Sent) -> Proof:
    """Check the PIN that was sent, or the ticket of an earlier one, at that link of the visitor."""
    tx, owner = visitor.locked.tx, owner_of_pin(visitor)
    if not has_pin(tx, owner):
        return Proof(False)
    for is_coerced in (False, True):
        if _is_good(tx, link, owner, sent.ticket, is_coerced=is_coerced):
            return Proof(True, True, (), sent.ticket, is_coerced)
    # Phones put gaps between digits, and some have digits of their own.
    tried = try_contacts_pin(visitor, link.method, digits_of(sent.pin) or sent.pin)
    if tried.check:
        is_coerced = tried.check is PinCheck.DURESS
        return Proof(True, True, (), _ticket(tx, link, owner, tx.now + TICKET_LASTS, is_coerced=is_coerced), is_coerced)
    if tried.check is PinCheck.ABSENT:
        return Proof(True, False, (Remark("pin_needed"),))
    return Proof(True, False, (Remark("pin_locked", tried.heard_at) if tried.heard_at else Remark("wrong_pin"),))


def without_written_pins(visitor: Recipient, sent: Sent) -> Sent:
    """Replace the contact's PIN in its free words by dots, because they are stored and read.

    Call it only once the contact has proven itself: the dots tell which number is its PIN.
    """
    locked, owners = visitor.locked, ["/".join(each.name) for each in visitor.same]
    writer = f"{locked.incident.id} {visitor.tree}/{visitor.id}"
    note, by = (shown(locked.tx, owners, text, writer).text for text in (sent.note, sent.by))
    return replace(sent, note=note, by=by)


def _ticket(tx: Tx, link: PageLink, owner: str, until: datetime, *, is_coerced: bool) -> str:
    moment = f"{int(until.timestamp())}"
    return f"{moment}.{tx.vault.sign(_signed_text(tx, link, owner, moment, is_coerced=is_coerced))}"


def _is_good(tx: Tx, link: PageLink, owner: str, ticket: str, *, is_coerced: bool) -> bool:
    moment, _, signature = ticket.partition(".")
    if not (moment.isascii() and moment.isdigit()) or not tx.vault.is_signed(
        _signed_text(tx, link, owner, moment, is_coerced=is_coerced), signature
    ):
        return False
    # It is signed, so it is a moment written here.
    return tx.now <= datetime.fromtimestamp(int(moment), UTC)


def _signed_text(tx: Tx, link: PageLink, owner: str, moment: str, *, is_coerced: bool) -> str:
    # Only the signature distinguishes a ticket after duress from another.
    return f"{link.id} {moment} {pins_of(tx, owner)}{' coerced' if is_coerced else ''}"
