"""The effect of each event on an escalation: answers, failures, decisions, actions, and a changed plan (B3)."""

from datetime import datetime
from typing import TypeVar

from alertnet.core.codec import replace
from alertnet.core.directory.contact_tree import Then
from alertnet.core.escalation import contact_steps, levels
from alertnet.core.escalation.context import ENDED, Context, opens_by_itself_at
from alertnet.core.escalation.levels import acknowledge, open_level, proceeds_at, settle
from alertnet.core.escalation.not_reached import let_through, not_reached
from alertnet.core.escalation.quorum import AnswerKind
from alertnet.core.escalation.state import (
    AT_REST,
    LAST_RESORT,
    Acted,
    Answered,
    Asked,
    CalledOff,
    Confirmed,
    Delayed,
    Event,
    Failed,
    Go,
    Hold,
    InHand,
    LetThrough,
    LevelStatus,
    Pause,
    PlanChanged,
    Received,
    Refuse,
    Replanned,
    State,
    Status,
    ToldMore,
    Undecided,
    Unopened,
    Unsent,
    Withdrawn,
)

T = TypeVar("T")

_KEPT = (Answered, Withdrawn, Failed, CalledOff, LetThrough)
"""What is kept while an escalation is stopped."""


def apply_event(context: Context, event: Event) -> None:  # noqa: C901 - a table: one line for each event
    """Apply one event. While stopped, time stands still, and only answers and reports of providers are kept."""
    context.moment = context.state.stopped_at or context.now
    if context.state.status is Status.STOPPED and not isinstance(event, _KEPT):
        return
    match event:
        case Answered() if event.contact in context.plan.allowed:
            _answer(context, event)
        case Received():
            _let_repeats_wait(context, event)
        case Confirmed(contact):
            _confirm(context, contact)
        case Withdrawn():
            _withdraw(context, event)
        case Failed() | Unsent() | CalledOff() | Delayed():
            not_reached(context, event)
        case LetThrough(number):
            let_through(context, number)
        case Go(index):
            _go(context, index)
        case Hold(index):
            _hold(context, index)
        case Refuse(index):
            _refuse(context, index)
        case Unopened():
            _forget_level(context, event)
        case Undecided(index):
            _forget_hold(context, index)
        case Asked():
            _asked(context, event)
        case InHand():
            context.change(in_hand=True)
        case ToldMore() if context.state.in_hand:
            context.change(in_hand=False, told_more_at=context.now)
        case Acted(contact):
            _act(context, contact)
        case PlanChanged() | Replanned():
            _look_again(context, event)
    reconsider(context)


def reconsider(context: Context) -> None:
    """Bring all levels up to date, and resume the escalation if its rule is no longer met (A6)."""
    settle(context)
    state = context.state
    if state.status is not Status.ACKNOWLEDGED or state.met_index is None:
        return
    run = context.find(state.met_index)
    if run is None or run.status is LevelStatus.MET:
        return
    context.run_on(unverified_index=None)
    context.note("acknowledgement_withdrawn", level=context.level(run).name)
    grounds = [each for each in state.runs if each.status is LevelStatus.MET and context.then(each) is Then.STOP]
    if grounds:
        acknowledge(context, grounds[-1])
    elif run.index == LAST_RESORT:
        settle(context)
    else:
        open_level(context, context.plan.levels[run.index], context.moment, "withdrawn")


def _answer(context: Context, event: Answered) -> None:
    """Apply an answer. A relay ends only the number that relayed, and never replaces an answer."""
    context.change(revoked=_without(context.state.revoked, event.contact))
    state, contact = context.state, event.contact
    if event.kind in ENDED:
        context.change(answers={**state.answers, contact: event.kind}, asked_anew=_without(state.asked_anew, contact))
        if event.kind is not AnswerKind.ACKNOWLEDGED:
            _forget_confirmation(context, contact)
        return
    if event.address is not None:
        context.change(relayed=_with(state.relayed, f"{contact}:{event.address}"))
    context.change(answers={contact: event.kind, **state.answers})


def _let_repeats_wait(context: Context, event: Received) -> None:
    """Hold back repeats to that number while the levels of the contact last; no rule counts this."""
    for run in context.state.runs:
        progress = context.progress(run.index, event.contact)
        if progress is not None:
            until = context.moment + context.level(run).wait
            others = tuple(pause for pause in progress.pauses if pause.address != event.address)
            context.put_progress(run.index, replace(progress, pauses=(*others, Pause(event.address, until))))


def _confirm(context: Context, contact: str) -> None:
    """Let the contact's answer count from now on."""
    _forget_confirmation(context, contact)
    context.change(confirmed=(*context.state.confirmed, contact))


