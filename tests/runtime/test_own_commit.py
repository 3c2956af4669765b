"""PostgreSQL: a transaction each, a second try where the database asks for it, and wake-ups across processes."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from psycopg.pq import TransactionStatus
from sqlalchemy import bindparam, delete, event, insert, select, text
from sqlalchemy.exc import DBAPIError

from alertnet.runtime.database.transactions import DatabaseAway
from alertnet.runtime.database.wakeups import Notifier
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.pipeline import MOST_AT_ONCE
from alertnet.store.db.statements import Prepared, add_missing, change_each
from alertnet.store.db.tx import Tx, apart
from alertnet.store.tables import workers
from tests.runtime.flows import Refused, connect, keep, keep_as_due, kept

_INSERT, _ALL = Prepared(insert(workers)), Prepared(select(workers.c.id))
PATIENCE = 20  # seconds until a test that hangs fails

pytestmark = pytest.mark.postgres

_DELETE = delete(workers).where(workers.c.id == bindparam("which"))
LAST = text("SELECT id FROM workers ORDER BY id DESC LIMIT 1")
READY = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%workers%'")
END_OWN = text("SELECT pg_terminate_backend(pg_backend_pid())")
LOCK = "SELECT pg_advisory_xact_lock(1)"
PLANS = text("SELECT custom_plans, generic_plans FROM pg_prepared_statements WHERE statement LIKE '%INTO workers%'")
OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
END_LISTENER = text(f"SELECT pg_terminate_backend(pid) {OTHERS} AND query = 'LISTEN alertnet'")
END_OTHERS = text(f"SELECT pg_terminate_backend(pid, 10000) {OTHERS}")


@pytest.fixture
def elsewhere(on_postgres: Runtime) -> Iterator[Runtime]:
    """Another process on the same database, as far as PostgreSQL can tell."""
    other = connect(on_postgres.settings.database_url.get_secret_value())
    yield other
    other.close()


@pytest.mark.parametrize("state", ["40001", "40P01"], ids=["serialization failure", "deadlock"])
def test_a_flow_that_the_database_asks_to_repeat_is_repeated_once(on_postgres: Runtime, state: str) -> None:
    tries: list[int] = []

    def collide_once(tx: Tx) -> None:
        tries.append(1)
        keep(tx, "a")
        if len(tries) == 1:
            tx.session.execute(text(f"DO $$ BEGIN RAISE EXCEPTION SQLSTATE '{state}'; END $$"))

    on_postgres.transact(collide_once)

    assert len(tries) == 2
    assert on_postgres.read(kept) == ["a"]


def test_what_leaves_with_the_commit_fails_as_what_is_waited_for(on_postgres: Runtime) -> None:
    """Another took the key in the same moment: nothing of the flow stays, and it runs again by itself."""
    tries: list[int] = []

    def collides_twice(tx: Tx) -> None:
        tries.append(1)
        add_missing(tx.session, workers, [_row(tx, "a")])
        if len(tries) < 3:
            _INSERT.each(tx.session, [_row(tx, "a")])
        _INSERT.each(tx.session, [_row(tx, "b")])

    on_postgres.transact(collides_twice)

    assert len(tries) == 3
    assert on_postgres.read(kept) == ["a", "b"]


def test_what_is_put_off_is_run_before_anything_is_asked(on_postgres: Runtime) -> None:
    """A flow reads what it wrote, by whichever way it asks, and however much it writes at once."""

    def writes_and_asks(tx: Tx) -> tuple[list[str], int, int]:
        _INSERT.each(tx.session, [_row(tx, f"{place:04}") for place in range(2 * MOST_AT_ONCE + 1)])
        _INSERT.each(tx.session, [_row(tx, "last")])
        last, count = list(tx.session.scalars(LAST)), len(_ALL.all(tx.session, {}))
        change_each(tx.session, workers, [{"key": "last", "id": "later"}])
        tx.session.connection.execute(_DELETE, [{"which": "later"}, {"which": "0000"}])
        return last, count, len(_ALL.all(tx.session, {}))

    assert on_postgres.transact(writes_and_asks) == (["last"], 2 * MOST_AT_ONCE + 2, 2 * MOST_AT_ONCE)


def test_what_is_asked_ahead_leaves_with_the_next_question_and_in_its_place(on_postgres: Runtime) -> None:
    def asks(tx: Tx) -> tuple[bool, int, int]:
        driver: Any = tx.session.connection.connection.driver_connection
        _INSERT.each(tx.session, [_row(tx, "a")])
        ahead = _ALL.ahead(tx.session, {})
        has_left = driver.info.transaction_status != TransactionStatus.IDLE
        _INSERT.each(tx.session, [_row(tx, "b")])
        now = _ALL.all(tx.session, {})
        return has_left, len(ahead()), len(now)

    assert on_postgres.transact(asks) == (False, 1, 2)


def test_what_is_asked_ahead_is_answered_at_the_latest_when_it_is_needed(on_postgres: Runtime) -> None:
    """Also where no other question came, or what it would have left with was undone."""

    def asks(tx: Tx) -> tuple[int, int]:
        alone = _ALL.ahead(tx.session, {})
        found = len(alone())
        with suppress(Refused), apart(tx.session):
            undone = _ALL.ahead(tx.session, {})
            raise Refused
        _INSERT.each(tx.session, [_row(tx, "a")])
        return found, len(undone())

    assert on_postgres.transact(asks) == (0, 1)


def test_what_is_put_off_is_undone_with_its_flow_and_never_comes_into_the_next(on_postgres: Runtime) -> None:
    def refuses(tx: Tx) -> None:
        _INSERT.each(tx.session, [_row(tx, "a")])
        raise Refused

    def refuses_apart(tx: Tx) -> None:
        _INSERT.each(tx.session, [_row(tx, "b")])
        with suppress(Refused), apart(tx.session):
            refuses(tx)

    with pytest.raises(Refused):
        on_postgres.transact(refuses)
    on_postgres.transact(refuses_apart)

    assert on_postgres.read(kept) == ["b"]


def test_what_only_reads_is_refused_what_it_writes(on_postgres: Runtime) -> None:
    """It is never committed: a write that waited for that would be lost without a word."""
    with pytest.raises(DBAPIError, match="read-only"):
        on_postgres.read(lambda tx: _INSERT.each(tx.session, [_row(tx, "a")]))


def test_a_text_that_no_server_takes_is_refused_where_it_is_written(on_postgres: Runtime) -> None:
    """Later another question would fail for it, and all that was put off be lost with that."""

    def writes(tx: Tx) -> None:
        _INSERT.each(tx.session, [_row(tx, "a")])
        with pytest.raises(UnicodeEncodeError):
            _INSERT.each(tx.session, [_row(tx, "\ud800")])

    on_postgres.transact(writes)

    assert on_postgres.read(kept) == ["a"]


def test_a_flow_that_keeps_a_fault_to_itself_is_never_said_to_be_committed(on_postgres: Runtime) -> None:
    """The server answers its COMMIT by undoing it, without any error."""

    def keeps_it(tx: Tx) -> None:
        keep(tx, "a")
        with suppress(DBAPIError):
            tx.session.execute(text("SELECT 1 / 0"))

    with pytest.raises(DBAPIError, match="undone"):
        on_postgres.transact(keeps_it)
    on_postgres.transact(keep, "b")

    assert on_postgres.read(kept) == ["b"]


def test_nothing_is_done_behind_what_fails_at_once_and_the_connection_goes_on(on_postgres: Runtime) -> None:
    """Also where what fails was never made ready before: another flow has it made ready anew."""

    def fails(tx: Tx) -> None:
        with apart(tx.session):
            _INSERT.each(tx.session, [_row(tx, "a"), _row(tx, "\ud800"), _row(tx, "b")])

    def fails_there(tx: Tx) -> None:
        keep(tx, "a")
        with pytest.raises(DBAPIError), apart(tx.session):
            _INSERT.each(tx.session, [_row(tx, "b"), _row(tx, "a"), _row(tx, "c")])
        _INSERT.each(tx.session, [_row(tx, "d")])

    with pytest.raises(UnicodeEncodeError):
        on_postgres.transact(fails)
    on_postgres.transact(fails_there)

    assert on_postgres.read(kept) == ["a", "d"]


def test_a_text_with_a_nul_is_refused_and_not_cut(on_postgres: Runtime) -> None:
    with pytest.raises(DBAPIError):
        on_postgres.transact(lambda tx: _INSERT.each(tx.session, [_row(tx, "a\0b")]))
    on_postgres.transact(lambda tx: _INSERT.each(tx.session, [_row(tx, "ab")]))

    assert on_postgres.read(kept) == ["ab"]


def test_a_fault_names_its_own_statement_and_none_that_failed_before(on_postgres: Runtime) -> None:
    """Whoever looks for it would look at the wrong place."""

    def collides(tx: Tx) -> None:
        _INSERT.each(tx.session, [_row(tx, "a")])
        _ALL.all(tx.session, {})

    def writes_what_is_no_text(tx: Tx) -> None:
        change_each(tx.session, workers, [{"key": "a", "id": "a\0b"}])

    on_postgres.transact(keep, "a")
    named = []
    for flow in (collides, writes_what_is_no_text):
        with pytest.raises(DBAPIError) as raised:
            on_postgres.transact(flow)
        named.append(str(raised.value.statement).split()[0])

    assert named == ["INSERT", "UPDATE"]


def test_statements_stay_ready_when_a_flow_is_undone(on_postgres: Runtime) -> None:
    """Each look ends by being undone, and would let go of all that its connection has planned."""

    def refuses(tx: Tx) -> None:
        _INSERT.each(tx.session, [_row(tx, "a")])
        for _ in range(2):
            tx.session.execute(LAST)
        raise Refused

    with pytest.raises(Refused):
        on_postgres.transact(refuses)

    assert on_postgres.read(lambda tx: tx.session.scalar(READY)) == 2
    assert on_postgres.read(kept) == []


def test_what_fails_again_and_again_is_kept_ready_once(on_postgres: Runtime) -> None:
    """Each collision would leave one more with the server, for as long as its connection lives."""

    def ready_after(collisions: int) -> int:
        for _ in range(collisions):
            with pytest.raises(DBAPIError):
                on_postgres.transact(lambda tx: _INSERT.each(tx.session, [_row(tx, "a")]))
        count: int = on_postgres.read(lambda tx: tx.session.scalar(READY))
        return count

    on_postgres.transact(lambda tx: keep(tx, "a"))
    # The question is kept ready itself, once it was asked.
    assert ready_after(1) == 1

    assert ready_after(1) == ready_after(5) == 2


@pytest.mark.parametrize("asked_by", ["a statement made once", "SQLAlchemy"])
@pytest.mark.parametrize("outdated_by", ["ALTER TABLE workers ALTER COLUMN id TYPE varchar(99)", "DEALLOCATE ALL"])
def test_a_connection_whose_plans_fit_no_more_is_given_up_and_the_next_is_right(
    on_postgres: Runtime, elsewhere: Runtime, asked_by: str, outdated_by: str
) -> None:
    """A migration may change a column while this version runs; nothing would ever heal that connection."""

    def asks(tx: Tx) -> int:
        rows = _ALL.all(tx.session, {}) if asked_by == "a statement made once" else tx.session.execute(LAST).all()
        return len(rows)

    on_postgres.transact(keep, "a")
    before = [on_postgres.read(asks) for _ in range(3)]
    whose = on_postgres if outdated_by.startswith("DEALLOCATE") else elsewhere
    whose.transact(lambda tx: tx.session.execute(text(outdated_by)))

    answers = []
    for _ in range(3):
        try:
            answers.append(on_postgres.read(asks))
        except DatabaseAway:
            answers.append(0)

    assert before == [1, 1, 1]
    assert answers[1:] == [1, 1]


def test_a_statement_is_planned_once_for_all_values_by_each_connection(on_postgres: Runtime) -> None:
    """A plan for each value took half of the server's time while thousands of alerts left."""

    def plans(tx: Tx) -> list[tuple[int, int]]:
        for id in ("a", "b", "c"):
            _INSERT.each(tx.session, [_row(tx, id)])
        return [(row.custom_plans, row.generic_plans) for row in tx.session.execute(PLANS)]

    assert on_postgres.transact(plans) == [(0, 3)]


