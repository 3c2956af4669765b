"""Trees that may tell nobody: their escalations stop; where all are so, it is said aloud (A2)."""

from alertnet.core.escalation import Status
from alertnet.core.progress import stop
from alertnet.flows.case import Case

NOBODY = "nobody at all may be told of this incident: raise the alarm by hand"


def nobody_serves(country: str) -> str:
    """What is said where the trees of a country reach nobody."""
    return f"nobody in the trees that serve {country} may be told: the last resort of every tree is alerted"


def stop_what_reaches_nobody(case: Case) -> None:
    """A tree left with nobody stops; where all are, those with a last resort go on, or else we say so (A2)."""
    empty = [each for each in case.escalations if case.plans[each.tree].reaches_nobody]
    if len(empty) == len(case.escalations):
        empty = [each for each in empty if not case.plans[each.tree].last_resort]
        if len(empty) == len(case.escalations):
            case.warn(NOBODY)
    for escalation in empty:
        if escalation.state.status is not Status.STOPPED:
            escalation.state, escalation.due_at = stop(escalation.state), None
            case.save(escalation)
            case.record("escalation_stopped", tree=escalation.tree)
