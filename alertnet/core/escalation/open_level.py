"""Opening a level, or asking whether it may open: when its clock begins, when it ends, and whom it tells."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from alertnet.core.escalation import contact_steps
from alertnet.core.escalation.context import ENDED, Context, pause_after
from alertnet.core.escalation.decision import Ask
from alertnet.core.escalation.settle import settle
from alertnet.core.escalation.state import LAST_RESORT, ContactProgress, LevelRun, OpenDecision, Status
from alertnet.core.incident import Severity
from alertnet.core.resolution.resolve import PlannedLevel


def open_level(context: Context, planned: PlannedLevel, moment: datetime, cause: str, *, last: bool = True) -> None:
    """Open a level planned for that moment. `last`: no other is overdue behind it, so its clock may start now."""
    wait = planned.level.wait
    start = context.on_time(moment)
    ends_at = start + wait
    if context.catching_up:
        start, ends_at = context.now, moment + wait
        if last and ends_at <= context.now:
            ends_at = context.now + wait
    elif context.plan.severity is Severity.CRITICAL and not last:
        start, ends_at = moment, moment + wait
    _begin(context, LevelRun(planned.index, context.state.round, start, ends_at, ()), planned.contacts)
    _wait_out_quiet_hours(context, planned.index)
    context.note("level_opened", level=planned.level.name, round=context.state.round, cause=cause)
    settle(context)


def open_last_resort(context: Context, at: datetime) -> None:
    """Tell the tree's last resort until the next round, whatever it has answered before."""
    context.change(asked_anew=tuple(id for id, kind in context.state.answers.items() if kind in ENDED))
    run = LevelRun(LAST_RESORT, context.state.round, at, at + pause_after(context.state.round), ())
    _begin(context, run, context.plan.last_resort)
    settle(context)


def ask_for_go(context: Context, planned: PlannedLevel, moment: datetime) -> None:
    """Ask the coordinators whether this level may open; the automatic time counts from when the level was due.

    For a critical one that is so even where the question comes late.
    """
    approval = planned.approval
    assert approval is not None
    asked_at = moment if context.plan.severity is Severity.CRITICAL else context.on_time(moment)
    automatic = approval.proceed_after is not None and planned.index not in context.state.held
    automatic_at = asked_at + approval.proceed_after if automatic and approval.proceed_after is not None else None
    context.change(status=Status.WAITING_FOR_GO, question=OpenDecision(planned.index, asked_at, automatic_at))
    context.asks.append(Ask(planned.index, len(planned.contacts), automatic_at))
    context.note("go_asked", level=planned.level.name, reasons=[reason.value for reason in approval.reasons])


def _begin(context: Context, run: LevelRun, contacts: Iterable[str]) -> None:
    """Begin the steps of everybody; those who stood in before still answer, but wait to be needed again."""
    earlier = context.find(run.index)
    previous = {progress.contact: progress for progress in earlier.turns} if earlier else {}
    begun = {id: _progress(context, run, id, previous.get(id)) for id in contacts}
    stand_ins = [
        replace(progress, told=False) for id, progress in previous.items() if id not in begun and not progress.principal
    ]
    others = [each for each in context.state.runs if each.index != run.index]
    context.change(runs=(*others, replace(run, turns=(*begun.values(), *stand_ins))))


def _wait_out_quiet_hours(context: Context, index: int) -> None:
    """Let a level last longer by as much as quiet hours hold back whatever it would send first."""
    run = context.run(index)
    first, held = [], []
    for progress in run.turns:
        reach = context.reach(progress.contact)
        for method_index in contact_steps.unused(progress, reach) if progress.told else ():
            first.append(progress.starts_at + reach.contact.all_methods[method_index].after)
            held.append(contact_steps.planned(progress, reach, method_index))
    if held and min(held) > min(first):
        context.put(replace(run, ends_at=run.ends_at + (min(held) - min(first))))


def _progress(context: Context, run: LevelRun, id: str, previous: ContactProgress | None) -> ContactProgress:
    told = not context.has_ended(run.index, id)
    begun = contact_steps.begin(context.reach(id), run.opened_at, told)
    return replace(begun, stands_for=previous.stands_for if previous else ())