def _row(tx: Tx, id: str) -> dict[str, object]:
    return {"id": id, "seen_at": tx.now, "started_at": tx.now}


def test_a_connection_lost_in_a_flow_is_said_and_the_next_flow_has_another(on_postgres: Runtime) -> None:
    def lose_connection(tx: Tx) -> None:
        keep(tx, "a")
        tx.session.execute(END_OWN)

    with pytest.raises(DatabaseAway):
        on_postgres.transact(lose_connection)
    on_postgres.transact(keep, "b")

    assert on_postgres.read(kept) == ["b"]


def test_connections_lost_while_idle_are_noticed_by_nobody(on_postgres: Runtime, elsewhere: Runtime) -> None:
    on_postgres.transact(keep, "a")
    elsewhere.read(lambda tx: tx.session.execute(END_OTHERS).all())

    on_postgres.transact(keep, "b")

    assert on_postgres.read(kept) == ["a", "b"]


@pytest.mark.parametrize("by_pipeline", [True, False])
def test_a_server_that_hangs_is_away_and_its_connection_is_given_up(
    on_postgres: Runtime, elsewhere: Runtime, by_pipeline: bool
) -> None:
    """Its disk may hang, a COMMIT wait for a standby, or a proxy keep the way to a machine that is gone."""

    def wait(tx: Tx) -> None:
        line = tx.session.line
        line.run("SET LOCAL lock_timeout = 0")
        line.run("SET LOCAL statement_timeout = 0")
        keep(tx, "undone")
        assert line.pipeline is not None
        line.pipeline.answer_seconds = 0.01
        line.run(LOCK) if by_pipeline else tx.session.execute(text(LOCK))

    def hang(tx: Tx) -> None:
        tx.session.execute(text(LOCK))
        with pytest.raises(DatabaseAway) as caught:
            on_postgres.transact(wait)
        assert "has not answered in time" in caught.value.cause

    elsewhere.transact(hang)
    on_postgres.transact(keep, "b")

    assert on_postgres.read(kept) == ["b"]


