"""A transaction as flows and the store see it. SQLAlchemy's own session brings its ORM, which nothing here uses."""

from typing import Any, Self

from sqlalchemy import Connection


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
