"""Advances an incident's escalations: events go in; drafts, alarms and history come out as the core decides."""

from collections.abc import Collection, Sequence
from datetime import datetime

from alertnet.core.codec import replace
from alertnet.core.delivery.next_repeat import PROMPT_EVERY
from alertnet.core.disclosure import Subject
from alertnet.core.escalation.advance import restore, stop
from alertnet.core.escalation.advance_incident import IncidentRecord, Place, advance_incident, begin_incident, place_of
from alertnet.core.escalation.context import last_opened
from alertnet.core.escalation.decisions import holders, kept_back_by, undone
from alertnet.core.escalation.effects import (
    ActionMissing,
    AlertOnRecord,
    Effect,
    IncidentStep,
    NewAlert,
    OpenPrompt,
    PromptOver,
    PromptRaised,
    Send,
    SharedAlert,
    TaskAgain,
    TimelineNote,
)
from alertnet.core.escalation.quorum import AnswerKind
from alertnet.core.escalation.state import Event, Events, Go, PlanChanged, Status, ToldMore, Undecided
from alertnet.core.incident import Facts
from alertnet.core.notification import Kind
from alertnet.core.replan.difference import told_apart
from alertnet.core.replan.state_migration import take_in
from alertnet.core.resolution.resolve import Plans
from alertnet.flows.credentials.written_codes import known_code
from alertnet.flows.escalation.decisions import decisions_of
from alertnet.flows.notifications import field_reassurance, phone_tasks, prompts
from alertnet.flows.notifications.cancel_messages import cancel_barred, cancel_news_of, cancel_unwanted, forget_uses
from alertnet.flows.notifications.compose import alert, drafts, notify_coordinators, said
from alertnet.flows.unit.locked_incident import LockedIncident, Recipient, take_up, take_up_each
from alertnet.store.db.tx import Tx
from alertnet.store.monitoring import heartbeats
from alertnet.store.queues import incident_attempts
from alertnet.store.records import answers, notifications
from alertnet.store.records import escalations as escalation_store
from alertnet.store.records import incidents as incident_store
from alertnet.store.records import prompts as prompt_store
from alertnet.store.records.notifications import Coverage

NOBODY = "nobody at all may be told of this incident: raise the alarm by hand"


def escalate(tx: Tx, escalation_id: str, incident_id: str) -> None:
    """Do what is due in one escalation, or nothing where another worker has.

    Raises `Inconsistent` where it can't be read.
    """
    locked = take_up(tx, incident_id)
    for broken in locked.broken:
        if broken.id == escalation_id:
            raise broken.fault
    tree = next((each.tree for each in locked.escalations if each.id == escalation_id), "")
    if tree in (due := _due(locked)):
        move(locked, {tree: due[tree]})
        locked.finish()


def escalate_due(tx: Tx, most: int) -> int:
    """Do what is due in several incidents in one transaction.

    Returns how many due escalations were found, at most `most`.

    An incident locked by another flow is skipped: that flow does what is due, or it is found due again. Raises
    `Inconsistent` where one can't be read; then each must be done alone.
    """
    found = escalation_store.take_due(tx, most)
    ids = list(dict.fromkeys(found))
    incidents = take_up_each(tx, ids) if ids else {}
    for broken in (each for locked in incidents.values() for each in locked.broken):
        if broken.due_at is not None and broken.due_at <= tx.now:
            raise broken.fault
    for id in ids:
        move(incidents[id], _due(incidents[id]))
    for locked in incidents.values():
        locked.finish()
    return len(found)


def _set_right(locked: LockedIncident) -> None:
    """Plan anew what a clock that was ahead has opened; otherwise it would wait until it is that late again (A7).

    Only where the watch has made it due, since a clock that is behind now looks the same.
    """
    opened_at, now = locked.incident.opened_at, locked.tx.now
    going_on = [each for each in locked.escalations if each.state.status is not Status.STOPPED]
    moved = [(each, max(opened_at, each.state.moved_at or opened_at)) for each in going_on]
    ahead = [(each, at) for each, at in moved if at > now + escalation_store.MOST_AHEAD]
    if not (ahead and locked.is_open and _due(locked)):
        return
    if opened_at > now:
        locked.incident = replace(locked.incident, opened_at=now)
        incident_store.save_opening(locked.tx.session, locked.incident)
    locked.record("clock_set_right", seconds=round((max(at for _, at in ahead) - now).total_seconds()))
    for each, at in ahead:
        each.state = restore(stop(each.state, at), now)
    move(locked, for_all(locked, PlanChanged()))


