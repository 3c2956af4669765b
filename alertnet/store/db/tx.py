"""What a flow works with: the session of its transaction, its moment, and the only sources of entropy and secrecy."""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import field
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from alertnet.core.codec import value
from alertnet.core.monitoring.metrics import Counts
from alertnet.store.db.statements import line_of
from alertnet.store.db.vault import Vault

Stretch = tuple[str, bytes]
"""A keyed hash that is to be made slow to guess, after the cost of doing so: see `Vault.stretch`."""

LeftDue = Collection[str | None]
"""The methods of attempts that were left due, and None where something else was."""

LEFT_DUE = "left_due"
IF_UNDONE = "if_undone"


class Entropy(Protocol):
    """Randomness and ids, so that a test can foresee them."""

    def id(self) -> str:
        """A fresh id: 32 lower-case hexadecimal digits."""
        ...

    def digits(self, count: int) -> str:
        """That many random decimal digits."""
        ...

    def letters(self, count: int, alphabet: str) -> str:
        """That many random letters of the alphabet."""
        ...

    def bytes(self, count: int) -> bytes:
        """That many random bytes."""
        ...


class Unstretched(Exception):
    """A flow needs slow hashes: whoever runs it makes them once its transaction is undone, and runs it again."""

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
    """What is counted once this is committed."""
    calls_to_end: list[str] = field(default_factory=list, compare=False)
    """The provider's ids of calls that this has made pointless."""
    stretched: dict[Stretch, bytes] = field(default_factory=dict, compare=False)
    """The slow hashes that were made for this flow."""

    def stretch(self, asked: Iterable[Stretch]) -> dict[Stretch, bytes]:
        """The slow hashes of all these, and perhaps of others.

        Raises:
            Unstretched: some are still to be made, which no transaction waits for.
        """
        if missing := frozenset(asked) - self.stretched.keys():
            raise Unstretched(missing)
        return self.stretched

    def leaves_due(self, method: str | None = None) -> None:
        """Wake whoever waits for due rows once this commits; `method`: an attempt by it is due, else something else."""
        self.session.info.setdefault(LEFT_DUE, set()).add(method)

    def hang_up(self, call: str) -> None:
        """Once this commits, the call of that provider's id is ended."""
        self.calls_to_end.append(call)

    def if_undone(self, undo: Callable[[], object]) -> None:
        """Call that, which takes back what this flow did outside the database, if it is not committed."""
        self.session.info.setdefault(IF_UNDONE, []).append(undo)


def left_due(session: Session) -> LeftDue:
    """What the session's flow left due; empty where it left nothing."""
    left: LeftDue = session.info.get(LEFT_DUE, frozenset())
    return left


@contextmanager
def apart(session: Session, *, is_last: bool = False) -> Iterator[None]:
    """Where the block raises, undo in the database what it did, and that alone.

    `is_last`: nothing follows but the commit, which ends it as well.
    """
    line = line_of(session)
    line.run("SAVEPOINT apart")  # SQLAlchemy's own would compile each of these anew
    try:
        yield
        line.settle()
    except BaseException:
        line.forget()
        line.run("ROLLBACK TO SAVEPOINT apart")
        raise
    finally:
        if not is_last:
            line.run("RELEASE SAVEPOINT apart")


@contextmanager
def undoing(session: Session) -> Iterator[list[Callable[[], object]]]:
    """Where the block raises, call what flows inside gave to `if_undone`; else leave it to the surrounding flow.

    What they left due is forgotten with them.
    """
    due_before = set(session.info[LEFT_DUE]) if LEFT_DUE in session.info else None
    before: list[Callable[[], object]] = session.info.pop(IF_UNDONE, [])
    inside: list[Callable[[], object]] = []
    session.info[IF_UNDONE] = inside
    try:
        yield inside
    except BaseException:
        for undo in inside:
            undo()
        inside.clear()
        session.info.pop(LEFT_DUE, None)
        if due_before is not None:
            session.info[LEFT_DUE] = due_before
        raise
    finally:
        before += inside  # the very list that a surrounding block goes through
        session.info[IF_UNDONE] = before
