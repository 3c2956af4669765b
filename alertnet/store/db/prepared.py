"""Statements made ready once and run on the driver's cursor, for the places where most of the time goes.

SQLAlchemy takes many times as long to bring a statement to SQLite as SQLite takes to run it. A `Prepared` takes and
gives the same values by the same types, and fails with the same errors.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Connection, Dialect, Executable
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.selectable import SelectBase

Values = Mapping[str, Any]
Convert = Callable[[Any], Any]

MOST_LISTED = 16
"""So many values in lists at most: there is a form for each number of them, and few are worth keeping."""


@dataclass(frozen=True)
class _Taken:
    """A parameter of the driver's: a constant, or the value of a key, or one of the list of a key."""

    name: str
    key: str | None
    place: int | None
    convert: Convert | None
    constant: Any = None

    def of(self, values: Values) -> Any:
        """What the driver gets."""
        if self.key is None:
            return self.constant
        value = values[self.key] if self.place is None else values[self.key][self.place]
        return value if self.convert is None else self.convert(value)


@dataclass(frozen=True)
class _Form:
    """A statement as one dialect says it, with so many values in each list."""

    sql: str
    taken: tuple[_Taken, ...]
    is_positional: bool
    make: Callable[[Any], Any]
    """A row with names, of the driver's."""
    converts: tuple[tuple[int, Convert], ...]
    """By column, where a row has values to convert."""

    def parameters(self, values: Values) -> Any:
        """What goes to the driver for these values."""
        if self.is_positional:
            return tuple([each.of(values) for each in self.taken])
        return {each.name: each.of(values) for each in self.taken}

    def row(self, found: Sequence[Any]) -> Any:
        """A row of the driver's, with names and converted."""
        if self.converts:
            found = list(found)
            for place, convert in self.converts:
                found[place] = convert(found[place])
        return self.make(found)


class Prepared:
    """A statement that is written once in the program and run often; its forms are kept with the dialect."""

    def __init__(self, statement: Executable) -> None:
        self._statement = statement

    def all(self, session: Session, values: Values) -> Sequence[Any]:
        """Its rows, as named tuples."""
        listed = {key: len(value) for key, value in values.items() if isinstance(value, list)}
        if sum(listed.values()) > MOST_LISTED:
            return session.execute(self._statement, values).all()
        connection = session.connection()
        form = self._form(connection, tuple(listed.values()), values)
        return [form.row(found) for found in _run(connection, form.sql, form.parameters(values))]

    def first(self, session: Session, values: Values) -> Any | None:
        """Its first row; None where there is none."""
        return next(iter(self.all(session, values)), None)

    def scalars(self, session: Session, values: Values) -> list[Any]:
        """The first column of its rows."""
        return [row[0] for row in self.all(session, values)]

    def each(self, session: Session, rows: Sequence[Values]) -> None:
        """Run it for each of the rows, which have the same keys: it gives nothing back."""
        connection = session.connection()
        form = self._form(connection, tuple(rows[0]), rows[0])
        parameters = [form.parameters(row) for row in rows]
        _run(connection, form.sql, parameters if len(rows) > 1 else parameters[0], gives=False)

    def _form(self, connection: Connection, which: object, example: Values) -> _Form:
        forms: dict[object, _Form] = vars(connection.dialect).setdefault("forms", {})
        form = forms.get((self, which))
        if form is None:
            form = forms[self, which] = _made(self._statement, connection.dialect, example)
        return form


def _made(statement: Any, dialect: Dialect, example: Values) -> _Form:
    is_select = isinstance(statement, SelectBase)
    compiled = cast(SQLCompiler, statement.compile(dialect=dialect, column_keys=None if is_select else list(example)))
    state = compiled.construct_expanded_state(dict(example))
    places = {
        name: (key, place) for key, names in state.parameter_expansion.items() for place, name in enumerate(names)
    }

    def taken(name: str) -> _Taken:
        key, place = places.get(name, (name, None))
        convert = compiled.binds[key].type.dialect_impl(dialect).bind_processor(dialect)
        if key in example:
            return _Taken(name, key, place, convert)
        constant = state.parameters[name]
        return _Taken(name, None, None, None, convert(constant) if convert else constant)

    columns = list(statement.selected_columns) if is_select else []
    converts = (
        (place, column.type.dialect_impl(dialect).result_processor(dialect, None))
        for place, column in enumerate(columns)
    )
    row = cast(Any, namedtuple)("Row", [str(column.key) for column in columns], rename=True)
    return _Form(
        sql=state.statement,
        taken=tuple(taken(name) for name in state.positiontup or state.parameters),
        is_positional=state.positiontup is not None,
        make=row._make,
        converts=tuple((place, convert) for place, convert in converts if convert is not None),
    )


def _run(connection: Connection, sql: str, parameters: Any, *, gives: bool = True) -> Sequence[Any]:
    """The driver's rows; `parameters`: a list of them has the statement run for each."""
    if connection.dispatch.before_cursor_execute or connection.dispatch.after_cursor_execute:
        # Somebody watches what is run: SQLAlchemy tells them.
        result = connection.exec_driver_sql(sql, parameters)
        return result.cursor.fetchall() if gives and result.cursor is not None else []
    cursor, fault = connection.connection.cursor(), connection.dialect.loaded_dbapi.Error
    try:
        if isinstance(parameters, list):
            cursor.executemany(sql, parameters)
        else:
            cursor.execute(sql, parameters)
        return cursor.fetchall() if gives else []
    except fault as error:
        raise DBAPIError.instance(sql, None, error, fault, hide_parameters=True, dialect=connection.dialect) from error
    finally:
        cursor.close()
