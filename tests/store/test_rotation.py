"""`keys rotate-data`: what an older secret sealed is sealed by the newest, in every column of every table."""

from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Boolean, Column, Engine, Float, Integer, LargeBinary, insert, select, text, update

from alertnet.cli.admin.keys import seal_anew
from alertnet.core.directory.contact_tree import Network
from alertnet.messages.templates.load import Templates
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.columns import EncryptedBytes, EncryptedJson, EscalationState, Instant, Json
from alertnet.store.db.engine import make_engine
from alertnet.store.db.session import Session
from alertnet.store.db.tx import Tx
from alertnet.store.db.vault import Vault
from alertnet.store.records.timeline import append
from alertnet.store.rotation import AT_ONCE, exchange, stale
from alertnet.store.tables import inbound, metadata, timeline
from tests.store.conftest import NOW
from tests.support.entropy import Foreseen
from tests.support.program import SECRET, settings_on, wired

NEW = "the secret that takes the place of the other"
OLD_ID, NEW_ID = Vault([SECRET]).newest_id, Vault([NEW]).newest_id
STATE = {
    "relayed": ["+573005550101"],
    "stale": ["email:ines@pbi.example"],
    "runs": [{"turns": [{"pauses": [{"address": "+573005550101"}]}, {"contact": "luis"}]}],
}
SOME: dict[type, Any] = {
    EncryptedJson: {"name": "Ana"},
    EncryptedBytes: b"a voice",
    EscalationState: STATE,
    Json: [],
    Instant: NOW,
    Integer: 1,
    Float: 1.0,
    Boolean: True,
}
STATUS = {"incidents": "open", "escalations": "running"}


def some(column: Column[Any]) -> Any:
    if isinstance(column.type, LargeBinary):
        return bytes(column.type.length or 1)
    if column.name == "status" and column.table.name in STATUS:
        return STATUS[column.table.name]
    return SOME.get(type(column.type), "one"[: getattr(column.type, "length", None)])


@pytest.fixture
def url(engine: Engine) -> str:
    """Of a database in which each table has a row with something in every column, sealed by the old secret."""
    with engine.begin() as connection:
        for table in metadata.sorted_tables:
            connection.execute(insert(table).values({column.name: some(column) for column in table.columns}))
    return engine.url.render_as_string(hide_password=False)


@pytest.fixture
def runtime(url: str) -> Iterator[Runtime]:
    """A process that was begun with both secrets."""
    runtime = wired(settings_on(url, ALERTNET_SECRET_KEY=f"{NEW},{SECRET}"), Network(), Templates())
    yield runtime
    runtime.close()


def sealed_by(engine: Engine, key_id: bytes) -> set[tuple[str, str]]:
    """The columns in which the database itself holds something that begins with the key's id, whatever their type."""
    within = f'"~{b64encode(key_id).decode()[:5]}'
    with engine.connect() as connection:
        return {
            (table.name, name)
            for table in metadata.sorted_tables
            for row in connection.execute(text(f"SELECT * FROM {table.name}")).mappings()
            for name, value in row.items()
            if (bytes(value).startswith(key_id) if isinstance(value, bytes | memoryview) else within in as_text(value))
        }


def as_text(value: Any) -> str:
    return str(value).replace("'", '"')


def everything(url: str, *secrets: str) -> list[Any]:
    engine = make_engine(url, Vault(secrets))
    with engine.connect() as connection:
        rows = [connection.execute(select(table)).all() for table in metadata.sorted_tables]
    engine.dispose()
    return rows


def test_every_sealed_column_of_every_table_is_sealed_by_the_new_secret_alone(url: str, runtime: Runtime) -> None:
    """B7: a leaked secret opens nothing of the database of tomorrow."""
    before, held = everything(url, SECRET), sealed_by(runtime.engine, OLD_ID)
    assert {("inbound", "body"), ("recordings", "audio"), ("timeline", "payload"), ("escalations", "state")} < held

    sealed, damaged = seal_anew(runtime)

    assert (sealed.total(), damaged) == (len(held), [])
    assert sealed_by(runtime.engine, OLD_ID) == set()
    assert sealed_by(runtime.engine, NEW_ID) == held
    assert everything(url, NEW) == before
    assert seal_anew(runtime)[0].total() == 0, "a second time there is nothing to do"


def test_what_was_cut_short_is_ended_by_the_next(engine: Engine, url: str, runtime: Runtime) -> None:
    many = AT_ONCE + 5
    with engine.begin() as connection, Session(connection) as session:
        append(Tx(session, NOW, Foreseen(), Vault([SECRET])), "a", *[("note", {"text": "Ana"})] * many)
    first = runtime.read(stale, timeline.c.payload, None)
    assert runtime.transact(exchange, timeline.c.payload, first) == AT_ONCE

    sealed, _ = seal_anew(runtime)

    assert sealed["timeline"] == many + 1 - AT_ONCE
    assert sealed_by(runtime.engine, OLD_ID) == set()


def test_what_somebody_wrote_meanwhile_stays(runtime: Runtime) -> None:
    found = runtime.read(stale, inbound.c.body, None)
    runtime.transact(lambda tx: tx.session.execute(update(inbound).values(body="SOS")))

    assert len(found) == 1
    assert runtime.transact(exchange, inbound.c.body, found) == 0
    assert runtime.read(lambda tx: tx.session.scalar(select(inbound.c.body))) == "SOS"


@pytest.mark.parametrize("kind", [pytest.param("postgres", marks=pytest.mark.postgres)])
def test_a_row_that_somebody_holds_is_not_waited_for(engine: Engine, runtime: Runtime) -> None:
    """An alarm waits for nothing of this, and this for no alarm: neither ends the other as a deadlock."""
    found = runtime.read(stale, inbound.c.body, None)
    with engine.begin() as holder:
        holder.execute(select(inbound).with_for_update())
        assert runtime.transact(exchange, inbound.c.body, found) == 0

    assert runtime.transact(exchange, inbound.c.body, found) == 1


def test_what_can_not_be_opened_is_named_and_left_and_the_rest_is_done(engine: Engine, runtime: Runtime) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE inbound SET body = :raw"), {"raw": OLD_ID + bytes(40)})
        connection.execute(text("""UPDATE escalations SET state = '{"relayed": ["~A"]}'"""))

    _, damaged = seal_anew(runtime)

    assert sorted(damaged) == [
        "escalations one, state: damaged",
        f"inbound one, body: sealed with key {OLD_ID.hex()}, but altered since",
    ]
    assert sealed_by(runtime.engine, OLD_ID) == {("inbound", "body")}
