"""What those concerned agree to: a narrower consent holds at once, a wider one waits for a coordinator (A3, A8)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from alertnet.core.errors import BadInput
from alertnet.core.incident import Scope, Wider
from alertnet.core.replan.difference import with_consent
from alertnet.flows.incidents.update import apply_facts, must_be_open
from alertnet.flows.unit.locked_incident import LockedIncident


def hear_consent(
    locked: LockedIncident,
    scope: Scope,
    *,
    given_by: str,
    how: str,
    by: str,
    at: datetime | None = None,
    people: tuple[str, ...] = (),
) -> None:
    """Record consent, for the incident or for some of its people; the latest word of each holds.

    A narrower one applies at once, for what is queued too; a wider one takes effect when a coordinator re-resolves.

    Raises:
        WrongState: the incident is closed. BadInput: a person that the incident does not name.
    """
    must_be_open(locked)
    holds: dict[str | None, Scope | None] = {person.code: person.consent for person in locked.facts.people}
    for code in people:
        if code not in holds:
            raise BadInput("people", code, sorted(map(str, holds)) or "a person of this incident")
    holds[None] = locked.facts.consent
    moment = at or locked.tx.now
    given = [Wider(scope, person, given_by, how, moment) for person in people or (None,)]
    wider = [each for each in given if _widens(holds[each.person], scope)]
    said = {"given_by": given_by, "how": how, "at": moment.isoformat(), "by": by}
    locked.record("consent_recorded", scope=scope.value, people=list(people), waits=bool(wider), **said)
    others = [each for each in locked.incident.wider if each.person not in {one.person for one in given}]
    let_wait(locked, (*others, *wider))
    apply_facts(locked, with_consent(locked.facts, [each for each in given if each not in wider]))


def let_wait(locked: LockedIncident, wider: tuple[Wider, ...]) -> None:
    """Let consent wait for a coordinator; the incident says so."""
    said = _words(locked.incident.wider)
    warnings = (*(each for each in locked.incident.warnings if each not in said), *_words(wider))
    locked.incident = replace(locked.incident, wider=wider, warnings=warnings)
    locked.save_facts()


def _widens(before: Scope | None, scope: Scope) -> bool:
    """Whether consent is wider than what was recorded; where nothing was, it can only narrow."""
    return before is not None and not before.allows(scope)


def _words(wider: Sequence[Wider]) -> list[str]:
    when = "takes effect when a coordinator re-resolves, having seen the difference"
    return [f"wider consent{f' of {each.person}' if each.person else ''} ({each.scope}) {when}" for each in wider]
