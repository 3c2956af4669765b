"""Decides about the escalations of an incident together: who is told once for several trees, what is asked (B3).

They advance one after the other, and share messages and questions. This serves real incidents
(`flows/escalation/escalate`) and simulated ones (`core/forecast`): the effects say what is to be done, and the code
that carries them out decides nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from alertnet.core.directory.contact import Contact, MethodKind
from alertnet.core.disclosure import Subject
from alertnet.core.escalation.advance import advance, begin_each, is_asked
from alertnet.core.escalation.context import level_name
from alertnet.core.escalation.due import is_in_hand, others_of, waits_for_others
from alertnet.core.escalation.effects import (
    ActionMissing,
    AlertOnRecord,
    Effect,
    IncidentStep,
    NewAlert,
    OpenPrompt,
    PromptOver,
    PromptRaised,
    Send,
    SharedAlert,
    Step,
    TaskAgain,
)
from alertnet.core.escalation.quorum import AnswerKind
from alertnet.core.escalation.state import LAST_RESORT, Event, Events, Failed, State, Status, Unsent
from alertnet.core.notification import Kind, PromptAnswer, PromptKind
from alertnet.core.resolution.resolve import Plan, Plans

Place = tuple[MethodKind, str]
"""A method and its address (for a task, a key that identifies it); several trees may have it in common."""


def place_of(plan: Plan, send: Send) -> Place:
    """Where the message would go."""
    contact = plan.tree.contacts[send.contact]
    method = contact.all_methods[send.method_index]
    return method.kind, contact.address_in(plan.tree.id, method)


class IncidentRecord:
    """What is stored of an incident's alerts and prompts, read when a decision needs it; of a new one nothing is."""

    def alerts_to(self, places: Collection[Place]) -> Mapping[Place, Sequence[AlertOnRecord]]:
        """The alerts and tasks to each of the places that were not cancelled, first planned first."""
        return {}

    def unsent_to(self, places: Collection[Place]) -> Collection[Place]:
        """The places to which an alert or reminder is still waiting to leave."""
        return ()

    def open_prompts(self) -> Sequence[OpenPrompt]:
        """The prompts of its trees that no coordinator has answered."""
        return ()

    def held_until(self) -> datetime | None:
        """Until when what is due stands still, since answers may not be known yet; None: it does not."""
        return None


def advance_incident(
    plans: Mapping[str, Plan],
    states: Mapping[str, State],
    events: Events,
    now: datetime,
    record: IncidentRecord,
    *,
    whole: bool = True,
    merged: bool = False,
) -> IncidentStep:
    """Advance the escalations with events, and those for which it matters what becomes of the others.

    In the order of `states`; of several due at once the first sends, and the others share its message. `whole` False:
    one escalation can't be read, so nobody knows whether all others are
    acknowledged. `merged`: another report of the event was merged into it, and may have told the same people.
    """
    advancing = _Advancing(plans, dict(states), now, record, whole, merged)
    for tree, state in states.items():
        if tree in events and (events[tree] or state.status is not Status.STOPPED):
            advancing.move(tree, events[tree])
    before, after = _in_hand(plans, states), _in_hand(plans, advancing.states)
    for tree in states:
        # Also one that was advanced before the others: what becomes of them decides whether it starts, and whether its
        # last resort hears.
        is_left_alone = before - {tree} and not after - {tree} and advancing.states[tree].status is not Status.STOPPED
        if is_left_alone or waits_for_others(plans, advancing.states, tree):
            advancing.move(tree, ())
    moved = {tree: advancing.states[tree] for tree in advancing.due_at}
    return IncidentStep(moved, advancing.due_at, tuple(advancing.effects))


@lru_cache(maxsize=16)
def begin_incident(plans: Plans, now: datetime) -> IncidentStep:
    """Begin the escalations of an incident that opens now; worked out once for all that open with it on those plans."""
    states = begin_each(plans, now)
    return advance_incident(plans, states, dict.fromkeys(states, ()), now, IncidentRecord())


