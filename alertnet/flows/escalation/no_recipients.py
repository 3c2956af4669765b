"""Trees that may tell nobody: their escalations stop until they may again; where all are so, it is said aloud (A2)."""

from alertnet.core.escalation.advance import restore, stop
from alertnet.core.escalation.state import Status
from alertnet.flows.unit.locked_incident import LockedIncident

NOBODY = "nobody at all may be told of this incident: raise the alarm by hand"


def nobody_serves(country: str) -> str:
    """What is said where the trees of a country reach nobody."""
    return f"nobody in the trees that serve {country} may be told: the last resort of every tree is alerted"


def stop_what_reaches_nobody(locked: LockedIncident) -> None:
    """A tree left with nobody stops; where all are, those with a last resort go on, or else we say so (A2).

    One that stopped so and reaches somebody again goes on from now, where it stood.
    """
    empty = [each for each in locked.escalations if locked.plans[each.tree].reaches_nobody]
    if len(empty) == len(locked.escalations):
        empty = [each for each in empty if not locked.plans[each.tree].last_resort]
        if len(empty) == len(locked.escalations):
            locked.warn(NOBODY)
    for escalation in locked.escalations:
        is_stopped = escalation.state.status is Status.STOPPED
        if escalation in empty and not is_stopped:
            escalation.state, escalation.due_at = stop(escalation.state, locked.tx.now), None
            locked.save(escalation)
            locked.record("escalation_stopped", tree=escalation.tree)
        elif is_stopped and escalation not in empty:
            escalation.state = restore(escalation.state, locked.tx.now)
            locked.record("escalation_restored", tree=escalation.tree)
