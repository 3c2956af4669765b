"""What events do to an escalation's course: answers, failures, decisions, actions, and a changed plan (B3)."""

from dataclasses import replace

from alertnet.core import turn as turns
from alertnet.core.acknowledgement import AnswerKind
from alertnet.core.course import Course
from alertnet.core.escalation import (
    LAST_RESORT,
    Acted,
    Answered,
    Asked,
    Delayed,
    Event,
    Failed,
    Go,
    Hold,
    PlanChanged,
    Refuse,
    RunStatus,
    Status,
    Withdrawn,
    pause_after,
)


def take(course: Course, event: Event) -> None:
    """Apply one event at the course's `now`."""
    match event:
        case Answered():
            _answer(course, event)
        case Withdrawn(contact):
            answers = {id: kind for id, kind in course.state.answers.items() if id != contact}
            course.change(answers=answers)
        case Failed():
            _fail(course, event)
        case Delayed(contact, method):
            _hand_over(course, contact, method)
        case Go(index):
            _go(course, index)
        case Hold(index):
            _hold(course, index)
        case Refuse(index):
            _refuse(course, index)
        case Asked(index):
            _asked(course, index)
        case Acted(contact):
            _act(course, contact)
        case PlanChanged():
            _look_again(course)
    course.settle()
    _resume_if_unfounded(course)


def _answer(course: Course, event: Answered) -> None:
    """A relay ends the number that relayed, and never takes the place of an acknowledgement."""
    if event.contact not in course.plan.tree.contacts:
        return
    if event.kind is AnswerKind.RELAYED:
        if event.address is not None:
            course.change(relayed=tuple(dict.fromkeys((*course.state.relayed, event.address))))
        if course.state.answers.get(event.contact) is AnswerKind.ACKNOWLEDGED:
            return
    course.change(answers={**course.state.answers, event.contact: event.kind})


def _fail(course: Course, event: Failed) -> None:
    contact = course.contact(event.contact)
    address = contact.methods[event.method].address
    stale = tuple(f"{kind}:{address}" for kind in event.stale)
    course.change(stale=tuple(dict.fromkeys((*course.state.stale, *stale))))
    bad = {place for place, method in enumerate(contact.methods) if turns.stale_key(method) in stale}
    for index in [run.index for run in course.state.runs]:
        run = next(each for each in course.state.runs if each.index == index)
        turn = next((each for each in run.turns if each.contact == event.contact), None)
        if turn is None:
            continue
        used = any(use.method == event.method for use in turn.uses)
        news = (bad | ({event.method} if used else set())) - set(turn.failed)
        failed = replace(turn, failed=(*turn.failed, *sorted(news)))
        run = course.put_turn(run, turn, failed)
        if used and news:
            course.bring_forward(run, failed)


def _hand_over(course: Course, contact: str, method: int) -> None:
    for run in course.this_round:
        turn = next((each for each in run.turns if each.contact == contact), None)
        if turn is not None and any(use.method == method for use in turn.uses):
            course.bring_forward(run, turn)


def _go(course: Course, index: int) -> None:
    """A go opens the level now, whatever the escalation waits for; it stands in later rounds."""
    state, planned = course.state, course.plan.levels[index]
    course.change(
        goes=tuple(dict.fromkeys((*state.goes, index))),
        refused=tuple(each for each in state.refused if each != index),
    )
    if state.question is not None and state.question.index == index:
        course.change(question=None)
    if state.unverified_index == index:
        course.change(unverified_since=None, unverified_index=None)
    if not planned.contacts or any(run.index == index and run.status is RunStatus.OPEN for run in course.this_round):
        return
    waits = course.state.question is not None or course.state.unverified_since is not None
    course.change(
        status=Status.WAITING_FOR_GO if waits else Status.RUNNING,
        onward_from=state.onward_from or course.now,
        round_due_at=None,
        action_due_at=None,
        met_index=None,
    )
    course.open(planned, course.now, "go")


def _hold(course: Course, index: int) -> None:
    question = course.state.question
    if question is not None and question.index == index:
        course.change(question=replace(question, automatic_at=None))
        course.note("level_held", level=course.plan.levels[index].level.name)


def _refuse(course: Course, index: int) -> None:
    """The level is skipped for good; the refusal is the event that opens the next."""
    course.change(refused=tuple(dict.fromkeys((*course.state.refused, index))))
    course.note("level_refused", level=course.plan.levels[index].level.name)
    if course.state.question is not None and course.state.question.index == index:
        course.change(question=None, status=Status.RUNNING, onward_from=course.now)


def _asked(course: Course, index: int) -> None:
    """Time in which the question could not be sent does not count, except for critical (which never waits for it)."""
    question = course.state.question
    if question is None or question.index != index or question.sent:
        return
    automatic_at = question.automatic_at
    if automatic_at is not None and course.on_time(question.asked_at) != question.asked_at:
        automatic_at += course.now - question.asked_at
    course.change(question=replace(question, sent=True, automatic_at=automatic_at))


def _act(course: Course, contact: str) -> None:
    if course.state.answers.get(contact) is AnswerKind.ACKNOWLEDGED:
        course.change(action_reported=True, action_due_at=None)


def _look_again(course: Course) -> None:
    """The plan has changed; when it is verified now, what was due meanwhile opens at once and the rest at its time."""
    if course.plan.verified and course.state.unverified_since is not None:
        course.catching_up = True
        course.change(unverified_since=None, unverified_index=None, status=Status.RUNNING)


def _resume_if_unfounded(course: Course) -> None:
    """An acknowledged escalation whose rule is no longer met goes on where it was (A6: an answer can be revoked)."""
    state = course.state
    if state.status is not Status.ACKNOWLEDGED or state.met_index is None:
        return
    run = next((each for each in state.runs if each.index == state.met_index), None)
    if run is None or run.status is RunStatus.MET:
        return
    course.change(met_index=None, action_due_at=None, action_reported=False)
    course.note("acknowledgement_withdrawn", level=course.level(run).name)
    if run.index == LAST_RESORT:
        course.change(status=Status.UNANSWERED, round_due_at=course.now + pause_after(state.round))
        course.open_last_resort(course.now)
    else:
        course.change(status=Status.RUNNING)
        course.open(course.plan.levels[run.index], course.now, "withdrawn")
