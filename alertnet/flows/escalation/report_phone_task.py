"""What came of a task: the coordinator who called vouches for the answer, or says that there was none (A6)."""

from datetime import datetime

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
from alertnet.store.records.notifications import covered_by_tasks
from alertnet.store.records.prompts import Prompt


def take_task(locked: LockedIncident, prompt: Prompt, by: str) -> None:
    """Take a task for a coordinator who is going to call; without a result it rings for all of them again.

    Raises:
        WrongState: it has a result, or is not to be done any more.
    """
    _check_open(prompt)
    if prompt.answer != PromptAnswer.TAKEN or prompt.answered_by != by:
        prompts.answer_prompt(locked, prompt.id, PromptAnswer.TAKEN, by)


def report_answer(
    locked: LockedIncident,
    prompt: Prompt,
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
    vouch(locked, tree_of(locked, prompt), prompt.contact, kind, by=by, note=note, at=at)


def report_failure(locked: LockedIncident, prompt: Prompt, why: PromptAnswer, by: str) -> None:
    """Record that nobody answered, or somebody else did: the method failed, and the contact's next one goes (B3).

    Raises:
        WrongState: the task has a result, or is not to be done any more.
    """
    _check_open(prompt)
    covered = covered_by_tasks(locked.tx.session, [prompt.id])[prompt.id]
    phone_tasks.end(locked, covered[0], why, by)
    stale = (MethodKind.TASK,) if why is PromptAnswer.WRONG_PERSON else ()
    events: dict[str, list[Event]] = {
        each.escalation: [Failed(each.contact, each.method_index, stale)] for each in covered
    }
    tree = tree_of(locked, prompt)
    locked.record("task_failed", tree=tree, contact=prompt.contact, why=why.value, by=by)
    move(locked, events)
    if why is PromptAnswer.WRONG_PERSON:
        _take_out_of_use(locked, tree, prompt.contact)


def still_to_do(locked: LockedIncident, prompt: Prompt) -> bool:
    """Whether to ask again; while the contact is closed its methods for that take over instead (B1)."""
    covered = covered_by_tasks(locked.tx.session, [prompt.id])[prompt.id]
    if not all(closed_by(locked.plans[each.tree], each.contact, each.method_index, locked.tx.now) for each in covered):
        return True
    phone_tasks.end(locked, covered[0], PromptAnswer.HOURS, None)
    move(locked, {each.escalation: [Unsent(each.contact, each.method_index)] for each in covered})
    return False


def tree_of(locked: LockedIncident, prompt: Prompt) -> str:
    """The tree of the contact that is to be called."""
    return locked.tree_of(prompt.escalation)


def _take_out_of_use(locked: LockedIncident, tree: str, contact: str) -> None:
    """Take the numbers that a coordinator was shown out of use: a stranger has them, no machine may write there."""
    numbers = locked.contact(tree, contact).numbers
    for number in sorted(numbers):
        report_wrong_person(locked, tree, contact, number)
    if not numbers:
        notify_coordinators(locked, Subject.WRONG_PERSON, contact)


def _check_open(prompt: Prompt) -> None:
    if not prompt.is_open:
        raise WrongState("the task", prompt.answer or "over", "it is not to be done any more")
