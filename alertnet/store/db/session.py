"""A transaction as flows and the store see it. SQLAlchemy's own session brings its ORM, which nothing here uses."""

from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from alertnet.core.errors import put_down
from alertnet.store.db.vault import Unreadable

UNREADABLE = (Unreadable, AttributeError, KeyError, TypeError, ValueError)
"""What a damaged row raises where it is read."""


class Session:
    """Runs statements inside the transaction of a connection, which is begun and ended elsewhere."""

    __slots__ = ("connection", "dialect", "execute", "info", "scalar", "scalars")

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.dialect = connection.dialect
        self.execute = connection.execute
        self.scalar = connection.scalar
        self.scalars = connection.scalars
        self.info: dict[str, Any] = {}
        """What flows note for others of the same transaction."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # What was noted and the session are a cycle, which would be left to the garbage collector.
        self.info.clear()


class PutApart:
    """A block that reads one row of many: if it can't be read, or is impossible, it stops no other (A11).

    Its fault is noted by its id. A fault of the database is raised.
    """

    __slots__ = ("_faults", "_id")

    def __init__(self, faults: dict[str, str], id: str) -> None:
        self._faults = faults
        self._id = id

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, fault: BaseException | None, traceback: TracebackType | None) -> bool:
        if not isinstance(fault, Exception) or isinstance(fault, DBAPIError):
            return False
        self._faults[self._id] = put_down(fault)
        return True