def _forget_confirmation(context: Context, contact: str) -> None:
    state = context.state
    context.change(confirmed=_without(state.confirmed, contact), to_confirm=_without(state.to_confirm, contact))


def _withdraw(context: Context, event: Withdrawn) -> None:
    """Take an answer back; where the contact is to answer in this round, its steps begin again."""
    state, contact = context.state, event.contact
    if not (contact in state.answers or event.untold):
        return
    _forget_confirmation(context, contact)
    again = event.untold or state.answers[contact] in ENDED
    answers = {id: kind for id, kind in state.answers.items() if id != contact}
    revoked = state.revoked if event.untold else _with(state.revoked, contact)
    acted, relayed = _without(state.acted, contact), state.relayed_without(contact)
    context.change(answers=answers, revoked=revoked, acted=acted, relayed=relayed)
    for run in state.runs if again else ():
        progress = context.progress(run.index, contact)
        if progress is not None:
            fresh = contact_steps.begin(context.reach(contact), context.moment, True)
            context.put_progress(
                run.index, replace(fresh, principal=progress.principal, stands_for=progress.stands_for)
            )


def _go(context: Context, index: int | None) -> None:
    """End the hold on what comes next, and open the level now, whatever the escalation waits for.

    The go stays valid in later rounds. Without an index it is for the level that was asked about; other levels come as
    planned.
    """
    _end_hold(context)
    state = context.state
    if index is not None:
        _open_now(context, index)
    elif state.question is not None:
        _open_now(context, state.question.index)


def _end_hold(context: Context) -> None:
    if context.state.on_hold_since is not None:
        context.change(on_hold_since=None, onward_from=context.moment)
        context.note("hold_ended")


def _open_now(context: Context, index: int) -> None:
    state, planned = context.state, context.plan.levels[index]
    context.change(goes=_with(state.goes, index), refused=_without(state.refused, index))
    if state.question is not None and state.question.index == index:
        # What was asked about belongs to the round, which ends after it.
        context.change(question=None, round_due_at=None)
    if state.unverified_index == index:
        context.change(unverified_since=None, unverified_index=None)
    waits = context.state.question is not None or context.state.unverified_since is not None
    if planned.contacts and not is_under_way(context.state, index, context.moment):
        context.change(
            status=Status.WAITING_FOR_GO if waits else Status.RUNNING,
            onward_from=state.onward_from or state.start_at,
            action_due_at=None,
            met_index=None,
        )
        open_level(context, planned, context.moment, "go")


def is_under_way(state: State, index: int, at: datetime) -> bool:
    """Whether the level is open in this round of an escalation that goes on, and its time not over."""
    run = next((each for each in state.runs if each.index == index), None)
    if run is None or run.round != state.round or state.status in AT_REST:
        return False
    return run.status is LevelStatus.OPEN and run.ends_at > at


def _hold(context: Context, index: int | None) -> None:
    """Hold a level, also in later rounds, whatever go it had; without an index, hold whatever comes next until a go."""
    if index is None:
        context.change(on_hold_since=context.moment)
        context.note("hold_began")
    else:
        context.change(goes=_without(context.state.goes, index), held=_with(context.state.held, index))
    question = context.state.question
    if question is not None and index in (None, question.index):
        context.change(question=replace(question, automatic_at=None))
        context.note("level_held", level=context.plan.levels[question.index].level.name)


def _refuse(context: Context, index: int) -> None:
    """Skip a level for good; the next one opens at once."""
    context.change(refused=_with(context.state.refused, index))
    context.note("level_refused", level=context.plan.levels[index].level.name)
    if context.state.question is not None and context.state.question.index == index:
        _go_on(context)


def _forget_level(context: Context, event: Unopened) -> None:
    """Take the level back, with its go, unless it stays open for some. An escalation that it acknowledged runs on."""
    state, index = context.state, event.index
    run = context.find(index)
    if run is None:
        return
    if event.but_for is not None:
        ended = {each.contact for each in run.turns if context.has_ended(index, each.contact)}
        in_charge = (each for each in run.turns if context.answer(index, each.contact) is AnswerKind.ACKNOWLEDGED)
        names = {*event.but_for, *ended, *(name for each in in_charge for name in each.stands_for)}
        stay = tuple(each for each in run.turns if each.contact in names)
        if any(each.principal for each in stay):
            context.put(replace(run, turns=stay))
            return
    context.change(runs=_without(state.runs, run), goes=_without(state.goes, index))
    context.note("level_taken_back", level=context.plan.levels[index].level.name)
    if state.status is Status.ACKNOWLEDGED and state.met_index == index:
        context.run_on()


