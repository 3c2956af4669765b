"""How commands connect to the database beside a running `serve`, without loading trees."""

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from alertnet.core.errors import Misconfigured

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from alertnet.runtime.wiring import Runtime


@contextmanager
def connected() -> Iterator["Runtime"]:
    """A runtime without trees and templates; closed at the end. See `unchecked` and `require_newest_schema`."""
    with unchecked() as runtime:
        require_newest_schema(runtime.engine)
        yield runtime


@contextmanager
def unchecked() -> Iterator["Runtime"]:
    """A runtime without trees and templates, on a database with any schema."""
    from alertnet.runtime.logging import configure
    from alertnet.runtime.settings.settings import read_settings
    from alertnet.runtime.wiring import wire

    configure(level=logging.WARNING)
    with closing(wire(read_settings())) as runtime:
        yield runtime


def require_newest_schema(engine: "Engine") -> None:
    """Refuse (`Misconfigured`) a database that lacks a migration; one that a later version has upgraded is accepted."""
    _require_file(engine)
    from alertnet.runtime.database.transactions import surfacing
    from alertnet.store.db.engine import for_reading
    from alertnet.store.upgrade import has_all, known_revisions, revisions_there

    with surfacing(engine), for_reading(engine).connect() as connection:
        there = revisions_there(connection)
    if not has_all(there):
        found, (newest, _) = ", ".join(there) or "none", known_revisions()
        raise Misconfigured(
            [f"the database's schema is {found}, and the program needs {newest}: run `alertnet db upgrade`"]
        )


def _require_file(engine: "Engine") -> None:
    """Refuse (`Misconfigured`) a SQLite database without a file: connecting would create it."""
    path = engine.url.database
    if engine.dialect.name == "sqlite" and path is not None and not Path(path).is_file():
        raise Misconfigured(
            [f"ALERTNET_DATABASE_URL: there is no file {path}: `alertnet db upgrade` makes a new database"]
        )


def require_sound(engine: "Engine") -> None:
    """Refuse (`Misconfigured`) a damaged SQLite file; PostgreSQL checks its own files.

    A backup copied over a database whose `-wal` file is still there gets mixed with newer pages.
    """
    from sqlalchemy.exc import DatabaseError

    from alertnet.runtime.database.transactions import surfacing
    from alertnet.store.db.engine import damage_of_file

    _require_file(engine)
    if engine.dialect.name != "sqlite":
        return
    try:
        with surfacing(engine), engine.connect() as connection:
            damage = damage_of_file(connection)
    except DatabaseError as fault:
        damage = str(fault.orig)
    if damage is not None:
        path = engine.url.database
        raise Misconfigured([f"{path} is damaged ({damage}): restore it once more, after removing {path}-wal and -shm"])
