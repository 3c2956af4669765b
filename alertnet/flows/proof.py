"""What a contact proves with its PIN, on a page or in a call that reached it (A6, A9)."""

from typing import Any

from sqlalchemy import Row

from alertnet.core.disclosure import Subject
from alertnet.flows.case import Case
from alertnet.flows.letters import notify_coordinators
from alertnet.flows.open_page import takes_pin
from alertnet.flows.pins import PinCheck, PinTried, try_pin
from alertnet.messages.page import Remark


def try_contacts_pin(case: Case, row: Row[Any], text: str) -> PinTried:
    """What the text proves as the PIN of the contact of a link or notification, at the door that this is.

    A wrong one goes on the record, and the coordinators hear when it was one too many.
    """
    owner = f"{row.tree}/{row.contact}"
    tried = try_pin(case.tx, owner, text, f"{row.method} {row.address}")
    if tried.check in (PinCheck.WRONG, PinCheck.CLOSED):
        case.record("wrong_pin", tree=row.tree, contact=row.contact, method=row.method, heard=tried.check.value)
    if tried.closes:
        tell_closing(case, owner)
    return tried


def tell_closing(case: Case, owner: str) -> None:
    """The coordinators hear, once for each time, that the owner's PIN is not believed for a while."""
    case.record("pins_closed", owner=owner)
    notify_coordinators(case, Subject.WRONG_PINS, owner.partition("/")[2])


def check_page_pin(case: Case, link: Row[Any], pin: str) -> tuple[bool, tuple[Remark, ...]]:
    """Whether the PIN shows the details, and what is said of it if not."""
    if not pin or not takes_pin(case.contact(link.tree, link.contact)):
        return False, ()
    tried = try_contacts_pin(case, link, pin)
    if tried.check is PinCheck.TRUE:
        return True, ()
    return False, (Remark("pin_locked", tried.heard_at) if tried.heard_at else Remark("wrong_pin"),)
