"""Statements made ready once and run on the driver's cursor, and the shapes of what they read and write.

SQLAlchemy takes many times as long to bring a statement to SQLite as SQLite takes to run it. A `Prepared` takes and
gives the same values by the same types, of which each has NULL for None, and fails with the same errors.
"""

from collections import namedtuple
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast, get_args, get_type_hints

from sqlalchemy import Boolean, Connection, Dialect, Executable, LargeBinary, Row, Table, bindparam, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.selectable import SelectBase
from sqlalchemy.types import TypeEngine

from alertnet.core.codec import to_plain, value

if TYPE_CHECKING:
    from alertnet.store.db.pipeline import Pipeline

Values = Mapping[str, Any]
Convert = Callable[[Any], Any]

_LINE = "line"
"""Where the `info` of a session has the line of its transaction."""
PIPELINE = "pipeline"
"""Where that of a connection has what PostgreSQL is spoken to by."""

MOST_LISTED = 64
"""So many values in a list at most."""

AS_THEY_ARE = (Boolean, LargeBinary)
"""Types whose values the drivers take without being wrapped."""

Value = TypeVar("Value")


@value
class NewRow:
    """A row as the program names its columns, with the enums of the core in them."""

    table: ClassVar[Table]
    stored_as: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Fields whose column has another name, with that name."""


def stored(values: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """The columns with the values of enums in place of these."""
    return {name: value._value_ if isinstance(value, Enum) else value for name, value in values}


@cache
def _sources(kind: Any) -> dict[str, str]:
    """The expression of each column's value, for a row of that kind: enums of the core become what they stand for."""
    column_of = {each.name: dict(kind.stored_as).get(each.name, each.name) for each in fields(kind)}
    hints = get_type_hints(kind)
    return {column: _source(f"row.{name}", hints[name]) for name, column in column_of.items()}


def _source(value: str, kind: Any) -> str:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return f"{value}._value_"
    return f"to_plain({value})" if any(map(_is_of_core, get_args(kind) or (kind,))) else value


def _is_of_core(kind: Any) -> bool:
    return is_dataclass(kind) or (isinstance(kind, type) and issubclass(kind, Enum))


@value
class _Parameter:
    """A parameter of the driver's: it gets the value of a key, from that place if it is a list; or is a constant."""

    type: TypeEngine[Any]
    key: str | None
    place: int | None
    constant: Any


@value
class _Written:
    """A statement as one kind of dialect says it, with so many values in each list."""

    sql: str
    names: tuple[str, ...] | None
    """Of the driver's parameters; None where it takes them by position."""
    parameters: tuple[_Parameter, ...]
    columns: tuple[TypeEngine[Any], ...]
    row: type[tuple[Any, ...]]
    """Has names for a row of the driver's."""


@dataclass(frozen=True, slots=True)
class _Form:
    """The same for the dialect of one engine, which seals by a vault of its own."""

    sql: str
    parameters: Convert
    """What goes to the driver for the values of a row."""
    rows: Callable[[Sequence[Any]], list[Any]]
    """The driver's rows, with names and converted."""


@dataclass(slots=True)
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
    pipeline: "Pipeline | None" = None
    """What PostgreSQL is spoken to by, unless that is watched."""

    def run(self, sql: str, parameters: Any = None, *, gives: bool = True) -> Sequence[Any]:
        """The driver's rows; `parameters`: a list of them has the statement run for each.

        PostgreSQL may have what gives none only with the next that does, or with the commit, and fail then.

        Raises:
            DBAPIError: the driver's error, as SQLAlchemy would raise it.
        """
        connection, cursor = self.connection, self.cursor
        if self.is_watched:
            result = connection.exec_driver_sql(sql, parameters)
            return result.cursor.fetchall() if gives and result.cursor is not None else []
        try:
            if self.pipeline is not None:
                each_has = parameters if isinstance(parameters, list) else [parameters]
                return self.pipeline.run([(sql, each) for each in each_has], gives=gives)
            if isinstance(parameters, list):
                cursor.executemany(sql, parameters)
            else:
                cursor.execute(sql, parameters or ())
            return cast(Sequence[Any], cursor.fetchall()) if gives else ()
        except self.fault as error:
            raise self._surfaced(error, sql) from error

    def settle(self) -> None:
        """Let the database have now what it was to have later.

        Raises:
            DBAPIError: as `run` does.
        """
        try:
            if self.pipeline is not None:
                self.pipeline.settle()
        except self.fault as error:
            raise self._surfaced(error, None) from error

    def forget(self) -> None:
        """Let go of what the database was to have later."""
        if self.pipeline is not None:
            self.pipeline.forget()

    def _surfaced(self, error: Exception, sql: str | None) -> Exception:
        sql = self.pipeline.at_fault if self.pipeline is not None else sql
        dialect = self.connection.dialect
        return DBAPIError.instance(sql, None, error, self.fault, hide_parameters=True, dialect=dialect)


