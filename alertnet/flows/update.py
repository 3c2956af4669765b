"""News of an incident, and what changes who is told: severity, people, perpetrator, consent, exclusions (A3, A8)."""

from dataclasses import replace
from datetime import datetime

from alertnet.core.errors import BadInput, WrongState
from alertnet.core.escalation import PlanChanged, Status
from alertnet.core.incident import Facts, Scope
from alertnet.core.notification import Kind
from alertnet.core.progress import stop
from alertnet.core.resolution import unmatched_exclusions
from alertnet.flows.cancel import cancel_barred
from alertnet.flows.case import Case
from alertnet.flows.close_incident import tell_those_told
from alertnet.flows.escalate import for_all, move
from alertnet.flows.open_incident import NOBODY
from alertnet.flows.since import UPDATED


def update_incident(case: Case, text: str, facts: Facts, *, by: str) -> None:
    """Keep the news, tell exactly those who were told that there is some, and let new facts change the plan at once.

    The text itself travels in no message (A9): it is on the page of those who may read it.

    Raises:
        WrongState: the incident is closed.
    """
    _must_be_open(case)
    case.record(UPDATED, by=by, text=text)
    tell_those_told(case, Kind.UPDATE)
    _apply(case, facts)


def narrow_consent(
    case: Case,
    scope: Scope,
    *,
    given_by: str,
    how: str,
    by: str,
    at: datetime | None = None,
    people: tuple[str, ...] = (),
) -> None:
    """Record consent, for the incident or for some of its people; a narrower one holds at once, for what is queued too.

    Raises:
        WrongState: the incident is closed, or the consent is wider than what holds: that asks for a new resolution.
        BadInput: a person that the incident does not name.
    """
    _must_be_open(case)
    known = {person.code for person in case.facts.people}
    for code in people:
        if code not in known:
            raise BadInput("people", code, sorted(known) or "a person of this incident")
    if people:
        changed = tuple(
            replace(person, consent=scope) if person.code in people else person for person in case.facts.people
        )
        before = [person.consent for person in case.facts.people if person.code in people]
        widens = any(consent is not None and not consent.allows(scope) for consent in before)
        facts = replace(case.facts, people=changed)
    else:
        widens = not case.facts.consent.allows(scope)
        facts = replace(case.facts, consent=scope)
    if widens:
        raise WrongState(f"consent of {case.incident.ref}", case.facts.consent.value, "a wider one needs re-resolve")
    given = {"given_by": given_by, "how": how, "at": (at or case.tx.now).isoformat(), "by": by}
    case.record("consent_recorded", scope=scope.value, people=list(people), **given)
    _apply(case, facts)


def exclude(case: Case, names: tuple[str, ...], *, by: str) -> None:
    """Spare contacts, organisations or roles from now on, whatever is queued for them.

    Raises:
        WrongState: the incident is closed. BadInput: a name that no pinned tree knows.
    """
    _must_be_open(case)
    trees = [plan.tree for plan in case.plans.values()]
    unknown = unmatched_exclusions(names, trees)
    if unknown:
        raise BadInput("contacts", unknown[0], sorted({id for tree in trees for id in tree.contacts}))
    case.record("excluded", contacts=list(names), by=by)
    _apply(case, replace(case.facts, exclude=tuple(dict.fromkeys((*case.facts.exclude, *names)))))


def _apply(case: Case, facts: Facts) -> None:
    if facts == case.facts:
        return
    case.change_facts(facts)
    _stop_what_reaches_nobody(case)
    move(case, for_all(case, PlanChanged()))
    cancel_barred(case)


def _stop_what_reaches_nobody(case: Case) -> None:
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


def _must_be_open(case: Case) -> None:
    if not case.is_open:
        raise WrongState(f"incident {case.incident.ref}", "closed", "reopen it first")
