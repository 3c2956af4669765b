"""The open levels of an escalation: the status of their contacts, what changes settle at once, opening the next."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from alertnet.core.codec import replace
from alertnet.core.directory.contact import Role
from alertnet.core.directory.contact_tree import Then
from alertnet.core.disclosure import Subject
from alertnet.core.escalation import contact_steps
from alertnet.core.escalation.context import ENDED, LONGEST_ROUND_PAUSE, Context, pause_after_round
from alertnet.core.escalation.quorum import AnswerKind, ContactStatus, can_be_met, is_met
from alertnet.core.escalation.state import LAST_RESORT, ContactProgress, LevelRun, LevelStatus, OpenDecision, Status
from alertnet.core.incident import Severity
from alertnet.core.resolution.resolve import PlannedLevel, deputies_of


def live_progress(context: Context, run: LevelRun, *, also_after: bool = False) -> list[ContactProgress]:
    """The progress of the contacts still to be told: allowed, without an answer, and with nobody answering for them.

    In a past round only contacts who were closed still are, at their opening, and whom quiet hours have spared, at
    their end. `also_after`: all are, as long as the level will open again.
    """
    if not context.is_active or run.status is LevelStatus.MET or run.index in context.state.refused:
        return []
    opens_again = context.state.round <= context.plan.tree.rounds or run.index == LAST_RESORT
    is_over = run.round != context.state.round and not (also_after and opens_again)
    answered = _answered_in(context, run)
    principals = {progress.contact for progress in run.turns if progress.principal}
    return [
        progress
        for progress in run.turns
        if progress.told
        and (not is_over or _outlives_its_round(context, progress))
        and progress.contact in context.plan.allowed
        and not context.has_ended(run.index, progress.contact)
        and (
            (progress.principal and not answered)
            or not principals.intersection((progress.contact, *progress.stands_for)) <= answered
        )
    ]


def _outlives_its_round(context: Context, progress: ContactProgress) -> bool:
    reach = context.reach(progress.contact)
    if progress.reopened or contact_steps.is_put_off(progress, reach):
        return True
    return progress.skipped_at is not None and contact_steps.opens_at(progress, reach) is not None


def is_live(context: Context, index: int, contact: str) -> bool:
    """Whether the contact is still to be told in that level."""
    return any(progress.contact == contact for progress in live_progress(context, context.run(index)))


def _answered_in(context: Context, run: LevelRun) -> set[str]:
    """The contacts whose acknowledgement counts in that level, and those they stand in for."""
    if not context.state.answers:
        return set()
    must_confirm = context.level(run).confirm
    return {
        id
        for progress in run.turns
        if context.answer(run.index, progress.contact) is AnswerKind.ACKNOWLEDGED
        and progress.contact not in context.plan.discredited
        and context.contact(progress.contact).answers
        and not (must_confirm and _lacks_confirmation(context, progress.contact))
        for id in (progress.contact, *progress.stands_for)
    }


def _lacks_confirmation(context: Context, contact: str) -> bool:
    """Whether a coordinator has yet to confirm the contact's answer; a coordinator's own needs no confirmation."""
    return contact not in context.state.confirmed and context.contact(contact).role is not Role.COORDINATOR


def is_dead(context: Context, run: LevelRun, progress: ContactProgress) -> bool:
    """Whether the contact itself can no longer acknowledge: it declined, is involved, or nothing reaches it."""
    declined = context.answer(run.index, progress.contact) is AnswerKind.DECLINED
    return (
        declined
        or progress.contact in context.plan.involved
        or contact_steps.is_out_of_reach(progress, context.reach(progress.contact))
    )


def _contact_statuses(context: Context, run: LevelRun) -> list[ContactStatus]:
    """The status of each contact that the level notified and that may still be told, or has acknowledged.

    Contacts that are not expected to answer are left out, and don't make those they stand in for reachable.
    """
    allowed, answered, contacts = context.plan.allowed, _answered_in(context, run), context.plan.tree.contacts
    turns = [progress for progress in run.turns if contacts[progress.contact].answers]
    able = [progress for progress in turns if progress.contact in allowed and not is_dead(context, run, progress)]
    reachable = {id for progress in able for id in (progress.contact, *progress.stands_for)}
    counted = answered | reachable | allowed
    return [
        ContactStatus(
            contacts[progress.contact].organisation, progress.contact in answered, progress.contact in reachable
        )
        for progress in turns
        if progress.principal and progress.contact in counted
    ]


def _may_stand_in(context: Context, index: int, deputy: str) -> bool:
    if deputy not in context.plan.allowed:
        return False
    return index == LAST_RESORT or deputy in context.plan.levels[index].deputies


def deputise(context: Context, index: int, contact: str, at: datetime, cause: str) -> None:
    """Tell the contact's deputy in its place; deputies chain, and each stands for everyone before it."""
    progress = context.progress(index, contact)
    assert progress is not None
    context.put_progress(index, replace(progress, deputised=True))
    chain = (id for id in deputies_of(context.plan.tree, contact) if id not in progress.stands_for)
    deputy = next((id for id in chain if _may_stand_in(context, index, id)), None)
    if deputy is None:
        return
    present = context.progress(index, deputy)
    earlier = present.stands_for if present else ()
    stands_for = tuple(dict.fromkeys((*earlier, contact, *progress.stands_for)))
    if present is None or not (present.told or present.principal):
        told = not context.has_ended(index, deputy)
        begun = contact_steps.begin(context.reach(deputy), at, told)
        context.put_progress(index, replace(begun, principal=False, stands_for=stands_for))
        context.note("deputy_told", contact=deputy, stands_for=contact, cause=cause)
        return
    context.put_progress(index, replace(present, stands_for=stands_for))
    if present.deputised:
        deputise(context, index, deputy, at, cause)