class Prepared:
    """A statement that is written once in the program and run often; its forms are kept with the dialect."""

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._written: dict[object, _Written] = {}

    def all(self, session: Session, values: Values) -> Sequence[Any]:
        """Its rows, as named tuples."""
        which: tuple[int, ...] = ()
        if listed := {key: _filled_up(value) for key, value in values.items() if isinstance(value, list)}:
            which = tuple(map(len, listed.values()))
            if max(which) > MOST_LISTED:
                return session.execute(self._statement, values).all()
            values = {**values, **listed}
        line = line_of(session)
        form = self._form(line, which, values)
        return form.rows(line.run(form.sql, form.parameters(values)))

    def first(self, session: Session, values: Values) -> Any | None:
        """Its first row; None where there is none."""
        return next(iter(self.all(session, values)), None)

    def scalars(self, session: Session, values: Values) -> list[Any]:
        """The first column of its rows."""
        return [row[0] for row in self.all(session, values)]

    def each(self, session: Session, rows: Sequence[Values | NewRow]) -> None:
        """Run it for each of the rows, which have the same keys, or are of one kind: it gives nothing back."""
        line, first = line_of(session), rows[0]
        form = self._form(line, type(first) if isinstance(first, NewRow) else tuple(first), first)
        parameters = [*map(form.parameters, rows)]
        line.run(form.sql, parameters if len(rows) > 1 else parameters[0], gives=False)

    def _form(self, line: Line, which: object, example: Values | NewRow) -> _Form:
        form = line.forms.get((self, which))
        if form is None:
            dialect = line.connection.dialect
            is_row = isinstance(example, NewRow)
            sources = _sources(cast(Any, which)) if is_row else {key: f"row[{key!r}]" for key in cast(Values, example)}
            # What takes long of it is the same for every engine that speaks like this one.
            spoken = (type(dialect), which)
            if spoken not in self._written:
                values = dict.fromkeys(sources) if is_row else cast(Values, example)
                self._written[spoken] = _write(self._statement, dialect, values)
            written = self._written[spoken]
            form = _Form(written.sql, _giving(written, sources, dialect), _naming(written, dialect))
            line.forms[self, which] = form
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
    return _Written(
        sql=state.statement,
        names=None if state.positiontup is not None else tuple(state.parameters),
        parameters=tuple(parameters),
        columns=tuple(column.type for column in columns),
        row=cast(Any, namedtuple)("Row", [str(column.key) for column in columns], rename=True),
    )


def _giving(written: _Written, sources: Mapping[str, str], dialect: Dialect) -> Convert:
    """What gives the driver's parameters for a row; `sources`: the expression of each key's value.

    It is one expression, made as `dataclasses` makes an `__init__`.
    """
    needs: dict[str, Any] = {"to_plain": to_plain}
    given: list[str] = []
    converted: dict[str, str] = {}
    for place, each in enumerate(written.parameters):
        kind = each.type.dialect_impl(dialect)
        convert = None if isinstance(each.type, AS_THEY_ARE) else kind.bind_processor(dialect)
        if each.key is None:
            needs[f"its_{place}"] = convert(each.constant) if convert else each.constant
            given.append(f"its_{place}")
            continue
        value = sources[each.key] if each.place is None else f"{sources[each.key]}[{each.place}]"
        if value in converted:
            value = converted[value]
        elif convert:
            needs[f"its_{place}"] = convert
            converted[value] = f"got_{place}"
            value = f"(got_{place} := None if (value := {value}) is None else its_{place}(value))"
        given.append(value)
    if written.names is None:
        return _made(f"lambda row: ({''.join(f'{value}, ' for value in given)})", needs)
    named = zip(written.names, given, strict=True)
    return _made(f"lambda row: {{{', '.join(f'{name!r}: {value}' for name, value in named)}}}", needs)


def _naming(written: _Written, dialect: Dialect) -> Convert:
    """What gives names to the driver's rows, and their values back: likewise."""
    needs: dict[str, Any] = {"new": tuple.__new__, "Row": written.row}
    values = [f"got_{place}" for place, _ in enumerate(written.columns)]
    taken = "".join(f"{value}, " for value in values)
    for place, each in enumerate(written.columns):
        if convert := each.dialect_impl(dialect).result_processor(dialect, None):
            needs[f"its_{place}"] = convert
            values[place] = f"None if got_{place} is None else its_{place}(got_{place})"
    return _made(f"lambda rows: [new(Row, ({''.join(f'{value}, ' for value in values)})) for ({taken}) in rows]", needs)


def _made(source: str, needs: dict[str, Any]) -> Convert:
    made: Convert = eval(source, needs)  # noqa: S307 - made of the names in our statements alone
    return made


class _Session(Session):
    """A session that ends with what flows have noted on it: together they are a circle for the garbage collector."""

    def close(self) -> None:
        super().close()
        self.info.clear()


def session_on(connection: Connection) -> Session:
    """A session within the transaction of the connection, which it neither looks for nor ends."""
    return _Session(connection, join_transaction_mode="rollback_only", info={_LINE: line_on(connection)})


def line_of(session: Session) -> Line:
    """The line of its transaction."""
    line: Line | None = session.info.get(_LINE)
    if line is None or line.connection.closed:
        line = session.info[_LINE] = line_on(session.connection())
    return line


def line_on(connection: Connection) -> Line:
    """The way of the connection's transaction to its driver."""
    dialect, watching = connection.dialect, connection.dispatch
    is_watched = bool(watching.before_cursor_execute or watching.after_cursor_execute)
    return Line(
        connection,
        connection.connection.cursor(),
        dialect.loaded_dbapi.Error,
        vars(dialect).setdefault("forms", {}),
        is_watched,
        None if is_watched else connection.info.get(PIPELINE),
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
