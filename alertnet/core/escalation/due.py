"""Finds what is due next in an escalation, and does it: messages, silences, decisions, levels, rounds, the tree's end.

Each thing is decided for its planned moment, never for the moment it is looked at (A7).
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter
from typing import NamedTuple

from alertnet.core.codec import replace
from alertnet.core.delivery.next_repeat import FIRST_AFTER_HOLD, PROMPT_EVERY
from alertnet.core.directory.contact_tree import Otherwise, Then
from alertnet.core.escalation import contact_steps
from alertnet.core.escalation.context import LATE, Context, pause_after_round
from alertnet.core.escalation.levels import (
    acknowledge,
    ask_for_go,
    deputise,
    is_live,
    live_progress,
    open_last_resort,
    open_level,
    settle,
    tell_for_coordinators,
    would_matter,
)
from alertnet.core.escalation.quorum import AnswerKind
from alertnet.core.escalation.state import LAST_RESORT, ContactProgress, LevelRun, LevelStatus, State, Status
from alertnet.core.incident import Severity
from alertnet.core.resolution.resolve import Plan, PlannedLevel

HEARTBEAT = timedelta(hours=1)
"""An escalation that waits only for a person is still looked at this often, so that nobody forgets it (A2)."""

MOST_STEPS = 10_000


class _Due(NamedTuple):
    """Something due at a planned moment; of several at the same moment the lower rank goes first."""

    at: datetime
    rank: int
    happen: Callable[[], None]


_AT, _AT_AND_RANK = attrgetter("at"), attrgetter("at", "rank")


SEND, SILENCE, DECISION, LEVEL = range(4)
"""The ranks of things due at the same moment."""


class Others(NamedTuple):
    """The incident's other escalations: whether all are acknowledged, and whether one of them is in hand."""

    acknowledged: bool
    in_hand: bool


ALONE = Others(acknowledged=False, in_hand=False)


def others_of(plans: Mapping[str, Plan], states: Mapping[str, State], tree: str, *, whole: bool = True) -> Others:
    """What the tree's escalation has to know of the others. `whole`: the states are complete."""
    others = {id: state for id, state in states.items() if id != tree}
    # Two that wait for the others would wait for each other.
    counted = [state.status for id, state in others.items() if not waits_for_others(plans, states, id)]
    return Others(
        whole and bool(counted) and all(status is Status.ACKNOWLEDGED for status in counted),
        any(is_in_hand(plans[id], state) for id, state in others.items()),
    )


def waits_for_others(plans: Mapping[str, Plan], states: Mapping[str, State], tree: str) -> bool:
    """Whether the tree's start still depends on the other escalations."""
    return plans[tree].tree.start.unless_acknowledged and states[tree].status is Status.SCHEDULED


def who_said(kind: AnswerKind, plan: Plan, state: State) -> list[str]:
    """The contacts who have answered so, without those whose answers don't count."""
    return [id for id, answer in state.answers.items() if answer is kind and id not in plan.discredited]


def is_in_hand(plan: Plan, state: State) -> bool:
    """Whether somebody has taken charge, or a coordinator has put what comes next on hold or off."""
    is_held = state.on_hold_since is not None or not {*state.goes, *state.refused}.issuperset(state.held)
    return bool(who_said(AnswerKind.ACKNOWLEDGED, plan, state)) or is_held or state.in_hand


