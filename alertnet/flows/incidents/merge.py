"""Merges two reports of one event into one incident, and splits them again (B5).

A merged part ends and stays on record as it was; its reference, codes and links lead to the whole. Nobody is told
twice: what was sent for the part counts for the whole.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from alertnet.core.codec import value
from alertnet.core.disclosure import Subject
from alertnet.core.errors import BadInput, WrongState
from alertnet.core.escalation.quorum import Action
from alertnet.core.escalation.state import Acted, Event, PlanChanged, Withdrawn
from alertnet.core.incident import CloseReason, Facts, Incident, Merged, Scope, Wider, as_ref, gravest
from alertnet.core.notification import ALERTS, PromptAnswer, PromptKind
from alertnet.core.replan.difference import Retold, as_proposed, retold
from alertnet.core.replan.merging import apart, as_one, narrowed, no_wider, taken_over, undecided, unopened
from alertnet.core.replan.tree_migration import succeed
from alertnet.flows.escalation.bad_addresses import bad_addresses, let_through_meanwhile, take_out_of_use
from alertnet.flows.escalation.decisions import decisions_of
from alertnet.flows.escalation.escalate import discredit, let_in, move, stop_what_reaches_nobody
from alertnet.flows.escalation.record_decision import answer_whether_genuine, end_change
from alertnet.flows.escalation.record_response import events_of
from alertnet.flows.incidents.close_incident import end_incident, let_leave, resume
from alertnet.flows.incidents.merged_reports import (
    add_events,
    as_events,
    as_taken_back,
    as_withdrawn,
    inform_parts,
    not_replaced,
)
from alertnet.flows.incidents.re_resolve import open_escalations
from alertnet.flows.incidents.update import UPDATED, let_wait, propose
from alertnet.flows.notifications import field_reassurance, prompts
from alertnet.flows.notifications.cancel_messages import cancel_barred
from alertnet.flows.notifications.compose import notify_coordinators
from alertnet.flows.unit.locked_incident import LockedIncident, look_at, take_up_as_parts, take_up_each
from alertnet.store.db.tx import Tx
from alertnet.store.records import answers, editions, notifications, timeline
from alertnet.store.records import escalations as escalation_store
from alertnet.store.records import incidents as incident_store
from alertnet.store.records import prompts as prompt_store
from alertnet.store.views.timeline_view import TEXTS, is_forced, reported_openly, said_openly


def merge(tx: Tx, id: str, into: str, *, by: str) -> LockedIncident:
    """Merge one incident into another, which acts for both from now on. Merging again changes nothing.

    Refused for what is of another country, a drill beside none, or has parts of its own.
    """
    held = take_up_each(tx, sorted({id, into}))
    part, whole = held[id], held[into]
    if part is not whole:
        _check(part, whole)
        _merge(part, whole, by)
    return whole


def split(tx: Tx, id: str, refs: Iterable[str], *, by: str) -> LockedIncident:
    """Make each of those reports an incident of its own again, which goes on where it was; returns the rest.

    Refused while one of its parts can't be read.
    """
    acting = incident_store.get_acting(tx.session, id)
    known = {ref: part for part, ref in acting.merged.parts.items()} if acting.merged else {}
    _must_be_read(tx, acting)
    wanted = {as_ref(each): each for each in refs}
    for ref, typed in wanted.items():
        if ref not in known:
            raise BadInput("reports", typed, sorted(known) or "a report that was merged into it: it has none")
    held = take_up_as_parts(tx, sorted({id, *(known[ref] for ref in wanted)}))
    whole = held[id]
    whole.must_be_open()
    for ref in wanted:
        part = held[known[ref]]
        if part.incident.part_of != whole.incident.id:
            raise WrongState(f"report {ref}", "split off", "it is an incident of its own again")
        _split(part, whole, by)
    return whole


def must_be_two(ref: str, into: str) -> None:
    """Raises `BadInput` where both references, as somebody gave them, are the same."""
    if as_ref(ref) == as_ref(into):
        raise BadInput("into", into, "the reference of another incident")


@value
class Foreseen:
    """The facts of the whole, and who would be told then."""

    ref: str
    facts: Facts
    change: Retold
    told_anew: tuple[str, ...] = ()
    """Those who were told of the part only, and would be told of the whole: tree/contact."""


def foresee_merge(tx: Tx, id: str, into: str) -> Foreseen:
    """What merging the first into the second would change; changes nothing. Refuses what `merge` does."""
    part, whole = look_at(tx, id), look_at(tx, into)
    _check(part, whole)
    facts = as_one(whole.facts, [part.facts])
    plans = editions.plans(tx, facts, part.incident.trees | whole.incident.trees)
    return Foreseen(whole.incident.ref, facts, retold(whole.plans, plans, beside=part.plans))


def foresee_split(tx: Tx, id: str, ref: str) -> Foreseen:
    """What splitting that report off would change for those that stay; changes nothing. Refuses what `split` does."""
    whole = look_at(tx, id)
    _must_be_read(tx, whole.incident)
    part = next((each for each in whole.parts if each.ref == ref), None)
    if part is None or whole.incident.merged is None:
        raise BadInput("report", ref, [each.ref for each in whole.parts] or "a report that was merged into it")
    facts = no_wider(_without(whole, part.id), whole.facts)
    plans = editions.plans(tx, facts, whole.incident.trees)
    told = _told_only_of(whole, ref)
    anew = sorted(f"{tree}/{contact}" for tree, contact in told if contact in plans[tree].allowed)
    return Foreseen(whole.incident.ref, facts, retold(whole.plans, plans), tuple(anew))


def _must_be_read(tx: Tx, whole: Incident) -> None:
    """Nothing is split off beside a part that can't be read, since that may exclude somebody (A3)."""
    if whole.merged and not incident_store.are_readable(tx.session, whole.merged.parts):
        raise WrongState(f"incident {whole.ref}", "merged with what can't be read", "nothing can be split off it")


