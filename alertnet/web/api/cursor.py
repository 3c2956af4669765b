"""Cursors for lists: the moment and id of the last item, as one opaque word."""

import base64
import binascii
from datetime import UTC, datetime

from alertnet.core.errors import BadInput
from alertnet.core.limits import is_instant


def cursor_of(at: datetime, id: str) -> str:
    """The cursor for what comes after that item."""
    return base64.urlsafe_b64encode(f"{at.isoformat()} {id}".encode()).decode()


def read_cursor(text: str) -> tuple[datetime, str]:
    """Read a cursor back into moment and id.

    Raises:
        BadInput: `cursor_of` did not make it.
    """
    try:
        at, id = base64.b64decode(text, altchars=b"-_", validate=True).decode("ascii").split(" ")
        moment = datetime.fromisoformat(at).astimezone(UTC)
        is_own = is_instant(moment) and id.isalnum() and cursor_of(moment, id) == text
    except (ValueError, OverflowError, binascii.Error):
        is_own = False
    if not is_own:
        raise BadInput("cursor", text, "the `next` of an earlier answer")
    return moment, id
