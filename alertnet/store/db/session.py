"""A transaction as flows and the store see it. SQLAlchemy's own session brings its ORM, which nothing here uses."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from alertnet.core.errors import put_down
from alertnet.store.db.several_rows import together
from alertnet.store.db.vault import Unreadable

if TYPE_CHECKING:
    from alertnet.store.db.pipeline import Pipeline

PIPELINE = "pipeline"
"""The key in a connection's `info` for its PostgreSQL pipeline."""

UNREADABLE = (Unreadable, AttributeError, KeyError, TypeError, ValueError)
"""What a damaged row raises where it is read."""


@dataclass(slots=True)
class DriverLine:
    """The path of one transaction to its driver."""

    connection: Connection
    cursor: Any
    """The driver's cursor. Results are fetched at once, so that one cursor serves all statements."""
    fault: type[Exception]
    """The driver's base class of errors."""
    forms: dict[object, Any]
    """The statements that were compiled for this kind of connection."""
    is_watched: bool
    """Whether somebody was listening for statements when this was made."""
    pipeline: "Pipeline | None" = None
    """The PostgreSQL pipeline, unless somebody is listening."""

    def run(self, sql: str, parameters: Any = None, *, gives: bool = True) -> Sequence[Any]:
        """Run a statement and give the driver's rows; with a list of `parameters` it runs for each.

        On PostgreSQL a statement that gives nothing may run only with the next that does, or with the commit, and fail
        then.
        """
        connection, cursor = self.connection, self.cursor
        if self.is_watched:
            result = connection.exec_driver_sql(sql, parameters)
            return result.cursor.fetchall() if gives and result.cursor is not None else []
        try:
            if self.pipeline is not None:
                wanted = together(sql, parameters) if isinstance(parameters, list) else [(sql, parameters)]
                return self.pipeline.run(wanted, gives=gives)
            if isinstance(parameters, list):
                cursor.executemany(sql, parameters)
            else:
                cursor.execute(sql, parameters or ())
            return cast("Sequence[Any]", cursor.fetchall()) if gives else ()
        except self.fault as error:
            raise self._surfaced(error, sql) from error

    def ask(self, sql: str, parameters: Any) -> Callable[[], Sequence[Any]]:
        """Ask for rows that are needed later, by calling what this returns; either may raise what `run` raises."""
        if self.pipeline is None:
            rows = self.run(sql, parameters)
            return lambda: rows
        found = self.pipeline.ask((sql, parameters))

        def answer() -> Sequence[Any]:
            if not found:
                self.settle()
            # A savepoint that was undone has dropped the question.
            return found[0] if found else self.run(sql, parameters)

        return answer

    def settle(self) -> None:
        """Send the postponed statements to the database now; it may raise what `run` raises."""
        try:
            if self.pipeline is not None:
                self.pipeline.settle()
        except self.fault as error:
            raise self._surfaced(error, None) from error

    def forget(self) -> None:
        """Drop the postponed statements."""
        if self.pipeline is not None:
            self.pipeline.forget()

    def _surfaced(self, error: Exception, sql: str | None) -> Exception:
        sql = self.pipeline.at_fault if self.pipeline is not None else sql
        dialect = self.connection.dialect
        return DBAPIError.instance(sql, None, error, self.fault, hide_parameters=True, dialect=dialect)


def line_on(connection: Connection) -> DriverLine:
    # Its own would be joined anew for each connection, which took longer than the rest.
    dialect, watching = connection.dialect, connection.engine.dispatch
    is_watched = bool(watching.before_cursor_execute or watching.after_cursor_execute)
    cursor, fault = connection.connection.cursor(), dialect.loaded_dbapi.Error
    pipeline = None if is_watched else connection.info.get(PIPELINE)
    return DriverLine(connection, cursor, fault, vars(dialect).setdefault("forms", {}), is_watched, pipeline)


class Session:
    """Runs statements inside the transaction of a connection, which is begun and ended elsewhere."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.line = line_on(connection)
        self.dialect = connection.dialect
        self.execute = connection.execute
        self.scalar = connection.scalar
        self.scalars = connection.scalars
        self.flows = 1
        """How many flows share the transaction, so that the first may look up what all of them need."""
        self.left_due: set[str | None] = set()
        """The methods of attempts that were left due; None stands for anything else that was."""
        self.if_undone: list[Callable[[], object]] = []
        """What reverts, if this is not committed, what flows did outside the database."""
        self.at_end: list[Callable[[], object]] = []
        """What is done when nothing else is left to lock."""
        self.info: dict[str, Any] = {}
        """What flows note for others of the same transaction."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # What was noted and the session are a cycle, which would be left to the garbage collector.
        self.info.clear()
        self.if_undone, self.at_end = [], []


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