class Agenda:
    """All that is due in a context, in the order of the planned moments."""

    def __init__(
        self, context: Context, others: Others = ALONE, held_until: Callable[[], datetime | None] = lambda: None
    ) -> None:
        self.context = context
        self.others = others
        self._held_until = held_until

    def catch_up(self) -> None:
        """Do what was due before now, unless it is so late that there must have been an outage."""
        first = min(self._upcoming(), key=_AT, default=None)
        if first is not None and self.context.now - LATE <= first.at < self.context.now:
            self.run_until(self.context.now - datetime.resolution)

    def run_until(self, limit: datetime) -> datetime | None:
        """Do all that is due by then, in order; gives the moment of what comes next, None if nothing does.

        Whether all stands still is only asked about where something is due, which then comes next once it does not.
        """
        for done in range(MOST_STEPS):
            first = min(self._upcoming(), key=_AT_AND_RANK, default=None)
            if first is None or first.at > limit:
                return None if first is None else first.at
            if not done and (until := self._held_until()) is not None:
                return until
            self.context.moment = first.at
            first.happen()
        raise AssertionError("an escalation does not come to rest")

    def work_off(self) -> datetime | None:
        """Do all that is due by now; gives the moment for the next look, None if none is needed."""
        upcoming = self.run_until(self.context.now)
        return self.context.now + HEARTBEAT if upcoming is None and self.context.is_active else upcoming

    def _upcoming(self) -> list[_Due]:
        state = self.context.state
        match state.status:
            case Status.STOPPED:
                return []
            case Status.ACKNOWLEDGED:
                return [] if state.action_due_at is None else [_Due(state.action_due_at, LEVEL, self._action_missed)]
            case Status.SCHEDULED:
                is_due = state.start_at <= self.context.now
                return [] if self.is_held_back and is_due else [_Due(state.start_at, LEVEL, self._start)]
        following = self._decision_or_level()
        return [*self._turns(), following] if following is not None else self._turns()

    @property
    def is_held_back(self) -> bool:
        """Whether it does not start while the other escalations are acknowledged."""
        return self.context.plan.tree.start.unless_acknowledged and self.others.acknowledged

    def _turns(self) -> list[_Due]:
        """The next messages of each level, and the silences that bring a deputy."""
        found: list[_Due] = []
        for run in (context := self.context).state.runs:
            steps: list[tuple[datetime, ContactProgress]] = []
            silences: list[tuple[datetime, str]] = []
            level = context.level(run)
            for progress in live_progress(context, run):
                reach = context.reach(progress.contact)
                at = contact_steps.next_at(progress, reach, level)
                if at is not None:
                    steps.append((at, progress))
                may_be_silent = reach.contact.answers and reach.contact.deputy is not None and not progress.deputised
                if run.status is LevelStatus.OPEN and may_be_silent:
                    silences.append((contact_steps.silence_at(progress, reach, level, run.ends_at), progress.contact))
            if steps:
                at = min([when for when, _ in steps])
                now = [progress for when, progress in steps if when == at]
                found.append(_Due(at, SEND, partial(self._plan_sends, run.index, now)))
            if silences:
                at, _ = min(silences)
                silent = [id for when, id in silences if when == at]
                found.append(_Due(at, SILENCE, partial(self._miss, run.index, silent)))
        return found

    def _plan_sends(self, index: int, due: list[ContactProgress]) -> None:
        """Plan the next steps of a level's contacts together, since they are independent."""
        context, level = self.context, self.context.level(self.context.run(index))
        ahead = [contact_steps.upcoming(each, context.reach(each.contact), level) for each in due]
        steps = [each for each in ahead if each is not None]
        after = {each.progress.contact: each.progress for each in steps}
        run = self.context.run(index)
        self.context.put(replace(run, turns=tuple([after.get(progress.contact, progress) for progress in run.turns])))
        for each in steps:
            for send in each.sends:
                self.context.send(index, each.progress.contact, send)
            self.context.note_closed(index, each)
        if any(each.closed_by for each in steps):
            settle(self.context)

    def _miss(self, index: int, contacts: list[str]) -> None:
        """Tell the deputies of silent contacts, unless a deputy told just before has answered for the next too."""
        for contact in contacts:
            progress = self.context.progress(index, contact)
            if progress is not None and not progress.deputised and is_live(self.context, index, contact):
                deputise(self.context, index, contact, self.context.on_time(self.context.moment), "silent")
                settle(self.context)

    def _decision_or_level(self) -> _Due | None:
        """The next thing due for the level asked about, else the next level; None where only a person can go on."""
        context, question = self.context, self.context.state.question
        if question is None and context.state.unverified_since is None:
            return self.level_or_end(self.next_level())
        if question is None or question.automatic_at is None:
            return self._silence()
        goes_on = question.sent or context.plan.severity is Severity.CRITICAL
        return _Due(question.automatic_at, DECISION, self._proceed) if goes_on else None

    def _silence(self) -> _Due | None:
        """Tell last resort if only a coordinator can go on, and none answered after being asked twice (A2)."""
        context, state = self.context, self.context.state
        if not context.plan.has_others_at_last or self.others.in_hand or is_in_hand(context.plan, state):
            return None
        asked_at = state.question.asked_at if state.question else state.told_more_at or state.start_at
        # A level of this round is over by then, and so is what last resort was told before.
        ends = [run.ends_at for run in (*context.this_round, context.find(LAST_RESORT)) if run is not None]
        tell = partial(tell_for_coordinators, context, "coordinators_silent")
        return _Due(max([asked_at + PROMPT_EVERY, *ends]), LEVEL, tell)

    def level_or_end(self, following: PlannedLevel | None) -> _Due:
        """The next level, or the end of the round; what a coordinator holds is asked about after a while."""
        context, state = self.context, self.context.state
        asked_at = [state.on_hold_since + FIRST_AFTER_HOLD] if state.on_hold_since and following else []
        if following is not None and (late := self._late_level(following)) is not None:
            at = context.on_time(asked_at[0]) if asked_at else context.moment
            return _Due(at, LEVEL, partial(self._reach, late))
        if state.round_due_at is not None and self.is_answered():
            return _Due(context.moment, LEVEL, self._conclude)
        if (round_at := self.next_round_at) is not None:
            return _Due(round_at, DECISION, self._next_round)
        happen = self._conclude if following is None else partial(self._pass, following)
        return _Due(max([self._goes_on_at(following), *asked_at]), LEVEL, happen)

    @property
    def next_round_at(self) -> datetime | None:
        """When the next round begins; None before the tree's end, and where a level opened since then ends earlier."""
        state = self.context.state
        if state.round_due_at is None or state.status is not Status.RUNNING:
            return state.round_due_at
        ends = max([run.ends_at for run in self.context.this_round], default=state.round_due_at)
        return state.round_due_at if ends >= state.round_due_at else None

    def _goes_on_at(self, following: PlannedLevel | None) -> datetime:
        """When the next level opens, or the tree ends: once the levels of this round that it awaits have ended.

        One that a coordinator opens out of its turn puts off nothing that was still ahead then.
        """
        begun, awaited = self.context.state.onward_from or self.context.state.start_at, self._in_turn(following)
        besides = [run for run in self.context.this_round if run not in awaited]

        def after(runs: list[LevelRun]) -> datetime:
            # A met level does not delay the end: everybody who could still be told has been.
            return max([begun, *(run.ends_at if following else run.met_at or run.ends_at for run in runs)])

        at = after(awaited)
        was_ahead = self.context.catching_up or all(run.opened_at <= at for run in besides)
        return at if was_ahead else after(self.context.this_round)

    def _in_turn(self, following: PlannedLevel | None) -> list[LevelRun]:
        """The levels of this round without those that a coordinator opened out of their turn.

        Whoever opens one in an acknowledged escalation, or where other trees hold it back, asks for nothing beside it.
        """
        context, state = self.context, self.context.state
        if not state.goes:
            return context.this_round
        has_stopped = any(run.status is LevelStatus.MET and context.then(run) is Then.STOP for run in state.runs)
        end = len(context.plan.levels)
        if has_stopped or state.passed >= end or (self.is_held_back and state.passed < 0):
            return context.this_round
        turn = end if following is None else following.index
        return [
            run
            for run in context.this_round
            if run.index not in state.goes or context.level(run).former or state.passed <= run.index < turn
        ]

    def beyond(self, index: int) -> PlannedLevel | None:
        """The next level after that one and after all opened in this round."""
        return self.next_level(after=max([index, *(run.index for run in self.context.this_round)]))

    def next_level(self, after: int = -1) -> PlannedLevel | None:
        """The first level after index `after`, not opened in this round, that would tell somebody."""
        state = self.context.state
        opened = {run.index for run in state.runs if run.round == state.round}
        later = (planned for planned in self.context.plan.levels[after + 1 :] if planned.index not in opened)
        return next((planned for planned in later if would_matter(self.context, planned)), None)

    def _late_level(self, following: PlannedLevel) -> PlannedLevel | None:
        """A level that was skipped at its moment and would tell somebody now."""
        if following.index < self.context.state.passed:
            return following
        for index in sorted(self.context.state.overdue):
            late = self.next_level(after=index - 1)
            if late is not None and late.index in self.context.state.overdue:
                return late
        return None

    def _start(self) -> None:
        context = self.context
        # A start held back by other acknowledgements is not overdue: its clock begins now.
        held_back = context.plan.tree.start.unless_acknowledged
        begins_at = context.on_time(context.moment) if held_back else context.moment
        context.change(status=Status.RUNNING, onward_from=begins_at)

    def _pass(self, planned: PlannedLevel) -> None:
        self.context.change(passed=max(self.context.state.passed, planned.index))
        self._reach(planned)

    def _reach(self, planned: PlannedLevel) -> None:
        """Reach a due level: it waits for verification, waits for a go, or opens."""
        context, moment = self.context, self.context.moment
        if context.waits_for_verification(planned):
            context.change(status=Status.WAITING_FOR_GO, unverified_since=moment, unverified_index=planned.index)
            context.note("waits_for_verification", level=planned.level.name)
        elif context.waits_for_go(planned):
            ask_for_go(context, planned, moment)
        else:
            if context.state.status is Status.WAITING_FOR_GO:
                context.change(status=Status.RUNNING)
            overdue = moment + planned.level.wait <= context.now
            last = not overdue or self.next_level(after=planned.index) is None
            open_level(context, planned, moment, "due", last=last)

    def _proceed(self) -> None:
        """Open a level whose question nobody answered in time; this go stays valid."""
        context, question = self.context, self.context.state.question
        assert question is not None
        planned = context.plan.levels[question.index]
        goes = (*context.state.goes, planned.index)
        context.change(question=None, goes=goes, status=Status.RUNNING, round_due_at=None, onward_from=context.moment)
        if planned.contacts:
            open_level(context, planned, context.moment, "automatic")

    def _last_asked(self) -> LevelRun | None:
        """The last level that told a contact who is expected to answer, in this round or else before."""
        runs = [run for run in self.context.state.runs if run.index != LAST_RESORT and self._asks(run)]
        return next(reversed([run for run in runs if run.round == self.context.state.round] or runs), None)

    def _asks(self, run: LevelRun) -> bool:
        return any(self.context.contact(progress.contact).answers for progress in run.turns)

    def is_answered(self) -> bool:
        """Whether the level that asked last met its rule, and has not missed its action."""
        last = self._last_asked()
        return last is not None and last.status is LevelStatus.MET and last.index != self.context.state.missed_index

    def _conclude(self) -> None:
        """End the tree when no level can tell anybody any more: acknowledged, or unanswered."""
        context = self.context
        last = self._last_asked()
        if last is not None and self.is_answered():
            acknowledge(context, last)
            return
        at = context.on_time(context.moment)
        until = context.state.round_due_at or at + pause_after_round(context.state.round)
        context.change(status=Status.UNANSWERED, round_due_at=until, passed=len(context.plan.levels))
        context.note("escalation_unanswered", round=context.state.round)
        open_last_resort(context, at, until)

    def _next_round(self) -> None:
        """Begin the whole tree again, now if an outage swallowed the planned moment.

        A level that a coordinator has just opened goes on in it.
        """
        context, state, at = self.context, self.context.state, self.context.on_time(self.context.moment)
        goes_on = [
            run
            for run in context.this_round
            if run.index in state.goes and run.status is LevelStatus.OPEN and run.ends_at > at
        ]
        runs = tuple([replace(run, round=state.round + 1) if run in goes_on else run for run in state.runs])
        context.change(round=state.round + 1, runs=runs, onward_from=at, passed=-1, overdue=(), round_due_at=None)
        context.note("round_began", round=context.state.round)

    def _action_missed(self) -> None:
        """Go on when no action was reported in time: with the same level, or the one after the highest opened."""
        context, index = self.context, self.context.state.met_index
        assert index is not None
        planned, run = context.plan.levels[index], context.run(index)
        context.run_on()
        context.note("action_missing", level=planned.level.name)
        due = planned.level.action_due
        if due is not None and due.otherwise is Otherwise.AGAIN:
            counted = {progress.contact for progress in run.turns} - {
                id for id, kind in context.state.answers.items() if kind is not AnswerKind.ACKNOWLEDGED
            }
            context.change(answers={id: kind for id, kind in context.state.answers.items() if id not in counted})
            open_level(context, planned, context.moment, "action_missing")
            return
        context.change(missed_index=index)
        settle(context)
        following = self.beyond(index)
        if following is not None:
            self._reach(following)
