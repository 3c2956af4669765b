"""What coordinators have not answered rings again, hourly for a decision on hold; a promise to the field is kept."""

from sqlalchemy import select, update

from alertnet.core.delivery.invariants import check_alarm
from alertnet.core.delivery.next_repeat import next_repeat
from alertnet.core.notification import PromptAnswer, PromptKind
from alertnet.flows.escalation.report_phone_task import still_to_do
from alertnet.flows.notifications import field_reassurance
from alertnet.flows.notifications.coordinator_alarms import AGAIN, FIRST_AFTER_HOLD, may_repeat, ring
from alertnet.flows.unit.locked_incident import take_up
from alertnet.store.db.tx import Tx
from alertnet.store.tables import alarms


def repeat_alarm(tx: Tx, alarm_id: str, incident_id: str) -> list[str]:
    """Ring again if nobody has answered; the calls to hang up after the commit.

    Raises:
        Inconsistent: it can't be as it is, and has to be put aside (A11).
    """
    locked = take_up(tx, incident_id)
    alarm = tx.session.execute(select(alarms).where(alarms.c.id == alarm_id).with_for_update()).one()
    check_alarm(alarm.id, alarm._mapping)
    if alarm.due_at is None or alarm.due_at > tx.now or not locked.is_open:
        return []
    kind = PromptKind(alarm.kind)
    if kind is PromptKind.FIELD_STATUS:
        field_reassurance.tell_nobody_yet(locked, alarm.id)
    elif not may_repeat(locked, alarm):
        later = next_repeat(alarm.due_at, AGAIN, tx.now)
        tx.session.execute(update(alarms).where(alarms.c.id == alarm_id).values(due_at=later))
        locked.record("alarm_held", subject=alarm.subject)
    elif kind is not PromptKind.TASK or still_to_do(locked, alarm):
        ring(locked, alarm)
        pause = FIRST_AFTER_HOLD if alarm.answer == PromptAnswer.HOLD else AGAIN
        values = {"asked": alarm.asked + 1, "due_at": next_repeat(alarm.due_at, pause, tx.now)}
        tx.session.execute(update(alarms).where(alarms.c.id == alarm_id).values(values))
        locked.record(f"{kind.value}_repeated", subject=alarm.subject, asked=alarm.asked + 1)
    locked.finish()
    return locked.hang_ups
