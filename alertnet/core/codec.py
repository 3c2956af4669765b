"""Frozen dataclasses to and from plain JSON values, by their annotations: how core values are pinned and kept."""

import dataclasses
import types
import typing
from collections.abc import Callable
from datetime import date, datetime, timedelta
from enum import Enum
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


def to_plain(value: Any) -> Any:
    """The value as dicts, lists, strings, numbers: durations in seconds, instants in ISO 8601, sets sorted."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {name: to_plain(getattr(value, name)) for name in _fields(type(value))}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(to_plain(item) for item in value)
    if isinstance(value, (list, tuple)):
        return [to_plain(item) for item in value]
    return value


def from_plain(kind: type[T], plain: Any) -> T:
    """The value of that dataclass (or annotation) again; fields that are absent take their defaults.

    Raises:
        KeyError, TypeError, ValueError: the plain value was not made by `to_plain` of that kind.
    """
    return typing.cast(T, _build(kind, plain))


@cache
def _fields(kind: type) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


def _build(kind: Any, plain: Any) -> Any:
    if plain is None:
        return None
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return _build_union(kind, plain)
    if origin in (tuple, frozenset, list):
        item = typing.get_args(kind)[0]
        return origin(_build(item, entry) for entry in plain)
    if origin is dict:
        key, item = typing.get_args(kind)
        return {_build(key, name): _build(item, entry) for name, entry in plain.items()}
    if origin is typing.Literal or kind is Any:
        return plain
    if dataclasses.is_dataclass(kind):
        hints = _fields(typing.cast(type, kind))
        build = typing.cast(Callable[..., Any], kind)
        return build(**{name: _build(hints[name], entry) for name, entry in plain.items() if name in hints})
    return _scalar(kind, plain)


def _build_union(kind: Any, plain: Any) -> Any:
    options = [option for option in typing.get_args(kind) if option is not type(None)]
    return _build(options[0], plain) if len(options) == 1 else plain


def _scalar(kind: Any, plain: Any) -> Any:
    if kind is timedelta:
        return timedelta(seconds=plain)
    if kind in (datetime, date):
        return kind.fromisoformat(plain)
    return kind(plain)
