"""Prepared statements that run directly on the driver's cursor, and the shapes of what they read and write.

SQLAlchemy takes many times as long to bring a statement to SQLite as SQLite takes to run it. A `Prepared` takes and
gives the same values by the same types, each with NULL for None, and raises the same errors.
"""

from collections import namedtuple
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from functools import cache, cached_property
from typing import Any, ClassVar, TypeVar, cast, get_args, get_type_hints

from sqlalchemy import Boolean, Dialect, Executable, LargeBinary, Row, Table, bindparam, update
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.selectable import SelectBase
from sqlalchemy.types import TypeEngine

from alertnet.core.codec import to_stored, value
from alertnet.store.db.adding import unless_there
from alertnet.store.db.session import UNREADABLE, DriverLine, Session

Values = Mapping[str, Any]
Convert = Callable[[Any], Any]

MOST_LISTED = 64
"""The most values in a list."""

AS_THEY_ARE = (Boolean, LargeBinary)

Value = TypeVar("Value")


@value
class NewRow:
    """A row with the program's names for its columns, and enums of the core as values."""

    table: ClassVar[Table]
    stored_as: ClassVar[tuple[tuple[str, str | None], ...]] = ()
    """Fields whose column has another name, with that name; None: it has no column."""


def stored(values: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """The columns with enums replaced by their values."""
    return {name: value._value_ if isinstance(value, Enum) else value for name, value in values}


@cache
def _sources(kind: Any) -> dict[str, str]:
    """For rows of that kind, the expression of each column's value; enums of the core are replaced by their values."""
    column_of = {each.name: dict(kind.stored_as).get(each.name, each.name) for each in fields(kind)}
    hints = get_type_hints(kind)
    return {column: _source(f"row.{name}", hints[name]) for name, column in column_of.items() if column}


def _source(value: str, kind: Any) -> str:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return f"{value}._value_"
    return f"to_stored({value})" if any(map(_is_of_core, get_args(kind) or (kind,))) else value


def _is_of_core(kind: Any) -> bool:
    return is_dataclass(kind) or (isinstance(kind, type) and issubclass(kind, Enum))


@value
class _Parameter:
    """A parameter for the driver: the value of a key, or the item at that place of its list, or a constant."""

    type: TypeEngine[Any]
    key: str | None
    place: int | None
    constant: Any


@value
class _Written:
    """A statement compiled for one kind of dialect, with that many values in each list."""

    sql: str
    names: tuple[str, ...] | None
    """The names of the driver's parameters; None where it takes them by position."""
    parameters: tuple[_Parameter, ...]


@dataclass(frozen=True, slots=True)
class _Form:
    """The statement for the dialect of one engine, with its own vault."""

    sql: str
    parameters: Convert
    """Makes the driver's parameters from the values of a row."""
    rows: Callable[[Sequence[Any]], list[Any]]


class Prepared:
    """A statement that is written once in the program and run often; its compiled forms are kept with the dialect."""

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._compiled: dict[object, SQLCompiler] = {}
        self._written: dict[object, _Written] = {}

    @cached_property
    def _columns(self) -> list[Any]:
        statement: Any = self._statement
        return list(statement.selected_columns if isinstance(statement, SelectBase) else statement.exported_columns)

    @cached_property
    def _row(self) -> type[tuple[Any, ...]]:
        """A named tuple for the driver's rows."""
        names = [str(column.key) for column in self._columns]
        return cast("type[tuple[Any, ...]]", cast(Any, namedtuple)("Row", names, rename=True))

    def all(self, session: Session, values: Values) -> Sequence[Any]:
        """Run it and give its rows, as named tuples."""
        line = session.line
        form, values = self._asking(line, values)
        if form is None:
            return session.execute(self._statement, values).all()
        return form.rows(line.run(form.sql, form.parameters(values)))

    def readable(self, session: Session, values: Values, made: Callable[[Any], Value]) -> Iterator[Value]:
        """What is made of each row, without those that can't be read, so that they stop nothing about others (A11)."""
        form, values = self._asking(line := session.line, values)
        assert form is not None
        for row in line.run(form.sql, form.parameters(values)):
            with suppress(*UNREADABLE):
                yield made(*form.rows([row]))

    def ahead(self, session: Session, values: Values) -> Callable[[], Sequence[Any]]:
        """Ask for rows that are needed later, by calling what this returns; PostgreSQL answers with the next rows."""
        line = session.line
        form, values = self._asking(line, values)
        if form is None:
            rows = session.execute(self._statement, values).all()
            return lambda: rows
        answer = line.ask(form.sql, form.parameters(values))
        return lambda: form.rows(answer())

    def first(self, session: Session, values: Values) -> Any | None:
        """Run it and give its first row; None where there is none."""
        return next(iter(self.all(session, values)), None)

    def scalars(self, session: Session, values: Values) -> list[Any]:
        """Run it and give the first column of its rows."""
        return [row[0] for row in self.all(session, values)]

    def each(self, session: Session, rows: Sequence[Values | NewRow]) -> None:
        """Run it for each of the rows, which have the same keys or are of one kind; it gives nothing back."""
        line, first = session.line, rows[0]
        form = self._form(line, type(first) if isinstance(first, NewRow) else tuple(first), first)
        parameters = [*map(form.parameters, rows)]
        line.run(form.sql, parameters if len(rows) > 1 else parameters[0], gives=False)

    def put(self, session: Session, row: Values) -> Sequence[Any]:
        """Run it for one row, whose lists are values, and give what it returns."""
        line = session.line
        form = self._form(line, tuple(row), row)
        return form.rows(line.run(form.sql, form.parameters(row)))

    def _asking(self, line: DriverLine, values: Values) -> tuple[_Form | None, Values]:
        """The form for lists as long as these, which are filled up; None where one is too long to be kept ready."""
        which: tuple[int, ...] = ()
        if listed := {key: _filled_up(value) for key, value in values.items() if isinstance(value, list)}:
            which = tuple(map(len, listed.values()))
            if max(which) > MOST_LISTED:
                return None, values
            values = {**values, **listed}
        return self._form(line, which, values), values

    def _form(self, line: DriverLine, which: object, example: Values | NewRow) -> _Form:
        form = line.forms.get((self, which))
        if form is None:
            dialect = line.connection.dialect
            is_row = isinstance(example, NewRow)
            sources = _sources(cast(Any, which)) if is_row else {key: f"row[{key!r}]" for key in cast(Values, example)}
            # The slow part is the same for all engines with the same kind of dialect, and the slowest for all lengths.
            spoken, kind = (type(dialect), which), (type(dialect), *sources)
            if kind not in self._compiled:
                names = None if isinstance(self._statement, SelectBase) else list(sources)
                self._compiled[kind] = cast(Any, self._statement).compile(dialect=dialect, column_keys=names)
            if spoken not in self._written:
                values = dict.fromkeys(sources) if is_row else cast(Values, example)
                self._written[spoken] = _write(self._compiled[kind], values)
            written = self._written[spoken]
            form = _Form(written.sql, _giving(written, sources, dialect), _naming(self._columns, self._row, dialect))
            line.forms[self, which] = form
        return form


def _filled_up(values: list[Any]) -> list[Any]:
    """Repeat the last value up to the next power of four, so that fewer forms are needed: there is one for each length.

    These lists are only searched in, so repeated values make no difference.
    """
    missing = 4 ** ((len(values) - 1).bit_length() + 1 >> 1) - len(values) if values else 0
    return values + values[-1:] * missing


def _write(compiled: SQLCompiler, example: Values) -> _Written:
    state = compiled.construct_expanded_state(dict(example))
    listed = {
        name: (key, place) for key, names in state.parameter_expansion.items() for place, name in enumerate(names)
    }
    parameters = []
    for name in state.positiontup or state.parameters:
        key, place = listed.get(name, (name, None))
        constant = None if key in example else state.parameters[name]
        if isinstance(constant, bool):
            raise TypeError(f"{name} is {constant}: PostgreSQL would take it for text, so write true() or false()")
        parameters.append(_Parameter(compiled.binds[key].type, key if key in example else None, place, constant))
    names = None if state.positiontup is not None else tuple(state.parameters)
    return _Written(state.statement, names, tuple(parameters))


def _giving(written: _Written, sources: Mapping[str, str], dialect: Dialect) -> Convert:
    """Make the function from a row to the driver's parameters; `sources`: the expression of each key's value.

    It is generated as a single expression, as `dataclasses` generates an `__init__`.
    """
    needs: dict[str, Any] = {"to_stored": to_stored}
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


def _naming(columns: Sequence[Any], row: type[tuple[Any, ...]], dialect: Dialect) -> Convert:
    """Make the function from the driver's rows to named tuples with converted values, likewise."""
    needs: dict[str, Any] = {"new": tuple.__new__, "Row": row}
    values = [f"got_{place}" for place, _ in enumerate(columns)]
    taken = "".join(f"{value}, " for value in values)
    for place, each in enumerate(columns):
        if convert := each.type.dialect_impl(dialect).result_processor(dialect, None):
            needs[f"its_{place}"] = convert
            values[place] = f"None if got_{place} is None else its_{place}(got_{place})"
    return _made(f"lambda rows: [new(Row, ({''.join(f'{value}, ' for value in values)})) for ({taken}) in rows]", needs)


def _made(source: str, needs: dict[str, Any]) -> Convert:
    made: Convert = eval(source, needs)  # noqa: S307 - made of the names in our statements alone
    return made


def by_incident(
    session: Session, statement: Prepared, incidents: Collection[str], value_of: Callable[[Row[Any]], Value]
) -> dict[str, list[Value]]:
    """For each incident the values from a statement that takes `incidents` and gives a column `incident_id`."""
    found: dict[str, list[Value]] = {incident: [] for incident in incidents}
    for row in statement.all(session, {"incidents": sorted(incidents)}):
        found[row.incident_id].append(value_of(row))
    return found


def change_each(session: Session, table: Table, changes: Sequence[Mapping[str, Any]]) -> None:
    """Replace columns, the same in every change; each change also has the `key` of its row."""
    if changes:
        _replacing(table, frozenset(changes[0].keys() - {"key"})).each(session, changes)


def add_missing(session: Session, table: Table, rows: Sequence[Values]) -> None:
    """Add the rows whose key is not taken, even by a simultaneous transaction; all have the same columns."""
    if rows:
        _adding_missing(table).each(session, rows)


@cache
def _adding_missing(table: Table) -> Prepared:
    return Prepared(unless_there(table))


@cache
def _replacing(table: Table, names: frozenset[str]) -> Prepared:
    """The statement that replaces those columns; cached, since making one costs as much as running it."""
    values: dict[str, Any] = {name: bindparam(name) for name in sorted(names)}
    return Prepared(update(table).where(table.c.id == bindparam("key")).values(values))
