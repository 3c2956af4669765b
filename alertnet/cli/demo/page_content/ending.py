"""What came of an incident that is closed: how many were told, took charge, and how long it took."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from alertnet.cli.demo.page_content.marks import ALERTS
from alertnet.cli.demo.page_content.names import Names
from alertnet.sandbox.page import Ending
from alertnet.store.views.shapes import IncidentView
from alertnet.store.views.timeline_view import EntryView


def sum_up(view: IncidentView, entries: Sequence[EntryView], names: Names) -> Ending:
    """The three numbers; who stands in two trees is counted once."""
    told = (each for each in view["notifications"] if each["kind"] in ALERTS and each["status"] != "failed")
    took_charge = (
        each for each in view["acknowledgements"] if each["kind"] == "acknowledged" and each["revoked_at"] is None
    )
    closed = [datetime.fromisoformat(entry["at"]) for entry in entries if entry["kind"] == "incident_closed"]
    lasted = closed[-1] - datetime.fromisoformat(view["opened_at"])
    return Ending(
        told=_count(((each["tree"], each["contact"]) for each in told), names),
        took_charge=_count(((each["tree"], each["contact"]) for each in took_charge), names),
        minutes=round(lasted / timedelta(minutes=1)),
    )


def _count(contacts: Iterable[tuple[str | None, str]], names: Names) -> int:
    return len({names.party(tree, contact) or contact for tree, contact in contacts if tree})
