"""Phone tasks: coordinators are asked to call contacts that no machine reaches, and report the result (B1).

A task is an alarm to the coordinators, and one notification by the method `task` to the contact to be called. What that
notification counts for says whether it is still to be done.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from alertnet.core.directory.contact import Method
from alertnet.core.disclosure import Subject
from alertnet.core.escalation.effects import AlertOnRecord, NewAlert
from alertnet.core.notification import CALL_FAILURES, AttemptStatus, Kind, PromptAnswer, PromptKind
from alertnet.flows.notifications import prompts
from alertnet.flows.notifications.cancel_messages import cancel_asking, forget_uses, wanted_by
from alertnet.flows.notifications.compose import draft_to, said
from alertnet.flows.unit.locked_incident import LockedIncident, Recipient
from alertnet.store.records import notifications
from alertnet.store.records import prompts as prompt_store
from alertnet.store.records.notifications import Coverage, Covered, NotificationDraft


def ask_to_call(recipient: Recipient, method: Method, new: NewAlert, escalation: str) -> NotificationDraft:
    """Ask the coordinators to call the contact; returns the draft of what says which escalation that counts for."""
    prompt = prompts.raise_prompt(
        recipient.locked,
        PromptKind.TASK,
        Subject.TASK,
        about=recipient.id,
        escalation_id=escalation,
        level=prompt_store.level_of(new.send.index),
    )
    draft = draft_to(recipient, Kind.TASK, method, said(recipient))
    return replace(draft, address=recipient.contact.address_in(recipient.tree, method), prompt_id=prompt)


def ask_again(locked: LockedIncident, task: AlertOnRecord, coverage: Coverage) -> None:
    """Ask again for a task that nobody has done, with the codes that it has; it counts for what is due now."""
    assert task.prompt is not None
    notifications.cover_as(locked.tx.session, task.id, coverage)
    prompts.ring_again(locked, prompt_store.hold(locked.tx.session, task.prompt))


def withdraw(locked: LockedIncident) -> None:
    """Withdraw tasks that are no longer needed: the escalation goes no further, or the contact may not be told (A4)."""
    if locked.fresh or not _has_any(locked):
        return
    covered = locked.prefetch.read(notifications.open_tasks, locked.incident.id)
    wanted = {each.task for each in filter(wanted_by(locked), covered)}
    unwanted = [each for each in covered if each.task not in wanted]
    for task in _each_task(unwanted):
        end_task(locked, task, PromptAnswer.OVERTAKEN, None)
    forget_uses(locked, unwanted)


def record_result(recipient: Recipient, answer: PromptAnswer, by: str | None) -> None:
    """Record the result of what was asked about a contact, wherever it stands."""
    locked, names = recipient.locked, {each.name for each in recipient.same if each.escalation}
    for task in _each_task([each for each in open_tasks(locked) if (each.tree, each.contact) in names]):
        end_task(locked, task, answer, by)


def end_task(locked: LockedIncident, task: Covered, answer: PromptAnswer, by: str | None) -> None:
    """End a task: `overtaken`, `hours`, an answer of the contact, or why there is none."""
    assert task.task is not None
    if answer in (PromptAnswer.OVERTAKEN, PromptAnswer.HOURS):
        status = AttemptStatus.CANCELLED
    else:
        status = AttemptStatus.FAILED if answer in CALL_FAILURES else AttemptStatus.DELIVERED
    locked.work.show(task.notification, status)
    prompts.answer_prompt(locked, task.task, answer, by)
    cancel_asking(locked, {task.task})


def open_tasks(locked: LockedIncident) -> Sequence[Covered]:
    """The tasks still to be done, with what they count for: a row for each escalation."""
    ids = [locked.incident.id]
    return notifications.open_tasks(locked.tx.session, ids)[locked.incident.id] if _has_any(locked) else ()


def _has_any(locked: LockedIncident) -> bool:
    return any(plan.tree.with_tasks for plan in locked.plans.values())


def _each_task(covered: Iterable[Covered]) -> Iterable[Covered]:
    return {each.task: each for each in covered}.values()
