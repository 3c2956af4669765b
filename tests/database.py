"""A database with every migration, in the time that it takes to copy a file: most tests need one of their own."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy import Engine

from alertnet.store.db.engine import make_engine
from alertnet.store.db.vault import Vault
from alertnet.store.upgrade import upgrade
from tests.postgres import become_copy, fresh_database, server_of


def migrate(engine: Engine) -> None:
    """Give the database of that engine, which is empty and not in use, the schema of now."""
    if engine.dialect.name == "sqlite" and engine.url.database is not None:
        shutil.copyfile(_migrated(), engine.url.database)
    else:
        url = engine.url.render_as_string(hide_password=False)
        engine.dispose()
        become_copy(url, like=_migrated_on(server_of(url)))


@cache
def _migrated() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="alertnet-migrated-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "migrated.db"
    _upgrade(f"sqlite:///{path}")
    return path


@cache
def _migrated_on(server_url: str) -> str:
    """The URL of the original on a PostgreSQL server."""
    url = fresh_database(server_url)
    _upgrade(url)
    return url


def _upgrade(url: str) -> None:
    engine = make_engine(url, Vault(["a secret that seals nothing, since nothing is in it"]))
    upgrade(engine)
    # Nobody may be connected to an original; and SQLite's last connection writes everything into the one file.
    engine.dispose()
