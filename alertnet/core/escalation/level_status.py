"""How the contacts of an opened level stand: who is still to be told, who counts, and who stands in for whom."""

from dataclasses import replace
from datetime import datetime

from alertnet.core.directory.contact import Role
from alertnet.core.escalation import contact_steps
from alertnet.core.escalation.context import Context
from alertnet.core.escalation.quorum import AnswerKind, ContactStatus, is_met
from alertnet.core.escalation.state import LAST_RESORT, ContactProgress, LevelRun, LevelStatus
from alertnet.core.resolution.resolve import PlannedLevel, deputies_of


def live_progress(context: Context, run: LevelRun) -> list[ContactProgress]:
    """The progress of those still to be told: they may be, have not answered, and nobody has for them."""
    if not context.is_active or run.status is LevelStatus.MET or run.round != context.state.round:
        return []
    answered = answered_in(context, run)
    principals = {progress.contact for progress in run.turns if progress.principal}
    return [
        progress
        for progress in run.turns
        if progress.told
        and progress.contact in context.plan.allowed
        and not context.has_ended(run.index, progress.contact)
        and not principals.intersection((progress.contact, *progress.stands_for)) <= answered
    ]


def is_live(context: Context, run: LevelRun, contact: str) -> bool:
    """Whether the contact is still to be told in that level."""
    return any(progress.contact == contact for progress in live_progress(context, run))


def answered_in(context: Context, run: LevelRun) -> set[str]:
    """Whoever has acknowledged in that level, so that it counts there, and those they stand in for."""
    must_confirm = context.level(run).confirm
    return {
        id
        for progress in run.turns
        if context.answer(run.index, progress.contact) is AnswerKind.ACKNOWLEDGED
        and not (must_confirm and lacks_confirmation(context, progress.contact))
        for id in (progress.contact, *progress.stands_for)
    }


def lacks_confirmation(context: Context, contact: str) -> bool:
    """Whether a coordinator has yet to confirm what the contact said; what one of them said itself needs none."""
    return contact not in context.state.confirmed and context.contact(contact).role is not Role.COORDINATOR


def is_dead(context: Context, run: LevelRun, progress: ContactProgress) -> bool:
    """Whether the contact itself can't acknowledge any more: it declined, is involved, or nothing reaches it."""
    declined = context.answer(run.index, progress.contact) is AnswerKind.DECLINED
    return (
        declined
        or progress.contact in context.plan.involved
        or contact_steps.is_out_of_reach(progress, context.reach(progress.contact))
    )


def contact_statuses(context: Context, run: LevelRun) -> list[ContactStatus]:
    """The status of each contact that the level notified and that may still be told, or has acknowledged."""
    allowed, answered = context.plan.allowed, answered_in(context, run)
    able = [progress for progress in run.turns if progress.contact in allowed and not is_dead(context, run, progress)]
    reachable = {id for progress in able for id in (progress.contact, *progress.stands_for)}
    counted = answered | reachable | allowed
    return [
        ContactStatus(
            context.contact(progress.contact).organisation, progress.contact in answered, progress.contact in reachable
        )
        for progress in run.turns
        if progress.principal and progress.contact in counted
    ]


def may_stand_in(context: Context, index: int, deputy: str) -> bool:
    """Whether a deputy may be told of that level."""
    if deputy not in context.plan.allowed:
        return False
    return index == LAST_RESORT or deputy in context.plan.levels[index].deputies


def deputise(context: Context, index: int, contact: str, at: datetime, cause: str) -> None:
    """Tell the contact's deputy in its place; deputies chain, and stand for everyone before them."""
    progress = context.progress(index, contact)
    assert progress is not None
    context.put_progress(index, replace(progress, deputised=True))
    chain = (id for id in deputies_of(context.plan.tree, contact) if id not in progress.stands_for)
    deputy = next((id for id in chain if may_stand_in(context, index, id)), None)
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
    """Whether opening the level would tell somebody, or it would be met by answers that were given before."""
    state, run = context.state, context.find(planned.index)
    if planned.index in state.refused or (run is not None and run.status is LevelStatus.MET):
        return False
    if run is not None and state.round > context.plan.tree.rounds and not planned.coordination:
        return False
    if any(_has_somebody_to_tell(context, planned.index, id) for id in planned.contacts):
        return True
    counted = [id for id in planned.contacts if state.answers.get(id) is AnswerKind.ACKNOWLEDGED]
    if planned.level.confirm:
        counted = [id for id in counted if not lacks_confirmation(context, id)]
    organisations = ((context.contact(id).organisation, id in counted) for id in planned.contacts)
    return is_met(planned.level.acknowledge, (ContactStatus(name, has, False) for name, has in organisations))


def _has_somebody_to_tell(context: Context, index: int, id: str) -> bool:
    """Whether the contact has not answered, or has declined and a deputy of it has not."""
    if not context.has_ended(index, id):
        return True
    if context.state.answers[id] is not AnswerKind.DECLINED:
        return False
    deputies = deputies_of(context.plan.tree, id)
    return any(may_stand_in(context, index, each) and not context.has_ended(index, each) for each in deputies)
