"""How a list goes on: the moment and id of the last one that was shown, as one opaque word."""

import base64
import binascii
from datetime import UTC, datetime

from alertnet.core.errors import BadInput
from alertnet.core.limits import is_instant


def cursor_of(at: datetime, id: str) -> str:
    """What asks for those that come after that one in a list."""
    return base64.urlsafe_b64encode(f"{at.isoformat()} {id}".encode()).decode()


def read_cursor(text: str) -> tuple[datetime, str]:
    """The moment and id that `cursor_of` was given.

    Raises:
        BadInput: it would not have written that.
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
