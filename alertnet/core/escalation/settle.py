"""What follows from a change at once: deputies are told, satisfied levels end, hopeless ones give way to the next."""

from dataclasses import replace

from alertnet.core.directory.contact_tree import Then
from alertnet.core.escalation.context import Course
from alertnet.core.escalation.decision import Ask
from alertnet.core.escalation.level_status import answered_in, deputise, is_dead, lacks_confirmation, standings
from alertnet.core.escalation.quorum import AnswerKind, can_be_met, is_met
from alertnet.core.escalation.state import LAST_RESORT, Run, RunStatus, Status


def settle(course: Course) -> None:
    """Bring every level into line with the answers and failures there are; of a settled course nothing changes."""
    if course.state.status is Status.STOPPED:
        return
    for index in [run.index for run in course.state.runs]:
        run = course.run(index)
        if run.status is RunStatus.MET and not _rule_met(course, run):
            course.put(replace(run, status=RunStatus.OPEN, met_at=None))
        is_under_way = course.is_active and run.round == course.state.round
        if is_under_way:
            _deputise_the_dead(course, index)
            _ask_to_confirm(course, index)
        run = course.run(index)
        if run.status is RunStatus.MET:
            continue
        if _rule_met(course, run):
            _satisfy(course, run)
        elif is_under_way and run.status is RunStatus.OPEN and index != LAST_RESORT:
            _give_way_if_hopeless(course, run)


def acknowledge(course: Course, run: Run) -> None:
    """The escalation is acknowledged by this level; an action is due from the answer that met its rule."""
    if not course.is_active:
        return
    due = course.level(run).action_due
    acted = any(
        turn.contact in course.state.acted and course.answer(run.index, turn.contact) is AnswerKind.ACKNOWLEDGED
        for turn in run.turns
    )
    course.change(
        status=Status.ACKNOWLEDGED,
        met_index=run.index,
        question=None,
        unverified_since=None,
        unverified_index=None,
        round_due_at=None,
        to_confirm=(),
        action_due_at=(run.met_at or course.moment) + due.after if due and not acted else None,
    )
    course.note("escalation_acknowledged", level=course.level(run).name, round=run.round)


def _ask_to_confirm(course: Course, index: int) -> None:
    """The coordinators are asked, once, about each answer that counts only when one of them confirms it."""
    run = course.run(index)
    for turn in run.turns if course.level(run).confirm and run.status is not RunStatus.MET else ():
        said_so = course.answer(index, turn.contact) is AnswerKind.ACKNOWLEDGED
        if said_so and turn.contact not in course.state.to_confirm and lacks_confirmation(course, turn.contact):
            course.change(to_confirm=(*course.state.to_confirm, turn.contact))
            course.asks.append(Ask(index, 1, None, turn.contact))
            course.note("confirmation_asked", contact=turn.contact, level=course.level(run).name)


def _rule_met(course: Course, run: Run) -> bool:
    return is_met(course.level(run).acknowledge, standings(course, run))


def _satisfy(course: Course, run: Run) -> None:
    met = replace(run, status=RunStatus.MET, met_at=course.moment)
    course.put(met)
    course.note("rule_met", level=course.level(run).name, round=run.round)
    if run.index == course.state.missed_index:
        course.change(missed_index=None)
    if course.then(run) is Then.STOP:
        acknowledge(course, met)


def _deputise_the_dead(course: Course, index: int) -> None:
    while True:
        run = course.run(index)
        if run.status is RunStatus.MET:
            return
        dead = [turn for turn in run.turns if not turn.deputised and is_dead(course, run, turn)]
        answered = answered_in(course, run) if dead else set()
        turn = next((turn for turn in dead if turn.contact not in answered), None)
        if turn is None:
            return
        at = max(run.opened_at, course.moment)
        deputise(course, index, turn.contact, at, _cause(course, index, turn.contact))


def _cause(course: Course, index: int, contact: str) -> str:
    if course.answer(index, contact) is AnswerKind.DECLINED:
        return "declined"
    return "involved" if contact in course.plan.involved else "unreachable"


def _give_way_if_hopeless(course: Course, run: Run) -> None:
    if not can_be_met(course.level(run).acknowledge, standings(course, run)):
        course.put(replace(run, status=RunStatus.GAVE_WAY, ends_at=min(run.ends_at, course.moment)))
        course.note("level_gave_way", level=course.level(run).name, round=run.round)
