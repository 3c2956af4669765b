"""Reports besides an answer: actions taken, results of phone tasks, and vouching for a contact (A6)."""

from dataclasses import replace
from datetime import datetime

from alertnet.core.directory.contact import Contact, Method, MethodKind
from alertnet.core.directory.usable_methods import stale_key
from alertnet.core.disclosure import Subject
from alertnet.core.errors import WrongState
from alertnet.core.escalation.quorum import Action, AnswerKind, Via
from alertnet.core.escalation.state import Acted, Event, Failed, LetThrough, Unsent
from alertnet.core.notification import Failure, PromptAnswer
from alertnet.flows.escalation.escalate import move, stale_kinds
from alertnet.flows.escalation.record_response import Recorded, Response, counted_in, events_of, respond, respondent
from alertnet.flows.notifications import phone_tasks, prompts
from alertnet.flows.notifications.answer_changes import announce, told_at
from alertnet.flows.notifications.cancel_alerts import cancel_to_strangers
from alertnet.flows.notifications.compose import notify_coordinators
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.records import answers
from alertnet.store.records.notifications import covered_by_tasks
from alertnet.store.records.prompts import Prompt


def vouch(
    locked: LockedIncident,
    tree: str,
    contact: str,
    kind: AnswerKind,
    *,
    by: str,
    note: str | None = None,
    at: datetime | None = None,
) -> Recorded:
    """Record an answer on a contact's behalf, and settle the tasks that were to bring it.

    The same again changes nothing; another one replaces it, even once nobody waits for it.

    Raises:
        WrongState: the incident is closed, or the contact is involved in it or barred from it.
    """
    respondent(locked, tree, contact)
    phone_tasks.record_result(locked, counted_in(locked, tree, contact), PromptAnswer(kind.value), by)
    return respond(locked, tree, contact, Response(kind, Via.VOUCHED, by=by, note=note, at=at))


def report_wrong_person(locked: LockedIncident, tree: str, contact_id: str, address: str) -> None:
    """Take an address out of use in this incident, and tell the coordinators. It never counts as a decline."""
    events: dict[str, list[Event]] = {}
    for escalation in locked.escalations:
        for its_contact in locked.tree(escalation.tree).contacts.values():
            for method_index, method in enumerate(its_contact.all_methods):
                if method.address != address or stale_key(its_contact, method) in escalation.state.stale:
                    continue
                stale = stale_kinds(Failure.WRONG_PERSON, method.kind)
                events.setdefault(escalation.tree, []).append(Failed(its_contact.id, method_index, stale))
    if events:
        locked.record("wrong_person", tree=tree, contact=contact_id)
        move(locked, events)
        cancel_to_strangers(locked)
        notify_coordinators(locked, Subject.WRONG_PERSON, contact_id)


def bad_addresses(locked: LockedIncident, known_to: LockedIncident) -> dict[str, list[Event]]:
    """The addresses that another incident knows to be bad, as failed methods in this one, by tree."""
    stale = known_to.stale
    return {
        each.tree: [
            Failed(contact.id, method_index, tuple(kind for kind in MethodKind if _key(contact, method, kind) in stale))
            for contact in locked.tree(each.tree).contacts.values()
            for method_index, method in enumerate(contact.all_methods)
            if stale_key(contact, method) in stale
        ]
        for each in (locked.escalations if stale else ())
    }


def take_out_of_use(locked: LockedIncident, known_to: LockedIncident) -> None:
    """Take out of use here the addresses that another incident knows to be bad (A9)."""
    if events := bad_addresses(locked, known_to):
        move(locked, events)
        cancel_to_strangers(locked)


def let_through(locked: LockedIncident, number: str) -> None:
    """Use a number for SMS again that had refused them; a number that belongs to a stranger stays out of use."""
    if number not in locked.strangers:
        key = _by_sms(number)
        move(locked, {each.tree: [LetThrough(number)] for each in locked.escalations if key in each.state.stale})


def let_through_meanwhile(locked: LockedIncident, known_to: LockedIncident) -> dict[str, list[Event]]:
    """The numbers that accept our SMS again in another incident where they were out of use too."""
    known = {
        number
        for each in known_to.escalations
        for its in known_to.tree(each.tree).contacts.values()
        for number in its.numbers
    }
    back = sorted(number for number in known if _by_sms(number) not in known_to.stale)
    return {
        each.tree: [LetThrough(number) for number in back if _by_sms(number) in each.state.stale]
        for each in locked.escalations
    }


