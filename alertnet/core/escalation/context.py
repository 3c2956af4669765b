"""The working copy for one decision: the plan, the state so far, the moment, and what is to be done.

It lives for one `advance` and is never stored. It answers questions about the state, and decides nothing.
"""

from datetime import datetime, timedelta
from functools import lru_cache

from alertnet.core.codec import replace
from alertnet.core.directory.contact import Contact
from alertnet.core.directory.contact_tree import Level, Then
from alertnet.core.directory.usable_methods import Reach
from alertnet.core.disclosure import Subject
from alertnet.core.escalation import contact_steps
from alertnet.core.escalation.contact_steps import NextStep, PlannedSend
from alertnet.core.escalation.effects import PromptRaised, Send, TimelineNote
from alertnet.core.escalation.quorum import AnswerKind
from alertnet.core.escalation.state import AT_REST, LAST_RESORT, ContactProgress, LevelRun, OpenDecision, State, Status
from alertnet.core.incident import Severity
from alertnet.core.notification import PromptKind
from alertnet.core.resolution.resolve import Plan, PlannedLevel, Waiting

LATE = timedelta(seconds=60)
"""A level that starts later than this after its planned moment is timed from its real start (A7)."""

SHORTEST_VALIDITY = timedelta(minutes=5)

LONGEST_ROUND_PAUSE = timedelta(hours=4)

LAST_RESORT_NAME = "Last resort"

ENDED = (AnswerKind.ACKNOWLEDGED, AnswerKind.DECLINED)
"""Answers that end a contact's methods and repeats."""


def opens_by_itself_at(question: OpenDecision, severity: Severity, now: datetime) -> datetime | None:
    """When the level opens without a decision; time for which its question could not be sent doesn't count (B3)."""
    waited = now - question.asked_at
    if question.automatic_at is None or question.sent or waited <= LATE or severity is Severity.CRITICAL:
        return question.automatic_at
    return question.automatic_at + waited


def pause_after_round(round: int) -> timedelta:
    """The pause after an unanswered round: 15, 30, 60, 120, then always 240 minutes."""
    return min(timedelta(minutes=15) * (1 << min(round - 1, 10)), LONGEST_ROUND_PAUSE)


@lru_cache
def _last_resort_of(round: int) -> Level:
    return Level(name=LAST_RESORT_NAME, notify=(), wait=pause_after_round(round))


def level_name(plan: Plan, index: int) -> str:
    """The name of a level, also of the one that last resort forms."""
    return LAST_RESORT_NAME if index == LAST_RESORT else plan.tree.levels[index].name


def last_opened(plan: Plan, state: State) -> str | None:
    """The name of the level opened last; None before the first."""
    return level_name(plan, state.runs[-1].index) if state.runs else None