def _due(locked: LockedIncident) -> Events:
    """The escalations that are due, with no event but the passing of time."""
    now = locked.tx.now
    return {each.tree: () for each in locked.escalations if each.due_at is not None and each.due_at <= now}


def move(locked: LockedIncident, events: Events) -> None:
    """Advance the escalations with events, and those that wait for the others to be acknowledged."""
    _set_right(locked)
    step = advance_incident(
        locked.plans,
        locked.states,
        events,
        locked.tx.now,
        OnRecord(locked),
        whole=not locked.broken,
        merged=locked.incident.merged is not None,
    )
    _apply(locked, step)
    if any(isinstance(event, (Go, Undecided)) for happened in events.values() for event in happened):
        prompts.ask_sooner(locked)


def begin_all(locked: LockedIncident) -> None:
    """Begin the escalations of an incident that is being opened, and do what is due in them."""
    step = begin_incident(locked.plans, locked.tx.now)
    for tree, state in step.states.items():
        locked.open_escalation(locked.plans[tree], state)
    _apply(locked, step)


def _apply(locked: LockedIncident, step: IncidentStep) -> None:
    moved = {each.tree: each for each in locked.escalations if each.tree in step.states}
    for tree, escalation in moved.items():
        escalation.state, escalation.due_at = step.states[tree], step.due_at[tree]
        escalation.level = last_opened(locked.plans[tree], escalation.state)
    locked.prefetch.code_pool.expect(len([each for each in step.effects if isinstance(each, NewAlert)]))
    for effect in step.effects:
        _carry_out(locked, moved[effect.tree].id, effect)
    for escalation in moved.values():
        locked.save(escalation)
    if not locked.fresh:
        forget_uses(locked, cancel_unwanted(locked))
    phone_tasks.withdraw(locked)


def for_all(locked: LockedIncident, *events: Event) -> Events:
    """The same events for every escalation of the incident."""
    return dict.fromkeys(locked.states, events)


def tell_more(locked: LockedIncident) -> None:
    """Note that more is known of the incident: what a coordinator has put off before is in hand no more."""
    if any(each.in_hand for each in locked.states.values()):
        move(locked, for_all(locked, ToldMore()))


class OnRecord(IncidentRecord):
    """What is on record for the incident, written already or about to be."""

    def __init__(self, locked: LockedIncident) -> None:
        self._locked = locked

    def alerts_to(self, places: Collection[Place]) -> dict[Place, list[AlertOnRecord]]:
        """The alerts to each place, the first planned first; those of this flow come last."""
        locked = self._locked
        found: dict[Place, list[AlertOnRecord]] = {place: [] for place in places}
        if not locked.fresh:
            by_index = self._by_index(places)
            indexes = {index for _, index in by_index}
            for key, each in notifications.alerts_to(locked.tx.session, locked.incident.every_id, indexes):
                if key in by_index:
                    trees = each.trees | locked.counts_for.get(each.id, set())
                    found[by_index[key]].append(replace(each, trees=trees))
        for new, id in locked.posted.items():
            place = place_of(locked.plans[new.tree], new.send)
            if place in found:
                contact = new.tree, new.send.contact
                counts_for = frozenset(locked.counts_for[id])
                found[place].append(AlertOnRecord(id, counts_for, just_now=True, contact=contact))
        return found

    def unsent_to(self, places: Collection[Place]) -> Collection[Place]:
        """The places to which an alert or reminder has not left yet."""
        by_index, locked = self._by_index(places), self._locked
        indexes = {index for _, index in by_index}
        unsent = incident_attempts.unsent_alerts(locked.tx.session, locked.incident.id, indexes)
        return {by_index[key] for key in unsent if key in by_index}

    def open_prompts(self) -> list[OpenPrompt]:
        """The open prompts that the escalations have raised."""
        if self._locked.fresh:
            return []
        trees = {each.id: each.tree for each in self._locked.escalations}
        return [
            OpenPrompt(each.id, each.kind, each.subject, trees[each.escalation_id], each.level_index, each.about)
            for each in prompts.open_prompts(self._locked)
            if each.escalation_id in trees
        ]

    def held_until(self) -> datetime | None:
        """Until when what is due stands still after a restore."""
        locked = self._locked
        return heartbeats.held_until(locked.prefetch.restored_at, locked.incident.opened_at, locked.tx.now)

    def _by_index(self, places: Collection[Place]) -> dict[tuple[str, bytes], Place]:
        """Each place by its method and the index of its address, under every key of the vault."""
        vault = self._locked.tx.vault
        return {(place[0].value, index): place for place in places for index in vault.indexes(place[1])}