def would_matter(context: Context, planned: PlannedLevel) -> bool:
    """Whether opening the level would tell somebody, or earlier answers would meet it."""
    state, run = context.state, context.find(planned.index)
    if planned.index in state.refused or (run is not None and run.status is LevelStatus.MET):
        return False
    if run is not None and state.round > context.plan.tree.rounds and not planned.coordination:
        return False
    if run is None and not state.answers:
        return bool(planned.contacts)
    if any(_has_somebody_to_tell(context, planned.index, id) for id in planned.contacts):
        return True
    asked = [id for id in planned.contacts if context.contact(id).answers]
    counted = [id for id in asked if state.answers.get(id) is AnswerKind.ACKNOWLEDGED]
    if planned.level.confirm:
        counted = [id for id in counted if not _lacks_confirmation(context, id)]
    organisations = ((context.contact(id).organisation, id in counted) for id in asked)
    return is_met(planned.level.acknowledge, [ContactStatus(name, has, False) for name, has in organisations])


def _has_somebody_to_tell(context: Context, index: int, id: str) -> bool:
    """Whether the contact may be told, or has declined or relayed everywhere and one of its deputies has not answered.

    A level tells a contact that is not expected to answer only once.
    """
    if not context.contact(id).answers and context.find(index) and context.progress(index, id):
        return False
    has_ended, reach = context.has_ended(index, id), context.reach(id)
    if not (has_ended or (reach.relayed and all(map(reach.has_relayed, range(reach.when_closed.stop))))):
        return True
    if has_ended and context.state.answers[id] is not AnswerKind.DECLINED:
        return False
    deputies = deputies_of(context.plan.tree, id)
    return any(_may_stand_in(context, index, each) and not context.has_ended(index, each) for each in deputies)


def settle(context: Context) -> None:
    """Bring all levels into line with the answers and failures; settling twice changes nothing more."""
    if context.state.status is Status.STOPPED:
        return
    for index in [run.index for run in context.state.runs]:
        run = context.run(index)
        if run.status is LevelStatus.MET:
            if is_met(context.level(run).acknowledge, _contact_statuses(context, run)):
                continue
            context.put(replace(run, status=LevelStatus.OPEN, met_at=None, turns=_with_newcomers(context, run)))
        is_under_way = context.is_active and run.round == context.state.round
        if is_under_way:
            _deputise_the_dead(context, index)
            _ask_to_confirm(context, index)
        run = context.run(index)
        if is_under_way or _answered_in(context, run):
            _judge(context, run, may_give_way=is_under_way and index != LAST_RESORT)


