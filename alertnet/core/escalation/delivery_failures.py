"""How a message fares: it failed, the provider is away, or its contact has closed; others take its place (B3)."""

from dataclasses import replace

from alertnet.core.directory.usable_methods import stale_key
from alertnet.core.escalation import contact_steps as turns
from alertnet.core.escalation.context import Course
from alertnet.core.escalation.level_status import is_live
from alertnet.core.escalation.state import Delayed, Failed, Unsent


def fare(course: Course, event: Failed | Unsent | Delayed) -> None:
    """Let the contact's other methods take over as far as this one does not reach it."""
    match event:
        case Failed():
            _fail(course, event)
        case Unsent(contact, method):
            _leave_out(course, contact, method)
        case Delayed(contact, method):
            _delay(course, contact, method)


def _fail(course: Course, event: Failed) -> None:
    """The method has failed wherever it was used; a bad address also for whoever else has it."""
    contact = course.contact(event.contact)
    method = contact.ways[event.method]
    bad = tuple(stale_key(contact, replace(method, kind=kind)) for kind in event.stale)
    course.change(stale=tuple(dict.fromkeys((*course.state.stale, *bad))))
    for run in course.state.runs:
        for turn in run.turns:
            its = course.contact(turn.contact)
            used = {use.method for use in turn.uses}
            failed = {place for place, each in enumerate(its.ways) if stale_key(its, each) in bad}
            if turn.contact == event.contact and event.method in used:
                failed.add(event.method)
            news = sorted(failed - set(turn.failed))
            course.put_turn(run.index, replace(turn, failed=(*turn.failed, *news)))
            for place in sorted(failed & used):
                _hand_over(course, run.index, turn.contact, place)


def _leave_out(course: Course, contact: str, method: int) -> None:
    """The contact has closed, so that its other methods take over; or another is on duty there, and is told now."""
    closed_by = course.reach(contact).closed_by(method, course.moment)
    for run in course.state.runs:
        turn = course.turn(run.index, contact)
        if turn is None or not any(use.method == method for use in turn.uses) or method in turn.skipped:
            continue
        if not closed_by:
            course.ring(run.index, contact, turns.first_ring(course.reach(contact), method, course.moment))
            continue
        after = turns.skip(turn, method, course.moment)
        course.put_turn(run.index, after)
        course.note_closed(run.index, turns.Next(course.moment, after, (), closed_by))


def _delay(course: Course, contact: str, method: int) -> None:
    for run in course.state.runs:
        turn = course.turn(run.index, contact)
        if turn is not None and any(use.method == method for use in turn.uses):
            _hand_over(course, run.index, contact, method)


def _hand_over(course: Course, index: int, contact: str, method: int) -> None:
    """Use the contact's next method now, because this one did not reach it; once for each method."""
    turn = course.turn(index, contact)
    if turn is None or method in turn.handed_over or not is_live(course, course.run(index), contact):
        return
    following = turns.bring_forward(
        replace(turn, handed_over=(*turn.handed_over, method)), course.reach(contact), course.moment
    )
    course.put_turn(index, following.turn)
    for ring in following.rings:
        course.ring(index, contact, ring)
    course.note_closed(index, following)
