"""What happens when a message does not reach its contact: its next methods, or others, take over (B3).

And when a number takes SMS again that had refused them.
"""

from collections.abc import Iterator

from alertnet.core.codec import replace
from alertnet.core.directory.contact import MethodKind
from alertnet.core.directory.usable_methods import stale_key
from alertnet.core.escalation import contact_steps
from alertnet.core.escalation.context import Context
from alertnet.core.escalation.levels import is_live
from alertnet.core.escalation.state import CalledOff, ContactProgress, Delayed, Failed, Unsent


def not_reached(context: Context, event: Failed | Unsent | CalledOff | Delayed) -> None:
    """Let the contact's other methods take over where this one does not reach it."""
    match event:
        case Failed():
            _fail(context, event)
        case Unsent(contact, method_index):
            _leave_out(context, contact, method_index)
        case CalledOff():
            forget_use(context, event)
        case Delayed(contact, method_index):
            _delay(context, contact, method_index)


def let_through(context: Context, number: str) -> None:
    """Use a number for SMS again that refused them before; those who were to be told there are told now."""
    key = f"{MethodKind.SMS}:{number}"
    context.change(stale=tuple(each for each in context.state.stale if each != key))
    for run in context.state.runs:
        for progress in run.turns:
            its = context.contact(progress.contact)
            back = {index for index in progress.failed if stale_key(its, its.all_methods[index]) == key}
            if back:
                failed, handed_over = (
                    tuple(each for each in kept if each not in back) for kept in (progress.failed, progress.handed_over)
                )
                uses = tuple(each for each in progress.uses if each.method not in back)
                anew = replace(progress, failed=failed, handed_over=handed_over, uses=uses)
                context.put_progress(run.index, anew)


def forget_use(context: Context, event: CalledOff) -> None:
    """Let a method be used again whose message never left, should the contact be told after all (A2)."""
    if context.find(event.level_index) is None:
        return
    progress = context.progress(event.level_index, event.contact)
    if progress is None:
        return
    uses = tuple(use for use in progress.uses if use.method != event.method_index)
    if len(uses) < len(progress.uses):
        handed_over = tuple(each for each in progress.handed_over if each != event.method_index)
        context.put_progress(event.level_index, replace(progress, uses=uses, handed_over=handed_over))


def _fail(context: Context, event: Failed) -> None:
    """Mark a method as failed wherever it was used; a bad address also fails for others who have it."""
    contact = context.contact(event.contact)
    method = contact.all_methods[event.method_index]
    bad = tuple(stale_key(contact, replace(method, kind=kind)) for kind in event.stale)
    context.change(stale=tuple(dict.fromkeys((*context.state.stale, *bad))))
    for run in context.state.runs:
        for progress in run.turns:
            if bad or progress.contact == event.contact:
                _fail_in(context, run.index, progress, event, bad)


def _fail_in(context: Context, index: int, progress: ContactProgress, event: Failed, bad: tuple[str, ...]) -> None:
    """Mark the method, and any with a bad address, as failed for one contact of a level; use its next method now."""
    its = context.contact(progress.contact)
    used = {use.method for use in progress.uses}
    failed = {method_index for method_index, each in enumerate(its.all_methods) if stale_key(its, each) in bad}
    if progress.contact == event.contact and event.method_index in used:
        failed.add(event.method_index)
    news = sorted(failed - {*progress.failed})
    if news:
        context.put_progress(index, replace(progress, failed=(*progress.failed, *news)))
    for method_index in sorted(failed & used):
        _hand_over(context, index, progress.contact, method_index)


def _leave_out(context: Context, contact: str, method_index: int) -> None:
    """Skip a method: the contact has closed and others take over, or another person is on duty and is told now."""
    reach, at = context.reach(contact), context.moment
    closed_by = reach.closed_by(method_index, at)
    for index, progress in _where_used(context, contact, method_index):
        if method_index in progress.skipped:
            continue
        if not closed_by:
            context.send(index, contact, contact_steps.first_send(reach, method_index, at))
            continue
        after = contact_steps.skip(progress, method_index, at)
        context.put_progress(index, after)
        context.note_closed(index, contact_steps.NextStep(at, after, (), closed_by))


def _delay(context: Context, contact: str, method_index: int) -> None:
    for index, _ in _where_used(context, contact, method_index):
        _hand_over(context, index, contact, method_index)


def _where_used(context: Context, contact: str, method_index: int) -> Iterator[tuple[int, ContactProgress]]:
    """The levels in which that method of the contact was used, each with its progress there by now."""
    for run in context.state.runs:
        progress = context.progress(run.index, contact)
        if progress is not None and any(use.method == method_index for use in progress.uses):
            yield run.index, progress


def _hand_over(context: Context, index: int, contact: str, method_index: int) -> None:
    """Use the contact's next method now, because this one did not reach it; once for each method."""
    progress = context.progress(index, contact)
    if progress is None or method_index in progress.handed_over or not is_live(context, index, contact):
        return
    following = contact_steps.bring_forward(
        replace(progress, handed_over=(*progress.handed_over, method_index)), context.reach(contact), context.moment
    )
    context.put_progress(index, following.progress)
    for send in following.sends:
        context.send(index, contact, send)
    context.note_closed(index, following)
