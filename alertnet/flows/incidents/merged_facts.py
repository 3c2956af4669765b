"""What each of several merged reports learns while they are one, so that it knows it after a split as well (A3)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from alertnet.core.incident import Facts
from alertnet.core.replan.merging import informed
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.records import incidents as incident_store


def learn_from(locked: LockedIncident, phone: str, learnt: Callable[[Facts], Facts]) -> None:
    """Add to this phone's report what it says now, as far as others had not said it before.

    It is kept after a split.
    """
    merged = locked.incident.merged
    if merged is not None and merged.own.raised_from == phone:
        locked.incident = replace(locked.incident, merged=replace(merged, own=learnt(merged.own)))
        incident_store.save_merging(locked.tx.session, locked.incident)
    for part in locked.parts:
        if part.facts.raised_from == phone:
            locked.save_part(part, learnt(part.facts))


def inform_parts(locked: LockedIncident) -> None:
    """Let each part keep what was learnt since that is more severe or narrower, or spares somebody (A3)."""
    merged = locked.incident.merged
    for part in locked.parts if merged else ():
        assert merged is not None
        facts = informed(part.facts, merged.joined, locked.facts)
        if facts != part.facts:
            locked.save_part(part, facts)


def mark_anew(locked: LockedIncident, **marks: bool) -> None:
    """Keep what a phone has just said after a split too, where another report of the event had said it before.

    The facts known together then lose those marks, since they are newer.
    """
    merged = locked.incident.merged
    said: dict[str, Any] = {name: False for name, is_set in marks.items() if is_set}
    if merged is not None and said:
        locked.incident = replace(locked.incident, merged=replace(merged, joined=replace(merged.joined, **said)))
        incident_store.save_merging(locked.tx.session, locked.incident)
