"""Opens incidents: resolved, planned and queued in the transaction that accepts the report (A1, A2)."""

from alertnet.core.disclosure import Subject
from alertnet.core.inbound.same_event import WITHIN, may_be_same
from alertnet.core.incident import REF_CHARACTERS, REF_LETTERS, Facts, Incident, IncidentStatus
from alertnet.core.notification import PromptKind
from alertnet.core.resolution.known_people import checked, differences
from alertnet.core.resolution.resolve import Plans, nobody_serves
from alertnet.flows.escalation.escalate import NOBODY, begin_all
from alertnet.flows.notifications import field_reassurance, prompts
from alertnet.flows.notifications.compose import notify_coordinators
from alertnet.flows.unit.locked_incident import LockedIncident, taken_up
from alertnet.flows.unit.prefetch import Prefetch
from alertnet.flows.unit.unit_of_work import UnitOfWork
from alertnet.store.db.tx import Tx
from alertnet.store.records import editions
from alertnet.store.records import incidents as incident_store
from alertnet.store.records.editions import Edition
from alertnet.store.views.pauses import silent_until

SILENT = "somebody has paused all texts and calls"
"""How the warning of an incident begins that nobody can be told of."""


def open_incident(tx: Tx, edition: Edition, reported: Facts, *, by: str) -> LockedIncident:
    """Open an incident on the trees in force; its first alerts are queued when this returns.

    `by` says who raised it, for the history. The result is finished: all of it is written.
    """
    locked = put_on_record(tx, edition, reported)
    begin_escalations(locked, by=by)
    locked.finish()
    return locked


def put_on_record(tx: Tx, edition: Edition, reported: Facts) -> LockedIncident:
    """Store an incident on the trees in force, without telling anybody yet.

    Refuses names in it that no tree knows (`checked`).
    """
    facts = checked(reported, edition.network)
    # Asked together with who is on duty. The first levels are told first, and each of them needs a code.
    prefetch, serving = Prefetch(tx, []), edition.network.serving(facts.country, facts.place)
    prefetch.code_pool.ask_ahead(len({contact for tree in serving for contact in tree.levels[0].notify}))
    letters = tx.entropy.letters  # A reference can be spoken: a letter, a hyphen and four characters.
    free_ref = incident_store.ask_for_ref(tx, lambda: f"{letters(1, REF_LETTERS)}-{letters(4, REF_CHARACTERS)}")
    plans, warnings = plans_in_force(tx, edition, facts)
    ref, is_paused = free_ref()
    incident = Incident(
        id=tx.entropy.id(),
        ref=ref,
        status=IncidentStatus.OPEN,
        facts=facts,
        trees={id: edition.trees[id] for id in plans},
        templates=edition.templates,
        opened_at=tx.now,
        warnings=(*differences(reported, edition.network), *warnings, *(of_silence(tx) if is_paused else ())),
    )
    locked = LockedIncident(
        tx, incident, plans, [], UnitOfWork(tx), prefetch, known_codes={}, known_links={}, fresh=True
    )
    taken_up(tx)[incident.id] = locked
    incident_store.add(tx, incident, locked.pruned())
    return locked


def begin_escalations(locked: LockedIncident, *, by: str) -> None:
    """Begin each tree that tells anybody, and ask whether the report is genuine where that is not known."""
    facts = locked.facts
    locked.record("incident_opened", by=by, type=facts.type, severity=facts.severity, consent=facts.consent)
    begin_all(locked)
    if not facts.verified and locked.escalations:
        prompts.raise_prompt(locked, PromptKind.DECISION, Subject.VERIFY)
    field_reassurance.promise(locked)
    _suggest_link(locked)


def _suggest_link(locked: LockedIncident) -> None:
    """Suggest to the coordinators the open field incident that this field report may be about, if there is one."""
    if not _is_of_field(locked.facts):
        return
    opened_at = locked.incident.opened_at
    for other in incident_store.open_in(locked.tx.session, locked.facts.country, opened_at - WITHIN):
        if _is_of_field(other.facts) and may_be_same(other.facts, locked.facts, opened_at - other.opened_at):
            locked.record("link_suggested", ref=other.ref)
            locked.warn(f"may be the same event as {other.ref}")
            notify_coordinators(locked, Subject.SAME_EVENT, other.ref)
            return


def _is_of_field(facts: Facts) -> bool:
    return facts.raised_from is not None and not facts.lone_text


def plans_in_force(tx: Tx, edition: Edition, facts: Facts) -> tuple[Plans, tuple[str, ...]]:
    """The plans of the trees that serve the country and place, and the warnings about them.

    Where those reach nobody, the plans of all trees, for their last resort.
    """
    serving = edition.network.serving(facts.country, facts.place)
    plans = editions.plans(tx, facts, {tree.id: edition.trees[tree.id] for tree in serving})
    if any(not plan.reaches_nobody for plan in plans.values()):
        return plans, ()
    everywhere = editions.plans(tx, facts, edition.trees)
    if any(plan.last_resort for plan in everywhere.values()):
        return everywhere, (nobody_serves(facts.country),)
    return plans, (NOBODY,)


def of_silence(tx: Tx) -> tuple[str, ...]:
    """The warning that an incident has while nobody is texted or called at all."""
    until = silent_until(tx)
    return (f"{SILENT} until {until:%H:%M} UTC: tell them by hand, or end it (alertnet pause --end)",) if until else ()
