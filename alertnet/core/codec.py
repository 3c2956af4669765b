"""Converts frozen dataclasses to plain JSON values and back, by their annotations. Core values are stored this way.

States and facts pass through here at every step, so speed counts. The reader and the writers of a dataclass are
generated from its annotations at the first use, as `dataclasses` generates an `__init__`. `replace` does the same as
that of `dataclasses` in a fifth of the time. `value` makes frozen dataclasses that add little to the program's start.
"""

import dataclasses
import types
import typing
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from functools import cache, lru_cache, partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeVar, cast

T = TypeVar("T")
Convert = Callable[[Any], Any]
Writers = Callable[[Any], Convert]
"""Gives the function that writes values of a class."""
Source = str
"""The source text of an expression."""
Names = dict[str, Any]
"""The values of the names in a source text."""

PLAIN = frozenset({str, int, float, bool, type(None)})
"""Types that are written unchanged."""
EMPTY: tuple[object, ...] = ((), {}, frozenset())
"""What holds nothing, beside None and False."""


def to_plain(value: Any) -> Any:
    """Turn a value into dicts, lists, strings and numbers: durations in seconds, instants in ISO 8601, sets sorted."""
    return value if type(value) in PLAIN else _writer(type(value))(value)


def to_stored(value: Any) -> Any:
    """The plain form without those fields of dataclasses that are empty, as they are by default, at any depth.

    `from_plain` reads it back, in every version that has the same empty defaults.
    """
    return value if type(value) in PLAIN else _brief_writer(type(value))(value)


def from_plain(kind: type[T], plain: Any) -> T:
    """Read a value of that dataclass (or annotation) back; absent fields take their defaults.

    Any other plain value gives an AttributeError, KeyError, TypeError or ValueError.
    """
    value: T = _reader(kind)(plain)
    return value


def _make_writer(kind: Any) -> Convert:
    """Make the writer for values of that class; items without an annotation are written by their own type."""
    if issubclass(kind, dict):
        return lambda value: {str(name): to_plain(item) for name, item in value.items()}
    if issubclass(kind, (set, frozenset)):
        return lambda value: sorted(map(to_plain, value))
    if issubclass(kind, (list, tuple)):
        return lambda value: [*map(to_plain, value)]
    names: Names = {}
    if not dataclasses.is_dataclass(kind):
        return _compiled(_written(kind, "value", names, _writer), names)
    hints = typing.get_type_hints(kind)
    fields = {
        each.name: _written(hints[each.name], f"value.{each.name}", names, _writer) for each in dataclasses.fields(kind)
    }
    return _compiled(_dict(fields), names)


_writer: Writers = cache(_make_writer)


def _make_brief_writer(kind: Any) -> Convert:
    if not dataclasses.is_dataclass(kind):
        return _make_writer(kind)
    names: Names = {}
    hints = typing.get_type_hints(kind)
    lines = ["def write(value):", " plain = {}"]
    for each in dataclasses.fields(kind):
        value = f"value.{each.name}"
        put = f"plain[{each.name!r}] = {_written(hints[each.name], value, names, _brief_writer)}"
        default = _default_of(each)
        if default is None or default is False:
            put = f"if {value} is not {default}: {put}"
        elif default in EMPTY:
            put = f"if {value}: {put}"
        lines.append(f" {put}")
    exec("\n".join([*lines, " return plain"]), names)  # noqa: S102 - made of our annotations alone
    return cast(Convert, names["write"])


_brief_writer: Writers = cache(_make_brief_writer)


def _default_of(field: "dataclasses.Field[Any]") -> Any:
    return field.default if field.default_factory is dataclasses.MISSING else field.default_factory()


def _written(kind: Any, value: Source, names: Names, writer: Writers) -> Source:
    """The source that writes a value annotated with that kind; `writer` gives the functions for dataclasses in it."""
    kind, or_none = _split(kind)
    item = _written_some(kind, value, names, writer)
    return f"(None if {value} is None else {item})" if or_none and item != value else item


def _written_some(kind: Any, value: Source, names: Names, writer: Writers) -> Source:
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if kind in PLAIN or origin is typing.Literal:
        return value
    if origin in (tuple, list, frozenset) and len({*args} - {...}) == 1:
        items = f"[{_written(args[0], 'each', names, writer)} for each in {value}]"
        return f"sorted({items})" if origin is frozenset else items
    if origin is dict:
        return f"{{str(name): {_written(args[1], 'each', names, writer)} for name, each in {value}.items()}}"
    if dataclasses.is_dataclass(kind):
        return f"{_named(writer(kind), names)}({value})"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return f"{value}._value_"
    if kind is timedelta:
        return f"{value}.total_seconds()"
    if kind is datetime:
        return f"{_named(text_of, names)}({value})"
    return f"{value}.isoformat()" if kind is date else f"{_named(to_plain, names)}({value})"


