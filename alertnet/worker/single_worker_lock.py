"""The lock for the one worker on SQLite: a file beside the database, which the system unlocks when the process dies."""

import fcntl
import os
from pathlib import Path
from typing import IO

from sqlalchemy import Engine

from alertnet.core.errors import Misconfigured
from alertnet.store.db.engine import for_the_owner


class WorkerLock:
    """Held from `acquire` to `release`. It does nothing on PostgreSQL, where several workers share the work."""

    def __init__(self, engine: Engine) -> None:
        is_file = engine.dialect.name == "sqlite" and engine.url.database
        self._path = Path(f"{engine.url.database}.lock") if is_file else None
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Become the one worker of this database.

        Raises:
            Misconfigured: another worker holds the lock, or its file can't be written.
        """
        if self._path is None:
            return
        try:
            file = os.fdopen(for_the_owner(str(self._path), os.O_CREAT | os.O_WRONLY), "w")
        except OSError as error:
            raise Misconfigured([f"{self._path}: it can't be written ({error.strerror})"]) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            why = "another worker runs on this database (on SQLite there is one: stop it, or use PostgreSQL)"
            raise Misconfigured([f"{self._path}: {why}"]) from None
        self._file = file

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
