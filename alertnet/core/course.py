"""The course of one escalation while it is being moved: opening levels, ringing, standing in, and settling their rules.

A `Course` is the working copy that `progress.advance` makes of a `State`; it lives for one decision and is never kept.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from alertnet.core import turn as turns
from alertnet.core.acknowledgement import AnswerKind, Standing, can_be_met, is_met
from alertnet.core.contact import Contact
from alertnet.core.contact_tree import Level, Then
from alertnet.core.escalation import (
    LAST_RESORT,
    LATE,
    Ask,
    Note,
    Question,
    Run,
    RunStatus,
    Send,
    State,
    Status,
    Turn,
    last_resort_level,
    pause_after,
)
from alertnet.core.incident import Severity
from alertnet.core.notification import Kind
from alertnet.core.resolution import Plan, PlannedLevel

ENDED = (AnswerKind.ACKNOWLEDGED, AnswerKind.DECLINED)
SHORTEST_VALIDITY = LATE * 5


class Course:
    """The working copy: `state` is replaced as decisions fall; `sends`, `asks` and `notes` collect what the shell is to do."""

    def __init__(self, plan: Plan, state: State, now: datetime) -> None:
        self.plan = plan
        self.state = state
        self.now = now
        self.catching_up = False
        """Set when the incident has just been verified: levels open now, and end when they would have."""
        self.sends: dict[tuple[str, int], Send] = {}
        self.asks: list[Ask] = []
        self.notes: list[Note] = []

    def change(self, **values: object) -> None:
        """Replace fields of the state."""
        self.state = replace(self.state, **values)  # type: ignore[arg-type]

    def note(self, kind: str, **payload: object) -> None:
        """Add a line for the timeline."""
        self.notes.append(Note(kind, payload))

    def contact(self, id: str) -> Contact:
        """The contact of that id in the tree."""
        return self.plan.tree.contacts[id]

    def level(self, run: Run) -> Level:
        """The level as the tree has it, or the one that last resort forms."""
        if run.index == LAST_RESORT:
            return last_resort_level(pause_after(run.round))
        return self.plan.levels[run.index].level

    def then(self, run: Run) -> Then:
        """What the run's satisfied rule does."""
        return Then.STOP if run.index == LAST_RESORT else self.plan.levels[run.index].then

    @property
    def this_round(self) -> list[Run]:
        """The levels opened in this round, last resort apart."""
        return [run for run in self.state.runs if run.round == self.state.round and run.index != LAST_RESORT]

    def put(self, run: Run) -> None:
        """Put a run in the place of the one it continues."""
        self.change(runs=tuple(run if each.index == run.index else each for each in self.state.runs))

    # Opening a level

    def on_time(self, moment: datetime) -> datetime:
        """The planned moment, or now when that lies further back than punctuality allows (A7)."""
        return moment if self.now - moment <= LATE else self.now

    def open(self, planned: PlannedLevel, moment: datetime, cause: str, *, last: bool = True) -> None:
        """Open a level planned for that moment. `last`: no further level is overdue behind it, so its clock may start now."""
        start = self.on_time(moment)
        if self.plan.severity is Severity.CRITICAL and not last:
            start = moment
        ends_at = start + planned.level.wait
        if self.catching_up:
            start, ends_at = self.now, moment + planned.level.wait
        self._begin(Run(planned.index, self.state.round, start, ends_at, ()), planned.contacts)
        self.note("level_opened", level=planned.level.name, round=self.state.round, cause=cause)

    def open_last_resort(self, at: datetime) -> None:
        """Tell the tree's last resort, until the next round."""
        run = Run(LAST_RESORT, self.state.round, at, at + pause_after(self.state.round), ())
        self._begin(run, self.plan.last_resort)

    def _begin(self, run: Run, contacts: Iterable[str]) -> None:
        begun = tuple(
            turns.begin(self.contact(id), run.opened_at, self.state.answers.get(id) not in ENDED, self.state.stale)
            for id in contacts
        )
        others = tuple(each for each in self.state.runs if each.index != run.index)
        self.change(runs=(*others, replace(run, turns=begun)))
        self.settle()

    # Ringing

    def is_live(self, run: Run, turn: Turn) -> bool:
        """Whether the contact is still to be told: it may be, has not answered, and nobody has answered for it."""
        if not turn.told or turn.contact not in self.plan.allowed or run.status is RunStatus.MET:
            return False
        if self.state.answers.get(turn.contact) in ENDED or run.round != self.state.round:
            return False
        needed = [id for id in (turn.contact, *turn.stands_for) if id in self._principals(run)]
        return any(not self._answered_for(run, id) for id in needed)

    def ring(self, run: Run, turn: Turn, ring: turns.Ring) -> None:
        """Send one message of a turn; of several for the same method only the first is sent (A7)."""
        expires_at = max(run.ends_at, ring.at + SHORTEST_VALIDITY)
        send = Send(ring.kind, run.index, run.round, turn.contact, ring.method, ring.at, expires_at)
        self.sends.setdefault((turn.contact, ring.method), send)

    def put_turn(self, run: Run, old: Turn, new: Turn) -> Run:
        """Put a turn in the place of the one it continues; the run as it is then."""
        changed = replace(run, turns=tuple(new if turn is old else turn for turn in run.turns))
        self.put(changed)
        return changed

    def bring_forward(self, run: Run, turn: Turn) -> None:
        """Use the contact's next method now, because one did not reach it."""
        waiting = turns.unused(turn, self.contact(turn.contact), self.state.relayed)
        if self.is_live(run, turn) and waiting:
            run = self.put_turn(run, turn, turns.use(turn, waiting[0], self.now))
            self.ring(run, turn, turns.Ring(Kind.ALERT, waiting[0], self.now))

    # Standing in

    def deputise(self, run: Run, turn: Turn, at: datetime, cause: str) -> None:
        """Tell the contact's deputy in its place; deputies chain."""
        run = self.put_turn(run, turn, replace(turn, deputised=True))
        deputy = self.contact(turn.contact).deputy
        if deputy is None or deputy not in self.plan.allowed or run.round != self.state.round:
            return
        stands_for = (turn.contact, *turn.stands_for)
        if deputy in stands_for:
            return
        present = next((each for each in run.turns if each.contact == deputy), None)
        if present is not None:
            merged = tuple(dict.fromkeys((*present.stands_for, *stands_for)))
            self.put_turn(run, present, replace(present, stands_for=merged))
            return
        told = self.state.answers.get(deputy) not in ENDED
        begun = turns.begin(self.contact(deputy), at, told, self.state.stale, stands_for)
        self.put(replace(run, turns=(*run.turns, begun)))
        self.note("deputy_told", contact=deputy, stands_for=turn.contact, cause=cause)

    def _principals(self, run: Run) -> set[str]:
        """The contacts that the rule is about: those of the level, not those who stand in."""
        if run.index == LAST_RESORT:
            return set(self.plan.last_resort)
        listed = set(self.plan.levels[run.index].contacts)
        return listed | {turn.contact for turn in run.turns if not turn.stands_for}

    def _answered_for(self, run: Run, id: str) -> bool:
        return any(
            self.state.answers.get(turn.contact) is AnswerKind.ACKNOWLEDGED
            for turn in run.turns
            if turn.contact == id or id in turn.stands_for
        )

    # Settling

    def is_dead(self, turn: Turn) -> bool:
        """Whether the contact itself can't acknowledge any more: it declined, or nothing reaches it."""
        declined = self.state.answers.get(turn.contact) is AnswerKind.DECLINED
        return declined or turns.all_failed(turn, self.contact(turn.contact))

    def standings(self, run: Run) -> list[Standing]:
        """How the contacts stand that the level notified and that may still be told, or have acknowledged."""
        result = []
        principals = self._principals(run)
        for turn in run.turns:
            if turn.contact not in principals:
                continue
            stand_ins = [each for each in run.turns if each is turn or turn.contact in each.stands_for]
            acknowledged = self._answered_for(run, turn.contact)
            reachable = any(each.contact in self.plan.allowed and not self.is_dead(each) for each in stand_ins)
            if acknowledged or turn.contact in self.plan.allowed or reachable:
                result.append(Standing(self.contact(turn.contact).organisation, acknowledged, reachable))
        return result

    def rule_met(self, run: Run) -> bool:
        """Whether the level's rule is met now."""
        quota = "any" if run.index == LAST_RESORT else self.level(run).acknowledge
        return is_met(quota, self.standings(run))

    def settle(self) -> None:
        """After any change: tell deputies, let satisfied levels end, let hopeless ones give way."""
        for index in [run.index for run in self.state.runs]:
            self._deputise_the_dead(index)
            run = next(each for each in self.state.runs if each.index == index)
            met = self.rule_met(run)
            if met and run.status is not RunStatus.MET:
                self.put(replace(run, status=RunStatus.MET))
                self.note("rule_met", level=self.level(run).name, round=run.round)
                if self.then(run) is Then.STOP:
                    self.acknowledge(run)
            elif not met and run.status is RunStatus.MET:
                self.put(replace(run, status=RunStatus.OPEN))
            elif not met and run.status is RunStatus.OPEN and run.index != LAST_RESORT:
                self._give_way_if_hopeless(run)

    def _deputise_the_dead(self, index: int) -> None:
        while True:
            run = next(each for each in self.state.runs if each.index == index)
            dead = next((turn for turn in run.turns if not turn.deputised and self.is_dead(turn)), None)
            if dead is None:
                return
            declined = self.state.answers.get(dead.contact) is AnswerKind.DECLINED
            self.deputise(run, dead, max(run.opened_at, self.now), "declined" if declined else "unreachable")

    def _give_way_if_hopeless(self, run: Run) -> None:
        if not can_be_met(self.level(run).acknowledge, self.standings(run)):
            self.put(replace(run, status=RunStatus.GAVE_WAY, ends_at=min(run.ends_at, max(run.opened_at, self.now))))
            self.note("level_gave_way", level=self.level(run).name, round=run.round)

    def acknowledge(self, run: Run) -> None:
        """The escalation is acknowledged by this level; an action may be due from now."""
        if self.state.status in (Status.ACKNOWLEDGED, Status.STOPPED):
            return
        due = None if run.index == LAST_RESORT else self.level(run).action_due
        self.change(
            status=Status.ACKNOWLEDGED,
            met_index=run.index,
            question=None,
            unverified_since=None,
            unverified_index=None,
            missed_index=None,
            round_due_at=None,
            action_due_at=self.now + due.after if due and not self.state.action_reported else None,
        )
        self.sends.clear()
        self.note("escalation_acknowledged", level=self.level(run).name, round=run.round)

    def ask(self, planned: PlannedLevel, moment: datetime) -> None:
        """Ask the coordinators whether this level may open; the automatic time counts from the planned moment."""
        asked_at = self.on_time(moment)
        gate = planned.gate
        automatic_at = asked_at + gate.proceed_after if gate and gate.proceed_after is not None else None
        self.change(status=Status.WAITING_FOR_GO, question=Question(planned.index, asked_at, automatic_at))
        self.asks.append(Ask(planned.index, len(planned.contacts), automatic_at))
        self.note(
            "go_asked", level=planned.level.name, reasons=[reason.value for reason in gate.reasons] if gate else []
        )