def text_of(moment: datetime) -> str:
    """A moment in ISO 8601."""
    if moment.tzinfo is not UTC:
        return moment.isoformat()
    text = _text_in_utc(moment)
    return text if moment.microsecond else text[:19] + text[26:]


def text_in_utc(moment: datetime) -> str:
    """A moment in UTC, in ISO 8601 to the microsecond; each shorter form that is stored or shown is cut from it."""
    return _text_in_utc(moment if moment.tzinfo is UTC else moment.astimezone(UTC))


@lru_cache(maxsize=512)
def _text_in_utc(moment: datetime) -> str:
    """Kept ready, since most moments of a flow are its own; only of moments in UTC, since equal others may differ."""
    return moment.isoformat(timespec="microseconds")


def _make_reader(kind: Any) -> Convert:
    names: Names = {}
    if not dataclasses.is_dataclass(kind):
        return _compiled(_read(kind, "value", names), names)
    hints = typing.get_type_hints(kind)
    fields = {each.name: _read(hints[each.name], _found(each, names), names) for each in dataclasses.fields(kind)}
    return _compiled(f"{_named(_maker(kind), names)}({_dict(fields)})", names)


_reader: Callable[[Any], Convert] = cache(_make_reader)


def _found(field: "dataclasses.Field[Any]", names: Names) -> Source:
    """The source that reads a field from a dict, or takes its default in plain form."""
    default = _default_of(field)
    if default is dataclasses.MISSING:
        return f"value[{field.name!r}]"
    return f"value.get({field.name!r}, {_named(to_plain(default), names)})"


def _read(kind: Any, value: Source, names: Names) -> Source:
    """The source that reads a value of that kind; None stays None."""
    item = _read_found(_split(kind)[0], names)
    return value if item == "found" else f"(None if (found := {value}) is None else {item})"


def _read_found(kind: Any, names: Names) -> Source:
    """The source that reads `found`, which is not None, as a value of that kind."""
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin is dict:
        return f"{{{_read(args[0], 'name', names)}: {_read(args[1], 'each', names)} for name, each in found.items()}}"
    if origin in (tuple, list, frozenset):
        return f"{origin.__name__}([{_read(args[0], 'each', names)} for each in found])"
    if dataclasses.is_dataclass(kind):
        return f"{_named(_reader(kind), names)}(found)"
    if kind is timedelta:
        return f"{_named(timedelta, names)}(seconds=found)"
    if kind in (date, datetime):
        return f"{_named(kind.fromisoformat, names)}(found)"
    is_enum = isinstance(kind, type) and issubclass(kind, Enum)
    return f"{_named(_Members(kind), names)}[found]" if is_enum else "found"


def _split(kind: Any) -> tuple[Any, bool]:
    """Split None off an annotation: the rest, and whether None was in it. A union of several types becomes `Any`."""
    if typing.get_origin(kind) not in (typing.Union, types.UnionType):
        return kind, False
    options = [option for option in typing.get_args(kind) if option is not type(None)]
    return options[0] if len(options) == 1 else Any, len(options) < len(typing.get_args(kind))


def _named(thing: Any, names: Names) -> Source:
    """Give a name to an object that an expression needs."""
    name = f"its_{len(names)}"
    names[name] = thing
    return name


def _dict(entries: dict[str, Source]) -> Source:
    return f"{{{', '.join(f'{name!r}: {entry}' for name, entry in entries.items())}}}"


def _compiled(source: Source, names: Names) -> Convert:
    made: Convert = eval(f"lambda value: {source}", names)  # noqa: S307 - made of our annotations alone
    return made


class _Members(dict[Any, Enum]):
    """The members of an enumeration by their values, and by older values that the enumeration still accepts."""

    def __init__(self, kind: type[Enum]) -> None:
        super().__init__((each.value, each) for each in kind)
        self._kind = kind

    def __missing__(self, value: Any) -> Enum:
        return self._kind(value)


def _maker(kind: Any) -> Convert:
    """A function that makes a value of that kind from a dict of all its fields."""
    return partial(_made, kind) if _plain_fields(kind) else lambda fields: kind(**fields)


def _made(kind: type[T], fields: dict[str, Any]) -> T:
    """Make a dataclass from all its fields, set at once: a frozen one would set each field by a call."""
    made = object.__new__(kind)
    object.__setattr__(made, "__dict__", fields)
    return made


def _count_fields(kind: type) -> int:
    """The number of fields, where a value of that kind is nothing but its fields; 0 where making one does more."""
    is_plain = not hasattr(kind, "__post_init__") and "__slots__" not in vars(kind)
    return len(dataclasses.fields(kind)) if is_plain else 0