def _with_newcomers(context: Context, run: LevelRun) -> tuple[ContactProgress, ...]:
    """The turns of a level that is met no more; whom an edit or news has brought into it meanwhile begins now.

    A hold on what comes next is none on a level that has opened.
    """
    if run.index == LAST_RESORT or run.round != context.state.round:
        return run.turns
    planned = context.plan.levels[run.index]
    if context.waits_for_verification(planned) or context.needs_go(planned):
        return run.turns
    known = {progress.contact: progress for progress in run.turns}
    fresh = [id for id in planned.contacts if id not in known or not known[id].principal]
    begun = [_progress(context, run.index, context.moment, id, known.get(id)) for id in fresh]
    return (*(progress for progress in run.turns if progress.contact not in fresh), *begun)


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
        unverified_index=_left_unverified(context) if run.index == LAST_RESORT else None,
        round_due_at=None,
        to_confirm=(),
        action_due_at=(run.met_at or context.moment) + due.after if due and not acted else None,
    )
    context.note("escalation_acknowledged", level=context.level(run).name, round=run.round)


def _left_unverified(context: Context) -> int | None:
    """The first level that told nobody because the incident is not known to be genuine."""
    return None if context.plan.verified else next((each.index for each in yet_to_open(context)), None)


def yet_to_open(context: Context) -> Iterator[PlannedLevel]:
    """The levels not opened in this round that would tell somebody."""
    opened = {run.index for run in context.this_round}
    return (each for each in context.plan.levels if each.index not in opened and would_matter(context, each))


def _ask_to_confirm(context: Context, index: int) -> None:
    """Ask the coordinators once about each answer that counts only when they confirm it."""
    run = context.run(index)
    for progress in run.turns if context.level(run).confirm and run.status is not LevelStatus.MET else ():
        said_so = context.answer(index, progress.contact) is AnswerKind.ACKNOWLEDGED
        if (
            said_so
            and progress.contact not in context.state.to_confirm
            and _lacks_confirmation(context, progress.contact)
        ):
            context.change(to_confirm=(*context.state.to_confirm, progress.contact))
            context.ask(Subject.CONFIRM, progress.contact, index, 1, None)
            context.note("confirmation_asked", contact=progress.contact, level=context.level(run).name)


def _judge(context: Context, run: LevelRun, *, may_give_way: bool) -> None:
    """Mark a level as met if its rule is, or let it give way if nobody left can meet the rule."""
    quota, statuses = context.level(run).acknowledge, _contact_statuses(context, run)
    if is_met(quota, statuses):
        _satisfy(context, run)
    elif may_give_way and run.status is LevelStatus.OPEN and not can_be_met(quota, statuses):
        context.put(replace(run, status=LevelStatus.GAVE_WAY, ends_at=min(run.ends_at, context.moment)))
        context.note("level_gave_way", level=context.level(run).name, round=run.round)


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
        dead = [progress for progress in run.turns if not progress.deputised and is_dead(context, run, progress)]
        answered = _answered_in(context, run) if dead else set()
        lost = [progress for progress in dead if progress.contact not in answered]
        if not lost:
            return
        progress = lost[0]
        at = max(run.opened_at, context.moment)
        deputise(context, index, progress.contact, at, _cause(context, index, progress.contact))


def _cause(context: Context, index: int, contact: str) -> str:
    if context.answer(index, contact) is AnswerKind.DECLINED:
        return "declined"
    return "involved" if contact in context.plan.involved else "unreachable"


def open_level(context: Context, planned: PlannedLevel, moment: datetime, cause: str, *, last: bool = True) -> None:
    """Open a level planned for that moment. `last`: no other overdue level follows, so its clock may start now."""
    wait = planned.level.wait
    start = context.on_time(moment)
    ends_at = start + wait
    if context.catching_up:
        start, ends_at = context.now, moment + wait
        if last and ends_at <= context.now:
            ends_at = context.now + wait
    elif context.plan.severity is Severity.CRITICAL and (not last or ends_at <= context.now):
        start = context.now if last else moment
        ends_at = start + wait
    turns = _begin(context, planned.index, start, planned.contacts)
    held_back = _held_back(context, turns)
    _open(context, LevelRun(planned.index, context.state.round, start, ends_at + held_back, turns))
    context.note("level_opened", level=planned.level.name, round=context.state.round, cause=cause)
    settle(context)