def _carry_out(locked: LockedIncident, escalation: str, effect: Effect) -> None:
    match effect:
        case TimelineNote(tree, kind, payload):
            locked.record(kind, tree=tree, **payload)
        case NewAlert():
            _post(locked, escalation, effect)
        case SharedAlert():
            _share(locked, escalation, effect)
        case TaskAgain(_, send, task):
            phone_tasks.ask_again(locked, task, _coverage(escalation, send))
        case PromptRaised(_, kind, subject, about, index, contacts, at):
            details = prompts.PromptDetails(
                escalation_id=escalation, level=prompt_store.level_of(index), contacts=contacts, automatic_at=at
            )
            prompts.raise_prompt(locked, kind, subject, about=about, **details)
        case PromptOver(_, id, answer):
            prompts.answer_prompt(locked, id, answer, None)
        case ActionMissing():
            _remind_of_action(locked, effect)


def _post(locked: LockedIncident, escalation: str, new: NewAlert) -> None:
    """Post an alert or reminder; a phone task is asked of the coordinators, and on record as on its way."""
    send, recipient = new.send, locked.recipient(new.tree, new.send.contact)
    is_task, method = send.kind is Kind.TASK, recipient.contact.all_methods[send.method_index]
    draft = (phone_tasks.ask_to_call if is_task else alert)(recipient, method, new, escalation)
    draft = replace(
        draft,
        level=new.level,
        round=send.round,
        escalation_id=escalation,
        planned_at=send.at,
        expires_at=send.expires_at,
    )
    id = locked.work.post(draft, _coverage(escalation, send), send=not is_task)
    locked.posted[new] = id
    locked.counts_for[id] = {new.tree}


def _share(locked: LockedIncident, escalation: str, shared: SharedAlert) -> None:
    """Count here what another tree sends or has sent."""
    of = shared.alert
    id, trees = (of.id, of.trees) if isinstance(of, AlertOnRecord) else (locked.posted[of], frozenset[str]())
    locked.work.cover(id, _coverage(escalation, shared.send))
    locked.work.share(id, sorted({*trees, shared.tree}))
    locked.counts_for.setdefault(id, set()).add(shared.tree)


def _coverage(escalation: str, send: Send) -> Coverage:
    return Coverage(escalation, send.contact, send.method_index, send.index, send.round)


def _remind_of_action(locked: LockedIncident, missing: ActionMissing) -> None:
    """Tell the coordinators, and ask those who acknowledged what they did."""
    notify_coordinators(locked, Subject.ACTION_MISSING, missing.level)
    for id in missing.contacts:
        recipient = locked.recipient(missing.tree, id)
        if not recipient.contact.former:
            words = replace(said(recipient), code=known_code(recipient), at=locked.tx.now)
            locked.work.post_once(drafts(recipient, Kind.ACTION_REMINDER, words))


def stop_what_reaches_nobody(locked: LockedIncident) -> None:
    """Stop trees that reach nobody. Where all do, those with a last resort go on, or else we say so (A2).

    A tree that stopped for this and reaches somebody again goes on from now, where it was.
    """
    empty = [each for each in locked.escalations if locked.plans[each.tree].reaches_nobody]
    if len(empty) == len(locked.escalations):
        empty = [each for each in empty if not locked.plans[each.tree].last_resort]
        if len(empty) == len(locked.escalations) and not locked.facts.lone_text:
            locked.warn(NOBODY)
    for escalation in locked.escalations:
        is_stopped = escalation.state.status is Status.STOPPED
        if escalation in empty and not is_stopped:
            locked.stop(escalation)
            locked.record("escalation_stopped", tree=escalation.tree)
        elif is_stopped and escalation not in empty:
            escalation.state = restore(escalation.state, locked.tx.now)
            locked.record("escalation_restored", tree=escalation.tree)


