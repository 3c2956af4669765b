"""Simulates an incident before it happens: who would be told what, when, and how it ends.

It uses the same resolution and decisions as real incidents, on a virtual clock, with people who follow the script.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from alertnet.core.codec import replace
from alertnet.core.directory.contact_tree import ContactTree, Named
from alertnet.core.disclosure import Subject
from alertnet.core.escalation.advance_incident import IncidentRecord
from alertnet.core.escalation.apply_events import is_under_way
from alertnet.core.escalation.effects import PromptRaised
from alertnet.core.escalation.quorum import AnswerKind
from alertnet.core.escalation.state import (
    Acted,
    Answered,
    Asked,
    Confirmed,
    ContactEvent,
    Event,
    Events,
    Go,
    Hold,
    State,
)
from alertnet.core.forecast.script import Deed, Does, Script
from alertnet.core.forecast.simulated_incident import SimulatedIncident
from alertnet.core.forecast.simulation import ClosedContact, Ignored, Noted, Rehearsal, Told
from alertnet.core.incident import Facts
from alertnet.core.notification import Kind
from alertnet.core.resolution.resolve import Plan, Plans, nobody_serves, resolve

WANTS = frozenset({Kind.ALERT, Kind.REMINDER, Kind.TASK})
"""Messages that want an answer from the contact itself."""


MOST_TOLD = 50_000
"""The limit of messages, since trees that repeat every second would fill the memory in one night."""


def rehearse(
    facts: Facts, trees: Iterable[ContactTree], at: datetime, until: datetime, script: Script, most: int = MOST_TOLD
) -> Rehearsal:
    """Simulate an incident that opens at that moment (aware UTC) on those trees.

    It goes on until nothing is left to do, until `until`, or until about `most` messages.
    """
    everywhere = tuple(trees)
    plans_at = _Plans(facts, [tree for tree in everywhere if tree.serves(facts.country, facts.place)])
    warnings: tuple[str, ...] = ()
    if all(plan.reaches_nobody for plan in plans_at(at).values()):
        plans_at, warnings = _Plans(facts, everywhere), (nobody_serves(facts.country),)
    plans = tuple(plans_at(at).values())
    incident = SimulatedIncident.opened(plans_at(at), at, script)
    simulation = _Simulation(incident, plans_at, at, script)
    ends_at = simulation.play(until, most)
    return Rehearsal(
        tuple(incident.told),
        tuple(incident.shared),
        tuple(incident.noted),
        tuple(simulation.ignored),
        tuple(each for plan in plans for each in plan.pruned),
        tuple(each for plan in plans for each in _closed(plan, incident.noted)),
        simulation.until,
        ends_at,
        warnings,
    )


def go_on(
    plans: Plans,
    states: Mapping[str, State],
    due_at: Mapping[str, datetime | None],
    before: IncidentRecord,
    now: datetime,
    until: datetime,
) -> SimulatedIncident:
    """Simulate a running incident from its present state, with nobody answering and no coordinator deciding."""
    script = Script(gives_go=False)
    incident = SimulatedIncident(plans, states, due_at, script, before)
    _Simulation(incident, lambda at: plans, now, script).play(until)
    return incident


class _Plans:
    """The plans at a moment, with whoever is on duty; resolved anew when a turn changes. Ask in order of time."""

    def __init__(self, facts: Facts, trees: Iterable[ContactTree]) -> None:
        self._facts = facts
        self._trees = sorted(trees, key=lambda tree: tree.id)
        self._with_duty = [tree for tree in self._trees if tree.with_duty]
        self._plans: Plans | None = None
        self._change_at: datetime | None = None

    def __call__(self, at: datetime) -> Plans:
        if self._plans is None or (self._change_at is not None and at >= self._change_at):
            self._change_at = min((tree.duty_ends_at(at) for tree in self._with_duty), default=None)
            on_duty = {tree.id: tree.on_duty(at, self._facts.raised_from) for tree in self._with_duty}
            staffed = [tree.staffed(on_duty.get(tree.id, {})) for tree in self._trees]
            self._plans = Plans((plan.tree.id, plan) for plan in resolve(self._facts, staffed))
        return self._plans


def _closed(plan: Plan, noted: Iterable[Noted]) -> Iterator[ClosedContact]:
    levels = {planned.level.name: planned for planned in plan.levels}
    for note in noted:
        planned = levels.get(str(note.payload.get("level")))
        if note.kind != "level_opened" or note.tree != plan.tree.id or planned is None:
            continue
        for id in planned.contacts:
            by = plan.times[id].closed_by(note.at)
            if by is not None:
                yield ClosedContact(note.at, note.tree, planned.level.name, id, by)


class _Simulation:
    """The virtual clock and the people of the script."""

    def __init__(
        self, incident: SimulatedIncident, plans_at: Callable[[datetime], Plans], opened_at: datetime, script: Script
    ) -> None:
        self.incident = incident
        self.ignored: list[Ignored] = []
        self.until = opened_at
        """The end of the simulated time."""
        self._plans_at = plans_at
        self._opened_at = opened_at
        self._script = script
        self._deeds = sorted(script.deeds)

    def play(self, until: datetime, most: int = MOST_TOLD) -> datetime | None:
        """Let time pass.

        Gives the moment when nothing was left to do, or None if `until` or `most` messages came first.
        """
        last, self.until = self._opened_at, until
        while (now := self._next()) is not None:
            if now > until or len(self.incident.told) > most:
                self.until = min(now, until)
                self.ignored += (Ignored(deed, "it would be after what is played") for deed in self._deeds)
                return None
            last = max(last, now)
            self._live(last)
        return last

    def _next(self) -> datetime | None:
        moments = [self.incident.next_at(), *(self._opened_at + deed.after for deed in self._deeds[:1])]
        return min((at for at in moments if at is not None), default=None)

    def _live(self, now: datetime) -> None:
        """Simulate all that happens at one moment; answers go before what is due (A7)."""
        self.incident.plans = self._plans_at(now)
        while self._deeds and self._opened_at + self._deeds[0].after <= now:
            self._move(now, self._done(now, self._deeds.pop(0)))
        for events in self.incident.passes(now):
            self._move(now, events)

    def _move(self, now: datetime, events: Events) -> None:
        """Apply the events, and let the coordinators answer at once as the script says."""
        said: dict[str, list[Event]] = {}
        for prompt in self.incident.move(now, events):
            for event in self._said_to(prompt):
                said.setdefault(prompt.tree, []).append(event)
        if said:
            self._move(now, said)

    def _said_to(self, prompt: PromptRaised) -> Iterator[Event]:
        match prompt:
            case PromptRaised(subject=Subject.LEVEL, index=int(index)):
                at_once = self._script.gives_go and not self._script.decides_on(prompt.tree, prompt.about)
                yield Go(index) if at_once else Asked(index)
            case PromptRaised(subject=Subject.CONFIRM) if self._script.gives_go:
                yield Confirmed(prompt.about)

    def _done(self, now: datetime, deed: Deed) -> Events:
        """The events that somebody's deed means for each tree."""
        if deed.does in (Does.GO, Does.HOLD):
            return self._decided(now, deed)
        plans, tree = self.incident.plans, deed.tree
        same = plans.recipients.same_as(tree, deed.about) if tree in plans else ()
        here = {(its_tree, contact.id) for its_tree, contact in same}
        told = [each for each in self.incident.told if each.kind in WANTS and (each.tree, each.contact.id) in here]
        if not told:
            self.ignored.append(Ignored(deed, "it has not been told by then"))
            return {}
        if not plans[tree].tree.contacts[deed.about].answers:
            self.ignored.append(Ignored(deed, "no answer of it is expected, and none counts"))
            return {}
        if deed.does is Does.REPORTS:
            self._note(now, deed, "action_reported")
            return self._everywhere(same, Acted(deed.about))
        kind, address = self._said(now, deed, told)
        self._note(now, deed, kind.value)
        return self._everywhere(same, Answered(deed.about, kind, address))

    def _everywhere(self, same: Iterable[Named], event: ContactEvent) -> Events:
        """The same event for every contact that is the same recipient, under its own name."""
        events: dict[str, list[Event]] = {}
        for tree, contact in same:
            if tree in self.incident.states:
                events.setdefault(tree, []).append(replace(event, contact=contact.id))
        return events

    def _said(self, now: datetime, deed: Deed, told: Iterable[Told]) -> tuple[AnswerKind, str | None]:
        """What the answer counts as: a relay if told at relays only, or at one while the contact is closed."""
        if deed.does is Does.DECLINES:
            return AnswerKind.DECLINED, None
        methods = [each.method for each in told]
        relays = [method.address for method in methods if method.relays]
        is_closed = self.incident.plans[deed.tree].times[deed.about].closed_by(now)
        if relays and (is_closed or len(relays) == len(methods)):
            return AnswerKind.RELAYED, relays[-1]
        return AnswerKind.ACKNOWLEDGED, None

    def _decided(self, now: datetime, deed: Deed) -> Events:
        plan, state = self.incident.plans.get(deed.tree), self.incident.states.get(deed.tree)
        if plan is None or state is None:
            self.ignored.append(Ignored(deed, "its tree tells nobody"))
            return {}
        index = next(each.index for each in plan.levels if each.level.name == deed.about)
        if deed.does is Does.HOLD and is_under_way(state, index, now):
            self.ignored.append(Ignored(deed, "its level is open by then"))
            return {}
        return {deed.tree: [Go(index) if deed.does is Does.GO else Hold(index)]}

    def _note(self, now: datetime, deed: Deed, kind: str) -> None:
        self.incident.noted.append(Noted(now, deed.tree, kind, {"contact": deed.about}))
