"""How an escalation goes on: given its plan, its state, what happened and the moment, what comes next (B3).

`advance` is the only decider of one escalation. It works off everything due up to now in the order of the planned
moments, so that a night gives the same plan however often it is looked at; an answer comes before what is due at the
same instant (A7).
"""

from collections.abc import Iterable
from dataclasses import fields, is_dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

from alertnet.core.directory.usable_methods import Reach
from alertnet.core.escalation.apply_events import apply_event, reconsider
from alertnet.core.escalation.context import Context
from alertnet.core.escalation.decision import Ask, Send, Step
from alertnet.core.escalation.due import Agenda
from alertnet.core.escalation.level_status import is_live, live_progress
from alertnet.core.escalation.quorum import AnswerKind
from alertnet.core.escalation.state import Event, State, Status
from alertnet.core.resolution.resolve import Plan


def begin(plan: Plan, opened_at: datetime, alone: bool) -> State:
    """The state of an escalation whose incident opened then; `alone`: the only one of its incident."""
    start = plan.tree.start
    waits = timedelta() if alone and start.unless_acknowledged else start.after
    return State(Status.SCHEDULED, start_at=opened_at + waits)


def advance(
    plan: Plan, state: State, now: datetime, events: Iterable[Event] = (), *, others_acknowledged: bool = False
) -> Step:
    """Take the events and all that is due by now; the next due time is None only for what is acknowledged or stopped.

    What was due before the events comes before them; but after an outage they come first. `others_acknowledged`: the
    incident has other escalations, and all of them are acknowledged (`start.unless`).
    """
    context = Context(plan, state, now)
    reconsider(context)
    agenda = Agenda(context, others_acknowledged)
    happened = tuple(events)
    if happened:
        agenda.catch_up()
    for event in happened:
        apply_event(context, event)
    due_at = agenda.work_off()
    return Step(context.state, due_at, _sends(context), _asks(context), tuple(context.notes))


def stop(state: State, now: datetime) -> State:
    """Stop an escalation (closed, merged or without consent): nothing more happens until it is restored."""
    if state.status is Status.STOPPED:
        return state
    return replace(state, status=Status.STOPPED, stopped_from=state.status, stopped_at=now)


def restore(state: State, now: datetime, closed_at: datetime | None = None) -> State:
    """Restore a stopped escalation: it stands where it stood, with as much time left for everything as it had then.

    `closed_at`: when it stopped, where the state does not say so.
    """
    if state.status is not Status.STOPPED or state.stopped_from is None:
        return state
    stopped_at = state.stopped_at or closed_at or now
    restored = replace(state, status=state.stopped_from, stopped_from=None, stopped_at=None)
    return cast(State, _shifted(restored, now - stopped_at))


def still_wanted(plan: Plan, state: State, index: int, contact: str, method_index: int) -> bool:
    """Whether an alert of that level to that contact's method may still leave: read again right before it does (A4)."""
    context = Context(plan, state, state.start_at)
    run = context.find(index)
    return run is not None and _is_usable(context, contact, method_index) and is_live(context, run, contact)


def closed_by(plan: Plan, contact: str, method_index: int, at: datetime) -> str | None:
    """What closes that method of the contact at that moment: asked again right before an alert leaves."""
    return Reach(plan.tree.contacts[contact], plan.times[contact]).closed_by(method_index, at)


def still_says(plan: Plan, state: State, contact: str, kind: AnswerKind) -> bool:
    """Whether the contact's answer is the one that counts now; false once it was asked again for another."""
    if contact not in plan.allowed:
        return True
    asked_anew = contact in state.asked_anew and contact in plan.last_resort
    return state.answers.get(contact) is kind and not asked_anew


def _sends(context: Context) -> tuple[Send, ...]:
    """The sends still wanted once all is decided: of several by one method to a contact only the first (A7)."""
    live = {run.index: {progress.contact for progress in live_progress(context, run)} for run in context.state.runs}
    sends: dict[tuple[str, int], Send] = {}
    for send in context.sends:
        if send.contact in live[send.index] and _is_usable(context, send.contact, send.method):
            sends.setdefault((send.contact, send.method), send)
    return tuple(sends.values())


def _asks(context: Context) -> tuple[Ask, ...]:
    """The questions that have not been overtaken."""
    question, to_confirm = context.state.question, context.state.to_confirm
    pending = None if question is None else question.index
    return tuple(
        each for each in context.asks if (each.contact in to_confirm if each.contact else each.index == pending)
    )


def _is_usable(context: Context, contact: str, method_index: int) -> bool:
    """Whether the address is the contact's, and neither stale nor one that passed it on."""
    reach = context.reach(contact)
    return not (reach.has_left(method_index) or reach.has_relayed(method_index) or reach.is_stale(method_index))


def _shifted(value: Any, by: timedelta) -> Any:
    """The value with all its moments later by that span, however deep in it they stand.

    The past moves along: what is yet to come is planned from it.
    """
    if isinstance(value, datetime):
        return value + by
    if isinstance(value, tuple):
        return tuple(_shifted(each, by) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _shifted(getattr(value, field.name), by) for field in fields(value)})
    return value