def test_what_is_read_does_not_depend_on_what_is_set_for_the_database(on_postgres: Runtime) -> None:
    """A server that was set up without a language has the encoding of no language, too."""
    alter = f'ALTER DATABASE "{on_postgres.engine.url.database}"'
    words = select(workers.c.id, workers.c.seen_at)

    def keep_word(tx: Tx) -> tuple[str, Any]:
        tx.session.execute(text(f"{alter} SET client_encoding = 'SQL_ASCII'"))
        tx.session.execute(text(f"{alter} SET datestyle = 'German'"))
        return keep(tx, "łódź"), tx.now

    def read_words(tx: Tx) -> list[Any]:
        tx.session.execute(text(f"{alter} RESET ALL"))
        return [*tx.session.execute(words), *Prepared(words).all(tx.session, {})]

    word = on_postgres.transact(keep_word)
    on_postgres.engine.dispose()

    assert on_postgres.transact(read_words) == [word, word]


def test_a_server_that_is_not_there_is_away() -> None:
    with pytest.raises(DatabaseAway):
        connect("postgresql://nobody@127.0.0.1:1/nothing")


def test_a_commit_elsewhere_wakes_a_process_that_listens(on_postgres: Runtime, elsewhere: Runtime) -> None:
    connected, woken = listening(on_postgres)
    assert connected.wait(PATIENCE)

    elsewhere.transact(keep_as_due, "a")

    assert woken.wait(PATIENCE)


