"""What a flow did outside the database is taken back with what it did in it."""

from datetime import UTC, datetime
from typing import Any, cast
from unittest.mock import Mock

import pytest

from alertnet.store.db.session import Session
from alertnet.store.db.tx import Tx, undoing


class Flow:
    """A flow with a part of its own, of which one fails."""

    def __init__(self) -> None:
        self.undone: list[str] = []
        self.tx = Tx(Session(Mock()), datetime(2026, 11, 26, tzinfo=UTC), cast(Any, None), cast(Any, None))

    def run(self, *, part_fails: bool) -> None:
        with undoing(self.tx.session):
            self.tx.if_undone(lambda: self.undone.append("flow"))
            try:
                self.part(fails=part_fails)
            except RuntimeError:
                return
            raise RuntimeError("no commit")

    def part(self, *, fails: bool) -> None:
        with undoing(self.tx.session):
            self.tx.if_undone(lambda: self.undone.append("part"))
            if fails:
                raise RuntimeError("no part")


def test_what_a_part_did_is_taken_back_where_the_rest_fails() -> None:
    """A5: a claim had succeeded in its savepoint, the commit around it has not: its room is free again."""
    flow = Flow()

    with pytest.raises(RuntimeError):
        flow.run(part_fails=False)

    assert flow.undone == ["flow", "part"]


def test_a_part_that_fails_takes_back_its_own_alone() -> None:
    flow = Flow()

    flow.run(part_fails=True)

    assert flow.undone == ["part"]
