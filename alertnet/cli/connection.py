"""How a command reaches the database beside a running `serve`: the same settings, vault and transactions, no trees."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from alertnet.core.contact_tree import Network
from alertnet.core.errors import Misconfigured

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from alertnet.runtime import Runtime


@contextmanager
def connected() -> Iterator["Runtime"]:
    """A runtime that knows no tree and no template, on a database that is up to date; closed at the end.

    Raises:
        Misconfigured: settings that can't be used, or a database without the newest schema.
        DatabaseAway: it can't be reached.
    """
    with unchecked() as runtime:
        require_newest_schema(runtime.engine)
        yield runtime


@contextmanager
def unchecked() -> Iterator["Runtime"]:
    """The same on a database of any age."""
    from alertnet.logging import configure
    from alertnet.messages.templates import Templates
    from alertnet.runtime import wire
    from alertnet.settings import read_settings

    configure(level=logging.WARNING)
    runtime = wire(read_settings(), Network({}, {}, {}), Templates({}))
    try:
        yield runtime
    finally:
        runtime.close()


def require_newest_schema(engine: "Engine") -> None:
    """Nothing, where the database has every migration.

    Raises:
        Misconfigured: it lacks one, or has one that this program does not know.
        DatabaseAway: it can't be reached.
    """
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    from alertnet.store.engine import for_reading
    from alertnet.store.upgrade import alembic_config
    from alertnet.transactions import surfacing

    with surfacing(), for_reading(engine).connect() as connection:
        there = MigrationContext.configure(connection).get_current_heads()
        newest = ScriptDirectory.from_config(alembic_config(connection)).get_heads()
    if set(there) != set(newest):
        found = ", ".join(there) or "none"
        raise Misconfigured(
            [f"the database's schema is {found}, and the program needs {', '.join(newest)}: run `alertnet db upgrade`"]
        )
