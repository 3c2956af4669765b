"""Wrong codes of each number in an incident.

The holder of the incident's lock reads and writes them, so each counts.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import insert, select, update

from alertnet.core.limits import Guesses, Usage
from alertnet.store.db.tx import Tx
from alertnet.store.tables import guesses


def read(tx: Tx, incidents: Sequence[str], number: str) -> dict[str, Guesses]:
    """The wrong codes of the number in those incidents where it had any."""
    query = select(guesses).where(
        guesses.c.incident_id.in_(incidents), guesses.c.number_index.in_(tx.vault.indexes(number))
    )
    return {
        row.incident_id: Guesses(
            Usage(tuple(datetime.fromisoformat(moment) for moment in row.until)),
            row.tries,
            row.renewed_at,
            row.locked_at,
        )
        for row in tx.session.execute(query)
    }


def keep(tx: Tx, number: str, before: Mapping[str, Guesses], after: Mapping[str, Guesses]) -> None:
    """Save the wrong codes of the number, by incident; `before`: what was read."""
    fresh = []
    for incident, each in after.items():
        values = {
            "until": [moment.isoformat() for moment in each.usage.until],
            "tries": each.tries,
            "renewed_at": each.renewed_at,
            "locked_at": each.locked_at,
        }
        if incident in before:
            mine = guesses.c.number_index.in_(tx.vault.indexes(number))
            tx.session.execute(update(guesses).where(guesses.c.incident_id == incident, mine).values(values))
        else:
            fresh.append({"incident_id": incident, "number_index": tx.vault.index(number), **values})
    if fresh:
        tx.session.execute(insert(guesses), fresh)
