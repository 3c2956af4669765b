"""Re-resolving: edited trees and wider consent take effect once a coordinator has seen the difference (A8)."""

from dataclasses import dataclass, replace

from alertnet.core.directory.contact_tree import ContactTree
from alertnet.core.errors import WrongState
from alertnet.core.escalation.advance import begin, restore
from alertnet.core.escalation.state import Answered, Replanned, Status
from alertnet.core.incident import Facts
from alertnet.core.replan.difference import Difference, compare, with_consent
from alertnet.core.replan.state_migration import migrate_state
from alertnet.core.replan.tree_migration import Places, retire, succeed
from alertnet.core.resolution.resolve import Plan, Plans, opening
from alertnet.flows.escalation.escalate import move
from alertnet.flows.escalation.no_recipients import NOBODY, nobody_serves, stop_what_reaches_nobody
from alertnet.flows.incidents import migrate_records
from alertnet.flows.incidents.consent import let_wait
from alertnet.flows.incidents.open_incident import plans_in_force
from alertnet.flows.incidents.update import must_be_open
from alertnet.flows.notifications.cancel_alerts import cancel_barred, cancel_for_those_gone
from alertnet.flows.unit.locked_incident import Case
from alertnet.store.records import editions
from alertnet.store.records import incidents as incident_store
from alertnet.store.records.editions import Edition
from alertnet.store.records.escalations import Escalation
from alertnet.store.views import recipient_answers


@dataclass(frozen=True)
class _Proposal:
    difference: Difference
    facts: Facts
    trees: dict[str, str]
    """The hashes of the trees in force that would serve the incident."""
    warnings: tuple[str, ...]


def difference(case: Case, edition: Edition) -> Difference:
    """What re-resolving would change now; nothing is changed.

    Raises:
        WrongState: the incident is closed.
    """
    must_be_open(case)
    return _propose(case, edition).difference


def re_resolve(case: Case, edition: Edition, expected: str, *, by: str) -> None:
    """Let the incident run on the trees in force and on all consent that was recorded, if that is what was seen.

    What was acknowledged, sent and decided stays. Whoever is new is told, whoever is gone gets no alert any more.

    Raises:
        WrongState: the incident is closed, or the difference is another by now: its hash is the current state.
    """
    must_be_open(case)
    proposal = _propose(case, edition)
    seen = proposal.difference
    if seen.hash != expected:
        raise WrongState("the difference", seen.hash, "it has changed since it was looked at: look again")
    before = case.plans
    places = _exchange(case, proposal)
    case.record("re_resolved", by=by, hash=seen.hash, words=list(seen.words))
    for escalation in case.escalations:
        _carry_over(case, escalation, before[escalation.tree], places.get(escalation.tree))
    _open_escalations(case)
    stop_what_reaches_nobody(case)
    migrate_records.let_codes_follow(case)
    cancel_barred(case)
    cancel_for_those_gone(case)
    answered = _answered_elsewhere(case, before)
    move(case, {each.id: (Replanned(), *answered.get(each.id, ())) for each in case.escalations})


def _propose(case: Case, edition: Edition) -> _Proposal:
    facts = with_consent(case.facts, case.incident.wider)
    plans, warnings = plans_in_force(case.tx, edition, facts)
    trees = {id: edition.trees[id] for id in plans}
    before = editions.plans_as_written(case.tx, case.facts, case.incident.trees)
    after = editions.plans_as_written(case.tx, facts, trees)
    versions = (case.incident.trees, trees)
    return _Proposal(compare(before, after, case.facts, case.incident.wider, versions), facts, trees, warnings)


def _exchange(case: Case, proposal: _Proposal) -> dict[str, Places]:
    """Pin the trees in force, with a place for all that was in those before; where that is, by tree."""
    trees, places = {}, {}
    for id in sorted({*case.incident.trees, *proposal.trees}):
        tree, where = _successor(case, id, proposal.trees.get(id))
        trees[id] = editions.keep(case.tx, tree)
        if where is not None:
            places[id] = where
    case.plans = editions.plans(case.tx, proposal.facts, trees)
    told = (NOBODY, nobody_serves(case.facts.country))
    warnings = (*(each for each in case.incident.warnings if each not in told), *proposal.warnings)
    case.incident = replace(
        case.incident, facts=proposal.facts, trees=trees, warnings=warnings, replanned_at=case.tx.now
    )
    let_wait(case, ())
    incident_store.save_plan(case.tx.session, case.incident, case.pruned())
    return places


def _successor(case: Case, id: str, in_force: str | None) -> tuple[ContactTree, Places | None]:
    edited = editions.tree(case.tx.session, in_force) if in_force else None
    if edited is not None and id not in case.incident.trees:
        return edited, None
    before = _as_written(case, case.plans[id], case.incident.trees[id])
    return succeed(before, edited) if edited is not None else retire(before)


def _as_written(case: Case, plan: Plan, hash: str) -> Plan:
    return replace(plan, tree=editions.tree(case.tx.session, hash))


def _carry_over(case: Case, escalation: Escalation, before: Plan, places: Places | None) -> None:
    """What the escalation remembers, and all that is on record of it, finds its place in the plan now."""
    if places is None:
        return
    after = case.plans[escalation.tree]
    escalation.state = migrate_state(escalation.state, before, after, places, case.tx.now)
    if escalation.state.status is Status.STOPPED and after in opening(case.plans.values()):
        state = restore(escalation.state, case.tx.now)
        escalation.state = replace(state, start_at=max(state.start_at, case.tx.now))
        case.record("escalation_restored", tree=escalation.tree)
    case.outbox.change("escalations", escalation.id, tree_hash=case.incident.trees[escalation.tree])
    if not places.is_everything_where_it_was:
        migrate_records.follow(case.tx, escalation, after, places)


def _open_escalations(case: Case) -> None:
    """A tree that tells somebody now begins, at its time after the opening, or now if that has passed."""
    known = {each.tree for each in case.every_escalation}
    opened = opening(case.plans.values())
    for plan in opened:
        if plan.tree.id not in known:
            state = begin(plan, case.incident.opened_at, alone=len(opened) == 1)
            state = replace(state, start_at=max(state.start_at, case.tx.now))
            case.escalations.append(
                Escalation(
                    id=case.tx.chance.id(),
                    incident_id=case.incident.id,
                    tree=plan.tree.id,
                    scope=plan.tree.scope.value,
                    state=state,
                    due_at=state.start_at,
                    new=True,
                )
            )
            case.record("escalation_opened", tree=plan.tree.id)
    case.escalations.sort(key=lambda each: each.tree)


def _answered_elsewhere(case: Case, before: Plans) -> dict[str, list[Answered]]:
    """What those who are new in a tree have answered already in another, by escalation: it counts there as well."""
    events: dict[str, list[Answered]] = {}
    for answer in recipient_answers.current_answers(case.tx.session, case.incident.id):
        if case.contact(answer.tree, answer.contact).former:
            continue
        for tree, kin in case.kin(answer.tree, answer.contact):
            escalation = case.escalation_of(tree)
            is_new = tree not in before or kin.id not in before[tree].tree.contacts
            if escalation is not None and is_new:
                events.setdefault(escalation.id, []).append(Answered(kin.id, answer.kind, answer.address))
    return events
