"""What comes next in an escalation if nobody answers or decides: asked of its agenda, and not done."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from alertnet.core.codec import value
from alertnet.core.directory.contact_tree import Otherwise
from alertnet.core.escalation import contact_steps
from alertnet.core.escalation.context import Context, level_name, opens_by_itself_at
from alertnet.core.escalation.due import Agenda, others_of
from alertnet.core.escalation.levels import live_progress, proceeds_at, would_matter
from alertnet.core.escalation.state import LAST_RESORT, OpenDecision, State, Status
from alertnet.core.resolution.resolve import Plan, PlannedLevel


class Until(StrEnum):
    """What a level waits for if it does not open by the clock."""

    GENUINE = "genuine"
    """Somebody confirms that the incident is genuine."""
    GO = "go"
    HELD = "held"
    """A go, since somebody holds the level."""
    OTHERS = "others"
    """Another escalation leaves the acknowledged state."""


@value
class ComingLevel:
    """A level that comes next, whom it would tell, and when it opens without a decision; None: not by the clock."""

    index: int
    name: str
    contacts: tuple[str, ...]
    automatic_at: datetime | None
    waits_for: Until | None = None


def coming_level(
    plans: Mapping[str, Plan], states: Mapping[str, State], tree: str, now: datetime
) -> ComingLevel | None:
    """The next level of that tree: asked about, planned, last resort, or the first of the next round.

    None where nothing follows, or the tree was acknowledged.
    """
    context = Context(plans[tree], states[tree], now)
    agenda, state = Agenda(context, others_of(plans, states, tree)), context.state
    if not context.is_active:
        return None
    if state.question is not None:
        return _asked(context, state.question)
    following = agenda.next_level()
    if following is not None:
        return _reached(agenda, following, agenda.level_or_end(following).at)
    if state.unverified_since is not None or agenda.is_answered():
        return None
    at = agenda.level_or_end(None).at
    if agenda.next_round_at is None:
        return ComingLevel(LAST_RESORT, level_name(context.plan, LAST_RESORT), context.plan.last_resort, at)
    first = next((each for each in context.plan.levels if would_matter(context, each)), None)
    return _reached(agenda, first, at) if first is not None else None


def coming_tries(plan: Plan, state: State, now: datetime) -> dict[str, datetime]:
    """When each contact of the open levels is told next, if at all."""
    context, found = Context(plan, state, now), dict[str, datetime]()
    for run in state.runs:
        for progress in live_progress(context, run):
            step = contact_steps.upcoming(progress, context.reach(progress.contact), context.level(run))
            if step is not None and step.sends:
                found[progress.contact] = min(step.at, found.get(progress.contact, step.at))
    return found


def level_without_action(plan: Plan, state: State, now: datetime) -> ComingLevel | None:
    """The level that follows if nobody reports an action in time; None where none is due, or nobody is left."""
    agenda = Agenda(Context(plan, state, now))
    if state.action_due_at is None or state.met_index is None:
        return None
    met = plan.levels[state.met_index]
    due = met.level.action_due
    if due is not None and due.otherwise is Otherwise.AGAIN:
        return _told(met, state.action_due_at)
    following = agenda.beyond(state.met_index)
    return _reached(agenda, following, state.action_due_at) if following is not None else None


def _asked(context: Context, question: OpenDecision) -> ComingLevel:
    """The level that the coordinators are asked about; its time counts once one of them was asked."""
    asked, at = context.plan.levels[question.index], question.automatic_at
    put_off = opens_by_itself_at(question, context.plan.severity, context.now) != at
    counts = question.sent or (at is not None and at > context.now and not put_off)
    return _told(asked, at if counts else None, _for_a_go(context, asked))


def _reached(agenda: Agenda, planned: PlannedLevel, at: datetime) -> ComingLevel:
    """The level as it would open if reached at that moment."""
    context, state = agenda.context, agenda.context.state
    if state.unverified_since is not None or agenda.context.waits_for_verification(planned):
        return _told(planned, None, Until.GENUINE)
    if state.status is Status.SCHEDULED and agenda.is_held_back:
        return _told(planned, None, Until.OTHERS)
    if not context.waits_for_go(planned):
        return _told(planned, at)
    return _told(planned, proceeds_at(context, planned, at), _for_a_go(context, planned))


def _for_a_go(context: Context, planned: PlannedLevel) -> Until:
    return Until.HELD if context.state.holds(planned.index) else Until.GO


def _told(planned: PlannedLevel, at: datetime | None, until: Until | None = None) -> ComingLevel:
    return ComingLevel(planned.index, planned.level.name, planned.contacts, at, until if at is None else None)
