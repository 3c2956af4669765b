"""Purging: the content of a closed incident is erased for good; that it existed, and how it went, stays (A10).

It begins in one transaction, after which the content is not shown any more, and goes on a few rows at a time.
"""

from collections.abc import Sequence
from datetime import datetime

from alertnet.core.codec import value
from alertnet.core.directory.contact_tree import ContactTree
from alertnet.core.disclosure import Subject
from alertnet.core.errors import WrongState
from alertnet.core.incident import Incident, IncidentStatus
from alertnet.core.notification import Kind
from alertnet.flows.notifications.system_notices import Announcement, tell_coordinators
from alertnet.store import erasure
from alertnet.store.db.tx import Tx
from alertnet.store.records import checkpoints, incidents, timeline
from alertnet.store.views import incident_list

AT_ONCE = 200
"""The most rows erased in one transaction, so that an alarm that waits for it waits only a moment."""
MOST = 1000
"""The most incidents that one look finds."""


@value
class PurgeDecision:
    """Who decided on a purge, and why; it stays on record for good."""

    by: str
    why: str


@value
class Candidate:
    """A closed incident that is old enough, or was asked for; `kept`: why it can't be purged now."""

    incident: Incident
    kept: str | None


def old_enough(tx: Tx, before: datetime) -> Sequence[str]:
    """Ids of the incidents closed by then, the earliest closed first; held ones are left out."""
    return erasure.purgeable(tx.session, before, MOST)


def candidates(tx: Tx, before: datetime) -> list[Candidate]:
    """The incidents closed by then, each with the reason that keeps it, if any."""
    ids = old_enough(tx, before)
    known = {each.id: each for each in incidents.outlines(tx.session, ids)}
    return [Candidate(known[id], _why_kept(tx, known[id])) for id in ids]


def candidate(tx: Tx, ref: str) -> Candidate:
    """The incident of that reference, be it that its purge was cut short. Raises `Purged` for one that is erased."""
    id = erasure.begun(tx.session, ref) or incidents.id_of(tx, ref)
    [incident] = incidents.outlines(tx.session, [id])
    return Candidate(incident, _why_kept(tx, incident))


def begin_purge(tx: Tx, id: str, decision: PurgeDecision, before: datetime | None = None) -> None:
    """Begin a purge: stop showing the incident's content, and record in both histories who decided it and why.

    Refused while it is open or held, or something of it is under way, and of what was closed after `before`.
    """
    incident = incidents.lock(tx.session, erasure.parts_of(tx.session, id), in_outline=True)[id]
    kept = _why_kept(tx, incident)
    if kept is None and before is not None and incident.closed_at is not None and incident.closed_at > before:
        kept = f"closed since {incident.closed_at:%Y-%m-%d}"
    if kept is not None:
        raise WrongState(incident.ref, kept, "it can't be purged now")
    ends = erasure.begin(tx, incident, vars(decision))
    timeline.note(tx, "incident_purged", ref=incident.ref, **vars(decision))
    tx.at_end(lambda: checkpoints.note(tx, ends))


def erase_part(tx: Tx, id: str) -> bool:
    """Erase the next rows of an incident whose purge has begun; whether nothing is left."""
    erasure.begin_to_erase(tx)
    return erasure.erase_some(tx, erasure.parts_of(tx.session, id), AT_ONCE)


def erase_old_part(tx: Tx, before: datetime, decision: PurgeDecision) -> bool:
    """Erase the next rows that belong to no incident and are older than that; whether nothing is left."""
    erasure.begin_to_erase(tx)
    return erasure.erase_old(tx, before, vars(decision), AT_ONCE) < AT_ONCE


def tell_failed(tx: Tx, trees: Sequence[ContactTree], id: str) -> None:
    """Tell the coordinators that an incident can't be purged, once for as long as the system's history says so."""
    [failed] = incident_list.listed(tx.session, [id])
    known = timeline.of_kind(tx.session, timeline.SYSTEM, "purge_failed")
    if failed.ref not in [entry["ref"] for _, entry in known if entry]:
        timeline.note(tx, "purge_failed", ref=failed.ref)
        tell_coordinators(tx, trees, Announcement(Kind.NOTICE, Subject.NOT_PURGED, about=failed.ref))


def hold(tx: Tx, ref: str, decision: PurgeDecision, *, is_held: bool) -> None:
    """Keep an incident and its parts, open or closed, from being purged, or allow it again."""
    id = incidents.id_of(tx, ref, own=True)
    incident = incidents.lock_acting(tx.session, [id], in_outline=True)[id]
    every_id = erasure.parts_of(tx.session, incident.id)
    if (incidents.held_since(tx.session, every_id) is not None) is is_held:
        raise WrongState(incident.ref, "held" if is_held else "not held", "nothing was changed")
    incidents.save_hold(tx.session, every_id, tx.now if is_held else None)
    kind = "incident_held" if is_held else "incident_released"
    timeline.note(tx, kind, ref=incident.ref, **vars(decision))


def _why_kept(tx: Tx, incident: Incident) -> str | None:
    if incident.purged_at is not None:
        return None
    if incident.status is IncidentStatus.OPEN:
        return "open"
    if incident.part_of is not None:
        return "merged into another"  # Since it was asked for: that one acts for it, and is purged with it.
    every_id = erasure.parts_of(tx.session, incident.id)
    if (since := incidents.held_since(tx.session, every_id)) is not None:
        return f"held since {since:%Y-%m-%d}"
    return "still under way" if erasure.is_under_way(tx.session, every_id) else None