def apply_news(locked: LockedIncident, facts: Facts, *, by: str | None) -> None:
    """Apply facts that no other entry tells of, and say on the record what they change (A10)."""
    if differing := told_apart(locked.facts, facts):
        locked.record("facts_changed", by=by, **differing)
    apply_facts(locked, facts)


def apply_facts(locked: LockedIncident, facts: Facts) -> None:
    """Apply new facts to the plan at once, on the pinned trees (A8)."""
    if facts == locked.facts:
        return
    left_alone, before = locked.facts.leaves_all_alone, locked.plans
    locked.change_facts(facts)
    let_in(locked, before)
    if locked.facts.leaves_all_alone and not left_alone:
        field_reassurance.fall_silent(locked)
    stop_what_reaches_nobody(locked)
    move(locked, for_all(locked, PlanChanged()))
    cancel_barred(locked)
    discredit(locked, (locked.incident.every_id, before))


def let_in(locked: LockedIncident, before: Plans) -> None:
    """Let whom the changed facts no longer bar begin in the levels that are open; `before`: the plans until then."""
    for each in locked.escalations:
        if each.state.status is not Status.STOPPED:
            each.state = take_in(each.state, before[each.tree], locked.plans[each.tree], locked.tx.now)


def discredit(locked: LockedIncident, *before: tuple[Sequence[str], Plans]) -> None:
    """Let nothing stand that was done by whoever turns out to be part of it; the others hear so (A2, A3).

    Coordinators are told of each of them who had taken charge, and asked anew what one of them has held or put off; the
    field does not go on believing that one of them has it. Whoever has only raised a report that was merged into it
    keeps what they hold. `before`: the plans by which the answers to the reports of those ids have counted.
    """
    raised_from = {locked.facts.raised_from, *locked.facts.also_from}
    involved = set[tuple[str, str]]()
    for ids, plans in before:
        since = discredited_since(locked, plans)
        _tell_void(locked, ids, since)
        others = (each for each in since if raised_from.isdisjoint(each.contact.numbers))
        involved |= {each.name for each in others if each.is_coordinator}
    if not involved:
        return
    field_reassurance.promise_again(locked)
    kept_back = kept_back_by(involved, decisions_of(locked.tx.session, locked.incident.every_id), locked.plans)
    move(locked, {tree: list(undone(kept_back, locked.plans, tree)) for tree in locked.states})
    names = {id for _, id in involved}
    held = [each for each in prompts.open_prompts(locked) if each.answered_by in names]
    for prompt in held:
        prompt_store.ask_anew(locked.tx.session, prompt, locked.tx.now + PROMPT_EVERY)
    prompts.ring_anew(locked, [each.id for each in held])


def _tell_void(locked: LockedIncident, ids: Sequence[str], since: Sequence[Recipient]) -> None:
    """Tell the coordinators of each of those who had taken charge of one of these reports."""
    names = {name for each in since for name in each.names}
    for gone in answers.current_answers(locked.tx.session, ids, names) if names and locked.is_open else ():
        if gone.kind is AnswerKind.ACKNOWLEDGED:
            cancel_news_of(locked, gone.id)
            notify_coordinators(locked, Subject.REVOKED, gone.contact)


def discredited_since(locked: LockedIncident, before: Plans) -> list[Recipient]:
    """Whose answers count no more since the plans were those."""
    known = {(tree, id) for tree, plan in before.items() for id in plan.discredited}
    now = sorted((tree, id) for tree, plan in locked.plans.items() for id in plan.discredited)
    return [locked.recipient(*each) for each in now if each not in known]


def let_go(recipient: Recipient) -> None:
    """End what only this coordinator holds of all that comes next, since it has charge of it no more (A2)."""
    locked, theirs = recipient.locked, recipient.names
    if recipient.is_coordinator and any(each.on_hold_since for each in locked.states.values()):
        holding = holders(decisions_of(locked.tx.session, locked.incident.every_id), locked.plans)
        alone = (tree for tree, names in holding.items() if names and names <= theirs)
        move(locked, {tree: [Undecided()] for tree in alone})
