"""Incidents that were closed, the latest first, for the board: reading on until enough of them are real."""

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import islice

from alertnet.core.codec import value
from alertnet.store.db.tx import Tx
from alertnet.store.views import incident_list
from alertnet.store.views.incident_list import Closed

EVER, MOST_LISTED = datetime(2000, 1, 1, tzinfo=UTC), 50
AT_A_TIME = 200
"""How many recently closed ones to read at a time. What each is, a drill or a text, is decrypted once."""


@value
class ClosedIncident:
    """An incident, or a text, that was closed lately. `drill`: None where that can't be read."""

    id: str
    kept: Closed
    drill: bool | None
    is_text: bool


def closed_last(tx: Tx) -> tuple[ClosedIncident, ...]:
    """The incidents that were closed last, however long ago, without drills."""
    found = closed_since(tx, (), EVER, MOST_LISTED)
    return tuple(islice((each for each in found if each.drill is not True and not each.is_text), MOST_LISTED))


def closed_since(tx: Tx, before: Iterable[ClosedIncident], since: datetime, most: int) -> Iterable[ClosedIncident]:
    """The latest closed ones, reading on until enough real incidents are among them, however many are drills."""
    known, passed, real = {each.id: each for each in before}, 0, 0
    while passed % AT_A_TIME == 0 and real < most:
        found = incident_list.closed_since(tx.session, since, AT_A_TIME, passed)
        for id, kept in found.items():
            each = known[id] if id in known and known[id].kept == kept else _closed_as(tx, id, kept)
            real += not (each.drill or each.is_text)
            yield each
        if not found:
            return
        passed += len(found)


def _closed_as(tx: Tx, id: str, kept: Closed) -> ClosedIncident:
    drill, is_text = incident_list.drill_and_text(tx.session, id) or (None, False)
    return ClosedIncident(id, kept, drill, is_text)