def _check(part: LockedIncident, whole: LockedIncident) -> None:
    for each in (part, whole):
        each.must_be_open()
        each.must_be_no_text()
        which = f"incident {each.incident.ref}"
        if each.facts.hidden_from_phone:
            raise WrongState(which, "one that its phone must not hear of", "read its page: it stands by itself")
        if each.broken:
            raise each.broken[0].fault
    which = f"incident {part.incident.ref}"
    if part.incident.merged:
        raise WrongState(which, "one that others were merged into", f"merge {whole.incident.ref} into it instead")
    if (part.facts.country, part.facts.drill) != (whole.facts.country, whole.facts.drill):
        raise WrongState(which, "of another country, or a drill where the other is none", "they are two events")


def _merge(part: LockedIncident, whole: LockedIncident, by: str) -> None:
    session, ref = whole.tx.session, part.incident.ref
    told = {name for heard in (part, whole) for names in heard.heard_of_each.values() for name in names}
    promised = prompt_store.promise_of(session, part.incident.id)
    prompts.let_ring_on(part, whole)
    end_incident(part, CloseReason.DUPLICATE, PromptAnswer.MERGED)
    was_verified = whole.facts.verified
    before = [(each.incident.every_id, each.plans) for each in (part, whole)]
    said = _openly(part, whole)
    _become_one(part, whole)
    part.record("merged_into", ref=whole.incident.ref, by=by)
    part.work.record_end(part.incident.id)
    silent = sorted("/".join(name) for name in told if not whole.recipient(*name).may_hear)
    facts = whole.facts
    said |= {"severity": facts.severity, "consent": facts.consent}
    whole.record("merged", ref=ref, by=by, silent=silent, **said)
    take_out_of_use(whole, part)
    if facts.verified and not was_verified:
        answer_whether_genuine(whole, PromptAnswer.GO, by)
    _take_over_progress(part, whole)
    cancel_barred(whole)
    discredit(whole, *before)
    if part.incident.proposed is not None:
        propose(whole, as_proposed(whole.facts, part.incident.proposed), by=by)
    take_over_texts(part, whole)
    if whole.facts.leaves_all_alone:
        field_reassurance.fall_silent(whole)
    elif promised is not None:
        field_reassurance.take_over(whole, part.incident)
    notify_coordinators(whole, Subject.MERGED, ref)