_plain_fields: Callable[[type], int] = cache(_count_fields)


def extended(kind: type[T], value: Any, /, **more: Any) -> T:
    """A value of a subclass: the fields of that value, and more; without the defaults of those that are left out."""
    fields = value.__dict__ | more
    if len(fields) != _plain_fields(kind):
        raise TypeError(f"a {kind.__qualname__} has other fields than {sorted(fields)}")
    return _made(kind, fields)


@typing.dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def value(kind: type[T]) -> type[T]:
    """Make a frozen dataclass in a fifth of the usual time: each method is generated at its first use.

    Making an instance takes half the time, since no field is set by a call. Refuses a class whose making does more.
    """
    # Without a docstring `dataclasses` would work out the signature, which is slow.
    kind.__doc__ = kind.__doc__ or kind.__qualname__
    made: Any = dataclasses.dataclass(init=False, repr=False, eq=False)(kind)
    if hasattr(made, "__post_init__") or not all(each.init for each in dataclasses.fields(made)):
        raise TypeError(f"{kind.__qualname__} is made by more than its fields")
    for name, method in _METHODS.items():
        if name not in vars(kind) or vars(kind)[name] is None:
            setattr(made, name, method)
    return typing.cast(type[T], made)


def _at_first_use(name: str, write: Callable[[type], Callable[..., Any]]) -> Callable[..., Any]:
    """A method that replaces itself, at its first call, by one generated for its class."""

    def method(self: object, *args: Any, **kwargs: Any) -> Any:
        kind = next(each for each in type(self).__mro__ if "__dataclass_fields__" in vars(each))
        written: Any = write(kind)
        written.__qualname__ = f"{kind.__qualname__}.{name}"
        setattr(kind, name, written)
        return written(self, *args, **kwargs)

    return method


def _initialiser(kind: type) -> Callable[..., None]:
    names: Names = {"MISSING": dataclasses.MISSING}
    parameters, values = [], {}
    for each in sorted(dataclasses.fields(kind), key=lambda each: each.kw_only is True):
        name = values[each.name] = each.name
        if each.default_factory is not dataclasses.MISSING:
            values[name] = f"{_named(each.default_factory, names)}() if {name} is MISSING else {name}"
        may_miss = each.default is not dataclasses.MISSING or values[name] != name
        if each.kw_only is True and "*" not in parameters:
            parameters.append("*")
        parameters.append(f"{name}={_named(each.default, names)}" if may_miss else name)
    lines = [f"def made(self, {', '.join(parameters)}):", " its_fields = self.__dict__"]
    exec("\n".join(lines + [f" its_fields[{name!r}] = {value}" for name, value in values.items()]), names)  # noqa: S102
    return cast("Callable[..., None]", names["made"])


def _comparer(kind: type) -> Callable[..., bool]:
    compared = _picked([each.name for each in dataclasses.fields(kind) if each.compare])

    def is_equal(self: object, other: object) -> Any:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return self is other or bool(compared(self.__dict__) == compared(other.__dict__))

    return is_equal


def _hasher(kind: type) -> Callable[..., int]:
    fields = dataclasses.fields(kind)
    hashed = _picked([each.name for each in fields if (each.compare if each.hash is None else each.hash)])
    return lambda self: hash(hashed(self.__dict__))


def _picked(names: list[str]) -> Convert:
    """Picks the values of those fields at once, in a fifth of the time that it takes to ask for each."""
    return itemgetter(*names) if names else lambda fields: ()


def _shown(self: Any) -> str:
    fields = (f"{each.name}={getattr(self, each.name)!r}" for each in dataclasses.fields(self) if each.repr)
    return f"{type(self).__qualname__}({', '.join(fields)})"


def _refuse_to_set(self: object, name: str, _value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


_METHODS = {
    "__init__": _at_first_use("__init__", _initialiser),
    "__eq__": _at_first_use("__eq__", _comparer),
    "__hash__": _at_first_use("__hash__", _hasher),
    "__repr__": _shown,
    "__setattr__": _refuse_to_set,
    "__delattr__": _refuse_to_delete,
}
"""The methods of every value, unless its class defines its own."""


if TYPE_CHECKING:
    # Type checkers know this one, and so check the names of the fields.
    from dataclasses import replace as replace
else:

    def replace(value: Any, /, **changes: Any) -> Any:
        """Copy a dataclass without slots, with these fields changed."""
        kind = type(value)
        fields = value.__dict__ | changes
        if len(fields) != _plain_fields(kind):
            # The object keeps more than its fields, or there is no such field.
            return dataclasses.replace(value, **changes)
        made = object.__new__(kind)
        object.__setattr__(made, "__dict__", fields)
        return made
