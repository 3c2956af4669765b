"""Field types for request bodies; an error names the values that are allowed."""

import json
import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache
from typing import Annotated, Any, Self, TypeVar
from zoneinfo import available_timezones

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic.json_schema import WithJsonSchema
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from alertnet.core.directory.countries import COUNTRIES
from alertnet.core.directory.durations import LONGEST, duration_text, read_duration
from alertnet.core.incident import TYPES
from alertnet.core.limits import LONGEST_NOTE, is_instant
from alertnet.web.forms import UNTYPED

E = TypeVar("E", bound=Enum)

INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?) ?([Zz]|[+-]\d\d(?::?\d\d)?)", re.ASCII)
FURTHEST_ZONE = timedelta(hours=14)  # the largest offset from UTC in use
LINE_ENDS, SOFT_LINE_ENDS = re.compile(r"[\t\r\n]+"), re.compile(r"[\v\f\x85]")
NO_CONTROLS = r"^[^\x00-\x1f\x7f-\x9f]+$"


def _refused(*allowed: str) -> PydanticCustomError:
    return PydanticCustomError("not_allowed", "not allowed", {"allowed": list(allowed)})


def one_of(kind: type[E]) -> BeforeValidator:
    """Accept exactly the values of an enumeration."""

    def read(value: Any) -> E:
        try:
            return kind(value)
        except ValueError:
            raise _refused(*(each.value for each in kind)) from None

    return BeforeValidator(read)


def among(names: Collection[str], *shown: str) -> BeforeValidator:
    """Accept only those names; `shown` describes them where they are too many to list."""

    def read(name: Any) -> str:
        if not isinstance(name, str) or name not in names:
            raise _refused(*(shown or names))
        return name

    return BeforeValidator(read)


def _instant(value: Any) -> datetime:
    at = _read_instant(value)
    if at is None or not is_instant(at):
        raise _refused("an instant with its zone, such as 2026-11-24T13:00:00Z", "one of the years 2000 to 2100")
    return at.astimezone(UTC)


def _unless_never_set(value: Any) -> Any:
    at = _read_instant(value)
    return value if at is None or is_instant(at) else None


def _read_instant(value: Any) -> datetime | None:
    parts = INSTANT.fullmatch(value) if isinstance(value, str) else None
    if parts is None:
        return None
    try:
        at = datetime.fromisoformat("{}T{}{}".format(*parts.groups()).upper())
    except ValueError:
        return None
    offset = at.utcoffset()
    return at if offset is not None and abs(offset) <= FURTHEST_ZONE else None


def _duration(value: Any) -> timedelta:
    length = read_duration(value) if isinstance(value, str) else None
    if not length or length > LONGEST:
        raise _refused("a duration such as 90s, 10m, 2h or 1d", f"at most {duration_text(LONGEST)}")
    return length


def _zone(value: Any) -> str:
    if not isinstance(value, str) or value not in _zones():
        raise _refused("an IANA time zone, such as America/Bogota")
    return value


@cache
def _zones() -> set[str]:
    return available_timezones()


def _legible(value: Any) -> Any:
    if not isinstance(value, str) or value.isprintable():
        return value
    return UNTYPED.sub("", SOFT_LINE_ENDS.sub("\n", value))


def _of_one_line(value: Any) -> Any:
    return in_one_line(_legible(value)) if isinstance(value, str) else value


def in_one_line(text: str) -> str:
    return text if text.isprintable() else LINE_ENDS.sub(" ", text.strip())


def _is_blank(value: Any) -> bool:
    if isinstance(value, dict):
        return all(each is None or (isinstance(each, str) and _is_blank(each)) for each in value.values())
    return isinstance(value, str) and (not value or value.isspace())


def _without_blank(value: Any) -> Any:
    return [each for each in value if each is not None and not _is_blank(each)] if isinstance(value, list) else value