def _openly(*reports: LockedIncident) -> dict[str, str]:
    """Where one came under duress: how grave they are without it, for those who may not see it."""
    if not any(each.facts.duress for each in reports):
        return {}
    known = [reported_openly(each.tx.session, each.incident.id) if each.facts.duress else {} for each in reports]
    said = [said_openly(each.facts.severity, openly) for each, openly in zip(reports, known, strict=True)]
    return {"openly": gravest(*said)}


def _become_one(part: LockedIncident, whole: LockedIncident) -> None:
    """Add what the part knows to the whole, on the trees of both."""
    known, before = whole.facts, whole.incident
    inform_parts(whole)
    own = apart(before.merged.own, before.merged.joined, known) if before.merged else known
    parts = {**(before.merged.parts if before.merged else {}), part.incident.id: part.incident.ref}
    facts = as_one(known, [part.facts])
    whole.incident = replace(before, merged=Merged(parts, own, facts), trees=_trees_of_both(part, whole))
    part.incident = replace(part.incident, part_of=before.id)
    for each in (part, whole):
        incident_store.save_merging(each.tx.session, each.incident)
    every_id = whole.incident.every_id
    incident_store.save_hold(whole.tx.session, every_id, incident_store.held_since(whole.tx.session, every_id))
    for escalation in whole.escalations:
        if whole.incident.trees[escalation.tree] != before.trees[escalation.tree]:
            whole.work.pin(escalation.id, whole.incident.trees[escalation.tree])
    whole.read_parts_anew()
    whole.change_facts(facts)
    open_escalations(whole)
    stop_what_reaches_nobody(whole)


def _trees_of_both(part: LockedIncident, whole: LockedIncident) -> dict[str, str]:
    """The whole's trees, with a place for all that was in another edition of one, and those that only the part has."""
    tx, trees = whole.tx, dict(whole.incident.trees)
    for id, hash in part.incident.trees.items():
        if trees.setdefault(id, hash) != hash:
            before = replace(part.plans[id], tree=editions.tree(tx.session, hash))
            trees[id] = editions.keep(tx, succeed(before, editions.tree(tx.session, trees[id]))[0])
    return trees


def take_over_texts(part: LockedIncident, whole: LockedIncident, **more: str) -> None:
    """Copy what people wrote about the part into the whole's history, with the time it came, and with `more`.

    What came only under duress comes last: who may not know of it is shown nothing of this moment from there on.
    """
    id, kinds = part.incident.id, (*TEXTS, UPDATED)
    texts = [(kind, at, text) for kind in kinds for at, text in part.history(kind) if text]
    taken = [text for kind in kinds for _, text in whole.history(kind)]
    for kind, at, text in sorted(texts, key=lambda each: (is_forced(each[2]), each[1])):
        # A text that we heard late says itself when it was written.
        copy = {"heard_at": at.isoformat(), "came_to": id} | text | more
        # Those of a report that was split off and is merged again are there already, and the whole's own as well.
        if copy["came_to"] != whole.incident.id and copy not in taken:
            whole.record(kind, **copy)


