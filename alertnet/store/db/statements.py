"""Statements made ready once and run on the driver's cursor, and the shapes of what they read and write.

SQLAlchemy takes many times as long to bring a statement to SQLite as SQLite takes to run it. A `Prepared` takes and
gives the same values by the same types, of which each has NULL for None, and fails with the same errors.
"""

from collections import namedtuple
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from operator import attrgetter, itemgetter
from typing import Any, ClassVar, TypeVar, cast, get_args, get_type_hints

from sqlalchemy import Connection, Dialect, Executable, Row, Table, bindparam, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.selectable import SelectBase
from sqlalchemy.types import TypeEngine

from alertnet.core.codec import to_plain

Values = Mapping[str, Any]
Convert = Callable[[Any], Any]

_LINE = "line"
"""Where the `info` of a session has the line of its transaction."""

MOST_LISTED = 64
"""So many values in a list at most."""

Value = TypeVar("Value")


@dataclass(frozen=True)
class NewRow:
    """A row as the program names its columns, with the enums of the core in them."""

    table: ClassVar[Table]
    stored_as: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Fields whose column has another name, with that name."""

    def columns(self) -> dict[str, Any]:
        """The columns as they are stored."""
        kind: Any = type(self)
        names, values_of, core_values = _shape(kind)
        columns = dict(zip(names, values_of(self), strict=True))
        for name in core_values:
            columns[name] = to_plain(columns[name])
        return columns


def stored(values: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """The columns with the values of enums in place of these."""
    return {name: value._value_ if isinstance(value, Enum) else value for name, value in values}


@cache
def _shape(kind: Any) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]], tuple[str, ...]]:
    """The columns of a kind of rows, what gives their values, and which of them hold values of the core."""
    column_of = {each.name: dict(kind.stored_as).get(each.name, each.name) for each in fields(kind)}
    hints = get_type_hints(kind)
    core_values = [name for name in column_of if any(map(_is_of_core, get_args(hints[name]) or (hints[name],)))]
    return tuple(column_of.values()), attrgetter(*column_of), tuple(column_of[name] for name in core_values)


def _is_of_core(kind: Any) -> bool:
    return is_dataclass(kind) or (isinstance(kind, type) and issubclass(kind, Enum))


@dataclass(frozen=True)
class _Parameter:
    """A parameter of the driver's: it gets the value of a key, from that place if it is a list; or is a constant."""

    type: TypeEngine[Any]
    key: str | None
    place: int | None
    constant: Any


@dataclass(frozen=True)
class _Written:
    """A statement as one kind of dialect says it, with so many values in each list."""

    sql: str
    names: tuple[str, ...] | None
    """Of the driver's parameters; None where it takes them by position."""
    parameters: tuple[_Parameter, ...]
    columns: tuple[TypeEngine[Any], ...]
    make: Convert
    """Gives names to a row of the driver's."""


@dataclass(frozen=True)
class _Form:
    """The same for the dialect of one engine, which seals by a vault of its own."""

    sql: str
    names: tuple[str, ...] | None
    constants: tuple[Any, ...]
    """The driver's parameters, None where a value goes."""
    taken: tuple[tuple[int, str, int | None], ...]
    """Which parameter gets the value of which key, and where from if that is a list."""
    at_once: Callable[[Values], tuple[Any, ...]] | None
    """Gives them all, where each is the value of a key."""
    bound: tuple[tuple[tuple[int, ...], Convert], ...]
    """The parameters whose values are converted, those together that are one value."""
    make: Convert
    converted: tuple[tuple[int, Convert], ...]
    """The columns of a row whose values are converted."""

    def parameters(self, values: Values) -> Any:
        """What goes to the driver for these values."""
        if self.at_once is not None:
            given = list(self.at_once(values))
        else:
            given = list(self.constants)
            for position, key, place in self.taken:
                given[position] = values[key] if place is None else values[key][place]
        for positions, convert in self.bound:
            value = given[positions[0]]
            if value is not None:
                value = convert(value)
                for position in positions:
                    given[position] = value
        return tuple(given) if self.names is None else dict(zip(self.names, given, strict=True))

    def rows(self, found: Sequence[Any]) -> list[Any]:
        """The driver's rows, with names and converted."""
        named: list[Any] = []
        for each in found:
            values = list(each)
            for place, convert in self.converted:
                if values[place] is not None:
                    values[place] = convert(values[place])
            named.append(self.make(values))
        return named


