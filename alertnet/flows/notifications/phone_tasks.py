"""Tasks: coordinators are asked to call contacts that no machine reaches, and say what came of it (B1).

A task is an alarm to the coordinators and one notification by the method `task`, to the contact that is to be called;
what that one counts for says whether it is still to be done.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, Select, bindparam, select

from alertnet.core.directory.contact import Contact, MethodKind
from alertnet.core.disclosure import Subject
from alertnet.core.escalation.advance import closed_by
from alertnet.core.escalation.decision import Send
from alertnet.core.escalation.state import Unsent
from alertnet.core.notification import CALL_FAILURES, AttemptStatus, Kind, PromptAnswer, PromptKind
from alertnet.flows.notifications import prompts
from alertnet.flows.notifications.cancel_alerts import cancel_asking, is_wanted
from alertnet.flows.notifications.compose import said
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.flows.unit.unit_of_work import Coverage, NotificationDraft
from alertnet.store.db.tx import Tx
from alertnet.store.records.escalations import Escalation
from alertnet.store.tables import alarms as alarm_table
from alertnet.store.tables import escalations, notifications, served

_SERVED: Select[Any] = (
    select(
        notifications.c.incident_id,
        notifications.c.alarm_id,
        notifications.c.id.label("notification_id"),
        served.c.escalation_id,
        served.c.contact,
        served.c.level_index,
        served.c.method.label("place"),
        escalations.c.tree,
        escalations.c.state,
    )
    .join(served, served.c.notification_id == notifications.c.id)
    .join(escalations, escalations.c.id == served.c.escalation_id)
    .where(notifications.c.method == MethodKind.TASK.value)
    .order_by(notifications.c.id, served.c.escalation_id)
)
_OF_ALARMS = _SERVED.where(notifications.c.alarm_id.in_(bindparam("alarms", expanding=True)))
_OPEN = _SERVED.join(alarm_table, alarm_table.c.id == notifications.c.alarm_id).where(
    notifications.c.incident_id.in_(bindparam("incidents", expanding=True)), alarm_table.c.due_at.is_not(None)
)


def ask_to_call(
    locked: LockedIncident, escalation: Escalation, contact: Contact, send: Send, level: str
) -> Unsent | None:
    """Ask the coordinators to call the contact; `Unsent` where it has closed since the moment that was planned."""
    if closed_by(locked.plans[escalation.tree], contact.id, send.method, locked.tx.now):
        return Unsent(contact.id, send.method)
    method = contact.all_methods[send.method]
    prompt = prompts.raise_prompt(
        locked, PromptKind.TASK, Subject.TASK, about=contact.id, escalation=escalation.id, level=send.index + 1
    )
    draft = NotificationDraft(
        kind=Kind.TASK,
        contact=contact.id,
        method=MethodKind.TASK,
        address=contact.address_in(escalation.tree, method),
        language=contact.language,
        said=said(locked, escalation.tree, contact.timezone),
        planned_at=send.at,
        rank=locked.rank(Kind.TASK),
        incident=locked.incident.id,
        tree=escalation.tree,
        level=level,
        round=send.round,
        escalation=escalation.id,
        prompt=prompt,
        expires_at=send.expires_at,
    )
    coverage = Coverage(escalation.id, contact.id, send.method, send.index, send.round)
    notification = locked.work.post(draft, ((escalation.tree, coverage),), send=False)
    locked.posted[escalation.id, method.kind, draft.address] = (notification, [escalation.tree])
    return None


def withdraw(locked: LockedIncident) -> None:
    """Take back what nobody has to do any more: the escalation goes no further, or the contact may not be told (A4)."""
    if locked.fresh or not any(plan.tree.with_tasks for plan in locked.plans.values()):
        return
    rows = locked.prefetch.rows_of(_OPEN, locked.incident.id)
    wanted = {row.alarm_id for row in rows if is_wanted(locked, row)}
    for row in _each_task(rows):
        if row.alarm_id not in wanted:
            end(locked, row, PromptAnswer.OVERTAKEN, None)


def record_result(
    locked: LockedIncident, everywhere: Iterable[tuple[str, str]], answer: PromptAnswer, by: str | None
) -> None:
    """Record the result of what was asked about a contact, by (escalation, contact)."""
    stands = set(everywhere)
    rows = open_tasks(locked)
    for row in _each_task([row for row in rows if (row.escalation_id, row.contact) in stands]):
        end(locked, row, answer, by)


def end(locked: LockedIncident, task: Row[Any], answer: PromptAnswer, by: str | None) -> None:
    """End a task: `overtaken`, `hours`, an answer of the contact, or why there is none."""
    if answer in (PromptAnswer.OVERTAKEN, PromptAnswer.HOURS):
        status = AttemptStatus.CANCELLED
    else:
        status = AttemptStatus.FAILED if answer in CALL_FAILURES else AttemptStatus.DELIVERED
    locked.work.change("notifications", task.notification_id, status=status.value)
    prompts.answer_prompt(locked, task.alarm_id, answer, by)
    cancel_asking(locked, {task.alarm_id})


def open_tasks(locked: LockedIncident) -> Sequence[Row[Any]]:
    """The tasks that are still to be done, with what they count for: a row for each escalation."""
    has_any = any(plan.tree.with_tasks for plan in locked.plans.values())
    values = {"incidents": [locked.incident.id]}
    return locked.tx.session.execute(_OPEN, values).all() if has_any else ()


def served_by(tx: Tx, alarm_ids: Sequence[str]) -> dict[str, list[Row[Any]]]:
    """What those tasks count for, by the prompt's id: escalation and its state, contact, level, index of the method."""
    found: dict[str, list[Row[Any]]] = {}
    for row in tx.session.execute(_OF_ALARMS, {"alarms": list(alarm_ids)}) if alarm_ids else ():
        found.setdefault(row.alarm_id, []).append(row)
    return found


def _each_task(rows: Sequence[Row[Any]]) -> Iterable[Row[Any]]:
    return {row.alarm_id: row for row in rows}.values()
