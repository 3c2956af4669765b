"""Moves every moment of a value by the same span, so that what lay ahead lies as far ahead again."""

from dataclasses import fields, is_dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

T = TypeVar("T")


def shifted(value: T, by: timedelta) -> T:
    """The value with all its moments later by that span, however deep in it they stand.

    The past moves along: what is yet to come is planned from it.
    """
    return cast(T, _shifted(value, by))


def _shifted(value: Any, by: timedelta) -> Any:
    if isinstance(value, datetime):
        return value + by
    if isinstance(value, tuple):
        return tuple(_shifted(each, by) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _shifted(getattr(value, field.name), by) for field in fields(value)})
    return value