@dataclass(frozen=True, slots=True)
class Line:
    """The way of one transaction to its driver."""

    connection: Connection
    cursor: Any
    """The driver's; whatever it gives is fetched at once, so that one serves all statements."""
    fault: type[Exception]
    """What the driver raises."""
    forms: dict[object, _Form]
    """Of the dialect."""
    is_watched: bool
    """Whether somebody wanted to hear of each statement when it was made."""

    def run(self, sql: str, parameters: Any = (), *, gives: bool = True) -> Sequence[Any]:
        """The driver's rows; `parameters`: a list of them has the statement run for each.

        Raises:
            DBAPIError: the driver's error, as SQLAlchemy would raise it.
        """
        connection, cursor = self.connection, self.cursor
        if self.is_watched:
            result = connection.exec_driver_sql(sql, parameters)
            return result.cursor.fetchall() if gives and result.cursor is not None else []
        try:
            if isinstance(parameters, list):
                cursor.executemany(sql, parameters)
            else:
                cursor.execute(sql, parameters)
            return cast(Sequence[Any], cursor.fetchall()) if gives else ()
        except self.fault as error:
            raise self._surfaced(error, sql) from error

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Let PostgreSQL have what is run in the block without waiting for each answer; what is read is waited for.

        Raises:
            DBAPIError: as `run` does, of any statement of the block, at its end at the latest.
        """
        if self.is_watched or not hasattr(self.cursor.connection, "pipeline"):
            yield
            return
        try:
            with self.cursor.connection.pipeline():
                yield
        except self.fault as error:
            raise self._surfaced(error, None) from error

    def _surfaced(self, error: Exception, sql: str | None) -> Exception:
        dialect = self.connection.dialect
        return DBAPIError.instance(sql, None, error, self.fault, hide_parameters=True, dialect=dialect)


class Prepared:
    """A statement that is written once in the program and run often; its forms are kept with the dialect."""

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._written: dict[object, _Written] = {}

    def all(self, session: Session, values: Values) -> Sequence[Any]:
        """Its rows, as named tuples."""
        listed = {key: _filled_up(value) for key, value in values.items() if isinstance(value, list)}
        if any(len(value) > MOST_LISTED for value in listed.values()):
            return session.execute(self._statement, values).all()
        line, given = line_of(session), {**values, **listed}
        form = self._form(line, tuple(map(len, listed.values())), given)
        return form.rows(line.run(form.sql, form.parameters(given)))

    def first(self, session: Session, values: Values) -> Any | None:
        """Its first row; None where there is none."""
        return next(iter(self.all(session, values)), None)

    def scalars(self, session: Session, values: Values) -> list[Any]:
        """The first column of its rows."""
        return [row[0] for row in self.all(session, values)]

    def each(self, session: Session, rows: Sequence[Values]) -> None:
        """Run it for each of the rows, which have the same keys: it gives nothing back."""
        line = line_of(session)
        form = self._form(line, tuple(rows[0]), rows[0])
        parameters = [form.parameters(values) for values in rows]
        line.run(form.sql, parameters if len(rows) > 1 else parameters[0], gives=False)

    def _form(self, line: Line, which: object, example: Values) -> _Form:
        form = line.forms.get((self, which))
        if form is None:
            dialect = line.connection.dialect
            # What takes long of it is the same for every engine that speaks like this one.
            spoken = (type(dialect), which)
            if spoken not in self._written:
                self._written[spoken] = _write(self._statement, dialect, example)
            form = line.forms[self, which] = _made(self._written[spoken], dialect)
        return form


def _filled_up(values: list[Any]) -> list[Any]:
    """As many values as the next power of two, the last one again and again: there is a form for each number of them.

    Lists are looked for among others, where it makes no difference how often a value stands in one.
    """
    missing = (1 << (len(values) - 1).bit_length()) - len(values) if values else 0
    return values + values[-1:] * missing


def _write(statement: Any, dialect: Dialect, example: Values) -> _Written:
    is_select = isinstance(statement, SelectBase)
    compiled = cast(SQLCompiler, statement.compile(dialect=dialect, column_keys=None if is_select else list(example)))
    state = compiled.construct_expanded_state(dict(example))
    listed = {
        name: (key, place) for key, names in state.parameter_expansion.items() for place, name in enumerate(names)
    }
    parameters = []
    for name in state.positiontup or state.parameters:
        key, place = listed.get(name, (name, None))
        constant = None if key in example else state.parameters[name]
        parameters.append(_Parameter(compiled.binds[key].type, key if key in example else None, place, constant))
    columns = list(statement.selected_columns) if is_select else []
    row = cast(Any, namedtuple)("Row", [str(column.key) for column in columns], rename=True)
    return _Written(
        sql=state.statement,
        names=None if state.positiontup is not None else tuple(state.parameters),
        parameters=tuple(parameters),
        columns=tuple(column.type for column in columns),
        make=row._make,
    )


def _made(written: _Written, dialect: Dialect) -> _Form:
    converts = [each.type.dialect_impl(dialect).bind_processor(dialect) for each in written.parameters]
    with_converts = list(enumerate(zip(written.parameters, converts, strict=True)))
    taken = [(position, each.key, each.place) for position, (each, _) in with_converts if each.key is not None]
    is_plain = len(taken) == len(converts) > 1 and all(place is None for _, _, place in taken)
    bound: dict[tuple[str, int | None], tuple[list[int], Convert]] = {}
    for position, (each, convert) in with_converts:
        if convert and each.key:
            bound.setdefault((each.key, each.place), ([], convert))[0].append(position)
    results = [each.dialect_impl(dialect).result_processor(dialect, None) for each in written.columns]
    return _Form(
        sql=written.sql,
        names=written.names,
        constants=tuple(convert(each.constant) if convert else each.constant for _, (each, convert) in with_converts),
        taken=tuple(taken),
        at_once=itemgetter(*(key for _, key, _ in taken)) if is_plain else None,
        bound=tuple((tuple(positions), convert) for positions, convert in bound.values()),
        make=written.make,
        converted=tuple((place, convert) for place, convert in enumerate(results) if convert is not None),
    )


def session_on(connection: Connection) -> Session:
    """A session within the transaction of the connection, which it neither looks for nor ends."""
    return Session(connection, join_transaction_mode="rollback_only", info={_LINE: line_on(connection)})


def line_of(session: Session) -> Line:
    """The line of its transaction."""
    line: Line | None = session.info.get(_LINE)
    if line is None or line.connection.closed:
        line = session.info[_LINE] = line_on(session.connection())
    return line


def line_on(connection: Connection) -> Line:
    """The way of the connection's transaction to its driver."""
    dialect, watching = connection.dialect, connection.dispatch
    return Line(
        connection,
        connection.connection.cursor(),
        dialect.loaded_dbapi.Error,
        vars(dialect).setdefault("forms", {}),
        bool(watching.before_cursor_execute or watching.after_cursor_execute),
    )


