"""Decides what happens next in one escalation, from its plan, its state, events and the moment (B3).

All that is due by now is handled in the order of the planned moments, so the result does not depend on how often it is
looked at. An answer goes before what is due at the same instant (A7).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from alertnet.core.codec import replace
from alertnet.core.directory.contact import MethodKind
from alertnet.core.disclosure import Subject
from alertnet.core.escalation.apply_events import apply_event, reconsider
from alertnet.core.escalation.context import Context
from alertnet.core.escalation.due import ALONE, Agenda, Others
from alertnet.core.escalation.effects import OpenPrompt, PromptRaised, Send, Step
from alertnet.core.escalation.levels import is_live, live_progress
from alertnet.core.escalation.not_reached import forget_use
from alertnet.core.escalation.quorum import AnswerKind
from alertnet.core.escalation.state import CalledOff, Event, State, Status
from alertnet.core.notification import Kind
from alertnet.core.resolution.resolve import Plan, PlannedLevel, Plans, Waiting, opening


def begin_escalation(plan: Plan, opened_at: datetime, alone: bool) -> State:
    """The first state of an escalation. `alone`: it is the only one of its incident."""
    return State(Status.SCHEDULED, start_at=opened_at + plan.tree.start.waits(alone=alone))


def begin_each(plans: Plans, opened_at: datetime) -> dict[str, State]:
    """The first state of each escalation that an incident opens, by tree."""
    opened = opening(plans.values())
    return {plan.tree.id: begin_escalation(plan, opened_at, alone=len(opened) == 1) for plan in opened}


def advance(
    plan: Plan,
    state: State,
    now: datetime,
    events: Sequence[Event] = (),
    *,
    others: Others = ALONE,
    held_until: Callable[[], datetime | None] = lambda: None,
) -> Step:
    """Apply the events and all that is due by now. The next due time is None only once acknowledged or stopped.

    What was due before the events is done before them; but after an outage the events go first. `held_until`: until
    when what is due stands still, whatever made it due.
    """
    context = Context(plan, state, now)
    reconsider(context)
    agenda = Agenda(context, others, held_until)
    if events:
        agenda.catch_up()
    for event in events:
        apply_event(context, event)
    due_at = agenda.work_off()
    sends = _sends(context)
    return Step(context.state, due_at, sends, _asks(context), tuple(context.notes))


def stop(state: State, now: datetime) -> State:
    """Stop an escalation (closed, merged or without consent); nothing more happens until it is restored."""
    if state.status is Status.STOPPED:
        return state
    return replace(state, status=Status.STOPPED, stopped_from=state.status, stopped_at=now)


def restore(state: State, now: datetime, closed_at: datetime | None = None) -> State:
    """Restore a stopped escalation as it was, with as much time left for everything as it had then.

    `closed_at`: when it stopped, where the state does not say so.
    """
    if state.status is not Status.STOPPED or state.stopped_from is None:
        return state
    stopped_at = state.stopped_at or closed_at or now
    told = stopped_at if state.in_hand else state.told_more_at  # what was put off is asked anew
    stood = replace(state, status=state.stopped_from, stopped_from=None, stopped_at=None)
    return cast(State, _shifted(replace(stood, in_hand=False, told_more_at=told), now - stopped_at))


def call_off(plan: Plan, state: State, called_off: Iterable[CalledOff]) -> State:
    """The state without the uses of what was called off for contacts that are told no more, or not at that address."""
    context = Context(plan, state, state.start_at)
    for each in called_off:
        is_told = context.find(each.level_index) is None or is_live(context, each.level_index, each.contact)
        if not is_told or context.reach(each.contact).has_relayed(each.method_index):
            forget_use(context, each)
    return context.state


class Wanted:
    """Which alerts an escalation wants to leave as it stands; checked right before each does (A4).

    Whom a level still tells is worked out once, however many alerts wait.
    """

    def __init__(self, plan: Plan, state: State) -> None:
        self._context = Context(plan, state, state.start_at)
        self._live: dict[tuple[int, bool], set[str]] = {}

    def wants(self, index: int, contact: str, method_index: int) -> bool:
        """Whether an alert of that level to that contact's method may still leave.

        A task that nobody has done stays wanted after its round, since a later one rings for it.
        """
        run = self._context.find(index)
        if run is None or not self._context.reach(contact).is_usable(method_index):
            return False
        is_task = self._context.contact(contact).all_methods[method_index].kind is MethodKind.TASK
        if (index, is_task) not in self._live:
            live = live_progress(self._context, run, also_after=is_task)
            self._live[index, is_task] = {progress.contact for progress in live}
        return contact in self._live[index, is_task]


def still_wanted(plan: Plan, state: State, index: int, contact: str, method_index: int) -> bool:
    """Whether that one alert may still leave."""
    return Wanted(plan, state).wants(index, contact, method_index)


def reasons_to_wait(plan: Plan, state: State, planned: PlannedLevel) -> tuple[Waiting, ...]:
    return Context(plan, state, state.start_at).reasons_to_wait(planned)


def is_asked(state: State, prompt: PromptRaised | OpenPrompt) -> bool:
    """Whether the escalation still waits for the answer to a question of its own; other prompts are not its to end."""
    if prompt.subject == Subject.LEVEL:
        return state.question is not None and prompt.index == state.question.index
    return prompt.subject != Subject.CONFIRM or prompt.about in state.to_confirm


def still_says(plan: Plan, state: State, contact: str, kind: AnswerKind) -> bool:
    """Whether the contact's answer is the one that counts now; False once it was asked again."""
    if contact not in plan.allowed:
        return True
    asked_anew = contact in state.asked_anew and contact in plan.last_resort
    return state.answers.get(contact) is kind and not asked_anew


def _sends(context: Context) -> tuple[Send, ...]:
    """The planned messages that are still wanted; of several by one method to a contact only the first (A7).

    What its contact is told no more counts as never sent, so that it leaves if it is wanted after all (A2).
    """
    wanted, live = {send.index for send in context.sends}, dict[int, set[str]]()
    for run in context.state.runs:
        if run.index in wanted:
            live[run.index] = {progress.contact for progress in live_progress(context, run)}
    sends: dict[tuple[str, int], Send] = {}
    for send in context.sends:
        is_told = send.contact in live.get(send.index, ())
        if is_told and context.reach(send.contact).is_usable(send.method_index):
            sends.setdefault((send.contact, send.method_index), send)
        elif not is_told and send.kind is not Kind.REMINDER:
            forget_use(context, CalledOff(send.contact, send.method_index, send.index))
    return tuple(sends.values())


def _asks(context: Context) -> tuple[PromptRaised, ...]:
    """The questions that are still open."""
    return tuple([each for each in context.asks if is_asked(context.state, each)])


def _shifted(value: Any, by: timedelta) -> Any:
    """Shift all moments in a value by that span, at any depth.

    Past moments move too, since later ones are planned from them.
    """
    if isinstance(value, datetime):
        return value + by
    if isinstance(value, tuple):
        return tuple(_shifted(each, by) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _shifted(getattr(value, field.name), by) for field in fields(value)})
    return value