FILLED = BeforeValidator(_without_blank)
"""Leaves out of a list what is blank: a form puts there what nobody has filled in."""
LONGEST_LINE, MOST_WORDS = 500, 4_000
# People write and paste these, in a report too: what is no letter of theirs is left out, and refuses nothing (A12).
# No pattern: a client that is generated would refuse by it what we take.
Line = Annotated[str, Field(min_length=1, max_length=LONGEST_LINE), BeforeValidator(_of_one_line)]
Note = Annotated[str, Field(min_length=1, max_length=LONGEST_NOTE), BeforeValidator(_legible)]
Words = Annotated[str, Field(min_length=1, max_length=MOST_WORDS), BeforeValidator(_legible)]
Narrative = Annotated[str, Field(min_length=1, max_length=50_000), BeforeValidator(_legible)]
Code = Annotated[str, Field(min_length=1, max_length=32), BeforeValidator(_of_one_line)]
Name = Annotated[str, Field(max_length=128, pattern=NO_CONTROLS)]
Names = Annotated[list[Name], Field(max_length=100)]
TypeCode = Annotated[str, among(TYPES), WithJsonSchema({"type": "string", "enum": list(TYPES)})]
Country = Annotated[
    str,
    among(COUNTRIES, "ISO 3166-1 alpha-2", "two capital letters, such as CO"),
    WithJsonSchema({"type": "string", "enum": sorted(COUNTRIES), "description": "ISO 3166-1 alpha-2"}),
]
Instant = Annotated[datetime, BeforeValidator(_instant)]
ByItsClock = Annotated[Instant | None, BeforeValidator(_unless_never_set)]
"""An instant as a telephone has it; none where its clock was never set, or a program writes so that it knows none."""
Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,7}[smhd]$", "example": "90m"}),
]
Zone = Annotated[
    str,
    BeforeValidator(_zone),
    WithJsonSchema({"type": "string", "description": "IANA time zone, such as America/Bogota"}),
]


class Strict(BaseModel):
    """A request body that refuses unknown fields. Null is as if an optional field were left out, or its own value."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    @model_validator(mode="wrap")
    @classmethod
    def _naming_fields(cls, given: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:
        if isinstance(given, dict) and None in given.values():
            # Null is a value of the others: news take back by it what was known of a person.
            optional = {name: each for name, each in cls.model_fields.items() if not each.is_required()}
            left_out = {name for name, each in optional.items() if each.default is not None}
            given = {name: value for name, value in given.items() if value is not None or name not in left_out}
        try:
            return validate(given)
        except ValidationError as error:
            faults = [_retold(fault, cls) for fault in error.errors()]
            raise ValidationError.from_exception_data(cls.__name__, faults) from None


class Filled(Strict):
    """What a form may have filled in: an empty text is as if an optional field were left out (A2)."""

    @model_validator(mode="before")
    @classmethod
    def _leave_out_empty(cls, given: Any) -> Any:
        if not isinstance(given, dict) or not any(map(_is_blank, given.values())):
            return given
        optional = {name for name, each in cls.model_fields.items() if not each.is_required()}
        return {name: value for name, value in given.items() if name not in optional or not _is_blank(value)}


def _retold(fault: ErrorDetails, model: type[BaseModel]) -> InitErrorDetails:
    """The error to raise in place of that one; for an unknown field it also lists the known ones."""
    context = fault.get("ctx", {})
    if fault["type"] == "extra_forbidden" and len(fault["loc"]) == 1:
        context = {"allowed": list(model.model_fields)}
    error = PydanticCustomError(fault["type"], fault["msg"], context)
    return InitErrorDetails(type=error, loc=fault["loc"], input=fault["input"])


def set_apart(given: Mapping[str, Any], validate: Callable[[Any], object]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split a body into what can be used and what can't, the latter by path.

    `validate` raises for what can't be used; all fields of the body must be optional. Of an object only the bad part is
    left out where that suffices.
    """
    usable = {UNTYPED.sub("", name): _with_clean_names(value) for name, value in given.items()}
    unusable: dict[str, Any] = {}
    while paths := _at_fault(usable, validate):
        for *above, name in paths:
            holder = usable.get(above[0], {}) if above else usable
            if name in holder:
                unusable[".".join((*above, name))] = holder.pop(name)
    return usable, unusable


def _with_clean_names(value: Any) -> Any:
    return {UNTYPED.sub("", name): each for name, each in value.items()} if isinstance(value, dict) else value


def _at_fault(body: dict[str, Any], validate: Callable[[Any], object]) -> list[tuple[str, ...]]:
    """The paths to the faults of a body, the shortest first. A missing field gives the path of its parent."""
    try:
        validate(body)
    except ValidationError as error:
        faults = [(fault["type"], tuple(map(str, fault["loc"]))) for fault in error.errors()]
        # As they came: people read them so, and who asks again must have asked the same.
        return sorted(dict.fromkeys(path[:-1] if kind == "missing" else path[:2] for kind, path in faults), key=len)
    return []


def words_of(values: Mapping[str, Any]) -> str | None:
    """Values as text for people, a line each with its name; None where there are none."""
    lines = (f"{name}: {each if isinstance(each, str) else _written(each)}" for name, each in values.items())
    return UNTYPED.sub("", "\n".join(lines))[:MOST_WORDS].strip() or None


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
