"""A10: everything is on the record, in the order in which it happened."""

import pytest
from sqlalchemy import func, select

from alertnet.store.db.tx import Tx
from alertnet.store.records.timeline import SYSTEM, append
from alertnet.store.tables import timeline


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
