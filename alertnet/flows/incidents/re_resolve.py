"""Re-resolves incidents: edited trees and wider consent apply once a coordinator has seen the difference (A8)."""

from collections.abc import Sequence
from dataclasses import replace

from alertnet.core.codec import value
from alertnet.core.directory.contact_tree import ContactTree
from alertnet.core.disclosure import Subject
from alertnet.core.errors import WrongState
from alertnet.core.escalation.advance import begin_escalation, restore
from alertnet.core.escalation.state import LAST_RESORT, Answered, Replanned, Status
from alertnet.core.incident import Facts
from alertnet.core.replan.difference import Difference, compare, with_consent
from alertnet.core.replan.state_migration import migrate_state
from alertnet.core.replan.tree_migration import Places, retire, succeed
from alertnet.core.resolution.resolve import Plan, Plans, nobody_serves, opening
from alertnet.flows.credentials.written_codes import good_from, known_codes, owners_of, void
from alertnet.flows.escalation.escalate import NOBODY, move, stop_what_reaches_nobody
from alertnet.flows.incidents.open_incident import plans_in_force
from alertnet.flows.incidents.update import let_wait
from alertnet.flows.notifications.cancel_messages import cancel_barred, cancel_for_those_gone
from alertnet.flows.unit.locked_incident import LockedIncident, Recipient
from alertnet.store.db.tx import Tx
from alertnet.store.records import answers, editions, notifications
from alertnet.store.records import incidents as incident_store
from alertnet.store.records import prompts as prompt_store
from alertnet.store.records.credentials import codes
from alertnet.store.records.editions import Edition
from alertnet.store.records.escalations import Escalation


def follow(tx: Tx, escalation: Escalation, after: Plan, places: Places) -> None:
    """Move the escalation's sent messages and open questions to the same contact, method and level in the new plan."""
    levels: dict[int | None, int] = {LAST_RESORT: LAST_RESORT, **dict(enumerate(places.levels))}
    for notification, coverage in notifications.covering(tx.session, escalation.id):
        there = replace(
            coverage,
            contact=places.contacts[coverage.contact],
            method_index=places.methods[coverage.contact][coverage.method_index],
            level_index=levels[coverage.level_index],
        )
        notifications.cover_as(tx.session, notification, there)
    for prompt in prompt_store.about_levels(tx.session, escalation.id):
        index = levels[prompt.level_index]
        if prompt.subject == Subject.LEVEL:
            about: str | None = after.tree.levels[index].name
        else:
            about = places.contacts.get(prompt.about or "", prompt.about)
        prompt_store.rename(tx.session, prompt.id, index, about)


def _let_codes_follow(locked: LockedIncident) -> None:
    """Make codes valid from the numbers that their contacts have now, and from no number that is gone."""
    for (tree, contact), code in list(known_codes(locked).items()):
        same_recipient = [each for each in locked.recipient(tree, contact).same if not each.contact.former]
        if not same_recipient:
            continue
        _forget_numbers(locked, code.id, same_recipient)
        if good_from(locked, code, same_recipient) is None:
            void(locked, code.id)
    for id in codes.shared(locked.tx.session, locked.incident.id):
        _forget_numbers(locked, id, locked.coordinators)


def _let_waiting_speak(locked: LockedIncident, before: Plans) -> None:
    """Let what waits to leave for a contact be in the language that it has now."""
    for tree, plan in before.items():
        for id, contact in plan.tree.contacts.items():
            now = locked.plans[tree].tree.contacts.get(id, contact).language
            if now != contact.language:
                notifications.speak(locked.tx.session, locked.incident.id, tree, id, now)


def _forget_numbers(locked: LockedIncident, code_id: str, same_recipient: Sequence[Recipient]) -> None:
    """Remove numbers that none of these contacts has any more.

    The phone of somebody once on duty stays while there is a rota.
    """
    on_duty = {each.name for each in same_recipient if each.contact.duty}
    now = {index for number in owners_of(same_recipient) for index in locked.tx.vault.indexes(number)}
    for number in codes.numbers_of(locked.tx.session, code_id):
        if number.index not in now and (number.tree, number.contact) not in on_duty:
            codes.forget_number(locked.tx.session, code_id, number.index)


@value
class _Proposal:
    difference: Difference
    facts: Facts
    trees: dict[str, str]
    """The hashes of the trees in force that would serve the incident."""
    warnings: tuple[str, ...]


def difference(locked: LockedIncident, edition: Edition) -> Difference:
    """What re-resolving would change now; changes nothing."""
    locked.must_be_open()
    return _propose(locked, edition).difference


