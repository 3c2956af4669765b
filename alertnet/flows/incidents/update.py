"""News of an incident, and what changes who is told: severity, people, perpetrator, exclusions (A3, A8)."""

from dataclasses import replace

from alertnet.core.errors import BadInput, WrongState
from alertnet.core.escalation.state import PlanChanged
from alertnet.core.incident import Facts
from alertnet.core.notification import Kind
from alertnet.core.resolution.resolve import unmatched_exclusions
from alertnet.flows.escalation.escalate import for_all, move
from alertnet.flows.escalation.no_recipients import stop_what_reaches_nobody
from alertnet.flows.incidents.news import UPDATED
from alertnet.flows.notifications.cancel_alerts import cancel_barred
from alertnet.flows.notifications.stand_down import tell_those_told
from alertnet.flows.unit.locked_incident import LockedIncident


def update_incident(locked: LockedIncident, text: str, facts: Facts, *, by: str) -> None:
    """Keep the news, tell exactly those who were told that there is some, and let new facts change the plan at once.

    The text itself travels in no message (A9): it is on the page of those who may read it.

    Raises:
        WrongState: the incident is closed.
    """
    must_be_open(locked)
    locked.record(UPDATED, by=by, text=text)
    tell_those_told(locked, Kind.UPDATE)
    apply_facts(locked, facts)


def exclude(locked: LockedIncident, names: tuple[str, ...], *, by: str) -> None:
    """Spare contacts, organisations or roles from now on, whatever is queued for them.

    Raises:
        WrongState: the incident is closed. BadInput: a name that no pinned tree knows.
    """
    must_be_open(locked)
    trees = [plan.tree for plan in locked.plans.values()]
    unknown = unmatched_exclusions(names, trees)
    if unknown:
        raise BadInput("contacts", unknown[0], sorted({id for tree in trees for id in tree.contacts}))
    locked.record("excluded", contacts=list(names), by=by)
    apply_facts(locked, replace(locked.facts, exclude=tuple(dict.fromkeys((*locked.facts.exclude, *names)))))


def apply_facts(locked: LockedIncident, facts: Facts) -> None:
    """Let new facts change the plan at once, on the pinned trees (A8)."""
    if facts == locked.facts:
        return
    locked.change_facts(facts)
    stop_what_reaches_nobody(locked)
    move(locked, for_all(locked, PlanChanged()))
    cancel_barred(locked)


def must_be_open(locked: LockedIncident) -> None:
    """Refuse a change to an incident that is closed.

    Raises:
        WrongState: it is closed.
    """
    if not locked.is_open:
        raise WrongState(f"incident {locked.incident.ref}", "closed", "reopen it first")
