"""The steps of one contact in an open level: when each method is used, and when silence brings the deputy."""

from datetime import datetime, timedelta

from alertnet.core.codec import replace, value
from alertnet.core.directory.contact import RINGING, MethodKind
from alertnet.core.directory.contact_tree import Level
from alertnet.core.directory.usable_methods import Reach
from alertnet.core.escalation.state import ContactProgress, MethodUse
from alertnet.core.notification import Kind


@value
class PlannedSend:
    """One message to a contact of an open level, and its planned moment."""

    kind: Kind
    method_index: int
    at: datetime


@value
class NextStep:
    """A contact's next due moment, its progress after it, and its messages.

    `closed_by`: what kept a message from being sent, if anything. `opens`: the contact has opened and begins again.
    """

    at: datetime
    progress: ContactProgress
    sends: tuple[PlannedSend, ...]
    closed_by: str | None = None
    opens: bool = False


def first_send(reach: Reach, method_index: int, at: datetime) -> PlannedSend:
    """The first use of a method: a task is given to the coordinators, anything else alerts the contact."""
    is_task = reach.contact.all_methods[method_index].kind is MethodKind.TASK
    return PlannedSend(Kind.TASK if is_task else Kind.ALERT, method_index, at)


def begin(reach: Reach, at: datetime, told: bool) -> ContactProgress:
    """A contact's progress at its start; methods with a stale address count as failed."""
    all_methods = range(len(reach.contact.all_methods)) if reach.stale else ()
    failed = tuple([method_index for method_index in all_methods if reach.is_stale(method_index)])
    return ContactProgress(
        reach.contact.id, at, told, failed=failed, closed_from=at if reach.times.closed_by(at) else None
    )


def is_out_of_reach(progress: ContactProgress, reach: Reach) -> bool:
    """Whether the contact has no method left that might reach it."""
    lost = (*progress.failed, *progress.skipped)
    at_hand = _at_hand(progress, reach)
    return all(method_index in lost or _is_spared(progress, reach, method_index) for method_index in at_hand)


def _is_spared(progress: ContactProgress, reach: Reach, method_index: int) -> bool:
    """Whether its address had relayed before the method was used in this level."""
    is_over = bool(reach.relayed) and reach.has_relayed(method_index)
    return is_over and all(use.method != method_index for use in progress.uses)


def opens_at(progress: ContactProgress, reach: Reach) -> datetime | None:
    """When the contact is told again because all its telephones were closed: at its next opening.

    None where that is not so, or it does not open in the next 7 days.
    """
    if progress.skipped_at is None or not reach.contact.hold:
        return None
    all_methods = reach.contact.all_methods
    ringing = {method_index for method_index in _at_hand(progress, reach) if all_methods[method_index].kind in RINGING}
    if ringing - {*progress.failed, *progress.skipped}:
        return None
    return reach.times.next_opening(progress.skipped_at)


def unused(progress: ContactProgress, reach: Reach) -> list[int]:
    """The methods not used yet that still may be, in their order."""
    spent = {*progress.failed, *progress.skipped, *[use.method for use in progress.uses]}
    return [
        method_index
        for method_index in _at_hand(progress, reach)
        if method_index not in spent and not (reach.relayed and reach.has_relayed(method_index))
    ]


def next_at(progress: ContactProgress, reach: Reach, level: Level) -> datetime | None:
    """When the contact's next step is due; None when all is done."""
    first, again, opening = _ahead(progress, reach, level)
    return min([at for at in (first and first[0], again, opening) if at is not None], default=None)


def upcoming(progress: ContactProgress, reach: Reach, level: Level) -> NextStep | None:
    """The contact's next step; None when all is done."""
    first, again, opening = _ahead(progress, reach, level)
    if opening is not None and all(opening < at for at in (first and first[0], again) if at is not None):
        return NextStep(opening, _reopen(progress, opening), (), opens=True)
    if first is not None and (again is None or first[0] <= again):
        at, method_index = first
        if closed_by := reach.closed_by(method_index, at):
            return NextStep(at, skip(progress, method_index, at), (), closed_by)
        return NextStep(at, use(progress, method_index, at), (first_send(reach, method_index, at),))
    return None if again is None else _repeat(progress, reach, again)


def _ahead(
    progress: ContactProgress, reach: Reach, level: Level
) -> tuple[tuple[datetime, int] | None, datetime | None, datetime | None]:
    """The next unused method with its moment, the next repeat, and the opening of a contact that was closed.

    Repeats are at start + k x every, with the sms and call methods first used strictly before that moment. A contact
    that was closed begins again at its opening.
    """
    first = min(
        [(planned(progress, reach, method_index), method_index) for method_index in unused(progress, reach)],
        default=None,
    )
    again = _repeat_at(progress, level) if reach.contact.answers else None
    return first, again, opens_at(progress, reach)


def bring_forward(progress: ContactProgress, reach: Reach, at: datetime) -> NextStep:
    """Use the next unused method now, instead of one that did not reach the contact; quiet hours delay it."""
    closed_by: str | None = None
    while waiting := unused(progress, reach):
        method_index = waiting[0]
        if reason := reach.closed_by(method_index, at):
            progress, closed_by = skip(progress, method_index, at), reason
            continue
        if reach.held_until(method_index, at) != at:
            break
        return NextStep(at, use(progress, method_index, at), (first_send(reach, method_index, at),), closed_by)
    return NextStep(at, progress, (), closed_by)


