"""What events do to an escalation's course: answers, failures, decisions, actions, and a changed plan (B3)."""

from dataclasses import replace

from alertnet.core.directory.contact_tree import Then
from alertnet.core.escalation import contact_steps as turns
from alertnet.core.escalation.context import ENDED, Course
from alertnet.core.escalation.delivery_failures import fare
from alertnet.core.escalation.level_status import would_matter
from alertnet.core.escalation.open_level import open_level
from alertnet.core.escalation.quorum import AnswerKind
from alertnet.core.escalation.settle import acknowledge, settle
from alertnet.core.escalation.state import (
    LAST_RESORT,
    Acted,
    Answered,
    Asked,
    Confirmed,
    Delayed,
    Event,
    Failed,
    Go,
    Hold,
    PlanChanged,
    Refuse,
    Replanned,
    Run,
    RunStatus,
    Status,
    Turn,
    Unsent,
    Withdrawn,
)
from alertnet.core.incident import Severity


def take(course: Course, event: Event) -> None:
    """Apply one event at the course's `now`. While stopped only what people say and providers report is kept."""
    course.moment = course.now
    if course.state.status is Status.STOPPED and not isinstance(event, Answered | Withdrawn | Failed):
        return
    match event:
        case Answered():
            _answer(course, event)
        case Confirmed(contact):
            _confirm(course, contact)
        case Withdrawn(contact):
            _withdraw(course, contact)
        case Failed() | Unsent() | Delayed():
            fare(course, event)
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
        case PlanChanged() | Replanned():
            _look_again(course, event)
    reconsider(course)


def reconsider(course: Course) -> None:
    """Settle, and go on where an acknowledgement has lost its ground: its rule is no longer met (A6)."""
    settle(course)
    state = course.state
    if state.status is not Status.ACKNOWLEDGED or state.met_index is None:
        return
    run = course.find(state.met_index)
    if run is None or run.status is RunStatus.MET:
        return
    course.change(status=Status.RUNNING, met_index=None, action_due_at=None, onward_from=course.moment)
    course.note("acknowledgement_withdrawn", level=course.level(run).name)
    grounds = [each for each in state.runs if each.status is RunStatus.MET and course.then(each) is Then.STOP]
    if grounds:
        acknowledge(course, grounds[-1])
    elif run.index == LAST_RESORT:
        settle(course)
    else:
        open_level(course, course.plan.levels[run.index], course.moment, "withdrawn")


def _answer(course: Course, event: Answered) -> None:
    """A relay ends the number that relayed, and never takes the place of an answer."""
    state, contact = course.state, event.contact
    if contact not in course.plan.allowed:
        return
    if event.kind in ENDED:
        anew = tuple(id for id in state.asked_anew if id != contact)
        course.change(answers={**state.answers, contact: event.kind}, asked_anew=anew)
        if event.kind is not AnswerKind.ACKNOWLEDGED:
            _forget_confirmation(course, contact)
        return
    if event.address is not None:
        course.change(relayed=tuple(dict.fromkeys((*state.relayed, event.address))))
    course.change(answers={contact: event.kind, **state.answers})


def _confirm(course: Course, contact: str) -> None:
    """From now on what it said counts."""
    _forget_confirmation(course, contact)
    course.change(confirmed=(*course.state.confirmed, contact))


def _forget_confirmation(course: Course, contact: str) -> None:
    for name in ("confirmed", "to_confirm"):
        course.change(**{name: tuple(id for id in getattr(course.state, name) if id != contact)})


def _withdraw(course: Course, contact: str) -> None:
    """As if it had never answered: wherever it is to answer in this round, its turn begins again."""
    state = course.state
    if contact not in state.answers:
        return
    _forget_confirmation(course, contact)
    again = state.answers[contact] in ENDED
    answers = {id: kind for id, kind in state.answers.items() if id != contact}
    course.change(answers=answers, acted=tuple(id for id in state.acted if id != contact))
    for run in state.runs if again else ():
        turn = course.turn(run.index, contact)
        if turn is not None:
            fresh = turns.begin(course.reach(contact), course.moment, True)
            course.put_turn(run.index, replace(fresh, principal=turn.principal, stands_for=turn.stands_for))


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
    waits = course.state.question is not None or course.state.unverified_since is not None
    if planned.contacts and not _is_under_way(course, course.find(index)):
        course.change(
            status=Status.WAITING_FOR_GO if waits else Status.RUNNING,
            onward_from=state.onward_from or course.moment,
            round_due_at=None,
            action_due_at=None,
            met_index=None,
        )
        open_level(course, planned, course.moment, "go")