def _in_hand(plans: Mapping[str, Plan], states: Mapping[str, State]) -> set[str]:
    """The trees in which somebody has taken charge, or put off what comes next."""
    return {tree for tree, state in states.items() if is_in_hand(plans[tree], state)} if len(states) > 1 else set()


@dataclass
class _KnownAlert:
    """An alert to a place, either stored or just decided on."""

    alert: NewAlert | AlertOnRecord
    trees: set[str]
    failed: bool
    just_now: bool
    refused: bool = False


@dataclass
class _Advancing:
    """The working copy for one decision about an incident."""

    plans: Mapping[str, Plan]
    states: dict[str, State]
    now: datetime
    record: IncidentRecord
    whole: bool
    merged: bool
    due_at: dict[str, datetime | None] = field(default_factory=dict)
    """The due times of the escalations that were advanced."""
    effects: list[Effect] = field(default_factory=list)
    alerts: dict[Place, list[_KnownAlert]] = field(default_factory=dict)
    """Alerts to the places looked up so far."""
    prompts: list[OpenPrompt] | None = None
    """The prompts still open; None: not read yet."""

    def move(self, tree: str, events: Sequence[Event]) -> None:
        """Advance one escalation, repeatedly while some of its messages turn out to reach nobody."""
        bounced = self._advance(tree, events)
        while bounced:
            bounced = self._advance(tree, bounced)

    def _advance(self, tree: str, events: Sequence[Event]) -> list[Event]:
        before = self.states[tree]
        others = others_of(self.plans, self.states, tree, whole=self.whole)
        step = advance(self.plans[tree], before, self.now, events, others=others, held_until=self.record.held_until)
        self.states[tree], self.due_at[tree] = step.state, step.due_at
        self.effects += step.notes
        bounced = self._send(tree, step.sends)
        self._ask(tree, step)
        self._alarm(tree, before, step)
        self._miss_action(tree, step)
        return bounced

    def _send(self, tree: str, sends: Sequence[Send]) -> list[Event]:
        """Send each message, or share another's; gives the events of those that reach nobody that way."""
        plan = self.plans[tree]
        bounced: list[Event] = []
        places = [place_of(plan, send) for send in sends]
        reminded = [place for place, send in zip(places, sends, strict=True) if send.kind is Kind.REMINDER]
        unsent = self.record.unsent_to(reminded) if reminded else ()
        self._look_up(places)
        for place, send in zip(places, sends, strict=True):
            open_task = self._open_task(tree, place) if send.kind is Kind.TASK else None
            known = self._of_another_tree(tree, send, place) if open_task is None and self.alerts[place] else None
            if known is not None:
                known.trees.add(tree)
                self.effects.append(SharedAlert(tree, send, known.alert))
                bounced += [Failed(send.contact, send.method_index)] if known.failed else []
            elif send.kind is Kind.TASK and plan.reach(send.contact).closed_by(send.method_index, self.now):
                bounced.append(Unsent(send.contact, send.method_index))
            elif open_task is not None:
                self.effects.append(TaskAgain(tree, send, open_task))
            elif send.kind is not Kind.REMINDER or place not in unsent:
                alert = NewAlert(tree, send, level_name(plan, send.index))
                self.effects.append(alert)
                self.alerts.setdefault(place, []).append(_KnownAlert(alert, {tree}, failed=False, just_now=True))
        return bounced

    def _look_up(self, places: Sequence[Place]) -> None:
        """Read once what was sent to those places; a lone tree shares nothing, but may have a task open."""
        wanted = [place for place in dict.fromkeys(places) if place not in self.alerts]
        shares = self.merged or len(self.states) > 1
        asked = [place for place in wanted if shares or place[0] is MethodKind.TASK]
        found = self.record.alerts_to(asked) if asked else {}
        for place in wanted:
            self.alerts[place] = [
                _KnownAlert(alert, {*alert.trees}, alert.failed, alert.just_now, alert.refused)
                for alert in found.get(place, ())
            ]

    def _open_task(self, tree: str, place: Place) -> AlertOnRecord | None:
        """The open task for that contact in that tree, which the coordinators have already (B3)."""
        known = [each.alert for each in self.alerts[place] if tree in each.trees]
        rings = {prompt.id for prompt in self._prompts()} if known else set()
        return next((each for each in known if isinstance(each, AlertOnRecord) and each.prompt in rings), None)

    def _of_another_tree(self, tree: str, send: Send, place: Place) -> _KnownAlert | None:
        """The alert to share instead of sending: the first of this very moment, else the first of all.

        A message counts once for a tree, so a second contact of the tree with the same address gets its own. A reminder
        is shared only with what another tree sends at the same moment, and so is what asks last resort anew.
        """
        contact = self.plans[tree].tree.contacts[send.contact]
        known = [each for each in self.alerts[place] if self._still_counts(place, each) and self._told(contact, each)]
        at_once = next((each for each in known if each.just_now and tree not in each.trees), None)
        asks_anew = send.index == LAST_RESORT and send.contact in self.states[tree].asked_anew
        if at_once or asks_anew or send.kind is Kind.REMINDER or any(tree in each.trees for each in known):
            return at_once
        return next(iter(known), None)

    def _told(self, contact: Contact, known: _KnownAlert) -> bool:
        """Whether the alert told this recipient; a phone may relay to several, and a number may have several lines."""
        alert = known.alert
        of = (alert.tree, alert.send.contact) if isinstance(alert, NewAlert) else alert.contact
        return of is None or contact.is_same_recipient(self.plans[of[0]].tree.contacts[of[1]])

    def _still_counts(self, place: Place, known: _KnownAlert) -> bool:
        """Whether the alert counts: not if its number takes our SMS again, nor if its task is over."""
        if known.refused:
            return any(f"{place[0]}:{place[1]}" in state.stale for state in self.states.values())
        if place[0] is not MethodKind.TASK or known.failed or known.just_now:
            return True
        return isinstance(known.alert, AlertOnRecord) and any(each.id == known.alert.prompt for each in self._prompts())

    def _ask(self, tree: str, step: Step) -> None:
        """Ask the coordinators new questions, and end those that were decided or overtaken."""
        for prompt in self._open_prompts(tree):
            if not is_asked(step.state, prompt):
                self._end(prompt, PromptAnswer.OVERTAKEN)
        self.effects += step.asks

    def _alarm(self, tree: str, before: State, step: Step) -> None:
        """Raise the alarm at the end of the tree, and end it once somebody acknowledges."""
        acknowledged = step.state.status is Status.ACKNOWLEDGED
        unanswered = bool(step.noted("escalation_unanswered")) and not acknowledged
        if unanswered or (acknowledged and before.status is not Status.ACKNOWLEDGED):
            for prompt in self._open_prompts(tree):
                if prompt.kind == PromptKind.ALARM:
                    self._end(prompt, PromptAnswer.ACKNOWLEDGED if acknowledged else PromptAnswer.REPEATED)
        if unanswered:
            self.effects.append(PromptRaised(tree, PromptKind.ALARM, Subject.UNANSWERED, tree))

    def _miss_action(self, tree: str, step: Step) -> None:
        for note in step.noted("action_missing"):
            level = next(each for each in self.plans[tree].tree.levels if each.name == note.payload["level"])
            answers = step.state.answers
            took_charge = (id for id in level.notify if answers.get(id) is AnswerKind.ACKNOWLEDGED)
            self.effects.append(ActionMissing(tree, level.name, tuple(took_charge)))

    def _open_prompts(self, tree: str) -> list[OpenPrompt]:
        return [prompt for prompt in self._prompts() if prompt.tree == tree]

    def _prompts(self) -> list[OpenPrompt]:
        if self.prompts is None:
            self.prompts = list(self.record.open_prompts())
        return self.prompts

    def _end(self, prompt: OpenPrompt, answer: PromptAnswer) -> None:
        self.effects.append(PromptOver(prompt.tree, prompt.id, answer))
        self.prompts = [each for each in self._prompts() if each is not prompt]
