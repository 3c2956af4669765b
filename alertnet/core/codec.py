"""Frozen dataclasses to and from plain JSON values, by their annotations: how core values are pinned and kept.

A reader and a writer is made once for each annotation, since states and facts pass through here at every step. So does
what is copied with other fields: `replace` is that of `dataclasses`, in a third of the time.
"""

import dataclasses
import types
import typing
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import date, datetime, timedelta
from enum import Enum
from functools import cache, partial
from operator import attrgetter, methodcaller
from typing import TYPE_CHECKING, Any, TypeVar

T = TypeVar("T")
Convert = Callable[[Any], Any]

PLAIN = frozenset({str, int, float, bool, type(None)})
"""What is written as it is. Most fields are that, and a call for each would be most of the time."""


def to_plain(value: Any) -> Any:
    """The value as dicts, lists, strings, numbers: durations in seconds, instants in ISO 8601, sets sorted."""
    return value if type(value) in PLAIN else _writer(type(value))(value)


def from_plain(kind: type[T], plain: Any) -> T:
    """The value of that dataclass (or annotation) again; fields that are absent take their defaults.

    Raises:
        KeyError, TypeError, ValueError: the plain value was not made by `to_plain` of that kind.
    """
    return typing.cast(T, _reader(typing.cast(Hashable, kind))(plain))


def _make_writer(kind: type) -> Convert:
    """By what the value is, not by what was announced: a union needs no thought then."""
    if dataclasses.is_dataclass(kind):
        return partial(_fields_written, tuple(field.name for field in dataclasses.fields(kind)))
    if issubclass(kind, Enum):
        return attrgetter("_value_")
    if issubclass(kind, timedelta):
        return timedelta.total_seconds
    if issubclass(kind, date):
        return methodcaller("isoformat")
    if issubclass(kind, dict):
        return lambda value: dict(zip(map(str, value), _written(value.values()), strict=True))
    if issubclass(kind, (set, frozenset)):
        return lambda value: sorted(_written(value))
    return _written if issubclass(kind, (list, tuple)) else _as_it_is


_writer: Callable[[Any], Convert] = cache(_make_writer)


def _fields_written(names: tuple[str, ...], value: Any) -> dict[str, Any]:
    return {name: item if type(item := getattr(value, name)) in PLAIN else _writer(type(item))(item) for name in names}


def _written(items: Iterable[Any]) -> list[Any]:
    return [item if type(item) in PLAIN else _writer(type(item))(item) for item in items]


@cache
def _reader(kind: Any) -> Convert:
    read = _reader_of_some(kind)
    return read if read is _as_it_is else lambda plain: None if plain is None else read(plain)


@cache
def _reader_of_some(kind: Any) -> Convert:
    """Reads what is not None."""
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        options = [option for option in typing.get_args(kind) if option is not type(None)]
        return _reader_of_some(options[0]) if len(options) == 1 else _as_it_is
    if origin in (tuple, frozenset, list):
        return _many_reader(origin, typing.get_args(kind)[0])
    if origin is dict:
        return _dict_reader(*typing.get_args(kind))
    if dataclasses.is_dataclass(kind):
        return _dataclass_reader(typing.cast(type, kind))
    if origin is typing.Literal or kind in (Any, str, int, float, bool):
        return _as_it_is
    if kind is timedelta:
        return lambda plain: timedelta(seconds=plain)
    if issubclass(kind, Enum):
        return _Members(kind).__getitem__
    return typing.cast(Convert, kind.fromisoformat if kind in (datetime, date) else kind)


class _Members(dict[Any, Enum]):
    """The members of an enumeration by their values, and by what it takes for one: what earlier versions wrote."""

    def __init__(self, kind: type[Enum]) -> None:
        super().__init__((each.value, each) for each in kind)
        self._kind = kind

    def __missing__(self, value: Any) -> Enum:
        return self._kind(value)


def _many_reader(many: Convert, item: Any) -> Convert:
    read = _reader(item)
    return many if read is _as_it_is else lambda plain: many([read(each) for each in plain])


def _dict_reader(key: Any, item: Any) -> Convert:
    read_key, read_item = _reader(key), _reader(item)
    return lambda plain: {read_key(name): read_item(entry) for name, entry in plain.items()}


def _dataclass_reader(kind: type) -> Convert:
    hints = typing.get_type_hints(kind)
    readers = {field.name: _reader_of_some(hints[field.name]) for field in dataclasses.fields(kind)}
    converted = [(name, read) for name, read in readers.items() if read is not _as_it_is]
    has_all = _plain_fields(kind)

    def read(plain: dict[str, Any]) -> Any:
        values = {name: entry for name, entry in plain.items() if name in readers}
        for name, convert in converted:
            if (entry := values.get(name)) is not None:
                values[name] = convert(entry)
        return _made(kind, values) if len(values) == has_all else kind(**values)

    return read


def _as_it_is(plain: Any) -> Any:
    return plain


def _made(kind: type[T], values: Mapping[str, Any]) -> T:
    """A dataclass of all its fields, set at once: a frozen one sets each by a call."""
    made = object.__new__(kind)
    vars(made).update(values)
    return made


@cache
def _plain_fields(kind: type) -> int:
    """How many fields are all that there is to a value of that kind; 0 where making one does more than set them."""
    is_plain = not hasattr(kind, "__post_init__") and "__slots__" not in vars(kind)
    return len(dataclasses.fields(kind)) if is_plain else 0


if TYPE_CHECKING:
    # Whoever checks types knows this one, and so which fields there are.
    from dataclasses import replace as replace
else:

    def replace(value: Any, /, **changes: Any) -> Any:
        """A copy of a dataclass without slots, with these fields changed.

        Raises:
            TypeError: it has no such field.
        """
        kind = type(value)
        made = vars(value) | changes
        if len(made) != _plain_fields(kind):
            # It keeps more than its fields, or there is no such field.
            return dataclasses.replace(value, **changes)
        return _made(kind, made)