def _take_over_progress(part: LockedIncident, whole: LockedIncident) -> None:
    """Count answers and reports to the part; then open the levels open there, unless somebody has taken charge."""
    session = whole.tx.session
    events: dict[str, list[Event]] = {tree: [PlanChanged()] for tree in whole.states}
    add_events(events, as_events(whole, not_replaced(part, whole), part))
    for report in answers.reports(session, [part.incident.id]):
        if report.action != Action.NONE:
            add_events(events, events_of(whole.recipient(report.tree, report.contact), Acted(report.contact)))
    move(whole, events)
    brought = {
        here.tree: taken_over(there.state, part.tree(here.tree).levels, here.state, whole.plans[here.tree])
        for here in whole.escalations
        if (there := part.escalation_of(here.tree)) is not None
    }
    move(whole, {tree: decided for tree, decided in brought.items() if decided})


def _split(part: LockedIncident, whole: LockedIncident, by: str) -> None:
    session, merged_at = whole.tx.session, part.incident.closed_at
    assert merged_at is not None
    only_there = _told_only_of(whole, part.incident.ref)
    gone = answers.current_answers(session, [part.incident.id])
    here = answers.current_answers(session, [whole.incident.id])
    moved = [each for each in here if whole.recipient(each.tree, each.contact).names & only_there]
    happened = as_withdrawn(part, gone, merged_at)
    answers.move(session, [each.id for each in moved], part.incident.id)
    add_events(happened, as_events(part, moved, whole))
    prompts.hand_back(part, whole)
    if part.incident.proposed is not None and part.incident.proposed == whole.incident.proposed:
        end_change(whole, PromptAnswer.OVERTAKEN, None)
    was_left_alone = whole.facts.leaves_phone_alone
    _become_two(part, whole)
    part.record("split_off", ref=whole.incident.ref, by=by)
    whole.record("split", ref=part.incident.ref, by=by)
    stays = answers.current_answers(session, whole.incident.every_id)
    events = _without_go(whole, merged_at)
    add_events(events, _undecided(part, whole))
    for answer in gone:
        add_events(events, as_taken_back(whole, answer, stays))
    for tree, contact in sorted(only_there):
        add_events(events, events_of(whole.recipient(tree, contact), Withdrawn(contact, untold=True)))
    add_events(events, _narrowed(whole, merged_at))
    move(whole, {tree: (*happened, PlanChanged()) for tree, happened in events.items()})
    if was_left_alone and not whole.facts.leaves_phone_alone:
        field_reassurance.speak_again(whole)
    add_events(happened, bad_addresses(part, whole))
    add_events(happened, let_through_meanwhile(part, whole))
    resume(part, merged_at, PromptAnswer.MERGED, happened)
    let_leave(part, merged_at)
    if part.facts.leaves_phone_alone:
        field_reassurance.fall_silent(part)
    notify_coordinators(whole, Subject.SPLIT, part.incident.ref)


def _without_go(whole: LockedIncident, merged_at: datetime) -> dict[str, list[Event]]:
    """By tree, the levels to take back: opened here only by the part's facts, or by a go for the part (B3)."""
    session, (_, *others) = whole.tx.session, whole.incident.every_id
    own = [each for at, each in whole.history("level_opened") if at < merged_at or each.get("cause") == "automatic"]
    own += [payload or {} for each in others for _, payload in timeline.of_kind(session, each, "level_opened")]
    may_stay = {(each.get("tree"), each.get("level")) for each in own}
    decided = decisions_of(session, whole.incident.every_id)
    may_stay |= {(each.tree, each.level) for each in decided if each.decision is PromptAnswer.GO}
    return {
        tree: unopened(state, whole.plans[tree], {level for its, level in may_stay if its == tree and level})
        for tree, state in whole.states.items()
    }


def _narrowed(whole: LockedIncident, merged_at: datetime) -> dict[str, list[Event]]:
    """By tree, the levels that opened since the merge for somebody whom they do not name now (B1)."""
    opened = whole.history("level_opened")
    before = [(each["tree"], each["level"]) for at, each in opened if each and at < merged_at]
    return {
        tree: narrowed(state, whole.plans[tree], merged_at, {level for its, level in before if its == tree})
        for tree, state in whole.states.items()
    }


