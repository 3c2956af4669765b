"""Repeats prompts that nobody has answered, hourly a decision on hold; a promise to the field is kept."""

from sqlalchemy import select, update

from alertnet.core.delivery.invariants import check_prompt
from alertnet.core.delivery.next_repeat import next_repeat
from alertnet.core.notification import PromptAnswer, PromptKind
from alertnet.flows.escalation.report_phone_task import still_to_do
from alertnet.flows.notifications import field_reassurance
from alertnet.flows.notifications.prompts import AGAIN, FIRST_AFTER_HOLD, may_repeat, ring
from alertnet.flows.unit.locked_incident import take_up
from alertnet.store.db.tx import Tx
from alertnet.store.tables import alarms


def repeat_prompt(tx: Tx, prompt_id: str, incident_id: str) -> None:
    """Ring again if nobody has answered.

    Raises:
        Inconsistent: it can't be as it is, and has to be put aside (A11).
    """
    locked = take_up(tx, incident_id)
    prompt = tx.session.execute(select(alarms).where(alarms.c.id == prompt_id).with_for_update()).one()
    check_prompt(prompt.id, prompt._mapping)
    if prompt.due_at is None or prompt.due_at > tx.now or not locked.is_open:
        return
    kind = PromptKind(prompt.kind)
    if kind is PromptKind.FIELD_STATUS:
        field_reassurance.tell_nobody_yet(locked, prompt.id)
    elif not may_repeat(locked, prompt):
        later = next_repeat(prompt.due_at, AGAIN, tx.now)
        tx.session.execute(update(alarms).where(alarms.c.id == prompt_id).values(due_at=later))
        locked.record("alarm_held", subject=prompt.subject)
    elif kind is not PromptKind.TASK or still_to_do(locked, prompt):
        ring(locked, prompt)
        pause = FIRST_AFTER_HOLD if prompt.answer == PromptAnswer.HOLD else AGAIN
        values = {"asked": prompt.asked + 1, "due_at": next_repeat(prompt.due_at, pause, tx.now)}
        tx.session.execute(update(alarms).where(alarms.c.id == prompt_id).values(values))
        locked.record(f"{kind.value}_repeated", subject=prompt.subject, asked=prompt.asked + 1)
    locked.finish()
