"""A contact's PIN, entered on a page or in a call that reached it, and who hears of a wrong one or of duress (A6, B9).

Where a tree says `pin: true` but none was ever set, nobody could prove anything, so the link or call is proof enough.
"""

from alertnet.core.disclosure import Subject
from alertnet.core.escalation.quorum import Via
from alertnet.flows.credentials.pins import PinCheck, PinTried, has_pin, try_pin
from alertnet.flows.notifications.compose import notify_coordinators
from alertnet.flows.unit.locked_incident import LockedIncident, Recipient
from alertnet.store.records import incidents

PIN_ENTERED = "pin_entered"


def owner_of_pin(recipient: Recipient) -> str:
    """The owner of the PIN by which the contact proves itself: its own, or else the same recipient's in another tree.

    What it answers counts in that tree as well, so a link of a tree without PINs must not get around one.
    """
    owners = ["/".join(each.name) for each in recipient.same if not each.contact.former]
    return next((owner for owner in owners if has_pin(recipient.locked.tx, owner)), "/".join(recipient.name))


def needs_pin(recipient: Recipient) -> bool:
    """Whether the contact has to prove itself by a PIN, and so nothing counts that comes without one."""
    return has_pin(recipient.locked.tx, owner_of_pin(recipient))


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
        _tell_of_duress(locked, recipient.id, recipient)
    if tried.closes:
        tell_closing(locked, owner)
    return tried


def keep_duress(locked: LockedIncident, tree: str, contact: str, via: Via) -> None:
    """Record that a text or mail of a contact had the PIN for duress, and tell the other coordinators."""
    locked.record(PIN_ENTERED, tree=tree, contact=contact, method=via.value, pin=PinCheck.DURESS.value)
    _tell_of_duress(locked, contact, locked.known_recipient(tree, contact))


def _tell_of_duress(locked: LockedIncident, contact: str, writer: Recipient | None) -> None:
    notify_coordinators(locked, Subject.READ_FIRST, contact, besides=writer, besides_knows=False)


def is_forced(locked: LockedIncident) -> bool:
    """Whether its team is under duress, as this incident knows or another that is open and came from its phone."""
    phone = locked.facts.raised_from
    others = incidents.all_open_of_phone(locked.tx, phone) if phone else []
    return locked.facts.duress or any(each.facts.duress for each in others)


def coerced(locked: LockedIncident) -> tuple[str, ...]:
    """The contacts who have entered their duress PIN, on a page of this incident or in a call about it."""
    forced = [each for _, each in locked.history(PIN_ENTERED) if each.get("pin") == PinCheck.DURESS]
    return tuple(dict.fromkeys(each["contact"] for each in forced))


def tell_closing(locked: LockedIncident, owner: str) -> None:
    """Tell the coordinators, once each time, that the owner's PIN is not checked for a while."""
    locked.record("pins_closed", owner=owner)
    notify_coordinators(locked, Subject.WRONG_PINS, owner.partition("/")[2])
