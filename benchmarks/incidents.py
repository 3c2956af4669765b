"""Opens and closes incidents by the program's own flows, where raising them is not what is measured."""

from alertnet.core.incident import CloseReason
from alertnet.flows.incidents.close_incident import close_incident
from alertnet.flows.incidents.open_incident import open_incident
from alertnet.flows.unit.locked_incident import take_up
from alertnet.store.db.tx import Tx
from alertnet.store.records.editions import Edition
from alertnet.web.api.incidents import Report
from benchmarks.trees import report


def open_one(tx: Tx, edition: Edition, country: str) -> str:
    """Open an incident in that country; returns its id."""
    facts = Report.model_validate(report(country)).facts(None)
    return open_incident(tx, edition, facts, by="benchmark").incident.id


def close_one(tx: Tx, incident: str) -> None:
    locked = take_up(tx, incident)
    close_incident(locked, CloseReason.RESOLVED, by="benchmark")
    locked.finish()
