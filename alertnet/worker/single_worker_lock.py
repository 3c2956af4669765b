"""The lock for the one worker on SQLite: a file beside the database, which the system unlocks when the process dies."""

import fcntl
import os
from pathlib import Path
from typing import IO

from sqlalchemy import Engine

from alertnet.core.errors import Misconfigured
from alertnet.runtime.database.faults import fault_of_file
from alertnet.store.db.engine import for_the_owner


class WorkerLock:
    """Held from `acquire` to `release`. It does nothing on PostgreSQL, where several workers share the work."""

    def __init__(self, engine: Engine) -> None:
        file = engine.url.database if engine.dialect.name == "sqlite" else None
        self._database = Path(file) if file else None
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Become the one worker of this database; `Misconfigured` where another is, or the lock can't be written."""
        if self._database is None:
            return
        path = f"{self._database}.lock"
        try:
            file = os.fdopen(for_the_owner(path, os.O_CREAT | os.O_WRONLY), "w")
        except OSError as error:
            why = fault_of_file(self._database) or error.strerror
            raise Misconfigured([f"ALERTNET_DATABASE_URL: it can't be written: {self._database}: {why}"]) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            why = "another worker runs on this database (on SQLite there is one: stop it, or use PostgreSQL)"
            raise Misconfigured([f"{path}: {why}"]) from None
        self._file = file

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
