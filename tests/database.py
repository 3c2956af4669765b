"""A database with every migration, in the time that it takes to copy a file: most tests need one of their own."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy import Engine

from alertnet.store.engine import make_engine
from alertnet.store.upgrade import upgrade
from alertnet.store.vault import Vault


def migrate(engine: Engine) -> None:
    """Give the database of that engine, which is empty and not connected to yet, the schema of now."""
    if engine.dialect.name == "sqlite" and engine.url.database is not None:
        shutil.copyfile(_migrated(), engine.url.database)
    else:
        upgrade(engine)


@cache
def _migrated() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="alertnet-migrated-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "migrated.db"
    engine = make_engine(f"sqlite:///{path}", Vault(["a secret that seals nothing, since nothing is in it"]))
    upgrade(engine)
    # The last connection that is closed writes everything into the one file.
    engine.dispose()
    return path