def is_reported(locked: LockedIncident, tree: str, contact_id: str, action: str, note: str) -> bool:
    """Whether the very same report of the recipient is on record: a page that is sent twice reports once."""
    reported = answers.reports(locked.tx.session, locked.incident.every_id, locked.names(tree, contact_id))
    return any(each.action == action and (each.note or "") == note for each in reported)


def report_action(
    locked: LockedIncident,
    tree: str,
    contact_id: str,
    action: Action,
    *,
    at: datetime | None = None,
    note: str | None = None,
    in_words: bool = False,
) -> None:
    """Record an action of a contact; `none` is kept, but does not end the wait for an action.

    `in_words`: only the note tells what was done. The coordinators read it on the page of the contact's answer.
    """
    locked.work.add(
        answers.NewReport(
            id=locked.tx.entropy.id(),
            incident_id=locked.incident.id,
            tree=tree,
            contact=contact_id,
            action=action,
            at=at or locked.tx.now,
            note=note,
        )
    )
    how = {"in_words": True} if in_words else {}
    locked.record("action_reported", tree=tree, contact=contact_id, action=action.value, note=note, **how)
    subject = Subject.ACTION if in_words else Subject(f"action_{action}")
    answer = locked.current_answer(tree, contact_id)
    leaves_at = told_at(locked, tree, contact_id)
    announce(locked, tree, contact_id, subject, answer.id if answer else None, at=leaves_at)
    if action is not Action.NONE:
        move(locked, events_of(locked, tree, contact_id, Acted))


def take_task(locked: LockedIncident, prompt: Prompt, by: str) -> None:
    """Take a task for a coordinator who is going to call; without a result all are asked again.

    Raises:
        WrongState: it has a result, or is no longer to be done.
    """
    _check_open(prompt)
    if prompt.answer != PromptAnswer.TAKEN or prompt.answered_by != by:
        prompts.answer_prompt(locked, prompt.id, PromptAnswer.TAKEN, by)


def report_failure(locked: LockedIncident, prompt: Prompt, why: PromptAnswer, by: str) -> None:
    """Record that nobody answered, or somebody else did. The method failed, and the contact's next one goes (B3).

    Raises:
        WrongState: the task has a result, or is no longer to be done.
    """
    _check_open(prompt)
    covered = covered_by_tasks(locked.tx.session, [prompt.id])[prompt.id]
    phone_tasks.end(locked, covered[0], why, by)
    stale = (MethodKind.TASK,) if why is PromptAnswer.WRONG_PERSON else ()
    events: dict[str, list[Event]] = {each.tree: [Failed(each.contact, each.method_index, stale)] for each in covered}
    tree = locked.tree_of(prompt.escalation)
    locked.record("task_failed", tree=tree, contact=prompt.contact, why=why.value, by=by)
    move(locked, events)
    if why is PromptAnswer.WRONG_PERSON:
        _report_strangers(locked, tree, prompt.contact)


def still_to_do(locked: LockedIncident, prompt: Prompt) -> bool:
    """Whether to ask again; while the contact is closed its methods for that time are used instead (B1)."""
    covered = covered_by_tasks(locked.tx.session, [prompt.id])[prompt.id]
    if not all(
        locked.plans[each.tree].reach(each.contact).closed_by(each.method_index, locked.tx.now) for each in covered
    ):
        return True
    phone_tasks.end(locked, covered[0], PromptAnswer.HOURS, None)
    move(locked, {each.tree: [Unsent(each.contact, each.method_index)] for each in covered})
    return False


def _report_strangers(locked: LockedIncident, tree: str, contact: str) -> None:
    """Stop using the numbers that a coordinator was shown: a stranger has them, and no machine may write there."""
    numbers = locked.contact(tree, contact).numbers
    for number in sorted(numbers):
        report_wrong_person(locked, tree, contact, number)
    if not numbers:
        notify_coordinators(locked, Subject.WRONG_PERSON, contact)


def _by_sms(number: str) -> str:
    return f"{MethodKind.SMS}:{number}"


def _key(contact: Contact, method: Method, kind: MethodKind) -> str:
    return stale_key(contact, replace(method, kind=kind))


def _check_open(prompt: Prompt) -> None:
    if not prompt.is_open:
        raise WrongState("the task", prompt.answer or "over", "it is not to be done any more")
