"""Pages of lists, and their cursors: the list, and the moment and id of the last item, as one opaque word."""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from pydantic import Field

from alertnet.core.errors import BadInput
from alertnet.core.limits import is_instant

T = TypeVar("T")

PAGE = 50
"""How many items a page has."""
Place = tuple[datetime, str]
"""The moment and id of an item."""


Cursor = Annotated[str | None, Field(max_length=200)]


def page_of(of: str, found: Sequence[T], place: Callable[[T], Place]) -> tuple[Sequence[T], str | None]:
    """The first page of what was found, and the cursor of the next; look for `PAGE + 1`, so that it shows if any is."""
    page = found[:PAGE]
    return page, cursor_of(of, *place(page[-1])) if len(found) > PAGE else None


def cursor_of(of: str, at: datetime, id: str) -> str:
    """The cursor for what comes after that item of that list."""
    return base64.urlsafe_b64encode(f"{of} {at.isoformat()} {id}".encode()).decode()


def read_cursor(of: str, text: str | None) -> Place | None:
    """The moment and id in a cursor; None for the first page. Raises `BadInput` where it is none of that list."""
    if not text:
        return None
    try:
        _, at, id = base64.b64decode(text, altchars=b"-_", validate=True).decode("ascii").split(" ")
        moment = datetime.fromisoformat(at).astimezone(UTC)
        is_own = is_instant(moment) and id.isalnum() and cursor_of(of, moment, id) == text
    except (ValueError, OverflowError, binascii.Error):
        is_own = False
    if not is_own:
        raise BadInput("cursor", text, "the `next` of an earlier answer")
    return moment, id
