"""Sealed columns, and instants, in real databases."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Column, Engine, Integer, MetaData, Table, insert, select, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import StatementError

from alertnet.core.codec import to_plain
from alertnet.store.db.columns import Encrypted, EncryptedJson, EscalationState, Instant, Json
from alertnet.store.records.timeline import link
from alertnet.store.views.shapes import moment

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
NOTES = Table(
    "notes",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("words", Encrypted),
    Column("facts", EncryptedJson),
    Column("trees", Json),
    Column("at", Instant),
    Column("state", EscalationState),
)


@pytest.fixture
def notes(empty_engine: Engine) -> Engine:
    NOTES.metadata.create_all(empty_engine)
    return empty_engine


def keep(engine: Engine, **values: Any) -> None:
    with engine.begin() as connection:
        connection.execute(insert(NOTES).values(**values))


@pytest.mark.parametrize("value", ["", "Ana", "ñandú 🕊\0", None])
def test_text_comes_back_as_it_was(notes: Engine, value: str | None) -> None:
    if value and notes.dialect.name == "postgresql":
        value = value.replace("\0", "")
    keep(notes, words=value)

    with notes.connect() as connection:
        assert connection.execute(select(NOTES.c.words)).scalar_one() == value


@pytest.mark.parametrize("value", [{"b": [1, 2.5, None, True], "a": "é"}, [], "text", 0, None])
def test_json_comes_back_as_it_was(notes: Engine, value: Any) -> None:
    keep(notes, facts=value, trees=value)

    with notes.connect() as connection:
        assert connection.execute(select(NOTES.c.facts, NOTES.c.trees)).one() == (value, value)


def test_the_database_does_not_hold_what_was_sealed(notes: Engine) -> None:
    """Confidential from the first migration: a stolen file tells nothing."""
    keep(notes, words="Ana Example", facts={"name": "Ana Example"})

    with notes.connect() as connection:
        words, facts = connection.execute(text("SELECT words, facts FROM notes")).one()
        opened = connection.execute(select(NOTES.c.words, NOTES.c.facts)).one()
    assert opened == ("Ana Example", {"name": "Ana Example"})
    assert b"Ana" not in bytes(words) + bytes(facts)


PHONE, MAIL = "+573005550101", "ines@pbi.example"
STATE = {
    "round": 2,
    "relayed": [PHONE],
    "stale": [f"email:{MAIL}"],
    "runs": [
        {"index": 0, "turns": [{"contact": "ines", "pauses": [{"address": PHONE, "until": "2026-11-24T12:00Z"}]}]}
    ],
}


def test_what_an_escalation_remembers_is_in_clear_but_for_its_addresses(notes: Engine) -> None:
    keep(notes, state=STATE)

    with notes.connect() as connection:
        written = str(connection.execute(text("SELECT state FROM notes")).scalar_one())
        assert connection.execute(select(NOTES.c.state)).scalar_one() == STATE
    assert [each in written for each in ("ines", "round", PHONE, MAIL)] == [True, True, False, False]


@pytest.mark.parametrize("state", [STATE, {"round": 1}, [1], "broken", {"relayed": 7}, {"runs": [{}]}])
def test_what_was_written_in_clear_and_what_is_no_state_are_read_as_they_are(notes: Engine, state: Any) -> None:
    """Those of earlier versions; and A11: one that is broken is put aside by whoever reads states, not here."""
    with notes.begin() as connection:
        connection.execute(text("INSERT INTO notes (state) VALUES (:state)"), {"state": json.dumps(state)})

    with notes.connect() as connection:
        assert connection.execute(select(NOTES.c.state)).scalar_one() == state


def test_none_is_null(notes: Engine) -> None:
    keep(notes, words=None, facts=None, trees=None, at=None)
    keep(notes, words="", facts=[], trees=[], at=NOON)

    with notes.connect() as connection:
        counts = text("SELECT count(*), count(words), count(facts), count(trees), count(at) FROM notes")
        assert connection.execute(counts).one() == (2, 1, 1, 1, 1)


def test_an_instant_comes_back_in_utc_to_the_microsecond(notes: Engine) -> None:
    bogota = timezone(timedelta(hours=-5))
    written = datetime(2026, 11, 24, 3, 12, 0, 123456, tzinfo=bogota)
    keep(notes, at=written)

    with notes.connect() as connection:
        found = connection.execute(select(NOTES.c.at)).scalar_one()
    assert found == written
    assert found.utcoffset() == timedelta()


def test_instants_sort_and_compare_by_time_whatever_their_zone(notes: Engine) -> None:
    """A7: what is due is found by its due time."""
    kathmandu = timezone(timedelta(hours=5, minutes=45))
    moments = [NOON + timedelta(microseconds=1), NOON.astimezone(kathmandu), NOON - timedelta(seconds=1)]
    for each in moments:
        keep(notes, at=each)

    with notes.connect() as connection:
        found = connection.execute(select(NOTES.c.at).where(NOTES.c.at <= NOON).order_by(NOTES.c.at)).scalars().all()
    assert found == [NOON - timedelta(seconds=1), NOON]


@pytest.mark.parametrize("micro", [0, 7, 250_999])
@pytest.mark.parametrize("hours", [0, -5])
def test_what_is_stored_linked_and_shown_of_a_moment_reads_as_it_always_did(micro: int, hours: int) -> None:
    """A10: a link of the history is made from the moment's text; rows sort by it on SQLite (A7)."""
    in_utc = NOON.replace(microsecond=micro)
    there = in_utc.astimezone(timezone(timedelta(hours=hours)))
    as_text = Instant().bind_processor(sqlite.dialect())

    assert as_text is not None
    assert as_text(there) == f"2026-11-24 12:00:00.{micro:06}"
    assert link(b"", 1, there, "", b"")[8:] == f"2026-11-24T12:00:00.{micro:06}+00:00".encode()
    assert moment(there) == f"2026-11-24T12:00:00.{micro // 1000:03}Z"
    assert to_plain(in_utc) == ("2026-11-24T12:00:00" + (f".{micro:06}" if micro else "") + "+00:00")


def test_a_naive_datetime_is_refused(notes: Engine) -> None:
    """A7: nobody can say which instant it is."""
    with pytest.raises(StatementError, match="no time zone"):
        keep(notes, at=NOON.replace(tzinfo=None))
