"""Checks a contact's PIN on a page, or in a call that reached it (A6, A9).

Where a PIN is on record, a link or a call does nothing without it: whoever reads an SMS or picks up a phone is not yet
the contact. After the PIN, a page carries a ticket for a while in the values of its buttons and lists, so that each act
does not ask again. It is worthless at another link, and once a PIN is replaced. Where a tree says `pin: true` but none
was ever set, nobody could prove anything, so the link or call is proof enough.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from alertnet.core.codec import value
from alertnet.core.disclosure import Subject
from alertnet.core.inbound.code_formats import digits_of
from alertnet.core.limits import LONGEST_NOTE
from alertnet.flows.credentials.pins import PinCheck, PinTried, has_pin, pins_of, shown, try_pin
from alertnet.flows.notifications.compose import notify_coordinators
from alertnet.flows.unit.locked_incident import LockedIncident, Recipient
from alertnet.messages.page import TICKET, Remark
from alertnet.store.db.tx import Tx
from alertnet.store.records import incidents, timeline
from alertnet.store.records.credentials.page_links import PageLink

PIN_ENTERED = "pin_entered"
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


def no_proof(visitor: Recipient) -> Proof:
    """The proof of a page that was just opened."""
    return Proof(has_pin(visitor.locked.tx, owner_of_pin(visitor)))


def owner_of_pin(recipient: Recipient) -> str:
    """The owner of the PIN by which the contact proves itself: its own, or else the same recipient's in another tree.

    What it answers counts in that tree as well, so a link of a tree without PINs must not get around one.
    """
    owners = ["/".join(each.name) for each in recipient.same if not each.contact.former]
    return next((owner for owner in owners if has_pin(recipient.locked.tx, owner)), "/".join(recipient.name))


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


def try_contacts_pin(recipient: Recipient, method: str, text: str) -> PinTried:
    """Check the text as the PIN of the contact, entered on a page or in a call.

    A wrong PIN is recorded, and the coordinators are told when it was one too many, or the duress PIN. The duress PIN
    does what the true one does, so that a bystander learns nothing.
    """
    locked, owner = recipient.locked, owner_of_pin(recipient)
    tried = try_pin(locked.tx, owner, text)
    if tried.check in (PinCheck.TRUE, PinCheck.DURESS, PinCheck.WRONG):
        entry = {"tree": recipient.tree, "contact": recipient.id, "method": method, "pin": tried.check.value}
        # PINs that were not checked are recorded as a count, not one line each.
        locked.record(PIN_ENTERED, **entry, unheard=tried.unheard)
    if tried.check is PinCheck.DURESS:
        notify_coordinators(locked, Subject.READ_FIRST, recipient.id, besides=recipient, never_nobody=True)
    if tried.closes:
        tell_closing(locked, owner)
    return tried


def is_forced(locked: LockedIncident) -> bool:
    """Whether its team is under duress, as this incident knows or another that is open and came from its phone."""
    phone = locked.facts.raised_from
    others = incidents.all_open_of_phone(locked.tx, phone) if phone else []
    return locked.facts.duress or any(each.facts.duress for each in others)


def coerced(locked: LockedIncident) -> tuple[str, ...]:
    """The contacts who have entered their duress PIN, on a page of this incident or in a call about it."""
    entered = timeline.of_kind(locked.tx.session, locked.incident.id, PIN_ENTERED)
    return tuple(dict.fromkeys(each["contact"] for _, each in entered if each and each["pin"] == PinCheck.DURESS))


def tell_closing(locked: LockedIncident, owner: str) -> None:
    """Tell the coordinators, once each time, that the owner's PIN is not checked for a while."""
    locked.record("pins_closed", owner=owner)
    notify_coordinators(locked, Subject.WRONG_PINS, owner.partition("/")[2])


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