def re_resolve(locked: LockedIncident, edition: Edition, expected: str, *, by: str) -> None:
    """Put the incident on the trees in force and on all recorded consent, if the difference is still the one seen.

    What was acknowledged, sent and decided stays. New contacts are told, and contacts that are gone get no more alerts.
    Else it is refused, with the hash of what it is now.
    """
    locked.must_be_open()
    proposal = _propose(locked, edition)
    seen = proposal.difference
    if seen.hash != expected:
        raise WrongState("the difference", seen.hash, "it has changed since it was looked at: look again")
    before = locked.plans
    places = _exchange(locked, proposal)
    locked.record("re_resolved", by=by, hash=seen.hash, words=list(map(str, seen.words)))
    for escalation in locked.escalations:
        _carry_over(locked, escalation, before[escalation.tree], places.get(escalation.tree))
    open_escalations(locked)
    stop_what_reaches_nobody(locked)
    _let_codes_follow(locked)
    _let_waiting_speak(locked, before)
    cancel_barred(locked)
    cancel_for_those_gone(locked)
    answered = _answered_elsewhere(locked, before)
    move(locked, {tree: (Replanned(), *answered.get(tree, ())) for tree in locked.states})


def _propose(locked: LockedIncident, edition: Edition) -> _Proposal:
    facts = with_consent(locked.facts, locked.incident.wider)
    plans, warnings = plans_in_force(locked.tx, edition, facts)
    trees = {id: edition.trees[id] for id in plans}
    before = editions.plans_as_written(locked.tx, locked.facts, locked.incident.trees)
    after = editions.plans_as_written(locked.tx, facts, trees)
    versions = (locked.incident.trees, trees)
    return _Proposal(compare(before, after, locked.facts, locked.incident.wider, versions), facts, trees, warnings)


def _exchange(locked: LockedIncident, proposal: _Proposal) -> dict[str, Places]:
    """Pin the trees in force, with a place for all that was in the former ones; returns those places by tree."""
    trees, places = {}, {}
    for id in sorted({*locked.incident.trees, *proposal.trees}):
        tree, where = _successor(locked, id, proposal.trees.get(id))
        trees[id] = editions.keep(locked.tx, tree)
        if where is not None:
            places[id] = where
    locked.plans = editions.plans(locked.tx, proposal.facts, trees)
    told = (NOBODY, nobody_serves(locked.facts.country))
    warnings = (*(each for each in locked.incident.warnings if each not in told), *proposal.warnings)
    locked.incident = replace(
        locked.incident, facts=proposal.facts, trees=trees, warnings=warnings, replanned_at=locked.tx.now
    )
    let_wait(locked, ())
    incident_store.save_plan(locked.tx.session, locked.incident, locked.pruned())
    return places


def _successor(locked: LockedIncident, id: str, in_force: str | None) -> tuple[ContactTree, Places | None]:
    edited = editions.tree(locked.tx.session, in_force) if in_force else None
    if edited is not None and id not in locked.incident.trees:
        return edited, None
    before = replace(locked.plans[id], tree=editions.tree(locked.tx.session, locked.incident.trees[id]))
    return succeed(before, edited) if edited is not None else retire(before)


def _carry_over(locked: LockedIncident, escalation: Escalation, before: Plan, places: Places | None) -> None:
    """Carry the escalation's state, and all that is on record for it, over to the present plan."""
    if places is None:
        return
    after = locked.plans[escalation.tree]
    escalation.state = migrate_state(escalation.state, before, after, places, locked.tx.now)
    if escalation.state.status is Status.STOPPED and after in opening(locked.plans.values()):
        state = restore(escalation.state, locked.tx.now)
        escalation.state = replace(state, start_at=max(state.start_at, locked.tx.now))
        locked.record("escalation_restored", tree=escalation.tree)
    locked.work.pin(escalation.id, locked.incident.trees[escalation.tree])
    if not places.is_everything_where_it_was:
        follow(locked.tx, escalation, after, places)


def open_escalations(locked: LockedIncident) -> None:
    """Begin each tree that tells somebody now, at its time after the opening, or now if that has passed."""
    known = {each.tree for each in locked.every_escalation}
    opened = opening(locked.plans.values())
    for plan in opened:
        if plan.tree.id not in known:
            state = begin_escalation(plan, locked.incident.opened_at, alone=len(opened) == 1)
            state = replace(state, start_at=max(state.start_at, locked.tx.now), stale=locked.stale_in(plan.tree.id))
            locked.open_escalation(plan, state)
            locked.record("escalation_opened", tree=plan.tree.id)
    locked.escalations.sort(key=lambda each: each.tree)


def _answered_elsewhere(locked: LockedIncident, before: Plans) -> dict[str, list[Answered]]:
    """By tree, the answers that contacts new to a tree gave in another; they count there as well."""
    events: dict[str, list[Answered]] = {}
    for answer in answers.current_answers(locked.tx.session, locked.incident.every_id):
        giver = locked.recipient(answer.tree, answer.contact)
        if giver.contact.former:
            continue
        for each in giver.same:
            is_new = each.tree not in before or each.id not in before[each.tree].tree.contacts
            if is_new and each.escalation is not None:
                events.setdefault(each.tree, []).append(Answered(each.id, answer.kind, answer.address))
    return events
