"""Playing an incident through before it happens: who would be told what, when, and where it ends.

The same resolution and the same decider as in earnest, on a virtual clock, with people who do what the script says.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from alertnet.core.directory.contact_tree import ContactTree
from alertnet.core.directory.on_call import Officer
from alertnet.core.disclosure import Subject
from alertnet.core.escalation.decision import NewPrompt
from alertnet.core.escalation.quorum import AnswerKind
from alertnet.core.escalation.state import Answered, Asked, Confirmed, Event, Go
from alertnet.core.forecast.simulated_incident import SimulatedIncident
from alertnet.core.forecast.simulation import Closed, Key, Noted, Rehearsal, Script
from alertnet.core.incident import Facts
from alertnet.core.resolution.resolve import Plan, Plans, resolve


def rehearse(facts: Facts, trees: Iterable[ContactTree], at: datetime, until: datetime, script: Script) -> Rehearsal:
    """Play an incident that opens at that moment (aware UTC) on those trees, until nothing is left to do or `until`."""
    everywhere = tuple(trees)
    plans_at = _Plans(facts, [tree for tree in everywhere if tree.serves(facts.country, facts.place)])
    if all(plan.reaches_nobody for plan in plans_at(at).values()):
        plans_at = _Plans(facts, everywhere)
    plans = tuple(plans_at(at).values())
    simulation = _Simulation(plans_at, at, script)
    ends_at = simulation.play(until)
    told, noted = simulation.incident.told, simulation.incident.noted
    pruned = tuple(each for plan in plans for each in plan.pruned)
    closed = tuple(each for plan in plans for each in _closed(plan, noted))
    return Rehearsal(tuple(told), tuple(noted), pruned, closed, until, ends_at)


class _Plans:
    """The plans with whoever is on duty at a moment; resolved anew when a turn changes."""

    def __init__(self, facts: Facts, trees: Iterable[ContactTree]) -> None:
        self._facts = facts
        self._trees = sorted(trees, key=lambda tree: tree.id)
        self._on_duty: list[dict[str, Officer]] | None = None

    def __call__(self, at: datetime) -> Plans:
        on_duty = [tree.on_duty(at, self._facts.raised_from) for tree in self._trees]
        if on_duty != self._on_duty:
            staffed = [tree.staffed(officers) for tree, officers in zip(self._trees, on_duty, strict=True)]
            self._on_duty = on_duty
            self._plans = Plans((plan.tree.id, plan) for plan in resolve(self._facts, staffed))
        return self._plans


def _closed(plan: Plan, noted: Iterable[Noted]) -> Iterator[Closed]:
    levels = {planned.level.name: planned for planned in plan.levels}
    for note in noted:
        planned = levels.get(str(note.payload.get("level")))
        if note.kind != "level_opened" or note.tree != plan.tree.id or planned is None:
            continue
        for id in planned.contacts:
            by = plan.times[id].closed_by(note.at)
            if by is not None:
                yield Closed(note.at, note.tree, planned.level.name, id, by)


class _Simulation:
    """The clock, and the people of the script."""

    def __init__(self, plans_at: Callable[[datetime], Plans], opened_at: datetime, script: Script) -> None:
        self.incident = SimulatedIncident(plans_at(opened_at), opened_at)
        self._plans_at = plans_at
        self._opened_at = opened_at
        self._script = script
        self._answers = sorted((opened_at + after, key) for key, after in script.answers.items())

    def play(self, until: datetime) -> datetime | None:
        """Let time pass; when nothing is left to do, or None where that is not before `until`."""
        last = self._opened_at
        while (now := self._next()) is not None:
            if now > until:
                return None
            last = max(last, now)
            self._live(last)
        return last

    def _next(self) -> datetime | None:
        moments = [self.incident.next_at(), *(at for at, _ in self._answers[:1])]
        return min((at for at in moments if at is not None), default=None)

    def _live(self, now: datetime) -> None:
        """Play all that happens at one moment: an answer comes before what is due (A7)."""
        incident = self.incident
        incident.plans = self._plans_at(now)
        while self._answers and self._answers[0][0] <= now:
            _, key = self._answers.pop(0)
            self._move(now, self._answer(key))
        self._move(now, {tree: () for tree, at in incident.due_at.items() if at is not None and at <= now})
        for each in list(incident.ringing):
            if each.again_at <= now and each in incident.ringing:
                incident.ring_again(now, each)

    def _answer(self, key: Key) -> dict[str, list[Event]]:
        """Let a contact acknowledge, wherever it stands by a shared file, number or address."""
        plans, (tree, id) = self.incident.plans, key
        events: dict[str, list[Event]] = {}
        for its_tree, contact in plans.recipients.same_as(tree, id) if tree in plans else ():
            if its_tree in self.incident.states:
                events.setdefault(its_tree, []).append(Answered(contact.id, AnswerKind.ACKNOWLEDGED))
        return events

    def _move(self, now: datetime, events: Mapping[str, Sequence[Event]]) -> None:
        """Let it happen, and the coordinators say at once what the script has them say."""
        said: dict[str, list[Event]] = {}
        for prompt in self.incident.move(now, events) if events else ():
            for event in self._said_to(prompt):
                said.setdefault(prompt.tree, []).append(event)
        if said:
            self._move(now, said)

    def _said_to(self, prompt: NewPrompt) -> Iterator[Event]:
        match prompt:
            case NewPrompt(subject=Subject.LEVEL, level=int(level)):
                yield Go(level - 1) if self._script.gives_go else Asked(level - 1)
            case NewPrompt(subject=Subject.CONFIRM) if self._script.gives_go:
                yield Confirmed(prompt.about)
