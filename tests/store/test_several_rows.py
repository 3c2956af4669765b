"""Rows that are written together are the same as those written one by one, in fewer statements."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, Row, insert, select, text

from alertnet.store.db.session import Session
from alertnet.store.db.several_rows import together
from alertnet.store.db.statements import Prepared, add_missing
from alertnet.store.tables import timeline
from tests.store.test_prepared import line

ONE = "INSERT INTO workers (id, seen_at) VALUES (%(id)s::VARCHAR, %(seen_at)s)"
ADD = Prepared(insert(timeline))
READY = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%INTO timeline%'")


def test_each_row_is_in_one_statement_in_its_order() -> None:
    rows = [{"id": f"{place}", "seen_at": place} for place in range(21)]
    wanted = together(ONE, rows)
    assert [len(parameters) // 2 for _, parameters in wanted] == [16, 4, 1]
    assert [value for _, parameters in wanted for value in parameters.values()] == [
        value for row in rows for value in row.values()
    ]
    assert wanted[-1] == (ONE, rows[-1])
    for sql, parameters in wanted:
        assert all(sql.count(f"%({name})s") == 1 for name in parameters)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE workers SET seen_at=%(seen_at)s WHERE workers.id = %(id)s",
        "INSERT INTO workers (id, seen_at) SELECT %(id)s, %(seen_at)s",
        f"{ONE} RETURNING workers.id",
        f"{ONE} ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at",
    ],
)
def test_what_adds_no_rows_or_more_than_that_is_done_for_each(sql: str) -> None:
    rows = [{"id": "a", "seen_at": 1}, {"id": "b", "seen_at": 2}]
    assert together(sql, rows) == [(sql, row) for row in rows]


@contextmanager
def _undone(engine: Engine) -> Iterator[Session]:
    with engine.connect() as connection, Session(connection) as session:
        connection.begin()
        yield session
        connection.rollback()


def _rows(session: Session) -> list[Row[Any]]:
    return list(session.execute(select(timeline).order_by(timeline.c.seq)))


def test_rows_written_together_are_those_written_one_by_one(engine: Engine) -> None:
    """With nothing in some columns, bytes, and texts that a statement might take for its own words."""
    several = [
        line(seq, payload=payload, salt=None if seq % 2 else b"\x00%(seq)s", kind="%(kind)s, ($1)")
        for seq, payload in enumerate([None, {"who": "%s ) VALUES ("}, None, [1], {}, {"a": None}, "x"])
    ]
    found = []
    for written in ([several], [[row] for row in several]):
        with _undone(engine) as session:
            for rows in written:
                ADD.each(session, rows)
            found.append(_rows(session))
    assert found[0] == found[1]
    assert len(found[0]) == len(several)


def test_a_row_that_is_there_already_keeps_no_other_out(engine: Engine) -> None:
    """Whether it was written before or with them."""
    with _undone(engine) as session:
        ADD.each(session, [line(2)])
        add_missing(session, timeline, [line(seq, kind="later") for seq in (1, 2, 3, 3)])
        assert [(row.seq, row.kind) for row in _rows(session)] == [(1, "later"), (2, "a"), (3, "later")]


@pytest.mark.postgres
@pytest.mark.parametrize("kind", ["postgres"])
def test_five_rows_take_two_statements(engine: Engine) -> None:
    with _undone(engine) as session:
        ADD.each(session, [line(seq) for seq in range(5)])
        assert len(_rows(session)) == 5
        assert session.scalar(READY) == 2
