"""The page of a test of an address. Opening it records nothing; its button shows that somebody has read it."""

from dataclasses import replace

from alertnet.flows.notifications.number_tests import LINK, record_answer
from alertnet.flows.pages.linked_page import Opened, Outcome
from alertnet.messages.page import Page, Remark
from alertnet.store.db.tx import Tx
from alertnet.store.records import notifications
from alertnet.store.records.credentials import number_tests
from alertnet.store.records.editions import Edition

REACHED = "reached"
"""Its only answer."""


def press(tx: Tx, edition: Edition, token: str, pressed: str) -> Opened | None:
    """Record what was pressed on the page of a test, and return it; None where the link leads to none."""
    test = number_tests.by_token(tx, token)
    if test is not None and pressed == REACHED:
        record_answer(tx, test, LINK)
    opened = show(tx, edition, token)
    return opened if opened is None or pressed == REACHED else replace(opened, outcome=Outcome.NOT_ALLOWED)


def show(tx: Tx, edition: Edition, token: str) -> Opened | None:
    """The page of a test as of now. None where the link leads to none."""
    test = number_tests.by_token(tx, token)
    if test is None:
        return None
    said = notifications.said_of(tx.session, test.notification)
    tree = edition.network.trees.get(test.tree)
    contact = tree.contacts.get(test.contact) if tree is not None else None
    page = Page(
        replace(said, code=None, link=None),
        remarks=(Remark("recorded_reached", test.answered_at),) if test.answered_at is not None else (),
        answers=() if test.answered_at is not None else (REACHED,),
        is_test=True,
    )
    return Opened(page, contact.language if contact is not None else said.tree_language, edition.templates)
