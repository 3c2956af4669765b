"""What was used of a limit, counted by all processes together."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Engine

from alertnet.core.limits import HOUR, UNUSED, Limit
from alertnet.store.db.session import Session
from alertnet.store.db.tx import Tx
from alertnet.store.records import limits
from tests.store.conftest import NOW
from tests.support.entropy import Foreseen

THREE = Limit("three", 3, HOUR)
NUMBER, OTHER = "+573005550101", "+573005550102"


def test_uses_beyond_the_limit_are_refused_for_that_key_alone(tx: Tx) -> None:
    assert [limits.use(tx, THREE, NUMBER) for _ in range(4)] == [True, True, True, False]
    assert limits.use(tx, THREE, OTHER)
    assert limits.usage(tx, THREE, NUMBER).dropped == 1


def test_uses_at_the_same_moment_are_each_counted(engine: Engine, tx: Tx) -> None:
    """Sixty at once find room for three: none of them judges by what another is about to change."""

    def use(_: int) -> bool:
        with engine.begin() as connection, Session(connection) as session:
            return limits.use(Tx(session, NOW, Foreseen(), tx.vault), THREE, NUMBER)

    tx.session.connection.rollback()
    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(use, range(60))) == 3


def test_what_counts_for_nothing_is_forgotten_but_for_what_was_dropped(tx: Tx) -> None:
    for _ in range(5):
        limits.use(tx, THREE, NUMBER)
    limits.use(replace(tx, now=NOW + timedelta(minutes=30)), THREE, OTHER)

    forgotten = limits.forget_old(replace(tx, now=NOW + timedelta(minutes=61)))

    assert (forgotten, len(limits.usage(tx, THREE, OTHER).until)) == ({THREE.name: 2}, 1)
    assert limits.usage(tx, THREE, NUMBER) == UNUSED
