"""How an escalation goes on: given its plan, its state, what happened and the moment, what comes next (B3).

`advance` is the only decider. It takes events first and then everything due up to now in the order of the planned moments, so that a
night gives the same plan however often it is looked at (A7); an answer at the instant of a due time is therefore taken first.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from alertnet.core import turn as turns
from alertnet.core.acknowledgement import AnswerKind
from alertnet.core.contact_tree import Otherwise
from alertnet.core.course import ENDED, Course
from alertnet.core.escalation import LAST_RESORT, Event, Run, RunStatus, State, Status, Step, Turn, pause_after
from alertnet.core.happening import take
from alertnet.core.incident import Severity
from alertnet.core.resolution import Plan, PlannedLevel

HEARTBEAT = timedelta(hours=1)
"""An escalation that waits for a person alone is still looked at this often: nobody forgets it (A2)."""

MOST_STEPS = 10_000

Upcoming = tuple[datetime, int, Callable[[datetime], None]]


def begin(plan: Plan, opened_at: datetime, alone: bool) -> State:
    """The state of an escalation whose incident opened then; `alone`: the only one of its incident."""
    start = plan.tree.start
    waits = timedelta() if alone and start.unless_acknowledged else start.after
    return State(Status.SCHEDULED, start_at=opened_at + waits)


def advance(
    plan: Plan, state: State, now: datetime, events: Iterable[Event] = (), *, others_acknowledged: bool = False
) -> Step:
    """Take the events, then all that is due by now; the next due time is None only for what is acknowledged or stopped.

    `others_acknowledged`: the incident has other escalations, and all of them are acknowledged (`start.unless`).
    """
    course = Course(plan, state, now)
    for event in events:
        take(course, event)
    progress = _Progress(course, others_acknowledged)
    progress.run_until_now()
    return Step(course.state, progress.due_at(), tuple(course.sends.values()), tuple(course.asks), tuple(course.notes))


def stop(state: State) -> State:
    """Closed, merged or without consent: nothing more happens until it is restored."""
    return state if state.status is Status.STOPPED else replace(state, status=Status.STOPPED, stopped_from=state.status)


def restore(state: State, now: datetime) -> State:
    """Reopened: it stands where it stood, and goes on from now."""
    return replace(state, status=state.stopped_from or state.status, stopped_from=None, onward_from=now)


def still_wanted(plan: Plan, state: State, index: int, contact: str, method: int) -> bool:
    """Whether an alert of that level to that contact's method may still leave: read again right before it does (A3, A4)."""
    if state.status in (Status.ACKNOWLEDGED, Status.STOPPED) or contact not in plan.allowed:
        return False
    course = Course(plan, state, state.start_at)
    used = course.contact(contact).methods[method]
    if used.address in state.relayed or turns.stale_key(used) in state.stale:
        return False
    run = next((run for run in state.runs if run.index == index), None)
    return run is not None and any(course.is_live(run, turn) for turn in run.turns if turn.contact == contact)


