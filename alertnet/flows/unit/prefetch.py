"""Reading ahead: what several incidents need is read for all of them when the first of them needs it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select

from alertnet.flows.unit.code_pool import CodePool
from alertnet.store.db.tx import Tx


class Prefetch:
    """Rows of incidents that are taken up together; where it is one alone, nothing is read ahead.

    Whoever asks a second time for the same rows reads them anew: they may have changed by then.
    """

    def __init__(self, tx: Tx, incidents: Sequence[str]) -> None:
        self.code_pool = CodePool(tx, len(incidents))
        self._session = tx.session
        self._incidents = frozenset(incidents)
        self._found: dict[Select[Any], dict[str, list[Row[Any]]]] = {}

    def rows_of(self, statement: Select[Any], incident: str) -> Sequence[Row[Any]]:
        """The incident's rows of a statement that takes `incidents` and gives a column `incident_id`."""
        found = self._found.get(statement)
        if found is None:
            found = self._found[statement] = self._read(statement, self._incidents | {incident})
        rows = found.pop(incident, None)
        return self._read(statement, {incident})[incident] if rows is None else rows

    def _read(self, statement: Select[Any], incidents: frozenset[str] | set[str]) -> dict[str, list[Row[Any]]]:
        found: dict[str, list[Row[Any]]] = {incident: [] for incident in incidents}
        for row in self._session.connection().execute(statement, {"incidents": sorted(incidents)}):
            found[row.incident_id].append(row)
        return found
