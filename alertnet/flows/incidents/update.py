"""News of an incident, and facts that change who is told: severity, people, perpetrator, exclusions, consent (A3, A8).

Narrower consent applies at once; wider consent waits for a coordinator.
"""

from collections.abc import Sequence
from dataclasses import replace

from alertnet.core.disclosure import Subject
from alertnet.core.errors import BadInput
from alertnet.core.incident import Facts, Scope, Wider
from alertnet.core.notification import PromptAnswer, PromptKind
from alertnet.core.replan.difference import as_proposed, at_once, changed, in_words, proposed_by, with_consent
from alertnet.core.resolution.exclusions import names_of
from alertnet.core.resolution.resolve import unmatched_exclusions
from alertnet.flows.escalation.escalate import apply_facts, apply_news, discredited_since
from alertnet.flows.escalation.record_decision import end_change
from alertnet.flows.escalation.record_response import take_back
from alertnet.flows.notifications import prompts
from alertnet.flows.notifications.stand_down import tell_of_news
from alertnet.flows.unit.locked_incident import LockedIncident, Recipient
from alertnet.messages.reported import Happening
from alertnet.store.records import editions
from alertnet.store.records import incidents as incident_store

UPDATED = "updated"
MOST = 10
"""The most news shown, the latest, so that the page loads on a slow line."""


def happened_since(recipient: Recipient, *, reads: bool) -> tuple[Happening, ...]:
    """What has happened since, oldest first. `reads`: with the text of the news; else only that there is some."""
    locked, news = recipient.locked, recipient.locked.history(UPDATED)
    came_to = {each["came_to"] for _, each in news if "came_to" in each}
    gone = incident_store.split_off(locked.tx.session, locked.incident.id, came_to)
    here = [(at, each.get("text")) for at, each in news if each.get("came_to") not in gone]
    events = [Happening(at, news=text if reads else None) for at, text in here]
    events += [Happening(each.at, action=each.action) for each in recipient.reports()]
    return tuple(sorted(events, key=lambda event: event.at)[-MOST:])


def update_incident(locked: LockedIncident, text: str, facts: Facts, *, by: str) -> None:
    """Store news, tell exactly those who were told that there is some, and apply new facts or ask about them.

    The text itself is in no message (A9): it is on the page of those who may read it.
    """
    locked.must_be_open()
    locked.record(UPDATED, by=by, text=text)
    tell_of_news(locked)
    propose(locked, facts, by=by)


def propose(locked: LockedIncident, news: Facts, *, by: str | None) -> None:
    """Apply a higher severity and exclusions at once (A3, A8); ask about other changes of who is told."""
    proposed = proposed_by(locked.facts, news, locked.incident.proposed)
    urgent = at_once(locked.facts, proposed)
    facts = as_proposed(urgent, proposed)
    before, after = (editions.plans(locked.tx, each, locked.incident.trees) for each in (urgent, facts))
    change = changed(urgent, facts, before, after)
    # In one go, so that whom the higher severity brings in hears of the new type.
    apply_news(locked, urgent if change.names else facts, by=by)
    end_change(locked, PromptAnswer.OVERTAKEN, None)
    if not change.names:
        return
    locked.incident = replace(locked.incident, proposed=proposed)
    locked.warn(in_words(locked.facts, facts, change))
    prompts.raise_prompt(locked, PromptKind.DECISION, Subject.CHANGE, contacts=len(change.names))


def exclude(locked: LockedIncident, names: tuple[str, ...], *, by: str) -> None:
    """Spare contacts, organisations or roles from now on, even where messages to them are queued.

    Whatever they have answered is revoked, so that nobody counts on them. Refuses a name that no pinned tree knows.
    """
    locked.must_be_open()
    trees = [plan.tree for plan in locked.plans.values()]
    unknown = unmatched_exclusions(names, trees)
    if unknown:
        raise BadInput("contacts", unknown[0], sorted({id for tree in trees for id in tree.contacts}))
    locked.record("excluded", contacts=list(names), by=by)
    before = locked.plans
    apply_facts(locked, replace(locked.facts, exclude=tuple(dict.fromkeys((*locked.facts.exclude, *names)))))
    named = (
        locked.recipient(tree, id)
        for tree, plan in locked.plans.items()
        for id in sorted(plan.discredited)
        if not set(names).isdisjoint(names_of(plan.tree.contacts[id]))
    )
    for recipient in (*discredited_since(locked, before), *named):
        take_back(recipient, by=by)


def hear_consent(locked: LockedIncident, heard: Wider, people: tuple[str, ...], by: str) -> None:
    """Record consent, for the incident or for some of its people; the latest word of each applies.

    Narrower consent applies at once, for queued messages too; wider consent applies when a coordinator re-resolves.
    Refuses a person whom it does not name.
    """
    locked.must_be_open()
    holds: dict[str | None, Scope | None] = {person.code: person.consent for person in locked.facts.people}
    for code in people:
        if code not in holds:
            raise BadInput("people", code, sorted(map(str, holds)) or "a person of this incident")
    holds[None] = locked.facts.consent
    given = [replace(heard, person=person) for person in people or (None,)]
    wider = [each for each in given if _widens(holds[each.person], heard.scope)]
    said = {"given_by": heard.given_by, "how": heard.how, "at": heard.at.isoformat(), "by": by}
    locked.record("consent_recorded", scope=heard.scope.value, people=list(people), waits=bool(wider), **said)
    others = [each for each in locked.incident.wider if each.person not in {one.person for one in given}]
    let_wait(locked, (*others, *wider))
    apply_facts(locked, with_consent(locked.facts, [each for each in given if each not in wider]))


def let_wait(locked: LockedIncident, wider: tuple[Wider, ...]) -> None:
    """Let wider consent wait for a coordinator, and show that on the incident."""
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