class Context:
    """The working copy. `state` is replaced with each decision.

    `sends`, `asks` and `notes` collect what is to be done.
    """

    def __init__(self, plan: Plan, state: State, now: datetime) -> None:
        self.plan = plan
        self.state = state
        self.now = now
        self.moment = now
        """The moment being decided about: that of an event, or the planned one of something due."""
        self.catching_up = False
        """The incident has just been verified: levels open now, and end when they would have."""
        self.sends: list[Send] = []
        self.asks: list[PromptRaised] = []
        self.notes: list[TimelineNote] = []
        self._reach: dict[str, Reach] = {}

    def change(self, **values: object) -> None:
        """Replace fields of the state."""
        self.state = replace(self.state, **values)  # type: ignore[arg-type]

    def run_on(self, **values: object) -> None:
        """Let an acknowledged escalation run on from this moment."""
        self.change(status=Status.RUNNING, met_index=None, action_due_at=None, onward_from=self.moment, **values)

    def note(self, kind: str, **payload: object) -> None:
        """Add a line for the timeline."""
        self.notes.append(TimelineNote(self.plan.tree.id, kind, payload))

    def ask(self, subject: Subject, about: str, index: int, contacts: int, automatic_at: datetime | None) -> None:
        """Ask the coordinators whether a level may open, or whether a contact of it has really taken charge."""
        tree = self.plan.tree.id
        self.asks.append(PromptRaised(tree, PromptKind.DECISION, subject, about, index, contacts, automatic_at))

    @property
    def is_active(self) -> bool:
        """Whether alerts may leave."""
        return self.state.status not in AT_REST

    def on_time(self, moment: datetime) -> datetime:
        """The planned moment; now if it is further past than counts as on time (A7)."""
        return moment if self.now - moment <= LATE else self.now

    def contact(self, id: str) -> Contact:
        return self.plan.tree.contacts[id]

    def reach(self, id: str) -> Reach:
        """The methods by which the contact can be reached at present."""
        known, state = self._reach.get(id), self.state
        relayed = state.relayed_by(id)
        if known is None or known.relayed != relayed or known.stale is not state.stale:
            known = self.plan.reach(id)
            if relayed or state.stale:
                known = Reach(known.contact, known.times, relayed, state.stale)
            self._reach[id] = known
        return known

    def answer(self, index: int, contact: str) -> AnswerKind | None:
        """The contact's answer, as far as it counts for that level."""
        if index == LAST_RESORT and contact in self.state.asked_anew:
            return None
        return self.state.answers.get(contact)

    def has_ended(self, index: int, contact: str) -> bool:
        """Whether the contact's answer ends its methods in that level."""
        return bool(self.state.answers) and self.answer(index, contact) in ENDED

    def needs_go(self, planned: PlannedLevel) -> bool:
        """Whether the level tells nobody before a coordinator has let it go."""
        return planned.approval is not None and planned.index not in self.state.goes

    def waits_for_go(self, planned: PlannedLevel) -> bool:
        """Whether the coordinators are asked before the level opens."""
        return self.needs_go(planned) or self.state.holds(planned.index)

    def waits_for_verification(self, planned: PlannedLevel) -> bool:
        """Whether the level tells nobody before the incident is known to be genuine."""
        return not (planned.coordination or self.plan.verified or planned.index in self.state.goes)

    def reasons_to_wait(self, planned: PlannedLevel) -> tuple[Waiting, ...]:
        reasons = planned.approval.reasons if planned.approval is not None else ()
        return (*reasons, Waiting.HELD) if self.state.holds(planned.index) else reasons

    def level(self, run: LevelRun) -> Level:
        """The level of the tree, or the one that last resort forms, which lasts until the next round."""
        if run.index == LAST_RESORT:
            return _last_resort_of(run.round)
        return self.plan.levels[run.index].level

    def then(self, run: LevelRun) -> Then:
        """What happens once the run's rule is met."""
        return Then.STOP if run.index == LAST_RESORT else self.plan.levels[run.index].then

    @property
    def this_round(self) -> list[LevelRun]:
        """The levels opened in this round, without last resort."""
        return [run for run in self.state.runs if run.round == self.state.round and run.index != LAST_RESORT]

    def find(self, index: int | None) -> LevelRun | None:
        """The latest run of a level; None if it was not opened."""
        for run in self.state.runs:
            if run.index == index:
                return run
        return None

    def run(self, index: int) -> LevelRun:
        """The latest run of a level that was opened."""
        run = self.find(index)
        if run is None:
            raise KeyError(index)
        return run

    def progress(self, index: int, contact: str) -> ContactProgress | None:
        """The contact's progress in a level that was opened; None if it is not in it."""
        return next((progress for progress in self.run(index).turns if progress.contact == contact), None)

    def put(self, run: LevelRun) -> None:
        """Replace the run of the same level by this one."""
        self.change(runs=tuple([run if each.index == run.index else each for each in self.state.runs]))

    def put_progress(self, index: int, progress: ContactProgress) -> None:
        """Replace a contact's progress in that level, or add it."""
        run = self.run(index)
        turns = [progress if each.contact == progress.contact else each for each in run.turns]
        if self.progress(index, progress.contact) is None:
            turns.append(progress)
        self.put(replace(run, turns=tuple(turns)))

    def note_closed(self, index: int, following: NextStep) -> None:
        """Note for the timeline that a contact was closed when a message was to leave, or has opened since."""
        if following.closed_by is None and not following.opens:
            return
        contact, level = following.progress.contact, self.level(self.run(index)).name
        if following.closed_by is not None:
            opens_at = contact_steps.opens_at(following.progress, self.reach(contact))
            waits = {"opens_at": opens_at.isoformat()} if opens_at is not None else {}
            self.note("contact_closed", contact=contact, level=level, closed_by=following.closed_by, **waits)
        if following.opens:
            self.note("contact_opened", contact=contact, level=level)

    def send(self, index: int, contact: str, send: PlannedSend) -> None:
        """Plan one message to a contact."""
        run = self.run(index)
        expires_at = max(run.ends_at, self.on_time(send.at) + SHORTEST_VALIDITY)
        self.sends.append(Send(send.kind, index, run.round, contact, send.method_index, send.at, expires_at))