def by_incident(
    session: Session, statement: Prepared, incidents: Collection[str], value_of: Callable[[Row[Any]], Value]
) -> dict[str, list[Value]]:
    """The values of a statement that takes `incidents` and gives a column `incident_id`; none: an empty list."""
    found: dict[str, list[Value]] = {incident: [] for incident in incidents}
    for row in statement.all(session, {"incidents": sorted(incidents)}):
        found[row.incident_id].append(value_of(row))
    return found


def change_each(session: Session, table: Table, changes: Sequence[Mapping[str, Any]]) -> None:
    """Replace columns, the same ones in every change; each change has its row's `key` besides."""
    if changes:
        _replacing(table, frozenset(changes[0].keys() - {"key"})).each(session, changes)


def add_missing(session: Session, table: Table, rows: Sequence[Values]) -> None:
    """Add those of the rows, which have the same columns, whose key is not taken, also by others at the same moment."""
    if rows:
        _adding_missing(table).each(session, rows)


@cache
def _adding_missing(table: Table) -> Prepared:
    # SQLite says it in the same words.
    return Prepared(postgresql.insert(table).on_conflict_do_nothing())


@cache
def _replacing(table: Table, names: frozenset[str]) -> Prepared:
    """The statement that replaces those columns: making one costs as much as running it, and there are few."""
    values: dict[str, Any] = {name: bindparam(name) for name in sorted(names)}
    return Prepared(update(table).where(table.c.id == bindparam("key")).values(values))
