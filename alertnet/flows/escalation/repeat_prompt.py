"""Repeats prompts that nobody has answered, hourly a decision on hold; a promise to the field is kept."""

from alertnet.core.delivery.next_repeat import PROMPT_EVERY, next_repeat, prompt_pause
from alertnet.core.notification import PromptAnswer, PromptKind
from alertnet.flows.escalation.report_phone_task import still_to_do
from alertnet.flows.notifications import field_reassurance
from alertnet.flows.notifications.prompts import FIRST_AFTER_HOLD, may_repeat, ring
from alertnet.flows.unit.locked_incident import take_up
from alertnet.store.db.tx import Tx
from alertnet.store.records import prompts as prompt_store


def repeat_prompt(tx: Tx, prompt_id: str, incident_id: str) -> None:
    """Ring again if nobody has answered, the longer nobody does the less often (B9).

    Raises:
        Inconsistent: it can't be as it is, and has to be put aside (A11).
    """
    locked = take_up(tx, incident_id)
    prompt = prompt_store.hold(tx.session, prompt_id)
    if prompt.due_at is None or prompt.due_at > tx.now or not locked.is_open:
        return
    if prompt.kind == PromptKind.FIELD_STATUS:
        field_reassurance.tell_nobody_yet(locked, prompt.id)
    elif not may_repeat(locked, prompt):
        prompt_store.postpone(tx.session, prompt.id, next_repeat(prompt.due_at, PROMPT_EVERY, tx.now))
        locked.record("alarm_held", subject=prompt.subject)
    elif prompt.kind != PromptKind.TASK or still_to_do(locked, prompt):
        ring(locked, prompt)
        unanswered = prompt_pause(tx.now - prompt.raised_at, locked.facts.severity)
        pause = FIRST_AFTER_HOLD if prompt.answer == PromptAnswer.HOLD else unanswered
        prompt_store.ask_again(tx.session, prompt, next_repeat(prompt.due_at, pause, tx.now))
        locked.record(f"{prompt.kind}_repeated", subject=prompt.subject, asked=prompt.asked + 1)
    locked.finish()
