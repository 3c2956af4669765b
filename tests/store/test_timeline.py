"""A10: everything is on the record, and whoever alters the record is noticed."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select, text, update

from alertnet.store.tables import timeline
from alertnet.store.timeline import SYSTEM, Break, append, verify
from alertnet.store.tx import Tx
from tests.store.conftest import NOW


@pytest.fixture
def told(tx: Tx) -> Tx:
    """Two chains, the first of three entries made in two calls."""
    append(tx, "one", ("opened", {"ref": "A-7K3M"}), ("level_opened", {"tree": "colombia", "at": 1.5}))
    append(tx, SYSTEM, ("started", {}))
    append(tx, "one", ("closed", {"reason": "resolved", "text": "están a salvo"}))
    return tx


def alter(tx: Tx, seq: int, **values: Any) -> None:
    tx.session.execute(update(timeline).where(timeline.c.chain == "one", timeline.c.seq == seq).values(**values))


def test_entries_are_counted_from_one_in_each_chain(told: Tx) -> None:
    found = told.session.execute(select(timeline.c.chain, timeline.c.seq, timeline.c.kind, timeline.c.payload))

    assert sorted(tuple(row[:3]) for row in found) == [
        ("one", 1, "opened"),
        ("one", 2, "level_opened"),
        ("one", 3, "closed"),
        (SYSTEM, 1, "started"),
    ]


def test_a_record_that_nobody_touched_holds(told: Tx) -> None:
    assert verify(told.session) == []


def test_a_purged_entry_leaves_a_chain_that_holds(told: Tx) -> None:
    alter(told, 2, payload=None, salt=None)

    assert verify(told.session) == []


@pytest.mark.parametrize(
    "values",
    [{"kind": "go_given"}, {"at": NOW + timedelta(microseconds=1)}, {"digest": b"0" * 32}, {"hash": b"0" * 32}],
    ids=["kind", "at", "digest", "hash"],
)
def test_an_altered_entry_is_found(told: Tx, values: dict[str, Any]) -> None:
    alter(told, 2, **values)

    assert Break("one", 2, "the entry was altered") in verify(told.session)


def test_an_altered_payload_is_found(told: Tx) -> None:
    alter(told, 2, payload={"tree": "europe"})

    assert verify(told.session) == [Break("one", 2, "the payload was altered")]


def test_a_payload_that_cannot_be_opened_is_found_and_does_not_end_the_search(told: Tx) -> None:
    told.session.execute(text("UPDATE timeline SET payload = salt WHERE chain = 'one' AND seq < 3"))

    assert verify(told.session) == [
        Break("one", 1, "the payload can't be read"),
        Break("one", 2, "the payload can't be read"),
    ]


def test_a_payload_without_its_salt_is_found(told: Tx) -> None:
    alter(told, 3, salt=None)

    assert verify(told.session) == [Break("one", 3, "the payload was altered")]


def test_a_removed_entry_is_found(told: Tx) -> None:
    told.session.execute(delete(timeline).where(timeline.c.chain == "one", timeline.c.seq == 2))

    assert verify(told.session) == [Break("one", 3, "entries 2 to 2 are missing")]


def test_a_chain_that_was_given_another_name_is_found(told: Tx) -> None:
    told.session.execute(update(timeline).where(timeline.c.chain == "one").values(chain="two"))

    assert verify(told.session) == [Break("two", 1, "the entry was altered")]


def test_the_same_payload_has_another_digest_each_time(tx: Tx) -> None:
    """Purged, it can't be guessed from its digest."""
    append(tx, "one", ("note", {}), ("note", {}))

    assert tx.session.scalar(select(func.count(timeline.c.digest.distinct()))) == 2