def planned(progress: ContactProgress, reach: Reach, method_index: int) -> datetime:
    """When an unused method is due: after the contact's start, or once the contact was found closed.

    Methods added by an edit count from the edit, not from a moment that had passed by then.
    """
    return reach.held_until(method_index, _unheld(progress, reach, method_index))


def is_put_off(progress: ContactProgress, reach: Reach) -> bool:
    """Whether quiet hours put off a message to the contact to their end, be it that it has left by now."""
    if reach.times.quiet is None:
        return False
    usable = {*_at_hand(progress, reach)} - {*progress.failed, *progress.skipped}
    moments = ((each, _unheld(progress, reach, each)) for each in usable)
    return any(reach.held_until(method_index, at) != at for method_index, at in moments)


def is_let_go(progress: ContactProgress, reach: Reach, before: datetime, now: datetime) -> bool:
    """Whether a message due before then would still be put off by the contact's quiet hours of another severity."""
    others = [replace(reach, times=replace(reach.times, quiet=span)) for span in reach.contact.quiet.values()]
    moments = ((each, _unheld(progress, reach, each)) for each in (unused(progress, reach) if others else ()))
    return any(other.held_until(each, at) > now for each, at in moments if at < before for other in others)


def _unheld(progress: ContactProgress, reach: Reach, method_index: int) -> datetime:
    """When the method would be due if there were no quiet hours."""
    at = max(
        progress.starts_at + reach.contact.all_methods[method_index].after, progress.edited_at or progress.starts_at
    )
    if progress.closed_from is not None and method_index in reach.when_closed:
        at = max(at, progress.closed_from)
    return at


def use(progress: ContactProgress, method_index: int, at: datetime) -> ContactProgress:
    return replace(progress, uses=(*progress.uses, MethodUse(method_index, at)))


def skip(progress: ContactProgress, method_index: int, at: datetime) -> ContactProgress:
    """The progress with that method left out because the contact is closed; other methods take over from now on."""
    skipped = (*progress.skipped, method_index)
    return replace(progress, skipped=skipped, skipped_at=at, closed_from=progress.closed_from or at)


def _reopen(progress: ContactProgress, at: datetime) -> ContactProgress:
    """The progress of a contact that has opened: its methods and repeats begin now, except those already sent."""
    left = tuple(each for each in progress.uses if each.method not in progress.skipped)
    begun = replace(progress, starts_at=at, uses=left, handed_over=(), repeats=0, pauses=())
    return replace(begun, skipped=(), skipped_at=None, closed_from=None, reopened=True)


def silence_at(progress: ContactProgress, reach: Reach, level: Level, ends_at: datetime) -> datetime:
    """When the deputy is told because of silence.

    That is once the last method and repeat have left and half of the remaining wait has passed; at once where no wait
    remains. A method left out because the contact was closed counts as left at that moment.
    """
    moments = [progress.starts_at, progress.skipped_at or progress.starts_at, *(each.at for each in progress.uses)]
    moments += [planned(progress, reach, method_index) for method_index in unused(progress, reach)]
    if level.repeat is not None and reach.contact.numbers:
        moments.append(progress.starts_at + level.repeat.every * level.repeat.times)
    last = max(moments)
    return last + max(ends_at - last, timedelta()) / 2


def _at_hand(progress: ContactProgress, reach: Reach) -> range:
    """The indexes of the contact's own methods, and of its `when_closed` methods if it was found closed."""
    return reach.own if progress.closed_from is None else range(reach.when_closed.stop)


def _repeat_at(progress: ContactProgress, level: Level) -> datetime | None:
    if level.repeat is None or progress.repeats >= level.repeat.times:
        return None
    return progress.starts_at + level.repeat.every * (progress.repeats + 1)


def _repeat(progress: ContactProgress, reach: Reach, at: datetime) -> NextStep:
    method_indexes = [used.method for used in progress.uses if _repeats(progress, reach, used, at)]
    closed = {method_index: reason for method_index in method_indexes if (reason := reach.closed_by(method_index, at))}
    sends = tuple(
        PlannedSend(Kind.REMINDER, method_index, at) for method_index in method_indexes if method_index not in closed
    )
    after = replace(progress, repeats=progress.repeats + 1)
    if not closed or progress.closed_from is not None:
        return NextStep(at, after, sends)
    return NextStep(at, replace(after, closed_from=at), sends, next(iter(closed.values())))


def _repeats(progress: ContactProgress, reach: Reach, used: MethodUse, at: datetime) -> bool:
    """Whether a used method is repeated now. Repeats are left out in quiet hours and during a pause."""
    method = reach.contact.all_methods[used.method]
    if method.kind not in RINGING or any(
        pause.address == method.address and at < pause.until for pause in progress.pauses
    ):
        return False
    return reach.is_usable(used.method) and used.at < at and reach.held_until(used.method, at) == at
