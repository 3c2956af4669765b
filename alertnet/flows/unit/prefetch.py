"""Reading ahead: what several incidents need is read for all of them when the first of them needs it."""

from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeVar, cast

from sqlalchemy.orm import Session

from alertnet.flows.unit.code_pool import CodePool
from alertnet.store.db.tx import Tx

Found = TypeVar("Found")

Reader = Callable[[Session, Collection[str]], dict[str, list[Found]]]
"""Reads something of each of several incidents."""


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
