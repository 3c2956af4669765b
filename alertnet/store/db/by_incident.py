"""Reading rows of several incidents in one statement, each incident's own apart."""

from collections.abc import Callable, Collection
from typing import Any, TypeVar

from sqlalchemy import Row
from sqlalchemy.orm import Session

from alertnet.store.db.prepared import Prepared

Value = TypeVar("Value")


def by_incident(
    session: Session, statement: Prepared, incidents: Collection[str], value_of: Callable[[Row[Any]], Value]
) -> dict[str, list[Value]]:
    """The values of a statement that takes `incidents` and gives a column `incident_id`; none: an empty list."""
    found: dict[str, list[Value]] = {incident: [] for incident in incidents}
    for row in statement.all(session, {"incidents": sorted(incidents)}):
        found[row.incident_id].append(value_of(row))
    return found