def _is_under_way(course: Course, run: Run | None) -> bool:
    if run is None or run.round != course.state.round or not course.is_active:
        return False
    return run.status is RunStatus.OPEN and run.ends_at > course.moment


def _hold(course: Course, index: int) -> None:
    """The level never proceeds by itself, in later rounds neither."""
    course.change(held=tuple(dict.fromkeys((*course.state.held, index))))
    question = course.state.question
    if question is not None and question.index == index:
        course.change(question=replace(question, automatic_at=None))
        course.note("level_held", level=course.plan.levels[index].level.name)


def _refuse(course: Course, index: int) -> None:
    """The level is skipped for good; the refusal is the event that opens the next."""
    course.change(refused=tuple(dict.fromkeys((*course.state.refused, index))))
    course.note("level_refused", level=course.plan.levels[index].level.name)
    if course.state.question is not None and course.state.question.index == index:
        _go_on(course)


def _go_on(course: Course) -> None:
    """The wait for a decision is over; where the tree was at its end already, it is so again."""
    ended = course.state.round_due_at is not None
    course.change(question=None, status=Status.UNANSWERED if ended else Status.RUNNING, onward_from=course.moment)


def _asked(course: Course, index: int) -> None:
    """Time in which the question could not be sent does not count, except for a critical incident."""
    question = course.state.question
    if question is None or question.index != index or question.sent:
        return
    automatic_at = question.automatic_at
    late = course.on_time(question.asked_at) != question.asked_at
    if automatic_at is not None and late and course.plan.severity is not Severity.CRITICAL:
        automatic_at += course.now - question.asked_at
    course.change(question=replace(question, sent=True, automatic_at=automatic_at))


def _act(course: Course, contact: str) -> None:
    """One action of anybody who counted ends the wait for one."""
    state = course.state
    course.change(acted=tuple(dict.fromkeys((*state.acted, contact))))
    if state.status is not Status.ACKNOWLEDGED or state.met_index is None:
        return
    turn: Turn | None = course.turn(state.met_index, contact)
    if turn is not None and course.answer(state.met_index, contact) is AnswerKind.ACKNOWLEDGED:
        course.change(action_due_at=None)


def _look_again(course: Course, event: PlanChanged | Replanned) -> None:
    """The plan has changed: what waited for a reason that is gone goes on, and nothing proceeds that now must wait.

    When the incident is verified now, what was due meanwhile opens at once and the rest at its time.
    """
    if course.plan.verified and course.state.unverified_since is not None:
        course.catching_up = True
        onward_from = course.state.onward_from
        _go_on(course)
        course.change(unverified_since=None, unverified_index=None, onward_from=onward_from)
    if isinstance(event, Replanned):
        _resume(course)
    question = course.state.question
    if question is None:
        return
    planned = course.plan.levels[question.index]
    if planned.gate is None or not planned.contacts:
        _go_on(course)
    elif planned.gate.proceed_after is None:
        course.change(question=replace(question, automatic_at=None))


def _resume(course: Course) -> None:
    """It was acknowledged because its tree had nobody else to tell; where the new plan has somebody, it goes on.

    What a level with `then: stop` has acknowledged stays so (A4).
    """
    state, run = course.state, course.find(course.state.met_index)
    if state.status is not Status.ACKNOWLEDGED or run is None or course.then(run) is Then.STOP:
        return
    opened = {each.index for each in course.this_round}
    if any(each.index not in opened and would_matter(course, each) for each in course.plan.levels):
        course.change(status=Status.RUNNING, met_index=None, action_due_at=None, onward_from=course.moment)
        course.note("escalation_resumed")
