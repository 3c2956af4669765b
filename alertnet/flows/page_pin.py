"""A PIN was entered on a page: whether it shows the details, and when there were too many wrong ones (A9)."""

from typing import Any

from sqlalchemy import Row, select, update

from alertnet.core.disclosure import Subject
from alertnet.flows.case import Case
from alertnet.flows.letters import notify_coordinators
from alertnet.flows.open_page import PIN_TRIES, takes_pin
from alertnet.flows.pins import PinCheck, check_pin
from alertnet.messages.page import Remark
from alertnet.store.tables import links


def check_page_pin(case: Case, link: Row[Any], pin: str) -> tuple[bool, tuple[Remark, ...]]:
    """Whether the PIN shows the details; the fifth wrong one at a link hides them for good."""
    if not pin or not takes_pin(case.contact(link.tree, link.contact)):
        return False, ()
    # Read again, now that the incident is held: two wrong PINs at once are two tries.
    tries = case.tx.session.execute(select(links.c.pin_tries).where(links.c.id == link.id)).scalar_one()
    if tries >= PIN_TRIES:
        return False, (Remark("pin_locked"),)
    if check_pin(case.tx, f"{link.tree}/{link.contact}", pin) is PinCheck.TRUE:
        return True, ()
    tries += 1
    case.tx.session.execute(update(links).where(links.c.id == link.id).values(pin_tries=tries))
    case.record("wrong_pin", tree=link.tree, contact=link.contact, tries=tries)
    if tries < PIN_TRIES:
        return False, (Remark("wrong_pin"),)
    notify_coordinators(case, Subject.WRONG_CODES, link.contact)
    return False, (Remark("pin_locked"),)