def _undecided(part: LockedIncident, whole: LockedIncident) -> dict[str, list[Event]]:
    """By tree, the holds and refusals taken over with that part alone, and that nobody has given here."""
    given = decisions_of(whole.tx.session, whole.incident.every_id)
    own = [(each.tree, each.level) for each in given if each.decision is not PromptAnswer.GO]
    merges = [at for at, _ in whole.history("merged")]
    events: dict[str, list[Event]] = {}
    for here in whole.escalations:
        there, tree = part.escalation_of(here.tree), here.tree
        if there is not None:
            its_own = {level for its, level in own if its == tree and level}
            brought = () if _is_held_by_another(whole, here) else merges
            levels, plan = part.tree(tree).levels, whole.plans[tree]
            events[tree] = undecided(there.state, levels, here.state, plan, its_own, brought)
    return events


def _is_held_by_another(whole: LockedIncident, here: escalation_store.Escalation) -> bool:
    """Whether a report that was merged since what comes next is on hold, and stays, held it as well."""
    since = here.state.on_hold_since
    merged_since = [each.id for each in whole.parts if since and each.closed_at and each.closed_at >= since]
    read = escalation_store.look_at_each(whole.tx.session, merged_since).values()
    return any(each.tree == here.tree and each.state.on_hold_since for found in read for each in found.sound)


def _become_two(part: LockedIncident, whole: LockedIncident) -> None:
    """Remove the part's facts from the whole; consent that becomes wider by it waits for a coordinator (A8)."""
    merged, now, before = whole.incident.merged, whole.facts, whole.plans
    assert merged is not None
    inform_parts(whole)
    known = next(each.facts for each in whole.parts if each.id == part.incident.id)
    own = apart(merged.own, merged.joined, now)
    parts = {id: ref for id, ref in merged.parts.items() if id != part.incident.id}
    facts = _without(whole, part.incident.id)
    narrow = no_wider(facts, now)
    whole.incident = replace(whole.incident, merged=Merged(parts, own, narrow) if parts else None)
    part.incident = replace(part.incident, part_of=None)
    for each in (part, whole):
        incident_store.save_merging(each.tx.session, each.incident)
    notifications.tell_apart(whole.tx.session, part.incident.id, whole.incident.id)
    whole.read_parts_anew()
    part.change_facts(no_wider(known, now))
    whole.restore_facts(narrow)
    let_in(whole, before)
    _let_wait(part, known.consent, f"before it was merged into {whole.incident.ref}")
    _let_wait(whole, facts.consent, f"before {part.incident.ref} was merged")
    stop_what_reaches_nobody(whole)
    if now.verified and not narrow.verified and whole.escalations:
        prompts.raise_prompt(whole, PromptKind.DECISION, Subject.VERIFY)


def _let_wait(locked: LockedIncident, consent: Scope, since: str) -> None:
    """Let consent given earlier wait for a coordinator, where less applies now."""
    if consent is not locked.facts.consent:
        wider = Wider(consent, None, "whoever reported it", since, locked.tx.now)
        let_wait(locked, (*(each for each in locked.incident.wider if each.person), wider))


def _told_only_of(whole: LockedIncident, ref: str) -> set[tuple[str, str]]:
    """(tree, contact) of those who may have been alerted of that report and no other, whatever they were asked."""
    others = whole.told_of_each(ALERTS)
    return others.pop(ref).difference(*others.values())


def _without(whole: LockedIncident, part: str) -> Facts:
    """The facts of the whole without that part, with all later changes."""
    merged = whole.incident.merged
    assert merged is not None
    own = apart(merged.own, merged.joined, whole.facts)
    parts = incident_store.get_each(whole.tx.session, merged.parts)
    return as_one(own, [each.facts for each in parts if each.id != part])
