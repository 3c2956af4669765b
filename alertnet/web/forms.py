"""Reads posted forms (application/x-www-form-urlencoded), blank and repeated fields included.

Size and number of fields are limited (B9).
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Annotated
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from fastapi import Depends, HTTPException, Path, Request
from starlette.datastructures import ImmutableMultiDict

from alertnet.core.directory.wall_clock import wall_moment
from alertnet.core.errors import BadInput
from alertnet.core.limits import LONGEST_NOTE, is_instant

MOST_FIELDS = 200
IDENTIFIER = re.compile(r"[\x21-\x7e]{1,64}", re.ASCII)
UNTYPED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters except tabs and line ends, and lone surrogates."""

Form = ImmutableMultiDict[str, str]


async def read_form(request: Request) -> Form:
    """The fields of the body, in the order in which they came; 422 for too many."""
    if not hasattr(request.state, "form"):
        request.state.form = form_of(await request.body())
    form: Form = request.state.form
    return form


def form_of(body: bytes) -> Form:
    """The fields of that body; 422 for too many."""
    try:
        pairs = parse_qsl(body.decode(errors="replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise HTTPException(422, f"the form has more than {MOST_FIELDS} fields") from None
    return ImmutableMultiDict(pairs)


def needed(form: Form, name: str) -> str:
    """The value of a required field; raises `BadInput` where it is missing or blank."""
    value = form.get(name)
    if not value:
        raise BadInput(name, None, "a value: the field is required")
    return value


def identifier(form: Form, name: str) -> str:
    """The value of a required field, of up to 64 visible ASCII characters; raises `BadInput` for any other."""
    value = needed(form, name)
    if not IDENTIFIER.fullmatch(value):
        raise BadInput(name, value, "an identifier: at most 64 letters, digits and signs, without spaces")
    return value


def word(form: Form, name: str) -> str | None:
    """The value of an optional field, if it has the form of an identifier; else None."""
    value = form.get(name, "")
    return value if IDENTIFIER.fullmatch(value) else None


def typed(form: Form, name: str) -> str:
    """What a user typed into a field, stripped of control characters; empty where the field is missing."""
    return UNTYPED.sub("", form.get(name, "")).strip()


def number(form: Mapping[str, str], name: str, digits: int) -> int | None:
    """The whole number in a field, of at most so many digits; None where there is none."""
    text = form.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= digits else None


def note(form: Form, name: str) -> str:
    """What a user typed into a field for a few words; raises `BadInput` where it is longer."""
    text = typed(form, name)
    if len(text) > LONGEST_NOTE:
        raise BadInput(name, f"{text[:32]}…", f"at most {LONGEST_NOTE} characters")
    return text


def read_day(field: str, text: str) -> date:
    """The day that a user typed; raises `BadInput` where it is none, or far from our time."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not is_instant(datetime.combine(day, time(), UTC)):
        raise BadInput(field, text[:32] or None, "a day of the years 2000 to 2099, as in 2026-12-24")
    return day


def read_moment(field: str, text: str, zone: ZoneInfo) -> datetime:
    """The moment at which clocks of the zone show what a user typed; `BadInput` where it is none of our time."""
    try:
        shown = datetime.fromisoformat(text)
    except ValueError:
        shown = None
    if shown is None or shown.tzinfo is not None or not is_instant(shown.replace(tzinfo=UTC)):
        raise BadInput(field, text[:32], "a day and a time of the years 2000 to 2099, as in 2026-12-24 18:00")
    return wall_moment(shown, zone)


Posted = Annotated[Form, Depends(read_form)]
Identifier = Annotated[str, Path(pattern=r"^[\x21-\x7e]{1,64}$")]