class _Progress:
    """What comes next in a course, and doing it."""

    def __init__(self, course: Course, others_acknowledged: bool) -> None:
        self.course = course
        self.others_acknowledged = others_acknowledged

    def run_until_now(self) -> None:
        for _ in range(MOST_STEPS):
            upcoming = min(self._upcoming(), key=lambda each: each[:2], default=None)
            if upcoming is None or upcoming[0] > self.course.now:
                return
            moment, _, happen = upcoming
            happen(moment)
        raise AssertionError("an escalation does not come to rest")

    def due_at(self) -> datetime | None:
        upcoming = min((moment for moment, _, _ in self._upcoming()), default=None)
        if upcoming is None and self.course.state.status not in (Status.ACKNOWLEDGED, Status.STOPPED):
            return self.course.now + HEARTBEAT
        return upcoming

    def _upcoming(self) -> Iterator[Upcoming]:
        state = self.course.state
        match state.status:
            case Status.STOPPED:
                return
            case Status.ACKNOWLEDGED:
                if state.action_due_at is not None:
                    yield state.action_due_at, 0, self._action_missed
            case Status.SCHEDULED:
                if not (self.course.plan.tree.start.unless_acknowledged and self.others_acknowledged):
                    yield state.start_at, 0, self._start
            case _:
                yield from self._turns()
                yield from self._levels()

    def _turns(self) -> Iterator[Upcoming]:
        course = self.course
        for run in course.state.runs:
            for turn in run.turns:
                if not course.is_live(run, turn):
                    continue
                contact, level = course.contact(turn.contact), course.level(run)
                rings = turns.next_rings(turn, contact, level, course.state.relayed, course.state.stale)
                if rings is not None:
                    yield rings[0], 1, lambda _, run=run, turn=turn, rings=rings: self._ring(run, turn, *rings[1:])  # type: ignore[misc]
                silence = None if turn.deputised else turns.silence_at(turn, contact, level, run.ends_at)
                if silence is not None:
                    yield silence, 2, lambda at, run=run, turn=turn: course.deputise(run, turn, at, "silent")  # type: ignore[misc]

    def _ring(self, run: Run, turn: Turn, after: Turn, rings: list[turns.Ring]) -> None:
        run = self.course.put_turn(run, turn, after)
        for ring in rings:
            self.course.ring(run, after, ring)

    def _levels(self) -> Iterator[Upcoming]:
        state = self.course.state
        if state.question is not None:
            automatic = state.question.automatic_at
            critical = self.course.plan.severity is Severity.CRITICAL
            if automatic is not None and (state.question.sent or critical):
                yield automatic, 3, self._proceed
        elif state.unverified_since is not None:
            return
        elif state.round_due_at is not None:
            yield state.round_due_at, 3, self._next_round
        elif (following := self.next_level()) is not None:
            ends = [run.ends_at for run in self.course.this_round]
            moment = max([*ends, state.onward_from or state.start_at])
            yield moment, 4, lambda at: self._reach(following, at)
        else:
            ends = [run.ends_at for run in self.course.this_round if run.status is RunStatus.OPEN]
            yield max(ends, default=self.course.now), 4, self._conclude

    def next_level(self, after: int = -1) -> PlannedLevel | None:
        """The first level not opened in this round that would tell somebody; `after` a given one."""
        opened = {run.index for run in self.course.this_round}
        for planned in self.course.plan.levels[after + 1 :]:
            if planned.index not in opened and self._would_tell_somebody(planned):
                return planned
        return None

    def _would_tell_somebody(self, planned: PlannedLevel) -> bool:
        state = self.course.state
        if planned.index in state.refused:
            return False
        if state.round > self.course.plan.tree.rounds and not planned.coordination:
            return False
        earlier = next((run for run in state.runs if run.index == planned.index), None)
        if earlier is not None and earlier.status is RunStatus.MET:
            return False
        return any(state.answers.get(id) not in ENDED for id in planned.contacts) or self._deputies_left(planned)

    def _deputies_left(self, planned: PlannedLevel) -> bool:
        """Whether somebody declined whose deputy has not answered yet."""
        course = self.course
        for id in planned.contacts:
            deputy = course.contact(id).deputy
            declined = course.state.answers.get(id) is AnswerKind.DECLINED
            if declined and deputy in course.plan.allowed and course.state.answers.get(deputy) not in ENDED:
                return True
        return False

    def _start(self, moment: datetime) -> None:
        self.course.change(status=Status.RUNNING, onward_from=self.course.on_time(moment))

    def _reach(self, planned: PlannedLevel, moment: datetime) -> None:
        """A level is due: it waits for verification, for a go, or opens."""
        course, state = self.course, self.course.state
        given = planned.index in state.goes
        if not (planned.coordination or course.plan.verified or given):
            course.change(status=Status.WAITING_FOR_GO, unverified_since=moment, unverified_index=planned.index)
            course.note("waits_for_verification", level=planned.level.name)
        elif planned.gate is not None and not given:
            course.ask(planned, moment)
        else:
            if state.status is Status.WAITING_FOR_GO:
                course.change(status=Status.RUNNING)
            overdue = moment + planned.level.wait <= course.now
            course.open(planned, moment, "due", last=not (overdue and self._another(planned)))

    def _another(self, planned: PlannedLevel) -> bool:
        return self.next_level(after=planned.index) is not None

    def _proceed(self, moment: datetime) -> None:
        """Nobody decided in time: the level opens by itself, and that go stands."""
        course = self.course
        question = course.state.question
        assert question is not None
        planned = course.plan.levels[question.index]
        course.change(question=None, goes=(*course.state.goes, planned.index), status=Status.RUNNING)
        if planned.contacts:
            course.open(planned, moment, "automatic")

    def _conclude(self, moment: datetime) -> None:
        """No further level can tell anybody: acknowledged if the last one that did met its rule, else unanswered."""
        course = self.course
        told = [run for run in course.state.runs if run.index != LAST_RESORT and run.turns]
        last = next((run for run in reversed(told) if run.round == course.state.round), told[-1] if told else None)
        if last is not None and last.status is RunStatus.MET and last.index != course.state.missed_index:
            course.acknowledge(last)
            return
        at = course.on_time(moment)
        course.change(status=Status.UNANSWERED, round_due_at=at + pause_after(course.state.round))
        course.note("escalation_unanswered", round=course.state.round)
        course.open_last_resort(at)

    def _next_round(self, moment: datetime) -> None:
        """The whole tree again; a round that an outage has eaten begins now."""
        at = self.course.on_time(moment)
        self.course.change(round=self.course.state.round + 1, onward_from=at, round_due_at=None)
        self.course.note("round_began", round=self.course.state.round)

    def _action_missed(self, moment: datetime) -> None:
        """Acknowledged, but no action was reported by then: the same level again, or the one after the highest opened."""
        course, index = self.course, self.course.state.met_index
        assert index is not None
        planned = course.plan.levels[index]
        due, at = planned.level.action_due, course.on_time(moment)
        course.change(status=Status.RUNNING, action_due_at=None, met_index=None)
        course.note("action_missing", level=planned.level.name)
        if due is not None and due.otherwise is Otherwise.AGAIN:
            kept = {id: kind for id, kind in course.state.answers.items() if id not in planned.contacts}
            course.change(answers=kept)
            course.open(planned, at, "action_missing")
            return
        course.change(missed_index=index)
        highest = max(run.index for run in course.this_round)
        following = self.next_level(after=highest)
        if following is not None:
            self._reach(following, at)
