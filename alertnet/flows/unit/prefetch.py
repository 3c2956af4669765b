"""Reads in advance for several incidents at once: their rows, and written codes that no number holds yet (B4)."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar, cast

from alertnet.core.inbound.code_formats import WRITTEN_CODE_LENGTH, is_written_code
from alertnet.store.db.session import Session
from alertnet.store.db.tx import Tx
from alertnet.store.monitoring import heartbeats
from alertnet.store.records.credentials import codes

_CODE_POOL = "code_pool"
MORE = (4, 8, 16, 32, 64, 64)
"""How many more codes are drawn each time the expected ones were not enough: one was a year, or most are held."""

T = TypeVar("T")

Reader = Callable[[Session, Collection[str]], dict[str, list[T]]]
"""Reads something for each of several incidents."""


class CodePool:
    """Texts for codes that are made in one transaction; each is given out once.

    Two transactions may draw the same text at once; a unique index of `code_numbers` then decides.
    """

    def __init__(self, tx: Tx, expected: int = 0) -> None:
        self._tx = tx
        self._expected = expected + expected // 8
        self._ready: dict[str, set[bytes]] = {}
        """Texts drawn and not given out yet, with the numbers that hold such a code."""
        self._given: set[str] = set()
        self._asked: Callable[[], dict[str, set[bytes]]] | None = None
        """Gives those that are asked for."""
        self._full: set[frozenset[bytes]] = set()
        """Numbers for which none was found, so that no further flow searches for them again."""

    @classmethod
    def of(cls, tx: Tx) -> "CodePool":
        pool: CodePool | None = tx.session.info.get(_CODE_POOL)
        if pool is None:
            pool = tx.session.info[_CODE_POOL] = cls(tx)
        return pool

    def expect(self, count: int) -> None:
        """Say that so many will be drawn soon, and as many by each other flow of the transaction."""
        self._expected = max(self._expected, count, min(MORE[-1], count * self._tx.session.flows))

    def ask_ahead(self, count: int) -> None:
        """Draw so many that will be needed, and ask together with the next question which numbers hold them."""
        self.expect(count)
        if self._asked is None and len(self._ready) < count:
            self._ask(self._expected)

    def draw(self, numbers: list[bytes]) -> str | None:
        """A text that none of the numbers holds; None where they have so many open codes that none is found."""
        if frozenset(numbers) in self._full:
            return None
        for count in (0, self._expected or 1, *MORE):
            if count:
                self._ask(count)
            if self._asked is not None:
                self._ready |= self._asked()
                self._asked = None
            for text, holders in self._ready.items():
                if holders.isdisjoint(numbers):
                    del self._ready[text]
                    self._given.add(text)
                    return text
        self._full.add(frozenset(numbers))
        return None

    def holds(self, numbers: list[bytes], text: str) -> bool:
        """Whether one of the numbers already has that code."""
        return not codes.ask_numbers_with(self._tx, [text])()[text].isdisjoint(numbers)

    def _ask(self, count: int) -> None:
        drawn = dict.fromkeys(self._tx.entropy.digits(WRITTEN_CODE_LENGTH) for _ in range(count))
        fresh = [text for text in drawn if is_written_code(text) and text not in self._given]
        if fresh:
            self._asked = codes.ask_numbers_with(self._tx, fresh)


class Prefetch:
    """Rows read for incidents that are taken up together; for a single incident nothing is read in advance.

    A second read of the same for an incident goes to the database, since it may have changed.
    """

    def __init__(self, tx: Tx, incidents: Sequence[str]) -> None:
        self.code_pool = CodePool.of(tx)
        self.code_pool.expect(len(incidents) + len(incidents) // 8)
        self._session = tx.session
        self._incidents = frozenset(incidents)
        self._found: dict[Reader[Any], dict[str, list[Any]]] = {}

    @cached_property
    def restored_at(self) -> datetime | None:
        """When a backup became the database; None where none did."""
        return heartbeats.restored_at(self._session)

    def read(self, reader: Reader[T], incident: str) -> list[T]:
        """The incident's part of what `reader` finds."""
        found = self._found.get(reader)
        if found is None:
            found = self._found[reader] = reader(self._session, self._incidents | {incident})
        mine = cast("list[T] | None", found.pop(incident, None))
        return reader(self._session, [incident])[incident] if mine is None else mine