def _forget_hold(context: Context, index: int | None) -> None:
    """Undo a hold or refusal of the level; an open question gets its automatic time back, or is over."""
    if index is None:
        _end_hold(context)
    else:
        state = context.state
        context.change(held=_without(state.held, index), refused=_without(state.refused, index))
        context.note("level_released", level=context.plan.levels[index].level.name)
    question = context.state.question
    if question is None or index not in (None, question.index):
        return
    planned = context.plan.levels[question.index]
    if context.reasons_to_wait(planned):
        automatic_at = proceeds_at(context, planned, context.moment)
        context.change(question=replace(question, automatic_at=automatic_at))
    else:
        _go_on(context)


def _go_on(context: Context) -> None:
    """End the wait for a decision; a tree that had already ended is unanswered again."""
    ended = context.state.round_due_at is not None
    context.change(question=None, status=Status.UNANSWERED if ended else Status.RUNNING, onward_from=context.moment)


def _asked(context: Context, event: Asked) -> None:
    """Note that a question was sent; a delay in sending it puts the automatic time off."""
    if not event.reached:
        levels.tell_for_coordinators(context, "nobody_to_ask")
    question = context.state.question
    if question is None or question.index != event.index or question.sent:
        return
    automatic_at = opens_by_itself_at(question, context.plan.severity, context.now)
    context.change(question=replace(question, sent=True, automatic_at=automatic_at))


def _act(context: Context, contact: str) -> None:
    """End the wait for an action, or what went on by itself without it; one by any contact that counted is enough."""
    state = context.state
    context.change(acted=_with(state.acted, contact))
    awaited = state.met_index if state.status is Status.ACKNOWLEDGED else state.missed_index
    run = context.find(awaited)
    if run is None or context.progress(run.index, contact) is None:
        return
    if context.answer(run.index, contact) is not AnswerKind.ACKNOWLEDGED:
        return
    if state.status is Status.ACKNOWLEDGED:
        context.change(action_due_at=None)
    elif run.status is LevelStatus.MET and not any(is_under_way(state, each, context.moment) for each in state.goes):
        context.change(missed_index=None)
        acknowledge(context, run)


def _look_again(context: Context, event: PlanChanged | Replanned) -> None:
    """Apply a changed plan: levels whose reason to wait is gone go on, and levels that must wait now do.

    If the incident is now verified, what was due meanwhile opens at once, and the rest at its time.
    """
    if context.plan.verified:
        context.change(in_hand=False)
        if context.state.unverified_index is not None:
            _catch_up(context)
    _end_quiet(context)
    if isinstance(event, Replanned):
        _resume(context)
    question = context.state.question
    if question is None:
        return
    planned = context.plan.levels[question.index]
    if not (context.reasons_to_wait(planned) and planned.contacts):
        _go_on(context)
    elif proceeds_at(context, planned, context.moment) is None:
        context.change(question=replace(question, automatic_at=None))


def _end_quiet(context: Context) -> None:
    """Let contacts be told whom quiet hours of a lower severity spared in a round that is over."""
    for run in context.state.runs:
        for progress in run.turns if run.round != context.state.round else ():
            if contact_steps.is_let_go(progress, context.reach(progress.contact), run.ends_at, context.moment):
                context.put_progress(run.index, replace(progress, reopened=True))


def _catch_up(context: Context) -> None:
    """Go on once the incident is known to be genuine, also if last resort has taken charge of it meanwhile."""
    onward_from, acknowledged = context.state.onward_from, context.state.status is Status.ACKNOWLEDGED
    context.change(unverified_since=None, unverified_index=None)
    if acknowledged and not any(levels.yet_to_open(context)):
        return
    context.catching_up = True
    _go_on(context)
    context.change(onward_from=onward_from, met_index=None, action_due_at=None)
    if acknowledged:
        context.note("escalation_resumed")


def _resume(context: Context) -> None:
    """Resume an escalation that was acknowledged for want of others to tell, if the new plan has somebody.

    What a level with `then: stop` has acknowledged stays so (A4).
    """
    state, run = context.state, context.find(context.state.met_index)
    if state.status is not Status.ACKNOWLEDGED or run is None or context.then(run) is Then.STOP:
        return
    if any(levels.yet_to_open(context)):
        context.run_on()
        context.note("escalation_resumed")


def _with(items: tuple[T, ...], item: T) -> tuple[T, ...]:
    return items if item in items else (*items, item)


def _without(items: tuple[T, ...], item: T) -> tuple[T, ...]:
    return tuple([each for each in items if each != item])
