"""Behind a pooler that lends sessions for a transaction at a time: a real PgBouncer, with fewer than are asked for."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import create_engine, text

from alertnet.runtime.database.transactions import NotWritable
from alertnet.runtime.wiring import Runtime, wire
from alertnet.store.db.engine import POSTGRES_SESSION
from alertnet.store.db.tx import Tx
from alertnet.store.upgrade import upgrade
from tests.pgbouncer import pooler_before
from tests.postgres import fresh_database
from tests.runtime.flows import connect, keep, keep_as_due, kept
from tests.support.program import settings_on

PATIENCE = 20  # seconds until a test that hangs fails

pytestmark = pytest.mark.postgres


@pytest.fixture
def direct(postgres_url: str) -> str:
    """The URL of an empty database."""
    return fresh_database(postgres_url)


@pytest.fixture
def pooled(direct: str) -> Iterator[str]:
    """The same by the pooler."""
    with pooler_before(direct) as url:
        yield url


def behind_pooler(pooled: str, direct: str) -> Runtime:
    return wire(settings_on(pooled, ALERTNET_LISTEN_URL=direct))


@pytest.fixture
def runtime(pooled: str, direct: str) -> Iterator[Runtime]:
    """On a database that was brought up to date by the pooler too."""
    runtime = behind_pooler(pooled, direct)
    upgrade(runtime.engine)
    yield runtime
    runtime.close()


def in_force(tx: Tx) -> dict[str, str]:
    """The session's settings that ours are about, without units."""
    settings = text("SELECT lower(name), setting FROM pg_settings WHERE lower(name) = ANY(:names)")
    return {row[0]: row[1] for row in tx.session.execute(settings, {"names": [*POSTGRES_SESSION]})}


def test_many_flows_share_few_sessions_and_each_has_our_settings(runtime: Runtime) -> None:
    """No prepared statement, no setting of a session is relied on: the next transaction may have another."""
    names = [f"{number:03}" for number in range(200)]

    def keep_and_look(tx: Tx, name: str) -> dict[str, str]:
        keep(tx, name)
        return in_force(tx)

    with ThreadPoolExecutor(16) as pool:
        seen = list(pool.map(lambda name: runtime.transact(keep_and_look, name), names))

    assert runtime.read(kept) == names
    assert runtime.read(in_force) == POSTGRES_SESSION
    assert seen == [POSTGRES_SESSION] * 200


def test_nothing_of_ours_stays_in_a_session_that_is_lent_on(runtime: Runtime, pooled: str) -> None:
    for number in range(20):
        runtime.transact(keep, f"{number:02}")
    runtime.read(kept)

    engine = create_engine(pooled)
    with engine.connect() as another_program:
        timeout = another_program.scalar(text("SELECT setting FROM pg_settings WHERE name = 'statement_timeout'"))
        prepared = another_program.scalar(text("SELECT count(*) FROM pg_prepared_statements"))
    engine.dispose()

    assert (timeout, prepared) == ("0", 0)


def test_what_one_process_leaves_due_wakes_another_by_its_own_line(runtime: Runtime, pooled: str, direct: str) -> None:
    other = behind_pooler(pooled, direct)
    woken = threading.Event()
    listening = threading.Event()
    other.wakeups.wakers.append(lambda: woken.set() if listening.is_set() else listening.set())
    other.listen()
    assert listening.wait(PATIENCE)

    runtime.transact(keep_as_due, "a")

    assert woken.wait(PATIENCE)
    other.close()


def test_a_pooler_without_a_line_of_its_own_is_refused_by_name(pooled: str) -> None:
    """Nobody would be woken, and our time-outs would not hold."""
    with pytest.raises(NotWritable) as caught:
        connect(pooled)

    assert "ALERTNET_LISTEN_URL" in caught.value.cause
