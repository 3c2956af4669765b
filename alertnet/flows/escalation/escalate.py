"""Moving an incident's escalations: what happened goes in; drafts, alarms and history come out as the core decides."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from alertnet.core.directory.contact import MethodKind
from alertnet.core.disclosure import Subject
from alertnet.core.escalation.advance import advance
from alertnet.core.escalation.decision import Send, Step
from alertnet.core.escalation.state import LAST_RESORT, Event, Failed, Status, Unsent
from alertnet.core.notification import AttemptStatus, Failure, Kind, PromptAnswer, PromptKind
from alertnet.flows.credentials.written_codes import known_code
from alertnet.flows.notifications import phone_tasks, prompts
from alertnet.flows.notifications.already_queued import alert_waits
from alertnet.flows.notifications.cancel_alerts import cancel_unwanted
from alertnet.flows.notifications.compose import alert, notify_coordinators, said, write
from alertnet.flows.unit.locked_incident import LockedIncident, take_up, take_up_each
from alertnet.flows.unit.unit_of_work import UnitOfWork
from alertnet.store.db.tx import Tx
from alertnet.store.records import escalations as escalation_store
from alertnet.store.records.escalations import Escalation, level_name
from alertnet.store.records.notifications import Coverage, shareable

Events = Mapping[str, Sequence[Event]]
"""What happened, by escalation id."""


def escalate(tx: Tx, escalation_id: str, incident_id: str) -> None:
    """Do what is due in one escalation, or nothing when another worker has.

    Raises:
        Inconsistent: it can't be read, and has to be put aside.
    """
    locked = take_up(tx, incident_id)
    broken = next((each for each in locked.broken if each.id == escalation_id), None)
    if broken is not None:
        raise broken.fault
    if escalation_id in (due := _due(locked)):
        move(locked, {escalation_id: due[escalation_id]})
        locked.finish()


def escalate_due(tx: Tx, most: int) -> int:
    """The same for several incidents in one go: how many escalations were found due, `most` or fewer.

    One that another flow holds is left to it: that flow does what is due, or it is found due again.

    Raises:
        Inconsistent: one of those that are due can't be read; each has to be taken alone then.
    """
    found = escalation_store.take_due(tx.session, tx.now, most)
    ids = list(dict.fromkeys(found))
    work = UnitOfWork(tx)
    incidents = take_up_each(tx, ids, work) if ids else {}
    for locked in incidents.values():
        locked.refuse_broken(tx.now)
    for id in ids:
        move(incidents[id], _due(incidents[id]))
    work.flush()
    return len(found)


def _due(locked: LockedIncident) -> Events:
    """Nothing but time has happened to the escalations that are due."""
    now = locked.tx.now
    return {each.id: () for each in locked.escalations if each.due_at is not None and each.due_at <= now}


def move(locked: LockedIncident, events: Events) -> None:
    """Advance the escalations that something happened to, and those that wait for the others to be acknowledged."""
    for escalation in locked.escalations:
        if escalation.id in events and escalation.state.status is not Status.STOPPED:
            _advance(locked, escalation, events[escalation.id])
    for escalation in locked.escalations:
        starts_late = locked.plans[escalation.tree].tree.start.unless_acknowledged
        if escalation.state.status is Status.SCHEDULED and starts_late and escalation.id not in events:
            _advance(locked, escalation, ())
    if not locked.fresh:
        cancel_unwanted(locked)
    phone_tasks.withdraw(locked)


def for_all(locked: LockedIncident, *events: Event) -> Events:
    """The same events for every escalation of the incident."""
    return {escalation.id: events for escalation in locked.escalations}


def _advance(locked: LockedIncident, escalation: Escalation, events: Sequence[Event]) -> None:
    before = escalation.state
    others = [each.state.status for each in locked.escalations if each is not escalation]
    acknowledged = bool(others) and not locked.broken and all(status is Status.ACKNOWLEDGED for status in others)
    plan = locked.plans[escalation.tree]
    step = advance(plan, before, locked.tx.now, events, others_acknowledged=acknowledged)
    escalation.state, escalation.due_at = step.state, step.due_at
    escalation.level = level_name(plan, step.state)
    for note in step.notes:
        locked.record(note.kind, tree=escalation.tree, **note.payload)
    bounced = [failed for send in step.sends if (failed := _send(locked, escalation, send)) is not None]
    _ask(locked, escalation, step)
    _tell_of_changes(locked, escalation, before.status, step)
    if bounced:
        _advance(locked, escalation, bounced)
        return
    locked.save(escalation)


def _send(locked: LockedIncident, escalation: Escalation, send: Send) -> Failed | Unsent | None:
    """Post the alert, or let one that another tree has sent count here too; `Failed` when that one did not arrive.

    A task is asked of the coordinators, unless its contact has closed meanwhile. A reminder of what has not left yet
    is spared, and so is one that another tree posts at the same moment.
    """
    plan = locked.plans[escalation.tree]
    contact = plan.tree.contacts[send.contact]
    coverage = Coverage(escalation.id, send.contact, send.method, send.index, send.round)
    method = contact.all_methods[send.method]
    is_task = send.kind is Kind.TASK
    if len(locked.escalations) > 1:
        address = contact.address_in(escalation.tree, method)
        shared = _sent_by_another_tree(locked, escalation, send.kind, method.kind, address)
        if shared is not None:
            notification, status, trees = shared
            locked.work.cover(notification, coverage)
            locked.work.share(notification, sorted({*trees, escalation.tree}))
            return Failed(send.contact, send.method) if status is AttemptStatus.FAILED else None
    if send.kind is Kind.REMINDER and alert_waits(locked, method):
        return None
    level = "Last resort" if send.index == LAST_RESORT else plan.tree.levels[send.index].name
    if is_task:
        return phone_tasks.ask_to_call(locked, escalation, contact, send, level)
    id = alert(
        locked,
        send.kind,
        escalation.tree,
        contact,
        send.method,
        coverage=coverage,
        level=level,
        planned_at=send.at,
        expires_at=send.expires_at,
    )
    locked.posted[escalation.id, method.kind, method.address] = (id, [escalation.tree])
    return None


def _sent_by_another_tree(
    locked: LockedIncident, escalation: Escalation, kind: Kind, method: MethodKind, address: str
) -> tuple[str, AttemptStatus, list[str]] | None:
    """The first alert by that method to that address, if another tree sent it and this one has not used it yet.

    It counts once for a tree: where two of its contacts have the address, the second gets its own. A reminder is
    shared only with what another tree posts at the same moment.
    """
    used = locked.work.notifications_for(escalation.id)
    for (other, other_method, other_address), (id, trees) in locked.posted.items():
        if other != escalation.id and (other_method, other_address) == (method, address):
            return None if id in used else (id, AttemptStatus.QUEUED, trees)
    if locked.fresh or kind is Kind.REMINDER:
        return None
    sent = shareable(locked.tx.session, locked.incident.id, method, locked.tx.vault.indexes(address))
    if not sent or any(each.escalation == escalation.id or each.notification in used for each in sent):
        return None
    return sent[0].notification, sent[0].status, sent[0].trees


def _ask(locked: LockedIncident, escalation: Escalation, step: Step) -> None:
    """Put new questions to the coordinators, and take back those that were decided or overtaken."""
    pending = step.state.question
    for prompt in [] if locked.fresh else prompts.open_prompts(locked):
        decided = {
            Subject.LEVEL.value: pending is None or pending.index != (prompt.level or 0) - 1,
            Subject.CONFIRM.value: prompt.about not in step.state.to_confirm,
        }
        if prompt.escalation_id == escalation.id and decided.get(prompt.subject):
            prompts.answer_prompt(locked, prompt.id, PromptAnswer.OVERTAKEN, None)
    for ask in step.asks:
        if ask.contact is not None:
            prompts.raise_prompt(
                locked,
                PromptKind.DECISION,
                Subject.CONFIRM,
                about=ask.contact,
                escalation=escalation.id,
                level=ask.index + 1,
                contacts=1,
            )
        elif pending is not None and pending.index == ask.index:
            prompts.ask_about_level(locked, escalation, ask.index, ask.automatic_at)


def _tell_of_changes(locked: LockedIncident, escalation: Escalation, before: Status, step: Step) -> None:
    if step.noted("escalation_unanswered") and step.state.status is not Status.ACKNOWLEDGED:
        if not locked.fresh:
            prompts.silence(locked, escalation=escalation.id, kinds=(PromptKind.ALARM,), answer=PromptAnswer.REPEATED)
        prompts.raise_prompt(
            locked, PromptKind.ALARM, Subject.UNANSWERED, about=escalation.tree, escalation=escalation.id
        )
    if step.state.status is Status.ACKNOWLEDGED and before is not Status.ACKNOWLEDGED:
        prompts.silence(locked, escalation=escalation.id, kinds=(PromptKind.ALARM,), answer=PromptAnswer.ACKNOWLEDGED)
    for note in step.noted("action_missing"):
        notify_coordinators(locked, Subject.ACTION_MISSING, str(note.payload["level"]))
        _remind_of_action(locked, escalation, str(note.payload["level"]))


def _remind_of_action(locked: LockedIncident, escalation: Escalation, level: str) -> None:
    """Those of the level who acknowledged are asked what they did."""
    tree = locked.tree(escalation.tree)
    listed = next(each.notify for each in tree.levels if each.name == level)
    for id in listed:
        contact = tree.contacts[id]
        if escalation.state.answers.get(id) == "acknowledged" and not contact.former:
            code = known_code(locked, escalation.tree, id)
            words = replace(said(locked, tree.id, contact), code=code, at=locked.tx.now)
            write(locked, Kind.ACTION_REMINDER, tree.id, contact, words, once=True)


def stale_kinds(failure: Failure, method: MethodKind) -> tuple[MethodKind, ...]:
    """The kinds of method that an address is bad for after such a failure."""
    if failure is Failure.WRONG_PERSON:
        return (MethodKind.SMS, MethodKind.CALL, MethodKind.EMAIL)
    return (method,) if failure.is_stale else ()
