"""How one tree of an incident goes through its levels: B3 read a second time from the design alone.

Read here: levels and their rules, methods, repeats, hours and openings, quiet hours, relays, hand-over, deputies, go,
rounds, last resort.
Not read: verification, confirmations, actions, tasks, duty, answers that change, and edits.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from alertnet.core.directory.contact import Contact
from alertnet.core.directory.contact_tree import ContactTree, Level, Quota, Then
from tests.two_readings.turn import RINGS, Turn, is_closed
from tests.two_readings.who import Who, chain

Happens = Callable[[datetime], None]
Due = tuple[datetime, int, Happens]
"""When, in which order of what is due at the same moment, and what."""

ASKED_AGAIN, LONGEST = timedelta(minutes=10), timedelta(hours=4)

ON_TIME = timedelta(minutes=1)

MISSED = 1
"""The order of silence that brings a deputy: after sends, before levels."""
LAST = -1
"""The level that last resort forms at the end of a round."""


class Happened(NamedTuple):
    """A line of the history, about a level or a deputy."""

    at: datetime
    tree: str
    what: str
    about: str


@dataclass
class Opened:
    """A level that was opened, in its latest round."""

    index: int
    level: Level
    then: Then
    round: int
    start: datetime
    ends: datetime
    turns: dict[str, Turn] = field(default_factory=dict)
    met: datetime | None = None
    gave_way: bool = False


class Escalation:
    """One tree on its way through its levels."""

    def __init__(self, who: Who, tree: ContactTree, start: datetime) -> None:
        self.who, self.tree = who, tree
        self.casts = [who.cast(tree, each.notify, each.when) for each in tree.levels]
        self.last_resort = who.cast(tree, tree.last_resort)
        self.history: list[Happened] = []
        self.status, self.round, self.onward, self.reached = "scheduled", 1, start, -1
        self.opened: list[Opened] = []
        self.answers: dict[str, bool] = {}
        self.relayed: dict[str, set[str]] = {}
        """By contact, the addresses whose holder has passed it on."""
        self.asked_anew: set[str] = set()
        self.goes: set[int] = set()
        self.question: tuple[int, datetime, datetime | None] | None = None
        self.round_at: datetime | None = None
        self.outbox: list[tuple[int, str, int, str]] = []

    # What is due

    def due(self, now: datetime, others_acknowledged: bool, in_hand: bool) -> Iterator[Due]:
        """All that is to come: at one moment sends first, then silences, decisions, levels."""
        if self.status == "scheduled":
            held = self.tree.start.unless_acknowledged and others_acknowledged
            if not held or self.onward > now:
                # One that stayed away is not overdue when another tree goes on again: its time begins then.
                has_stayed = self.tree.start.unless_acknowledged and now - self.onward > ON_TIME
                yield now if has_stayed else self.onward, 3, self._begin
        elif self.status != "acknowledged":
            for run in self.opened:
                for turn in [each for each in run.turns.values() if self.is_live(run, each)]:
                    yield from self._steps(run, turn)
            yield from self._levels(now, others_acknowledged, in_hand)

    def _steps(self, run: Opened, turn: Turn) -> Iterator[Due]:
        first = min(((turn.planned(each), each) for each in turn.unused), default=None)
        repeat, opening = run.level.repeat, turn.opening()
        if first:
            yield first[0], 0, lambda at: self._use(run, turn, first[1], at)
        if repeat and turn.repeats < repeat.times:
            yield turn.start + repeat.every * (turn.repeats + 1), 0, lambda at: self._repeat(run, turn, at)
        if opening:
            yield opening, 0, turn.opens
        if turn.contact.deputy and not (turn.deputised or run.met or run.gave_way):
            yield turn.silent_at(run.level, run.ends), MISSED, partial(self._miss, run, turn)

    def _levels(self, now: datetime, others_acknowledged: bool, in_hand: bool) -> Iterator[Due]:
        if self.question is not None:
            index, asked_at, proceeds_at = self.question
            if proceeds_at is not None:
                yield proceeds_at, 2, lambda at: self.go(index, at)
            elif not (in_hand or all(self.tree.contacts[id].is_coordinator for id in self.last_resort.told)):
                over = [each.ends for each in self.opened if each.round == self.round or each.index == LAST]
                yield max([asked_at + ASKED_AGAIN, *over]), 3, self._tell_of_silence
            return
        following = next((index for index in range(len(self.casts)) if self._would_matter(index)), None)
        if following is not None and following < self.reached:
            yield now, 3, lambda at: self._reach(following, at)
        elif self.round_at is not None and self._is_answered():
            yield now, 3, self._end
        elif self.round_at is not None and not self._ends_before(self.round_at):
            yield self.round_at, 2, self._next_round
        else:
            stays_away = self.tree.start.unless_acknowledged and others_acknowledged and self.reached < 0
            ends = self._ends(self._this_round() if stays_away else self._awaited(following), following)
            happens = self._end if following is None else lambda at: self._reach(following, at)
            yield max([*ends, self.onward]), 3, happens

    # What happens

    def _begin(self, at: datetime) -> None:
        self.status, self.onward = "running", at

    def _use(self, run: Opened, turn: Turn, method: int, at: datetime) -> None:
        if turn.is_closed(method, at):
            turn.leave_out(method, at)
        else:
            turn.used[method] = at
            self.outbox.append((run.index, turn.contact.id, method, "alert"))
        self.settle(at)

    def _repeat(self, run: Opened, turn: Turn, at: datetime) -> None:
        turn.repeats += 1
        for method in [each for each, used in turn.used.items() if used < at and turn.methods[each].kind in RINGS]:
            if turn.is_quiet(method, at) or turn.has_relayed(method):
                continue
            if turn.is_closed(method, at):
                turn.closed_since = turn.closed_since or at
            else:
                self.outbox.append((run.index, turn.contact.id, method, "reminder"))
        self.settle(at)

    def _reach(self, index: int, at: datetime) -> None:
        self.reached = max(self.reached, index)
        level = self.tree.levels[index]
        asked = self.who.go_for(self.tree, level, self.casts[index]) if index not in self.goes else None
        if asked is None:
            self.status = "running"
            self._open(index, at)
            return
        self.status = "waiting_for_go"
        self.question = index, at, None if asked.proceeds_after is None else at + asked.proceeds_after
        self._note(at, "go_asked", level.name)

    def go(self, index: int, at: datetime) -> None:
        """A level opens by a go, or because nobody decided; that go stands."""
        self.goes.add(index)
        self.question, self.round_at, self.status, self.onward = None, None, "running", at
        self._open(index, at)

    def opens_by_hand(self, index: int, at: datetime) -> None:
        """A coordinator opens a level, whatever the tree is at; what is asked about another one still waits."""
        self.goes.add(index)
        if self.question and self.question[0] == index:
            self.question, self.round_at = None, None
        open_now = [each for each in self._this_round() if each.index == index and each.ends > at]
        is_under_way = self.status != "acknowledged" and any(not (each.met or each.gave_way) for each in open_now)
        if self.casts[index].told and not is_under_way:
            self.status = "waiting_for_go" if self.question else "running"
            self._open(index, at)

    def _open(self, index: int, at: datetime) -> None:
        level, told = self.tree.levels[index], self.casts[index].told
        decides = all(self.tree.contacts[id].is_coordinator for id in told)
        then = level.then or (Then.NEXT if decides else Then.STOP)
        self._begin_run(Opened(index, level, then, self.round, at, at + level.wait), told)
        self._wait_for_the_end_of_quiet_hours(self.opened[-1])
        self._note(at, "level_opened", level.name)
        self.settle(at)

    def _begin_run(self, run: Opened, told: Iterable[str]) -> None:
        before = next((each for each in self.opened if each.index == run.index), None)
        earlier = before.turns if before else {}
        for id in told:
            contact = self.tree.contacts[id]
            stood_for = earlier[id].stands_for if id in earlier else ()
            run.turns[id] = self._turn(run, contact, run.start, stands_for=stood_for)
            run.turns[id].closed_since = run.start if is_closed(contact, run.start) else None
        for id, turn in earlier.items():
            if id not in run.turns and not turn.named:
                run.turns[id] = replace(turn, told=False)
        self.opened = [*(each for each in self.opened if each.index != run.index), run]

    def _turn(
        self, run: Opened, contact: Contact, at: datetime, *, stands_for: tuple[str, ...], named: bool = True
    ) -> Turn:
        told, relayed = not self._has_ended(run, contact.id), self.relayed.get(contact.id, set())
        return Turn(contact, at, told, self.who.facts.severity, named, stands_for, relayed={*relayed})

    def _wait_for_the_end_of_quiet_hours(self, run: Opened) -> None:
        """A level lasts longer by what quiet hours hold back its first message."""
        first = [(turn, each) for turn in run.turns.values() if turn.told for each in turn.unused]
        if first:
            held = min(turn.planned(each) for turn, each in first) - min(turn.unheld(each) for turn, each in first)
            run.ends += held

    def _end(self, at: datetime) -> None:
        """No further level can tell anybody."""
        if self._is_answered():
            self._acknowledge(self._last_told(), at)
            return
        self.round_at = self.round_at or at + self._pause
        self.status, self.reached = "unanswered", len(self.casts)
        self._note(at, "escalation_unanswered", "")
        self._tell_last_resort(at, self.round_at)

    def _tell_of_silence(self, at: datetime) -> None:
        """Nobody says whether a level may open that nothing else opens: last resort hears, after ever longer pauses."""
        told = next((each for each in self.opened if (each.index, each.round) == (LAST, self.round)), None)
        self._tell_last_resort(at, at + (min(2 * (told.ends - told.start), LONGEST) if told else self._pause))

    @property
    def _pause(self) -> timedelta:
        doubled: timedelta = timedelta(minutes=15) * 2 ** (self.round - 1)
        return min(doubled, LONGEST)

    def _tell_last_resort(self, at: datetime, until: datetime) -> None:
        self.asked_anew = {*self.answers}
        run = Opened(LAST, Level("Last resort", ()), Then.STOP, self.round, at, until)
        self._begin_run(run, self.last_resort.told)
        self.settle(at)

    def _next_round(self, at: datetime) -> None:
        """The whole tree again; what a coordinator has just opened goes on in it."""
        for run in self._this_round():
            if run.index in self.goes and not (run.met or run.gave_way) and run.ends > at:
                run.round += 1
        self.round, self.onward, self.reached, self.round_at = self.round + 1, at, -1, None

    def _miss(self, run: Opened, turn: Turn, at: datetime) -> None:
        self._deputise(run, turn, at)
        self.settle(at)

    def _deputise(self, run: Opened, turn: Turn, at: datetime) -> None:
        """Tell the deputy, who answers for the contact and for those for whom that stood in."""
        turn.deputised = True
        able = self.last_resort.deputies if run.index == LAST else self.casts[run.index].deputies
        behind = [each for each in chain(self.tree, turn.contact.id) if each not in turn.stands_for and each in able]
        if behind:
            stand_in = run.turns.get(behind[0])
            principals = tuple(dict.fromkeys((turn.contact.id, *turn.stands_for)))
            if stand_in is None or not (stand_in.told or stand_in.named):
                earlier = stand_in.stands_for if stand_in else ()
                contact = self.tree.contacts[behind[0]]
                stands_for = tuple(dict.fromkeys((*earlier, *principals)))
                run.turns[contact.id] = self._turn(run, contact, at, stands_for=stands_for, named=False)
                run.turns[contact.id].closed_since = at if is_closed(contact, at) else None
                self._note(at, "deputy_told", contact.id)
            else:
                stand_in.stands_for = tuple(dict.fromkeys((*stand_in.stands_for, *principals)))
                if stand_in.deputised:
                    self._deputise(run, stand_in, at)

    def says(self, contact: str, acknowledges: bool, at: datetime) -> None:
        """Somebody acknowledges or declines."""
        self.answers[contact] = acknowledges
        self.asked_anew.discard(contact)
        self.settle(at)

    def relays(self, contact: str, address: str, at: datetime) -> None:
        """Whoever is reached there has passed it on: that address is done with, and nothing is answered."""
        self.relayed.setdefault(contact, set()).add(address)
        for run in self.opened:
            if contact in run.turns:
                run.turns[contact].relayed.add(address)
        self.settle(at)

    def fails(self, contact: str, method: int, at: datetime) -> None:
        """A method that fails brings the next forward to now, once, in each level that has used it."""
        for run in self.opened:
            turn = run.turns.get(contact)
            if turn is None or method not in turn.used:
                continue
            turn.failed.add(method)
            if method not in turn.handed_over and self.is_live(run, turn):
                turn.handed_over.add(method)
                while turn.unused and turn.is_closed(turn.unused[0], at):
                    turn.leave_out(turn.unused[0], at)
                if turn.unused and not turn.is_quiet(turn.unused[0], at):
                    self._use(run, turn, turn.unused[0], at)
        self.settle(at)

    def settle(self, at: datetime) -> None:
        """Whoever can't answer is stood in for; a rule that is met ends its level, one that can't be gives way."""
        for run in list(self.opened):
            under_way = self.status != "acknowledged" and run.round == self.round and run.met is None
            while under_way and (dead := self._to_be_stood_in_for(run)):
                self._deputise(run, dead, at)
            if run.met is None and self._is_met(run, self._answered(run)):
                run.met = at
                self._note(at, "rule_met", run.level.name)
                if run.then is Then.STOP:
                    self._acknowledge(run, at)
            elif under_way and run.met is None and not run.gave_way and run.index != LAST:
                able = [each for each in run.turns.values() if not self._is_dead(run, each)]
                may = {id for each in able for id in (each.contact.id, *each.stands_for)}
                if not self._is_met(run, self._answered(run) | may):
                    run.gave_way, run.ends = True, min(run.ends, at)
                    self._note(at, "level_gave_way", run.level.name)

    def _acknowledge(self, run: Opened, at: datetime) -> None:
        if self.status != "acknowledged":
            self.status, self.question, self.round_at = "acknowledged", None, None
            self._note(at, "escalation_acknowledged", run.level.name)

    def _note(self, at: datetime, what: str, about: str) -> None:
        self.history.append(Happened(at, self.tree.id, what, about))

    # What is so

    @property
    def waits_for_others(self) -> bool:
        """Whether it stays away while all others are acknowledged."""
        return self.status == "scheduled" and self.tree.start.unless_acknowledged

    def run(self, index: int) -> Opened:
        """The latest of a level that was opened."""
        return next(each for each in self.opened if each.index == index)

    def wants(self, index: int, contact: str, method: int) -> bool:
        """Whether the contact is still to be told in that level, and by that method."""
        turn = self.run(index).turns.get(contact)
        return turn is not None and self.is_live(self.run(index), turn) and not turn.has_relayed(method)

    def is_live(self, run: Opened, turn: Turn) -> bool:
        """Whether the contact is still to be told in that level."""
        is_over = run.round != self.round and not (turn.reopened or turn.is_put_off or turn.opening())
        concerns = {turn.contact.id, *turn.stands_for} & {id for id, each in run.turns.items() if each.named}
        active = self.status != "acknowledged" and run.met is None and turn.told and not is_over
        return active and not self._has_ended(run, turn.contact.id) and not concerns <= self._answered(run)

    def _answer(self, run: Opened, contact: str) -> bool | None:
        """What it said, as far as it counts there: last resort is told again, whatever it said before."""
        return None if run.index == LAST and contact in self.asked_anew else self.answers.get(contact)

    def _has_ended(self, run: Opened, contact: str) -> bool:
        return self._answer(run, contact) is not None

    def _answered(self, run: Opened) -> set[str]:
        said = [each for each in run.turns.values() if self._answer(run, each.contact.id)]
        return {id for each in said for id in (each.contact.id, *each.stands_for)}

    def _to_be_stood_in_for(self, run: Opened) -> Turn | None:
        dead = (each for each in run.turns.values() if not each.deputised and self._is_dead(run, each))
        return next((each for each in dead if each.contact.id not in self._answered(run)), None)

    def _is_dead(self, run: Opened, turn: Turn) -> bool:
        return self._answer(run, turn.contact.id) is False or turn.is_lost

    def _is_met(self, run: Opened, answered: set[str]) -> bool:
        named = {id: turn.contact.organisation for id, turn in run.turns.items() if turn.named}
        return is_met(run.level.acknowledge, named, answered & set(named))

    def _this_round(self) -> list[Opened]:
        return [each for each in self.opened if each.round == self.round and each.index != LAST]

    def _ends(self, awaited: list[Opened], following: int | None) -> list[datetime]:
        return [each.ends if following is not None else each.met or each.ends for each in awaited]

    def _awaited(self, following: int | None) -> list[Opened]:
        """Whose end comes before the next level, or the tree's end.

        What a coordinator opens before its turn, or again, puts off nothing that was to come; but once somebody has
        taken charge, what was made needless comes only after it.
        """
        taken = any(each.met and each.then is Then.STOP for each in self.opened)
        if taken or self.reached >= len(self.casts):
            return self._this_round()
        turn = len(self.casts) if following is None else following
        in_turn = [
            each for each in self._this_round() if each.index not in self.goes or self.reached <= each.index < turn
        ]
        was_due = max([self.onward, *self._ends(in_turn, following)])
        late = [each for each in self._this_round() if each not in in_turn and each.start > was_due]
        return self._this_round() if late else in_turn

    def _ends_before(self, round_at: datetime) -> bool:
        """Whether what was opened after the tree's end is over before it runs again."""
        return self.status == "running" and max(each.ends for each in self._this_round()) < round_at

    def _last_told(self) -> Opened:
        levels = [each for each in self.opened if each.index != LAST]
        return (self._this_round() or levels)[-1]

    def _is_answered(self) -> bool:
        return any(each.index != LAST for each in self.opened) and self._last_told().met is not None

    def _would_matter(self, index: int) -> bool:
        """Whether a level would tell somebody in this round, or is met by what was said before."""
        run = next((each for each in self.opened if each.index == index), None)
        told = self.casts[index].told
        decides = all(self.tree.contacts[id].is_coordinator for id in told)
        if run is not None and (run.met or run.round == self.round or (self.round > self.tree.rounds and not decides)):
            return False
        deputies = self.casts[index].deputies
        for id in told:
            stand_ins = [each for each in chain(self.tree, id) if each in deputies and each not in self.answers]
            contact, passed_on = self.tree.contacts[id], self.relayed.get(id, set())
            silent = all(each.address in passed_on for each in (*contact.methods, *contact.when_closed))
            if (id not in self.answers and not silent) or (not self.answers.get(id) and stand_ins):
                return True
        named = {id: self.tree.contacts[id].organisation for id in told}
        said = {id for id in told if self.answers.get(id)}
        return is_met(self.tree.levels[index].acknowledge, named, said)


def is_met(rule: Quota, named: Mapping[str, str], said: Collection[str]) -> bool:
    """Whether those who said yes are enough; `named`: the organisation of each who was notified."""
    match rule:
        case "any":
            return bool(said)
        case "all":
            return bool(said) and len(said) == len(named)
        case "each_organisation":
            return bool(said) and {named[id] for id in said} == {*named.values()}
        case number:
            return bool(said) and len(said) >= min(int(number), len(named))
