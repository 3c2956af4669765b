"""What comes of an open incident if nobody does anything: entries of its timeline that are not there yet."""

from datetime import timedelta

from alertnet.core.directory.contact import MethodKind
from alertnet.core.forecast.simulate import go_on
from alertnet.core.forecast.simulated_incident import SimulatedIncident
from alertnet.core.forecast.simulation import Noted, Told
from alertnet.flows.escalation.escalate import OnRecord
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.views.shapes import moment
from alertnet.store.views.timeline_view import EntryView

HORIZON = timedelta(hours=3)


def play_on(locked: LockedIncident) -> SimulatedIncident:
    """The next hours of the incident, if nobody answers and no coordinator decides."""
    due_at = {each.tree: each.due_at for each in locked.escalations}
    return go_on(locked.plans, locked.states, due_at, OnRecord(locked), locked.tx.now, locked.tx.now + HORIZON)


def entries_ahead(locked: LockedIncident) -> list[EntryView]:
    """What the timeline would say of the next hours, as the core will decide then; none of a closed incident.

    Nor of one of which something can't be read: nobody knows then what its other escalations will do (A11).
    """
    if not locked.is_open or locked.broken:
        return []
    incident = play_on(locked)
    # What rings at coordinators until they answer stands among what is to be decided.
    told = (each for each in incident.told if each.kind.is_alert or each.method.kind is MethodKind.TASK)
    comes: list[Told | Noted] = [*told, *incident.noted]
    return [_entry(each) for each in sorted(comes, key=lambda each: each.at)]


def _entry(of: Told | Noted) -> EntryView:
    if isinstance(of, Noted):
        return EntryView(seq=0, at=moment(of.at), kind=of.kind, payload={"tree": of.tree, **of.payload}, hash="")
    payload = {"tree": of.tree, "contact": of.contact.id, "method": of.method.kind.value, "message": of.kind.value}
    return EntryView(seq=0, at=moment(of.at), kind="attempt_sent", payload=payload, hash="")