def test_commits_of_the_same_moment_share_one_notification(on_postgres: Runtime, elsewhere: Runtime) -> None:
    """Each would wait for the one before it to commit, and every process would look at the queues for each."""
    told: list[str] = []
    event.listen(elsewhere.engine, "before_cursor_execute", lambda *seen: told.append(seen[2]))
    connected, woken = listening(on_postgres)
    assert connected.wait(PATIENCE)
    notifier = Notifier(elsewhere.engine, gap_seconds=PATIENCE)

    for _ in range(20):
        notifier.soon()
    notifier.close()

    assert woken.wait(PATIENCE)
    assert 1 <= told.count("NOTIFY alertnet") <= 2


def test_what_could_not_be_told_is_told_once_there_is_a_connection_again(
    on_postgres: Runtime, elsewhere: Runtime
) -> None:
    """Whatever kept it from connecting: a thread that had ended would tell nobody until the next start."""
    refused = iter([1])

    def refuses_once(*_: object) -> None:
        for _each in refused:
            raise OSError("no file can be opened")

    event.listen(elsewhere.engine, "do_connect", refuses_once)
    elsewhere.engine.dispose()
    connected, woken = listening(on_postgres)
    assert connected.wait(PATIENCE)
    notifier = Notifier(elsewhere.engine)

    notifier.soon()

    assert woken.wait(PATIENCE)
    assert next(refused, None) is None
    notifier.close()


