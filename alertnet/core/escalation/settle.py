"""What follows from a change at once: deputies are told, satisfied levels end, hopeless ones give way to the next."""

from dataclasses import replace

from alertnet.core.directory.contact_tree import Then
from alertnet.core.escalation.context import Context
from alertnet.core.escalation.decision import Ask
from alertnet.core.escalation.level_status import answered_in, contact_statuses, deputise, is_dead, lacks_confirmation
from alertnet.core.escalation.quorum import AnswerKind, can_be_met, is_met
from alertnet.core.escalation.state import LAST_RESORT, LevelRun, LevelStatus, Status


def settle(context: Context) -> None:
    """Bring every level into line with the answers and failures there are; of a settled context nothing changes."""
    if context.state.status is Status.STOPPED:
        return
    for index in [run.index for run in context.state.runs]:
        run = context.run(index)
        if run.status is LevelStatus.MET and not _rule_met(context, run):
            context.put(replace(run, status=LevelStatus.OPEN, met_at=None))
        is_under_way = context.is_active and run.round == context.state.round
        if is_under_way:
            _deputise_the_dead(context, index)
            _ask_to_confirm(context, index)
        run = context.run(index)
        if run.status is LevelStatus.MET:
            continue
        if _rule_met(context, run):
            _satisfy(context, run)
        elif is_under_way and run.status is LevelStatus.OPEN and index != LAST_RESORT:
            _give_way_if_hopeless(context, run)


def acknowledge(context: Context, run: LevelRun) -> None:
    """Acknowledge the escalation by this level; an action is due from the answer that met its rule."""
    if not context.is_active:
        return
    due = context.level(run).action_due
    acted = any(
        progress.contact in context.state.acted
        and context.answer(run.index, progress.contact) is AnswerKind.ACKNOWLEDGED
        for progress in run.turns
    )
    context.change(
        status=Status.ACKNOWLEDGED,
        met_index=run.index,
        question=None,
        unverified_since=None,
        unverified_index=None,
        round_due_at=None,
        to_confirm=(),
        action_due_at=(run.met_at or context.moment) + due.after if due and not acted else None,
    )
    context.note("escalation_acknowledged", level=context.level(run).name, round=run.round)


def _ask_to_confirm(context: Context, index: int) -> None:
    """Ask the coordinators, once, about each answer that counts only when one of them confirms it."""
    run = context.run(index)
    for progress in run.turns if context.level(run).confirm and run.status is not LevelStatus.MET else ():
        said_so = context.answer(index, progress.contact) is AnswerKind.ACKNOWLEDGED
        if (
            said_so
            and progress.contact not in context.state.to_confirm
            and lacks_confirmation(context, progress.contact)
        ):
            context.change(to_confirm=(*context.state.to_confirm, progress.contact))
            context.asks.append(Ask(index, 1, None, progress.contact))
            context.note("confirmation_asked", contact=progress.contact, level=context.level(run).name)


def _rule_met(context: Context, run: LevelRun) -> bool:
    return is_met(context.level(run).acknowledge, contact_statuses(context, run))


def _satisfy(context: Context, run: LevelRun) -> None:
    met = replace(run, status=LevelStatus.MET, met_at=context.moment)
    context.put(met)
    context.note("rule_met", level=context.level(run).name, round=run.round)
    if run.index == context.state.missed_index:
        context.change(missed_index=None)
    if context.then(run) is Then.STOP:
        acknowledge(context, met)


def _deputise_the_dead(context: Context, index: int) -> None:
    while True:
        run = context.run(index)
        if run.status is LevelStatus.MET:
            return
        dead = [progress for progress in run.turns if not progress.deputised and is_dead(context, run, progress)]
        answered = answered_in(context, run) if dead else set()
        progress = next((progress for progress in dead if progress.contact not in answered), None)
        if progress is None:
            return
        at = max(run.opened_at, context.moment)
        deputise(context, index, progress.contact, at, _cause(context, index, progress.contact))


def _cause(context: Context, index: int, contact: str) -> str:
    if context.answer(index, contact) is AnswerKind.DECLINED:
        return "declined"
    return "involved" if contact in context.plan.involved else "unreachable"


def _give_way_if_hopeless(context: Context, run: LevelRun) -> None:
    if not can_be_met(context.level(run).acknowledge, contact_statuses(context, run)):
        context.put(replace(run, status=LevelStatus.GAVE_WAY, ends_at=min(run.ends_at, context.moment)))
        context.note("level_gave_way", level=context.level(run).name, round=run.round)
