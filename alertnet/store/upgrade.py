"""Upgrades a database to the newest schema, from nothing or an earlier one, with the shipped migrations.

Alembic is imported only to migrate: a process that only checks the schema needs 9 MB less memory without it.
"""

import re
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, column, exists, inspect, select, table, text

from alertnet.core.errors import Misconfigured
from alertnet.shipped import MIGRATIONS, shipped
from alertnet.store.db.engine import patiently
from alertnet.store.db.session import Session
from alertnet.store.tables import api_keys, chain_heads, timeline

if TYPE_CHECKING:
    from alembic.config import Config

_NAMED = re.compile(r'^(revision|down_revision) = "(\w+)"', re.MULTILINE)
_OF_A_DAY = re.compile(r"\d{4}_\d\d_\d\d_")
_THERE = table("alembic_version", column("version_num"))


@cache
def known_revisions() -> tuple[str, frozenset[str]]:
    """The newest revision for which the program has a migration, and all of them."""
    named = [dict(_NAMED.findall(path.read_text())) for path in (shipped(MIGRATIONS) / "versions").glob("*.py")]
    known = frozenset(each["revision"] for each in named)
    (newest,) = known - {each.get("down_revision") for each in named}
    return newest, known


def revisions_there(connection: Connection) -> set[str]:
    """The revision of the database, in a set; empty if it was never migrated."""
    if not inspect(connection).has_table(_THERE.name):
        return set()
    return set(connection.scalars(select(_THERE.c.version_num)))


def has_all(there: set[str]) -> bool:
    """Whether a database with those revisions lacks no migration of this program: a later version may have added more.

    In a rolling upgrade, and on the way back from one, the older version must be able to begin. It ignores what the
    later one added (tests/store/test_rolling_upgrade). Revisions are named by their day, those of others not.
    """
    newest, known = known_revisions()
    day = len("2026_11_24")
    is_later = all(one not in known and _OF_A_DAY.match(one) and one[:day] >= newest[:day] for one in there)
    return there == {newest} or (bool(there) and is_later)


def upgrade(engine: Engine, since_keyed: Callable[[Session], None] | None = None) -> None:
    """Run all missing migrations; none is missing once a later version has upgraded the database.

    A PostgreSQL database in use is upgraded in a transaction for each, so that other processes wait for one table at a
    time; what was cut short goes on when it is called again. `since_keyed`: called in the transaction that gives the
    links of the history a key, if there is a history.
    """
    while _takes_more(engine, since_keyed):
        pass


def _takes_more(engine: Engine, since_keyed: Callable[[Session], None] | None) -> bool:
    """Run the next missing migrations in one transaction; False where none is left."""
    with engine.begin() as connection, ExitStack() as stack:
        there = revisions_there(connection)
        if has_all(there):
            return False
        if strange := there - known_revisions()[1]:
            raise Misconfigured([f"ALERTNET_DATABASE_URL: the schema {', '.join(strange)} is none of alertnet's"])
        if not there:
            _require_room_for_every_name(connection)
        from alembic import command

        stack.enter_context(patiently(connection))
        is_in_steps = bool(there) and connection.dialect.name == "postgresql"
        if is_in_steps:
            connection.exec_driver_sql(f"LOCK TABLE {_THERE.name} IN EXCLUSIVE MODE")
            if revisions_there(connection) != there:
                return True  # somebody else is upgrading it
        is_keyed = inspect(connection).has_table(chain_heads.name)
        command.upgrade(alembic_config(connection), "+1" if is_in_steps else "head")
        if since_keyed is not None and not is_keyed and inspect(connection).has_table(chain_heads.name):
            with Session(connection) as session:
                if any(session.scalar(select(exists().select_from(table))) for table in (timeline, api_keys)):
                    since_keyed(session)
        return is_in_steps


def _require_room_for_every_name(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        return
    encoding = connection.scalar(text("SHOW server_encoding"))
    if encoding not in ("UTF8", "SQL_ASCII"):
        raise Misconfigured([f"ALERTNET_DATABASE_URL: the database is in {encoding}: make one with ENCODING 'UTF8'"])


def alembic_config(connection: Connection) -> "Config":
    """Alembic's configuration for that connection, which its `env.py` uses directly."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(shipped(MIGRATIONS)))
    config.attributes["connection"] = connection
    return config
