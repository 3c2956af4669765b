"""The migrations and the tables are two drawings of one database."""

from typing import Any

import pytest
from alembic import command
from sqlalchemy import Engine, create_engine, event, inspect, make_url

from alertnet.core.errors import Misconfigured
from alertnet.store.db.engine import make_engine
from alertnet.store.db.vault import Vault
from alertnet.store.tables import metadata
from alertnet.store.upgrade import alembic_config, revisions_there, upgrade
from tests.postgres import fresh_database


@pytest.fixture
def drawn_engine(engine: Engine, vault: Vault, request: pytest.FixtureRequest, tmp_path_factory: Any) -> Any:
    """A second database of the same kind, made straight from the tables."""
    if engine.dialect.name == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('drawn') / 'drawn.db'}"
    else:
        url = fresh_database(request.getfixturevalue("postgres_url"))
    drawn = make_engine(url, vault)
    metadata.create_all(drawn)
    yield drawn
    drawn.dispose()


def describe(engine: Engine) -> dict[str, Any]:
    """Everything that the database says of its tables, but for Alembic's own."""
    inspector = inspect(engine)
    return {
        table: {
            "columns": {
                column["name"]: (str(column["type"]), column["nullable"]) for column in inspector.get_columns(table)
            },
            "key": inspector.get_pk_constraint(table),
            "foreign": sorted(inspector.get_foreign_keys(table), key=str),
            "unique": sorted(inspector.get_unique_constraints(table), key=str),
            "checks": sorted(inspector.get_check_constraints(table), key=str),
            "indexes": sorted(str({**index, "dialect_options": None}) for index in inspector.get_indexes(table)),
            "partial": sorted(
                str(index["name"])
                for index in inspector.get_indexes(table)
                if any("where" in name for name in index.get("dialect_options", {}))
            ),
        }
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }


def test_migrating_from_nothing_makes_the_tables_as_they_are_drawn(engine: Engine, drawn_engine: Engine) -> None:
    """A2: the constraint that nothing is forgotten, and all else, reaches a real database."""
    assert describe(engine) == describe(drawn_engine)


def test_autogenerate_finds_nothing_left_to_migrate(engine: Engine) -> None:
    """The same as `alembic check`."""
    with engine.begin() as connection:
        command.check(alembic_config(connection))


def test_upgrading_what_has_the_newest_schema_is_one_look_at_it_and_changes_nothing(engine: Engine) -> None:
    """It is done before each start: there to load Alembic, and have it find nothing, was a sixth of the command."""
    before = describe(engine)
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *of: asked.append(of[2]))

    with engine.begin() as connection:
        revisions_there(connection)
    look = list(asked)
    upgrade(engine)

    assert asked == look * 2
    assert describe(engine) == before


@pytest.mark.postgres
def test_a_new_database_has_room_for_every_name(postgres_url: str, vault: Vault) -> None:
    """A letter that it lacks would refuse the report that has it."""
    url = fresh_database(postgres_url)
    name, server = make_url(url).database, create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f'DROP DATABASE "{name}"')
        connection.exec_driver_sql(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    server.dispose()

    engine = make_engine(url, vault)
    with pytest.raises(Misconfigured, match="LATIN1"):
        upgrade(engine)
    engine.dispose()
