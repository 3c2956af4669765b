"""An officer's turns of duty as a calendar (iCalendar, RFC 5545), at a secret URL (B1)."""

from collections.abc import Iterator
from datetime import UTC, datetime

from alertnet.core.directory.contact_tree import Network
from alertnet.core.errors import BadInput
from alertnet.flows.credentials.page_links import LINK_CHARACTERS
from alertnet.flows.system.duty import coming_turns
from alertnet.store.db.tx import Tx
from alertnet.store.records import on_call, timeline

WEEKS = 26
"""How far a calendar looks ahead."""
TOKEN_LENGTH = 24  # Of 32 letters: 120 bits, since it lasts for years.
LONGEST_LINE = 75  # octets, RFC 5545 3.1


def officer_named(network: Network, name: str) -> str:
    """The id of the officer of that name, `member` or `team/member`.

    Refuses a name that nobody on a rota has, or several.
    """
    known = {officer.id for _, _, duty in network.with_duty for officer in duty.rota}
    found = [id for id in sorted(known) if name in (id, id.partition("/")[2])]
    if len(found) != 1:
        raise BadInput("member", name, found or sorted(known) or "nobody: no rota has anybody on it")
    return found[0]


def calendar_of(tx: Tx, network: Network, officer: str | None) -> str:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//alertnet//duty//EN", "CALSCALE:GREGORIAN"]
    for tree, contact, turn in coming_turns(tx, network, WEEKS):
        if turn.officer and officer in (None, turn.officer.id):
            who = "" if officer else f"{turn.officer.id}: "
            lines += [
                "BEGIN:VEVENT",
                f"UID:{tree.id}-{contact.id}-{_utc(turn.starts_at)}@alertnet",
                f"DTSTAMP:{_utc(tx.now)}",
                f"DTSTART:{_utc(turn.starts_at)}",
                f"DTEND:{_utc(turn.ends_at)}",
                f"SUMMARY:{_escaped(f'{who}{tree.sender}, {contact.id}')}",
                "END:VEVENT",
            ]
    return "".join(f"{part}\r\n" for line in [*lines, "END:VCALENDAR"] for part in _folded(line))


def open_calendar(tx: Tx, officer: str, by: str) -> str:
    """Make a new secret token for an officer's calendar; the former token stops working."""
    token = tx.entropy.letters(TOKEN_LENGTH, LINK_CHARACTERS)
    on_call.publish_calendar(tx, officer, token)
    timeline.note(tx, "duty_calendar_opened", officer=officer, by=by)
    return token


def close_calendar(tx: Tx, officer: str, by: str) -> None:
    """Close an officer's calendar: its token stops working."""
    on_call.withdraw_calendar(tx, officer)
    timeline.note(tx, "duty_calendar_closed", officer=officer, by=by)


def calendar_at(tx: Tx, network: Network, token: str) -> str | None:
    officer = on_call.officer_of_calendar(tx, token)
    return None if officer is None else calendar_of(tx, network, officer)


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")


def _folded(line: str) -> Iterator[str]:
    """Split a line into parts of allowed length; all but the first begin with a space."""
    part = ""
    for sign in line:
        if len((part + sign).encode()) > LONGEST_LINE:
            yield part
            part = " "
        part += sign
    yield part
