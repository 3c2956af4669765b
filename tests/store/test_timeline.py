"""A10: everything is on the record, in the order in which it happened."""

from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from alertnet.store.db.session import Session
from alertnet.store.db.tx import Tx
from alertnet.store.db.vault import Vault
from alertnet.store.records.timeline import SYSTEM, append, heads_of
from alertnet.store.tables import timeline
from tests.store.conftest import NOW
from tests.support.entropy import Foreseen


@pytest.fixture
def told(tx: Tx) -> Tx:
    """Two chains, the first of three entries made in two calls."""
    append(tx, "one", ("opened", {"ref": "A-7K3M"}), ("level_opened", {"tree": "colombia", "at": 1.5}))
    append(tx, SYSTEM, ("started", {}))
    append(tx, "one", ("closed", {"reason": "resolved", "text": "están a salvo"}))
    return tx


def test_entries_are_counted_from_one_in_each_chain(told: Tx) -> None:
    found = told.session.execute(select(timeline.c.chain, timeline.c.seq, timeline.c.kind, timeline.c.payload))

    assert sorted(tuple(row[:3]) for row in found) == [
        ("one", 1, "opened"),
        ("one", 2, "level_opened"),
        ("one", 3, "closed"),
        (SYSTEM, 1, "started"),
    ]


def test_the_same_payload_has_another_digest_each_time(tx: Tx) -> None:
    """Purged, it can't be guessed from its digest."""
    append(tx, "one", ("note", {}), ("note", {}))

    assert tx.session.scalar(select(func.count(timeline.c.digest.distinct()))) == 2


def test_a_long_chain_grows_with_as_little_work_as_a_short_one(sqlite_engine: Engine, vault: Vault) -> None:
    """An incident that nobody takes up for days has ten thousand entries, and the system's chain outlives all."""
    with sqlite_engine.begin() as connection, Session(connection) as session:
        tx = Tx(session, NOW, Foreseen(), vault)
        append(tx, "short", ("note", {}))
        append(tx, "long", *[("note", {})] * 2000)

        assert _steps_of(tx, "long") == _steps_of(tx, "short") > 0


def _steps_of(tx: Tx, chain: str) -> int:
    """How many steps of SQLite's own machine it takes to find where the chain ends."""
    driver: Any = tx.session.connection.connection.driver_connection
    steps: list[None] = []
    driver.set_progress_handler(lambda: steps.append(None), 1)
    heads_of(tx.session, [chain])
    driver.set_progress_handler(None, 1)
    return len(steps)
