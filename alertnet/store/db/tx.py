"""What a flow works with: its transaction's session, its moment, and the only sources of randomness and encryption."""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import field
from datetime import datetime
from typing import Protocol

from alertnet.core.codec import replace, value
from alertnet.core.monitoring.metrics import Counts
from alertnet.store.db.session import Session
from alertnet.store.db.vault import Vault

Stretch = tuple[str, bytes]
"""A keyed hash to be made slow to guess, with the cost before it; see `Vault.stretch`."""

LeftDue = Collection[str | None]
"""See `Session.left_due`."""

ONE_MOMENT = "one_moment"
FREE_REFS = "free_refs"
"""What was found for opening incidents. Whatever changes what is paused drops it."""


def is_id(text: str) -> bool:
    """Whether that can be an id of a row: nobody looks for another text, of which PostgreSQL would refuse some."""
    return text.isascii() and text.isalnum()


class Entropy(Protocol):
    """A source of randomness and ids, replaceable in tests."""

    def id(self) -> str:
        """A new id: 32 lower-case hexadecimal digits."""

    def digits(self, count: int) -> str:
        """That many random decimal digits."""

    def letters(self, count: int, alphabet: str) -> str:
        """That many random letters of the alphabet."""

    def bytes(self, count: int) -> bytes:
        """That many random bytes."""


class Unstretched(Exception):
    """A flow needs slow hashes: its runner undoes the transaction, makes them, and runs the flow again."""

    def __init__(self, missing: frozenset[Stretch]) -> None:
        self.missing = missing
        super().__init__(f"{len(missing)} hashes")


@value
class Tx:
    """One transaction. `now` is the moment of the whole flow (aware UTC); nothing in a flow reads a clock."""

    session: Session
    now: datetime
    entropy: Entropy
    vault: Vault
    counted: list[Counts] = field(default_factory=list, compare=False)
    """The metrics to count once this is committed."""
    calls_to_end: list[str] = field(default_factory=list, compare=False)
    """The provider's ids of calls to end once this is committed."""
    stretched: dict[Stretch, bytes] = field(default_factory=dict, compare=False)
    """The slow hashes that were made for this flow."""

    def stretch(self, asked: Iterable[Stretch]) -> dict[Stretch, bytes]:
        """The slow hashes of all these, and perhaps of others.

        Raises `Unstretched` where some are still to be made, outside of any transaction.
        """
        if missing := frozenset(asked) - self.stretched.keys():
            raise Unstretched(missing)
        return self.stretched

    def leaves_due(self, method: str | None = None) -> None:
        """Wake whoever waits for due rows once this commits. `method`: of an attempt that is due.

        None: something else is.
        """
        self.session.left_due.add(method)

    def hang_up(self, call: str) -> None:
        """End the call with that provider's id once this commits."""
        self.calls_to_end.append(call)

    def at_end(self, do: Callable[[], object]) -> None:
        """Do this at the end of the transaction, when nothing else is left to lock."""
        self.session.at_end.append(do)

    def if_undone(self, undo: Callable[[], object]) -> None:
        """If this is not committed, call `undo`, which reverts what the flow did outside the database."""
        self.session.if_undone.append(undo)


def at_one_moment(tx: Tx) -> Tx:
    """The flow's view at the moment of the first flow of its transaction that asked for this, a little earlier.

    So what follows from a plan and a moment is worked out once for all of them.
    """
    return replace(tx, now=tx.session.info.setdefault(ONE_MOMENT, tx.now))


def do_last(session: Session) -> None:
    """Do what the session's flows have left to the end; only a claim and the commit follow."""
    left, session.at_end = session.at_end, []
    for do in left:
        do()


@contextmanager
def apart(session: Session, *, is_last: bool = False) -> Iterator[None]:
    """If the block raises, undo only what it did in the database, unless all of it is gone (`given_up`).

    `is_last`: only the commit follows, which also ends the savepoint.
    """
    line = session.line
    line.run("SAVEPOINT apart")  # SQLAlchemy's own would compile each of these anew
    try:
        yield
        line.settle()
    except BaseException:
        line.forget()
        if not given_up(session):
            line.run("ROLLBACK TO SAVEPOINT apart")
            line.run("RELEASE SAVEPOINT apart")
        raise
    if not is_last:
        line.run("RELEASE SAVEPOINT apart")


def given_up(session: Session) -> bool:
    """Whether SQLite itself has undone the whole transaction, as it does when the disk is full: it must not go on."""
    driver = session.connection.connection.dbapi_connection
    return isinstance(driver, sqlite3.Connection) and not driver.in_transaction


class _Over(Exception):
    """A trial is over."""


@contextmanager
def on_trial(tx: Tx) -> Iterator[Tx]:
    """A flow's view of its own, of which nothing stays: neither rows, nor what flows of one transaction tell others."""
    with Session(tx.session.connection) as session, suppress(_Over), undoing(session), apart(session):
        yield Tx(session, tx.now, tx.entropy, tx.vault)
        raise _Over


@contextmanager
def undoing(session: Session) -> Iterator[list[Callable[[], object]]]:
    """If the block raises, call what flows inside gave to `if_undone`; else leave that to the surrounding flow.

    What those flows left due, or to the end, is dropped with them.
    """
    last_before, due_before, before = [*session.at_end], set(session.left_due), session.if_undone
    session.if_undone = inside = list[Callable[[], object]]()
    try:
        yield inside
    except BaseException:
        for undo in inside:
            undo()
        inside.clear()
        session.at_end, session.left_due = last_before, due_before
        raise
    finally:
        before += inside  # The very list that a surrounding block goes through.
        session.if_undone = before