def open_last_resort(context: Context, at: datetime, until: datetime) -> None:
    """Tell the tree's last resort, whatever it answered before; it is not told again before `until`."""
    context.change(asked_anew=tuple(id for id, kind in context.state.answers.items() if kind in ENDED))
    turns = _begin(context, LAST_RESORT, at, context.plan.last_resort)
    _open(context, LevelRun(LAST_RESORT, context.state.round, at, until, turns))
    settle(context)


def tell_for_coordinators(context: Context, why: str) -> None:
    """Tell last resort when no coordinator can be asked, or answers; again at the pace of the tree's rounds."""
    state, told = context.state, context.find(LAST_RESORT)
    before = told if told is not None and told.round == state.round else None
    is_being_told = before is not None and context.moment < before.ends_at
    is_under_way = state.status in (Status.RUNNING, Status.WAITING_FOR_GO)
    if context.plan.last_resort and is_under_way and not is_being_told:
        context.note(why, round=state.round)
        pause = (
            min(2 * (before.ends_at - before.opened_at), LONGEST_ROUND_PAUSE)
            if before
            else pause_after_round(state.round)
        )
        at = context.on_time(context.moment)
        open_last_resort(context, at, at + pause)


def ask_for_go(context: Context, planned: PlannedLevel, moment: datetime) -> None:
    """Ask the coordinators whether this level may open; the automatic time counts from when the level was due.

    For a critical level that is so even if the question comes late.
    """
    asked_at = moment if context.plan.severity is Severity.CRITICAL else context.on_time(moment)
    automatic_at = proceeds_at(context, planned, asked_at)
    context.change(status=Status.WAITING_FOR_GO, question=OpenDecision(planned.index, asked_at, automatic_at))
    context.ask(Subject.LEVEL, planned.level.name, planned.index, len(planned.contacts), automatic_at)
    context.note(
        "go_asked", level=planned.level.name, reasons=[reason.value for reason in context.reasons_to_wait(planned)]
    )


def proceeds_at(context: Context, planned: PlannedLevel, asked_at: datetime) -> datetime | None:
    """When a level asked about at that moment opens without a go; None: never."""
    approval = planned.approval
    if approval is None or approval.proceed_after is None or context.state.holds(planned.index):
        return None
    return asked_at + approval.proceed_after


def _open(context: Context, run: LevelRun) -> None:
    """Add a run at the end, replacing an earlier one of its level."""
    context.change(runs=(*[each for each in context.state.runs if each.index != run.index], run))


def _begin(context: Context, index: int, at: datetime, contacts: Iterable[str]) -> tuple[ContactProgress, ...]:
    """Begin everybody's steps. Earlier stand-ins keep their answers, but wait until they are needed again."""
    earlier = context.find(index)
    previous = {progress.contact: progress for progress in earlier.turns} if earlier else {}
    begun = {id: _progress(context, index, at, id, previous.get(id)) for id in contacts}
    stand_ins = [
        replace(progress, told=False) for id, progress in previous.items() if id not in begun and not progress.principal
    ]
    return (*begun.values(), *stand_ins)


def _held_back(context: Context, turns: Iterable[ContactProgress]) -> timedelta:
    """How long quiet hours delay the first message; the level lasts that much longer."""
    reaches = [context.reach(progress.contact) for progress in turns]
    if not any(reach.times.quiet for reach in reaches):
        return timedelta()
    first, held = [], []
    for progress, reach in zip(turns, reaches, strict=True):
        for method_index in contact_steps.unused(progress, reach) if progress.told and reach.contact.answers else ():
            first.append(progress.starts_at + reach.contact.all_methods[method_index].after)
            held.append(contact_steps.planned(progress, reach, method_index))
    return max(min(held) - min(first), timedelta()) if held else timedelta()


def _progress(context: Context, index: int, at: datetime, id: str, previous: ContactProgress | None) -> ContactProgress:
    if previous and previous.told and not context.contact(id).answers:
        return previous
    begun = contact_steps.begin(context.reach(id), at, not context.has_ended(index, id))
    return replace(begun, stands_for=previous.stands_for) if previous else begun
