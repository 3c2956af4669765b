"""A prepared statement takes, gives and fails like SQLAlchemy's own."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import bindparam, case, event, false, func, insert, select, true, update
from sqlalchemy.exc import IntegrityError

from alertnet.store.db.adding import unless_there
from alertnet.store.db.session import Session
from alertnet.store.db.statements import MOST_LISTED, Prepared
from alertnet.store.db.tx import Tx
from alertnet.store.tables import timeline
from tests.store.conftest import NOW

ADD = Prepared(insert(timeline))
FIND = select(timeline).where(timeline.c.seq.in_(bindparam("seqs", expanding=True)), timeline.c.kind.in_(("a", "b")))
COUNTED = select(timeline.c.chain, func.count().label("lines")).group_by(timeline.c.chain)


def line(seq: int, **changes: Any) -> dict[str, Any]:
    whole = {
        "chain": "C",
        "seq": seq,
        "at": NOW + timedelta(seconds=seq),
        "kind": "a",
        "payload": {"who": "Ana", "how": [1, None]},
        "salt": b"\x00salt",
        "digest": b"d" * 32,
        "hash": b"h" * 32,
    }
    return whole | changes


@pytest.fixture
def filled(tx: Tx) -> Session:
    ADD.each(tx.session, [line(1), line(2, payload=None, salt=None)])
    ADD.each(tx.session, [line(3, kind="c")])
    return tx.session


@pytest.mark.parametrize("seqs", [[1], [1, 2, 3], [], [3], list(range(MOST_LISTED + 1))])
def test_rows_are_those_of_sqlalchemy(filled: Session, seqs: list[int]) -> None:
    query = FIND.order_by(timeline.c.seq)
    found = Prepared(query).all(filled, {"seqs": seqs})
    assert [row._asdict() for row in found] == [row._asdict() for row in filled.execute(query, {"seqs": seqs})]
    assert [row.seq for row in found] == [seq for seq in seqs if seq in (1, 2)]
    assert all(row.payload in ({"who": "Ana", "how": [1, None]}, None) for row in found)


@pytest.mark.parametrize("most", [4, MOST_LISTED + 1])
def test_what_is_asked_ahead_is_answered_from_its_place_and_each_time_the_same(filled: Session, most: int) -> None:
    find = Prepared(FIND)
    found = find.ahead(filled, {"seqs": list(range(1, most + 1))})
    ADD.each(filled, [line(4)])
    assert [[row.seq for row in found()] for _ in "ab"] == [[1, 2], [1, 2]]
    assert [row.seq for row in find.all(filled, {"seqs": [1, 2, 4, 5, 6]})] == [1, 2, 4]


def test_one_row_and_one_column(filled: Session) -> None:
    found = Prepared(COUNTED).first(filled, {})
    assert found is not None
    assert (found.chain, found.lines) == ("C", 3)
    assert Prepared(COUNTED).scalars(filled, {}) == ["C"]
    assert Prepared(FIND).first(filled, {"seqs": [9]}) is None


def test_a_choice_that_would_be_a_text_on_postgresql_is_refused(filled: Session) -> None:
    """There `f` was given back, which counts as true."""
    is_first = timeline.c.seq == 1
    said, meant = (case((is_first, yes), else_=no) for yes, no in ((True, False), (true(), false())))

    with pytest.raises(TypeError, match=r"is (True|False): .* write true\(\) or false\(\)"):
        Prepared(select(said)).all(filled, {})
    assert list(map(bool, Prepared(select(meant).order_by(timeline.c.seq)).scalars(filled, {}))) == [True, False, False]


def test_a_change_of_many_rows(filled: Session) -> None:
    change = Prepared(update(timeline).where(timeline.c.seq == bindparam("key")).values(payload=bindparam("payload")))
    change.each(filled, [{"key": 1, "payload": {"who": "Bea"}}, {"key": 3, "payload": None}])
    assert list(filled.scalars(select(timeline.c.payload).order_by(timeline.c.seq))) == [{"who": "Bea"}, None, None]


def test_a_row_that_is_put_gives_what_the_statement_returns(filled: Session) -> None:
    putting = Prepared(unless_there(timeline).returning(timeline.c.seq, timeline.c.at))

    found = [putting.put(filled, line(seq, payload=["a", "list"])) for seq in (4, 4)]

    assert [[tuple(row) for row in rows] for rows in found] == [[(4, NOW + timedelta(seconds=4))], []]
    assert filled.scalar(select(timeline.c.payload).where(timeline.c.seq == 4)) == ["a", "list"]


def test_a_fault_of_the_driver_is_sqlalchemys_and_tells_no_value(filled: Session) -> None:
    """PostgreSQL tells it with the answer to the next question at the latest."""

    def add_and_ask() -> None:
        ADD.each(filled, [line(1, kind="secret kind")])
        Prepared(COUNTED).all(filled, {})

    with pytest.raises(IntegrityError) as fault:
        add_and_ask()
    assert "INSERT INTO timeline" in str(fault.value)
    assert "secret kind" not in str(fault.value)


def test_whoever_watches_the_statements_sees_it(filled: Session) -> None:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(filled.connection.engine, "before_cursor_execute", note)
    with Session(filled.connection) as watched:
        again = Prepared(FIND).all(watched, {"seqs": [1, 2]})
        ADD.each(watched, [line(4)])
    assert [row.seq for row in again] == [1, 2]
    assert [statement.split()[0] for statement in seen] == ["SELECT", "INSERT"]


def test_two_columns_of_one_name_keep_their_places(filled: Session) -> None:
    later = timeline.alias()
    query = select(timeline.c.seq, later.c.seq).where(later.c.seq == timeline.c.seq + 1).order_by(timeline.c.seq)
    assert [tuple(row) for row in Prepared(query).all(filled, {})] == [(1, 2), (2, 3)]
