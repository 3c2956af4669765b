"""Reports besides an answer: actions taken, results of phone tasks, and vouching for a contact (A6)."""

from datetime import datetime

from alertnet.core.directory.contact import MethodKind
from alertnet.core.disclosure import Subject
from alertnet.core.errors import WrongState
from alertnet.core.escalation.quorum import Action, AnswerKind, Via
from alertnet.core.escalation.state import Acted, Answered, ContactEvent, Event, Failed, Unsent
from alertnet.core.notification import PromptAnswer
from alertnet.flows.escalation.bad_addresses import report_strangers
from alertnet.flows.escalation.escalate import move
from alertnet.flows.escalation.record_response import (
    Recorded,
    Response,
    announce,
    events_of,
    must_be_respondent,
    respond,
    still_counts,
    told_at,
)
from alertnet.flows.notifications import phone_tasks
from alertnet.flows.unit.locked_incident import LockedIncident, Recipient
from alertnet.store.records import answers
from alertnet.store.records.notifications import covered_by_task
from alertnet.store.records.prompts import Prompt


def vouch(
    recipient: Recipient, kind: AnswerKind, *, by: str, note: str | None = None, at: datetime | None = None
) -> Recorded:
    """Record an answer on a contact's behalf, and settle the tasks that were to bring it.

    The same again changes nothing; another one replaces it, even once nobody waits for it.
    """
    must_be_respondent(recipient)
    phone_tasks.record_result(recipient, PromptAnswer(kind.value), by)
    return respond(recipient, Response(kind, Via.VOUCHED, by=by, note=note, at=at))


def is_reported(recipient: Recipient, action: str, note: str) -> bool:
    """Whether the very same report of the recipient is on record: a page that is sent twice reports once."""
    return any(each.action == action and (each.note or "") == note for each in recipient.reports())


def report_action(
    recipient: Recipient,
    action: Action,
    *,
    at: datetime | None = None,
    note: str | None = None,
    in_words: bool = False,
) -> None:
    """Record an action of a contact; `none` is kept, but does not end the wait for an action.

    `in_words`: only the note tells what was done. The coordinators read it on the page of the contact's answer.
    """
    locked, tree, contact = recipient.locked, recipient.tree, recipient.id
    locked.work.add(
        answers.NewAction(
            id=locked.tx.entropy.id(),
            incident_id=locked.incident.id,
            tree=tree,
            contact=contact,
            action=action,
            at=at or locked.tx.now,
            note=note,
        )
    )
    how = {"in_words": True} if in_words else {}
    locked.record("action_reported", tree=tree, contact=contact, action=action.value, note=note, **how)
    subject = Subject.ACTION if in_words else Subject(f"action_{action}")
    answer = recipient.current_answer()
    announce(recipient, subject, answer.id if answer else None, at=told_at(recipient))
    if action is Action.NONE:
        return
    happened: list[ContactEvent] = [Acted(recipient.id)]
    if answer is not None and answer.kind is AnswerKind.ACKNOWLEDGED and not still_counts(locked, answer):
        # For want of this report it was asked anew.
        happened.insert(0, Answered(recipient.id, answer.kind, answer.address))
    move(locked, events_of(recipient, *happened))


def is_over(task: Prompt) -> WrongState:
    """The refusal of what comes once a task has a result, or is wanted no more."""
    return WrongState("the task", task.answer or "over", "it is not to be done any more")


def report_failure(locked: LockedIncident, prompt: Prompt, why: PromptAnswer, by: str) -> None:
    """Record that nobody answered, or somebody else did. The method failed, and the contact's next one goes (B3)."""
    if not prompt.is_open:
        raise is_over(prompt)
    covered = covered_by_task(locked.tx.session, prompt.id)
    phone_tasks.end_task(locked, covered[0], why, by)
    stale = (MethodKind.TASK,) if why is PromptAnswer.WRONG_PERSON else ()
    events: dict[str, list[Event]] = {each.tree: [Failed(each.contact, each.method_index, stale)] for each in covered}
    tree = locked.tree_of(prompt.escalation)
    locked.record("task_failed", tree=tree, contact=prompt.contact, why=why.value, by=by)
    move(locked, events)
    if why is PromptAnswer.WRONG_PERSON:
        report_strangers(locked.recipient(tree, prompt.contact))


def still_to_do(locked: LockedIncident, prompt: Prompt) -> bool:
    """Whether to ask again; while the contact is closed its methods for that time are used instead (B1)."""
    covered = covered_by_task(locked.tx.session, prompt.id)
    if not all(
        locked.plans[each.tree].reach(each.contact).closed_by(each.method_index, locked.tx.now) for each in covered
    ):
        return True
    phone_tasks.end_task(locked, covered[0], PromptAnswer.HOURS, None)
    move(locked, {each.tree: [Unsent(each.contact, each.method_index)] for each in covered})
    return False
