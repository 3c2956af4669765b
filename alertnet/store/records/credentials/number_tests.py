"""Tests of numbers: what was sent where, and how the answer came; and the outcomes of other messages."""

from collections.abc import Collection
from dataclasses import field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, func, select, update

from alertnet.core.codec import value
from alertnet.core.directory.contact import MethodKind
from alertnet.core.notification import AttemptStatus, Failure
from alertnet.store.db.session import Session
from alertnet.store.db.statements import NewRow
from alertnet.store.db.tx import Tx
from alertnet.store.tables import attempts, number_tests

WRONG = "wrong"
"""Used as the door where somebody said that the number is a stranger's; such an answer proves nothing."""

WITHIN = timedelta(days=180)
"""Older outcomes say little about a number's present state."""
_ENDS = (AttemptStatus.SENT.value, AttemptStatus.DELIVERED.value, AttemptStatus.FAILED.value)


@value
class NumberTest:
    """A test; `via` None: not answered yet."""

    id: str
    notification: str
    tree: str
    contact: str
    method: MethodKind
    address_index: bytes
    asked_at: datetime
    answered_at: datetime | None = None
    via: str | None = None

    @property
    def is_verified(self) -> bool:
        """Whether the owner of the address has proved to have it."""
        return self.via not in (None, WRONG)


@value
class NewNumberTest(NumberTest, NewRow):
    table = number_tests
    stored_as = (("notification", "notification_id"),)

    code_hash: bytes | None = field(kw_only=True)
    token_hash: bytes | None = field(kw_only=True)


@value
class TestOutcome:
    """When something left for an address or arrived, or (`failure`) why it did not."""

    at: datetime
    failure: Failure | None


_ABOUT = number_tests.c["id", "notification_id", "tree", "contact", "method", "address_index"]
_TESTS: Select[Any] = select(*_ABOUT, *number_tests.c["asked_at", "answered_at", "via"])


def by_code(tx: Tx, number: str, codes: Collection[str]) -> NumberTest | None:
    """The latest test of that number with one of these codes."""
    hashes = tx.vault.texts_by_code_hash(codes)
    mine = number_tests.c.address_index.in_(tx.vault.indexes(number)) & number_tests.c.code_hash.in_(hashes)
    return _first(tx.session, _TESTS.where(mine).order_by(number_tests.c.asked_at.desc()))


def is_awaited(tx: Tx, number: str, since: datetime) -> bool:
    """Whether a code sent to that number as a test since then has not come back."""
    mine = number_tests.c.address_index.in_(tx.vault.indexes(number)) & number_tests.c.code_hash.is_not(None)
    is_open = number_tests.c.answered_at.is_(None) & (number_tests.c.asked_at >= since)
    return _first(tx.session, _TESTS.where(mine, is_open)) is not None


def by_token(tx: Tx, token: str) -> NumberTest | None:
    return _first(tx.session, _TESTS.where(number_tests.c.token_hash == tx.vault.token_hash(token)))


def by_notification(session: Session, notification: str) -> NumberTest | None:
    return _first(session, _TESTS.where(number_tests.c.notification_id == notification))


def answer(tx: Tx, test: NumberTest, via: str) -> bool:
    """Record how the test was answered; False if it was answered before, which stays."""
    mine = (number_tests.c.id == test.id) & number_tests.c.answered_at.is_(None)
    changed = update(number_tests).where(mine).values(answered_at=tx.now, via=via).returning(number_tests.c.id)
    return tx.session.execute(changed).first() is not None


def every(session: Session) -> tuple[NumberTest, ...]:
    """All tests, in the order of sending."""
    rows = session.execute(_TESTS.order_by(number_tests.c.asked_at, number_tests.c.id))
    return tuple(map(_test, rows))


def last_outcomes(tx: Tx) -> dict[bytes, TestOutcome]:
    """The last known outcome for each address index."""
    at = func.max(attempts.c.changed_at).label("at")
    ended = attempts.c.status.in_(_ENDS) & (attempts.c.changed_at > tx.now - WITHIN)
    # A row for each way in which messages to an address have ended, not one for each message.
    ways = attempts.c["address_index", "failure"]
    rows = tx.session.execute(select(*ways, at).where(ended).group_by(*ways).order_by(at))
    return {row.address_index: TestOutcome(row.at, Failure(row.failure) if row.failure else None) for row in rows}


def _first(session: Session, query: Select[Any]) -> NumberTest | None:
    row = session.execute(query.limit(1)).first()
    return _test(row) if row is not None else None


def _test(row: Row[Any]) -> NumberTest:
    id, notification, tree, contact, method, *rest = tuple(row)
    return NumberTest(id, notification, tree, contact, MethodKind(method), *rest)
