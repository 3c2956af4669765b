"""Reading ahead for several incidents at a time: their rows, and written codes that no number holds yet (B4)."""

from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeVar, cast

from sqlalchemy.orm import Session

from alertnet.core.inbound.code_formats import WRITTEN_CODE_LENGTH, is_written_code
from alertnet.store.db.tx import Tx
from alertnet.store.records.credentials import codes

FEWEST, MANY = 4, 64
"""How many are drawn at once: what most flows need, and where most of what was drawn is held already."""
MOST_ROUNDS = 4

Found = TypeVar("Found")

Reader = Callable[[Session, Collection[str]], dict[str, list[Found]]]
"""Reads something of each of several incidents."""


class CodePool:
    """Texts for the codes of incidents that are taken up together, of which each is given out once.

    Two transactions may draw the same text at the same moment: what then holds it once is an index of `code_numbers`.
    """

    def __init__(self, tx: Tx, expected: int) -> None:
        self._tx = tx
        self._expected = max(expected + expected // 8, FEWEST)
        self._ready: dict[str, set[bytes]] = {}
        """What was drawn and not given out yet, with the numbers that hold such a code."""
        self._given: set[str] = set()

    def draw(self, numbers: list[bytes]) -> str | None:
        """A text that none of the numbers holds; None when so many are open there that none can be found."""
        for rounds in range(MOST_ROUNDS):
            for text, holders in self._ready.items():
                if holders.isdisjoint(numbers):
                    del self._ready[text]
                    self._given.add(text)
                    return text
            self._draw_more(MANY if rounds else self._expected)
        return None

    def holds(self, numbers: list[bytes], text: str) -> bool:
        """Whether one of the numbers has that very code already."""
        return not codes.numbers_with(self._tx, [text])[text].isdisjoint(numbers)

    def _draw_more(self, count: int) -> None:
        drawn = dict.fromkeys(self._tx.entropy.digits(WRITTEN_CODE_LENGTH) for _ in range(count))
        fresh = [text for text in drawn if is_written_code(text) and text not in self._given]
        self._ready |= codes.numbers_with(self._tx, fresh)


class Prefetch:
    """What is read of incidents that are taken up together; where it is one alone, nothing is read ahead.

    Whoever asks a second time for the same of an incident reads it anew: it may have changed by then.
    """

    def __init__(self, tx: Tx, incidents: Sequence[str]) -> None:
        self.code_pool = CodePool(tx, len(incidents))
        self._session = tx.session
        self._incidents = frozenset(incidents)
        self._found: dict[Reader[Any], dict[str, list[Any]]] = {}

    def read(self, reader: Reader[Found], incident: str) -> list[Found]:
        """The incident's part of what `reader` finds."""
        found = self._found.get(reader)
        if found is None:
            found = self._found[reader] = reader(self._session, self._incidents | {incident})
        mine = cast(list[Found] | None, found.pop(incident, None))
        return reader(self._session, [incident])[incident] if mine is None else mine
