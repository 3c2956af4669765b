"""Moments as they are typed: by a clock on the wall, or with a zone of their own."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from alertnet.core.errors import BadInput
from alertnet.core.limits import is_instant


def typed_moment(option: str, text: str, zone: ZoneInfo, *allowed: str) -> datetime:
    """The instant that was typed; without a zone it is by the clock of `zone`.

    Raises:
        BadInput: it is none, or none of the years 2000 to 2100; says what is allowed.
    """
    try:
        at = datetime.fromisoformat(text)
        moment = (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        moment = None
    if moment is None or not is_instant(moment):
        raise BadInput(option, text, (*allowed, "within the years 2000 to 2100"))
    return moment