def test_a_flow_that_is_undone_wakes_nobody(on_postgres: Runtime, elsewhere: Runtime) -> None:
    calls: list[list[str]] = []
    connected = threading.Event()
    seen = threading.Event()

    def hook() -> None:
        found = on_postgres.read(kept)
        calls.append(found)
        (seen if found else connected).set()

    def undone(tx: Tx) -> None:
        keep_as_due(tx, "a")
        raise Refused

    on_postgres.on_commit.append(hook)
    on_postgres.listen()
    assert connected.wait(PATIENCE)

    with pytest.raises(Refused):
        elsewhere.transact(undone)
    elsewhere.transact(keep_as_due, "b")

    assert seen.wait(PATIENCE)
    assert calls == [[], ["b"]]


def test_a_listener_that_lost_its_connection_comes_back_and_looks_for_what_it_missed(
    on_postgres: Runtime, elsewhere: Runtime
) -> None:
    connected, again = listening(on_postgres)
    assert connected.wait(PATIENCE)

    elsewhere.transact(lambda tx: tx.session.execute(END_LISTENER).all())

    assert again.wait(PATIENCE)


def listening(runtime: Runtime) -> tuple[threading.Event, threading.Event]:
    """Events of the first wake-up, which comes when the listener is connected, and of the second."""
    first, second = threading.Event(), threading.Event()
    runtime.on_commit.append(lambda: second.set() if first.is_set() else first.set())
    runtime.listen()
    return first, second


@pytest.mark.parametrize("state", ["23505", "40P01", "57014"], ids=["collision", "deadlock", "too slow"])
def test_what_a_flow_wrote_is_its_own_to_fail_for_and_not_of_who_takes_what_it_left_due(
    on_postgres: Runtime, state: str
) -> None:
    """What is put off leaves with the savepoint of the taking: a flow that collides there runs again as elsewhere."""
    tries: list[int] = []

    def leaves_due(tx: Tx) -> None:
        tries.append(1)
        _INSERT.each(tx.session, [_row(tx, "a")])
        if len(tries) == 1:
            tx.session.line.run(f"DO $$ BEGIN RAISE EXCEPTION SQLSTATE '{state}'; END $$", gives=False)
        tx.leaves_due("sms")

    on_postgres.wakeups.claimers.append(lambda *_: lambda: None)
    try:
        on_postgres.transact(leaves_due)
    except DatabaseAway:
        on_postgres.transact(leaves_due)

    assert len(tries) == 2
    assert on_postgres.read(kept) == ["a"]
