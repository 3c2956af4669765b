"""Drills: begun at once, or planned for a later moment and again after so many months.

A drill is an incident like any other, except for who is told: our own people, and others who have agreed to take part.
"""

from dataclasses import replace
from datetime import datetime

from alertnet.core.directory.contact_tree import Network, zone_among
from alertnet.core.disclosure import Subject
from alertnet.core.errors import BadInput, Unknown, WrongState
from alertnet.core.incident import Facts
from alertnet.core.limits import PLANNED_DRILLS
from alertnet.core.monitoring.drills import AFTER_REAL, MOST_MONTHS, Drill, DrillStatus, planned
from alertnet.core.notification import Kind
from alertnet.core.resolution.known_people import checked
from alertnet.flows.incidents.open_incident import open_incident
from alertnet.flows.notifications.system_notices import Announcement, tell_coordinators
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.db.tx import Tx
from alertnet.store.queues import drills
from alertnet.store.queues.drills import StoredDrill
from alertnet.store.records import timeline
from alertnet.store.records.editions import Edition
from alertnet.store.views import incident_list

UNKNOWN_NAME = "unknown_name"


def begin_drill(tx: Tx, edition: Edition, facts: Facts, *, by: str) -> LockedIncident:
    """Begin a drill now, with what `open_incident` accepts, and store it with the drills held."""
    drill = planned(facts, tx.now, zone_of(edition.network, facts), by)
    locked = open_incident(tx, edition, drill.facts, by=by)
    drills.add(tx, drill.over(), incident=locked.incident.id)
    return locked


def plan_drill(tx: Tx, edition: Edition, facts: Facts, at: datetime, every_months: int | None, *, by: str) -> str:
    """Plan a drill for that moment, and again after so many months each; returns its id."""
    checked(facts, edition.network)
    if at <= tx.now:
        raise BadInput("at", at.isoformat(), "a moment that is still to come")
    if every_months is not None and not 1 <= every_months <= MOST_MONTHS:
        raise BadInput("every_months", every_months, f"1 to {MOST_MONTHS}")
    if drills.count_planned(tx.session) >= PLANNED_DRILLS:
        raise WrongState("the list of planned drills", "full", "cancel one of them first")
    id = drills.add(tx, planned(facts, at, zone_of(edition.network, facts), by, every_months))
    timeline.note(tx, "drill_planned", drill=id, at=at.isoformat(), by=by)
    return id


def cancel_drill(tx: Tx, id: str, *, by: str) -> None:
    """Cancel a planned drill and those that would follow it."""
    stored = drills.hold(tx, id)
    if stored is None:
        raise Unknown("drill", id[:32])
    if stored.status is not DrillStatus.PLANNED:
        raise WrongState("the drill", stored.status.value, "only a planned one can be cancelled")
    drills.save(tx, id, stored.drill.over(), DrillStatus.CANCELLED)
    timeline.note(tx, "drill_cancelled", drill=id, by=by)


def take_up_drill(tx: Tx, edition: Edition, id: str) -> None:
    """Do what is due for a planned drill: tell the coordinators a day before, then begin it, or record why not."""
    stored = drills.hold(tx, id)
    if stored is None or stored.status is not DrillStatus.PLANNED or stored.drill.due_at > tx.now:
        return
    drill = stored.drill
    if not drill.is_told and drill.starts_at > tx.now:
        _tell(tx, edition.network, drill, Subject.DRILL_COMES)
        drills.save(tx, id, replace(drill, is_told=True), DrillStatus.PLANNED)
        return
    why = _why_not(tx, drill) or _begin(tx, edition, stored)
    if why is not None:
        drills.save(tx, id, drill.over(why), DrillStatus.SKIPPED)
        timeline.note(tx, "drill_skipped", drill=id, why=why)
        _tell(tx, edition.network, drill, Subject.DRILL_SKIPPED)
    following = drill.following(tx.now)
    if following is not None:
        drills.add(tx, following)


def zone_of(network: Network, facts: Facts) -> str:
    """The time zone of a drill in that country: that of the nearest tree that is told."""
    return zone_among(network.serving_or_all(facts.country, facts.place))


def _begin(tx: Tx, edition: Edition, stored: StoredDrill) -> str | None:
    """Begin the drill and return None, or return why it can't begin: the edited trees no longer know a name in it."""
    try:
        locked = open_incident(tx, edition, stored.drill.facts, by=stored.drill.by)
    except BadInput:
        return UNKNOWN_NAME
    drills.save(tx, stored.id, stored.drill.over(), DrillStatus.HELD, incident=locked.incident.id)
    timeline.note(tx, "drill_held", drill=stored.id, ref=locked.incident.ref)
    return None


def _why_not(tx: Tx, drill: Drill) -> str | None:
    """`late`, or the reference of a critical incident in its way that may be real; None where it may begin."""
    if drill.is_late(tx.now):
        return "late"
    found = incident_list.pressing(tx.session, drill.facts.country, tx.now - AFTER_REAL)
    return next((each.ref for each in found if not (each.drill or each.is_text)), None)


def _tell(tx: Tx, network: Network, drill: Drill, subject: Subject) -> None:
    announced = Announcement(Kind.NOTICE, subject, about=drill.facts.country, at=drill.starts_at)
    tell_coordinators(tx, network.serving_or_all(drill.facts.country, drill.facts.place), announced)
