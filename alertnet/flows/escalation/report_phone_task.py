"""What came of a task: the coordinator who called vouches for the answer, or says that there was none (A6)."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row

from alertnet.core.directory.contact import MethodKind
from alertnet.core.disclosure import Subject
from alertnet.core.errors import WrongState
from alertnet.core.escalation.advance import closed_by
from alertnet.core.escalation.quorum import AnswerKind
from alertnet.core.escalation.state import Event, Failed, Unsent
from alertnet.core.notification import PromptAnswer
from alertnet.flows.escalation.escalate import move
from alertnet.flows.escalation.report_wrong_person import report_wrong_person
from alertnet.flows.escalation.vouch import vouch
from alertnet.flows.notifications import phone_tasks, prompts
from alertnet.flows.notifications.compose import notify_coordinators
from alertnet.flows.unit.locked_incident import LockedIncident


def take_task(locked: LockedIncident, prompt: Row[Any], by: str) -> None:
    """Take a task for a coordinator who is going to call; without a result it rings for all of them again.

    Raises:
        WrongState: it has a result, or is not to be done any more.
    """
    _check_open(prompt)
    if prompt.answer != PromptAnswer.TAKEN or prompt.answered_by != by:
        prompts.answer_prompt(locked, prompt.id, PromptAnswer.TAKEN, by)


def report_answer(
    locked: LockedIncident,
    prompt: Row[Any],
    kind: AnswerKind,
    by: str,
    *,
    note: str | None = None,
    at: datetime | None = None,
) -> None:
    """Record what the contact said on the telephone, also once nobody waits for it; another answer replaces it.

    Raises:
        WrongState: the incident is closed, or the contact barred from it.
    """
    vouch(locked, tree_of(locked, prompt), prompt.about, kind, by=by, note=note, at=at)


def report_failure(locked: LockedIncident, prompt: Row[Any], why: PromptAnswer, by: str) -> None:
    """Record that nobody answered, or somebody else did: the method failed, and the contact's next one goes (B3).

    Raises:
        WrongState: the task has a result, or is not to be done any more.
    """
    _check_open(prompt)
    services = phone_tasks.served_by(locked.tx, [prompt.id])[prompt.id]
    phone_tasks.end(locked, services[0], why, by)
    stale = (MethodKind.TASK,) if why is PromptAnswer.WRONG_PERSON else ()
    events: dict[str, list[Event]] = {
        each.escalation_id: [Failed(each.contact, each.place, stale)] for each in services
    }
    tree = tree_of(locked, prompt)
    locked.record("task_failed", tree=tree, contact=prompt.about, why=why.value, by=by)
    move(locked, events)
    if why is PromptAnswer.WRONG_PERSON:
        _take_out_of_use(locked, tree, prompt.about)


def still_to_do(locked: LockedIncident, prompt: Row[Any]) -> bool:
    """Whether to ask again; while the contact is closed its methods for that take over instead (B1)."""
    services = phone_tasks.served_by(locked.tx, [prompt.id])[prompt.id]
    if not all(closed_by(locked.plans[each.tree], each.contact, each.place, locked.tx.now) for each in services):
        return True
    phone_tasks.end(locked, services[0], PromptAnswer.HOURS, None)
    move(locked, {each.escalation_id: [Unsent(each.contact, each.place)] for each in services})
    return False


def tree_of(locked: LockedIncident, prompt: Row[Any]) -> str:
    """The tree of the contact that is to be called."""
    return locked.tree_of(prompt.escalation_id)


def _take_out_of_use(locked: LockedIncident, tree: str, contact: str) -> None:
    """Take the numbers that a coordinator was shown out of use: a stranger has them, no machine may write there."""
    numbers = locked.contact(tree, contact).numbers
    for number in sorted(numbers):
        report_wrong_person(locked, tree, contact, number)
    if not numbers:
        notify_coordinators(locked, Subject.WRONG_PERSON, contact)


def _check_open(prompt: Row[Any]) -> None:
    if prompt.due_at is None:
        raise WrongState("the task", prompt.answer or "over", "it is not to be done any more")
