"""A running incident in a simulation: the state of its trees, what was sent, and what rings until it is over."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from alertnet.core.codec import replace
from alertnet.core.delivery.next_repeat import FIRST_AFTER_HOLD, PROMPT_EVERY, prompt_pause
from alertnet.core.directory.contact import MethodKind
from alertnet.core.directory.usable_methods import Reach
from alertnet.core.disclosure import Subject
from alertnet.core.escalation.advance import begin_each, still_wanted
from alertnet.core.escalation.advance_incident import IncidentRecord, Place, advance_incident, place_of
from alertnet.core.escalation.context import level_name
from alertnet.core.escalation.effects import (
    AlertOnRecord,
    Effect,
    NewAlert,
    OpenPrompt,
    PromptOver,
    PromptRaised,
    Send,
    SharedAlert,
    TaskAgain,
    TimelineNote,
)
from alertnet.core.escalation.state import Event, Events, Failed, Hold, Received, State, Unsent
from alertnet.core.forecast.script import Calls, Script
from alertnet.core.forecast.simulation import Noted, Shared, Told
from alertnet.core.notification import RINGS_FOR, Kind, PromptKind, methods_to_prompt
from alertnet.core.resolution.resolve import Plans

OWN = "foretold "
"""The prefix of ids that exist only in a simulation."""


_NOTHING = IncidentRecord()
"""The record of an incident that has just opened."""


@dataclass
class Ringing:
    """A prompt at the coordinators; it rings again until it is over."""

    prompt: OpenPrompt
    level: str
    """The name of the level that it is about; empty for an alarm."""
    raised_at: datetime
    again_at: datetime
    task: int | None = None
    """For a task: its index in `told`."""
    answered_at: datetime | None = None
    """When a coordinator answers it; None: it rings until it is over."""
    is_held: bool = False
    """A coordinator has said HOLD; it asks again after an hour."""


class SimulatedIncident(IncidentRecord):
    """Carries out each decision at once, on a record of its own. The results are in `told` and `noted`.

    Every provider works, so nothing waits to leave.

    `before`: what is already on record, for a running incident.
    """

    def __init__(
        self,
        plans: Plans,
        states: Mapping[str, State],
        due_at: Mapping[str, datetime | None],
        script: Script,
        before: IncidentRecord = _NOTHING,
    ) -> None:
        self.plans = plans
        self.states = dict(states)
        self.due_at = dict(due_at)
        self.ringing: list[Ringing] = []
        self.told: list[Told] = []
        self.noted: list[Noted] = []
        self._script = script
        self._before = before
        self._over: set[str] = set()
        """The prompts on record that are over by now."""
        self._counts_for: dict[str, set[str]] = {}
        """For each alert on record, the further trees in which it counts by now."""
        self._shared: list[tuple[datetime, SharedAlert, int]] = []
        self._covers: dict[int, list[tuple[str, Send]]] = {}
        """For each message, by its index in `told`: the trees in which it counts, and as what."""
        self._outcomes: dict[int, datetime] = {}
        """When the outcome of each message is known, by its index."""
        self._failed: set[int] = set()
        self._alerts: dict[Place, list[int]] = {}
        self._ids = count()

    @classmethod
    def opened(cls, plans: Plans, at: datetime, script: Script) -> "SimulatedIncident":
        states = begin_each(plans, at)
        return cls(plans, states, dict.fromkeys(states, at), script)

    @property
    def shared(self) -> Iterator[Shared]:
        """The messages that also count in a level of another tree."""
        for at, effect, place in self._shared:
            tree, send = effect.tree, effect.send
            level = level_name(self.plans[tree], send.index)
            yield Shared(at, tree, level, send.round, send.contact, self.told[place])

    def alerts_to(self, places: Collection[Place]) -> Mapping[Place, Sequence[AlertOnRecord]]:
        """The alerts to these places that have left."""
        before = self._before.alerts_to(places)
        open_tasks = {each.task: each.prompt.id for each in self.ringing if each.task is not None}
        return {
            place: [
                *map(self._as_counted, before.get(place, ())),
                *(self._on_record(at, open_tasks.get(at)) for at in self._alerts.get(place, ())),
            ]
            for place in places
        }

    def open_prompts(self) -> Sequence[OpenPrompt]:
        before = [each for each in self._before.open_prompts() if each.id not in self._over]
        return [*before, *(each.prompt for each in self.ringing)]

    def next_at(self) -> datetime | None:
        """The next moment at which something is due or rings again."""
        ringing = [at for each in self.ringing for at in (each.again_at, each.answered_at)]
        moments = [*self.due_at.values(), *self._outcomes.values(), *ringing]
        return min((at for at in moments if at is not None), default=None)

    def passes(self, now: datetime) -> Iterator[Events]:
        """What happens by then by itself; each result has to be passed to `move` before the next is taken."""
        yield {tree: () for tree, at in self.due_at.items() if at is not None and at <= now}
        yield self._have_become(now)
        self.ringing = [each for each in self.ringing if each.answered_at is None or each.answered_at > now]
        for each in list(self.ringing):
            if each.again_at <= now and each in self.ringing:
                yield self._ring_again(now, each)

    def move(self, now: datetime, events: Events) -> list[PromptRaised]:
        """Apply events and carry out their effects; gives the new prompts to the coordinators."""
        if not events:
            return []
        step = advance_incident(self.plans, self.states, events, now, self)
        self.states |= step.states
        self.due_at |= step.due_at
        sent: dict[NewAlert, int] = {}
        for effect in step.effects:
            self._carry_out(now, effect, sent)
        for tree, hold in ((tree, each) for tree, news in events.items() for each in news if isinstance(each, Hold)):
            self._hold(now, tree, hold)
        self.ringing = [each for each in self.ringing if each.task is None or self._is_wanted(each.task)]
        return [effect for effect in step.effects if isinstance(effect, PromptRaised)]

    def _have_become(self, now: datetime) -> Events:
        """The results due by now: messages that failed, and calls that were heard, but not those taken back before."""
        events: dict[str, list[Event]] = {}
        for place in [place for place, at in self._outcomes.items() if at <= now]:
            del self._outcomes[place]
            if not self._is_wanted(place):
                continue
            told = self.told[place]
            is_heard = told.arrives and self._script.calls is Calls.ANSWERED
            self._failed |= set() if is_heard else {place}
            for tree, send in self._covers[place]:
                heard = Received(send.contact, told.method.address)
                events.setdefault(tree, []).append(heard if is_heard else Failed(send.contact, send.method_index))
        return events

    def _ring_again(self, now: datetime, ringing: Ringing) -> Events:
        """Ring again, since nobody answered.

        A task whose contact has closed ends, and its `when_closed` methods take over.
        """
        covers = self._covers[ringing.task] if ringing.task is not None else []
        closed = [self.plans[tree].reach(send.contact).closed_by(send.method_index, now) for tree, send in covers]
        if closed and all(closed):
            self.ringing.remove(ringing)
            return {tree: [Unsent(send.contact, send.method_index)] for tree, send in covers}
        severity = self.plans[ringing.prompt.tree].severity
        pause = FIRST_AFTER_HOLD if ringing.is_held else prompt_pause(now - ringing.raised_at, severity)
        ringing.again_at = now + pause
        self._ring(now, ringing)
        return {}

    def _hold(self, now: datetime, tree: str, hold: Hold) -> None:
        """Let the questions about the held levels wait for an hour."""
        for each in self.ringing:
            asks = each.prompt.tree == tree and each.prompt.subject == Subject.LEVEL
            if asks and hold.index in (None, each.prompt.index):
                each.is_held, each.again_at = True, now + FIRST_AFTER_HOLD

    def _carry_out(self, now: datetime, effect: Effect, sent: dict[NewAlert, int]) -> None:
        match effect:
            case TimelineNote(tree, kind, payload):
                self.noted.append(Noted(now, tree, kind, payload))
            case NewAlert():
                sent[effect] = len(self.told)
                self._send(now, effect)
            case SharedAlert(alert=NewAlert() as alert):
                self._share(now, effect, sent[alert])
            case SharedAlert(alert=AlertOnRecord(id)) if id.startswith(OWN):
                self._share(now, effect, int(id.removeprefix(OWN)))
            case SharedAlert(tree, alert=AlertOnRecord(id)):
                self._counts_for.setdefault(id, set()).add(tree)
            case TaskAgain(task=AlertOnRecord(id)) if id.startswith(OWN):
                self._ask_again(now, effect, int(id.removeprefix(OWN)))
            case PromptRaised(tree, kind, subject, about, index):
                name = "" if index is None else level_name(self.plans[tree], index)
                self._prompt(now, name, OpenPrompt(self._new_id(), kind, subject, tree, index, about))
            case PromptOver(_, id):
                self._over.add(id)
                self.ringing = [each for each in self.ringing if each.prompt.id != id]

    def _send(self, now: datetime, alert: NewAlert) -> None:
        tree, send, place = alert.tree, alert.send, len(self.told)
        contact = self.plans[tree].tree.contacts[send.contact]
        method = contact.all_methods[send.method_index]
        arrives = (tree, contact.id, method.kind) not in self._script.fails
        self.told.append(Told(now, tree, alert.level, send.round, contact, method, send.kind, (tree,), arrives))
        self._covers[place] = [(tree, send)]
        if not arrives:
            self._outcomes[place] = now
        elif method.kind is MethodKind.CALL:
            self._outcomes[place] = now + (RINGS_FOR if self._script.calls is Calls.RING_OUT else timedelta())
        if send.kind is not Kind.REMINDER:
            self._alerts.setdefault(place_of(self.plans[tree], send), []).append(place)
        if send.kind is Kind.TASK:
            prompt = OpenPrompt(self._new_id(), PromptKind.TASK, Subject.TASK, tree, send.index, send.contact)
            self._prompt(now, alert.level, prompt, place)

    def _share(self, now: datetime, effect: SharedAlert, place: int) -> None:
        self.told[place] = replace(self.told[place], trees=tuple(sorted({*self.told[place].trees, effect.tree})))
        self._covers[place].append((effect.tree, effect.send))
        self._shared.append((now, effect, place))

    def _ask_again(self, now: datetime, effect: TaskAgain, place: int) -> None:
        """Ring for the open task again, and let it count for what was due now."""
        others = [(tree, send) for tree, send in self._covers[place] if tree != effect.tree]
        self._covers[place] = [*others, (effect.tree, effect.send)]
        for ringing in (each for each in self.ringing if each.task == place):
            ringing.again_at = now + prompt_pause(now - ringing.raised_at, self.plans[effect.tree].severity)
            self._ring(now, ringing)

    def _as_counted(self, alert: AlertOnRecord) -> AlertOnRecord:
        return replace(alert, trees=alert.trees | self._counts_for.get(alert.id, set()))

    def _on_record(self, place: int, prompt: str | None) -> AlertOnRecord:
        is_failed, told = place in self._failed, self.told[place]
        contact = told.tree, told.contact.id
        return AlertOnRecord(f"{OWN}{place}", frozenset(told.trees), is_failed, contact=contact, prompt=prompt)

    def _prompt(self, now: datetime, level: str, prompt: OpenPrompt, task: int | None = None) -> None:
        answered_after = self._script.alarms if prompt.kind == PromptKind.ALARM else None
        answered_at = None if answered_after is None else now + answered_after
        is_held = prompt.subject == Subject.LEVEL and self.states[prompt.tree].holds(prompt.index)
        again_at = now + (FIRST_AFTER_HOLD if is_held else PROMPT_EVERY)
        ringing = Ringing(prompt, level, now, again_at, task, answered_at, is_held)
        self.ringing.append(ringing)
        self._ring(now, ringing, is_first=True)

    def _ring(self, now: datetime, ringing: Ringing, *, is_first: bool = False) -> None:
        """Ring at every coordinator of every tree, whether that tree tells anybody or not."""
        of = ringing.prompt.tree
        for tree, contact in self.plans.coordinators:
            by = methods_to_prompt(PromptKind(ringing.prompt.kind), contact) if is_first else contact.rung_by
            for method in Reach(contact, self.plans[tree].times[contact.id]).at_any_hour(now, by):
                kind, round = Kind(ringing.prompt.kind), self.states[of].round
                self.told.append(Told(now, tree, ringing.level, round, contact, method, kind, (of,)))

    def _is_wanted(self, place: int) -> bool:
        return any(
            still_wanted(self.plans[tree], self.states[tree], send.index, send.contact, send.method_index)
            for tree, send in self._covers[place]
        )

    def _new_id(self) -> str:
        return f"{OWN}{next(self._ids)}"
