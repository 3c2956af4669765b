"""An incident on its way in a simulation: where its trees stand, what was sent, and what rings until it is over."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count

from alertnet.core.delivery.next_repeat import PROMPT_EVERY, prompt_pause
from alertnet.core.directory.usable_methods import Reach
from alertnet.core.disclosure import Subject
from alertnet.core.escalation.advance_incident import Place, advance_incident, begin, closed_by, place_of, still_wanted
from alertnet.core.escalation.context import level_name
from alertnet.core.escalation.decision import (
    AlertOnRecord,
    Effect,
    NewAlert,
    NewPrompt,
    OpenPrompt,
    PromptOver,
    Send,
    SharedAlert,
    TimelineNote,
)
from alertnet.core.escalation.state import Event, State, Unsent
from alertnet.core.forecast.simulation import Noted, Told
from alertnet.core.notification import Kind, PromptKind, methods_to_prompt
from alertnet.core.resolution.resolve import Plans, opening


@dataclass
class Ringing:
    """A prompt at the coordinators: it rings again until it is over."""

    prompt: OpenPrompt
    level: str
    """The name of the level that it is about; empty for an alarm."""
    raised_at: datetime
    again_at: datetime
    task: int | None = None
    """Of a task: its place in `told`."""
    covers: list[tuple[str, Send]] = field(default_factory=list)
    """Of a task: in which trees the contact is to be called, and as what."""


class SimulatedIncident:
    """Carries out at once, on a record of its own, whatever is decided. `told` and `noted` are what comes of it."""

    def __init__(self, plans: Plans, opened_at: datetime) -> None:
        opened = opening(plans.values())
        self.plans = plans
        self.states: dict[str, State] = {
            plan.tree.id: begin(plan, opened_at, alone=len(opened) == 1) for plan in opened
        }
        self.due_at: dict[str, datetime | None] = dict.fromkeys(self.states, opened_at)
        self.ringing: list[Ringing] = []
        self.told: list[Told] = []
        self.noted: list[Noted] = []
        self._alerts: dict[Place, list[int]] = {}
        """Where in `told` the alerts and tasks to a place stand."""
        self._ids = count()

    def alerts_to(self, places: Collection[Place]) -> Mapping[Place, Sequence[AlertOnRecord]]:
        """Those that have left."""
        return {
            place: [AlertOnRecord(str(at), frozenset(self.told[at].trees)) for at in self._alerts.get(place, ())]
            for place in places
        }

    def unsent_to(self, places: Collection[Place]) -> Collection[Place]:
        """None: every provider is there."""
        return ()

    def open_prompts(self) -> Sequence[OpenPrompt]:
        """What rings."""
        return [each.prompt for each in self.ringing]

    def next_at(self) -> datetime | None:
        """When something is due, or rings again."""
        moments = [*self.due_at.values(), *(each.again_at for each in self.ringing)]
        return min((at for at in moments if at is not None), default=None)

    def move(self, now: datetime, events: Mapping[str, Sequence[Event]]) -> list[NewPrompt]:
        """What happened has its effects; what the coordinators are asked for it."""
        step = advance_incident(self.plans, self.states, events, now, self)
        self.states |= step.states
        self.due_at |= step.due_at
        sent: dict[NewAlert, int] = {}
        for effect in step.effects:
            self._carry_out(now, effect, sent)
        self.ringing = [each for each in self.ringing if not each.covers or self._is_wanted(each)]
        return [effect for effect in step.effects if isinstance(effect, NewPrompt)]

    def ring_again(self, now: datetime, ringing: Ringing) -> None:
        """Nobody has answered; a task of a contact that has closed is over: its methods for that take over."""
        closed = [closed_by(self.plans[tree], send.contact, send.method, now) for tree, send in ringing.covers]
        if closed and all(closed):
            self.ringing.remove(ringing)
            self.move(now, {tree: [Unsent(send.contact, send.method)] for tree, send in ringing.covers})
            return
        severity = self.plans[ringing.prompt.tree].severity
        ringing.again_at = now + prompt_pause(now - ringing.raised_at, severity)
        self._ring(now, ringing)

    def _carry_out(self, now: datetime, effect: Effect, sent: dict[NewAlert, int]) -> None:
        match effect:
            case TimelineNote(tree, kind, payload):
                self.noted.append(Noted(now, tree, kind, payload))
            case NewAlert():
                sent[effect] = len(self.told)
                self._send(now, effect)
            case SharedAlert(tree, send, alert):
                at = sent[alert] if isinstance(alert, NewAlert) else int(alert.id)
                self.told[at] = replace(self.told[at], trees=tuple(sorted({*self.told[at].trees, tree})))
                for each in self.ringing:
                    each.covers += [(tree, send)] if each.task == at else []
            case NewPrompt(tree, kind, subject, about, level):
                name = "" if level is None else level_name(self.plans[tree], level - 1)
                self._prompt(now, name, OpenPrompt(self._new_id(), kind, subject, tree, level, about))
            case PromptOver(_, id):
                self.ringing = [each for each in self.ringing if each.prompt.id != id]

    def _send(self, now: datetime, alert: NewAlert) -> None:
        tree, send, at = alert.tree, alert.send, len(self.told)
        contact = self.plans[tree].tree.contacts[send.contact]
        method = contact.all_methods[send.method]
        self.told.append(Told(now, tree, alert.level, send.round, contact, method, send.kind, (tree,)))
        if send.kind is not Kind.REMINDER:
            self._alerts.setdefault(place_of(self.plans[tree], send), []).append(at)
        if send.kind is Kind.TASK:
            prompt = OpenPrompt(self._new_id(), PromptKind.TASK, Subject.TASK, tree, send.index + 1, send.contact)
            self._prompt(now, alert.level, prompt, at, [(tree, send)])

    def _prompt(
        self,
        now: datetime,
        level: str,
        prompt: OpenPrompt,
        task: int | None = None,
        covers: Sequence[tuple[str, Send]] = (),
    ) -> None:
        ringing = Ringing(prompt, level, now, now + PROMPT_EVERY, task, list(covers))
        self.ringing.append(ringing)
        self._ring(now, ringing, is_first=True)

    def _ring(self, now: datetime, ringing: Ringing, *, is_first: bool = False) -> None:
        """At every coordinator of every tree, whether that tree tells anybody or not."""
        of = ringing.prompt.tree
        for tree, contact in self.plans.coordinators:
            by = methods_to_prompt(PromptKind(ringing.prompt.kind), contact) if is_first else contact.rung_by
            methods = Reach(contact, self.plans[tree].times[contact.id]).at_any_hour(now)
            for method in {(each.kind, each.address): each for each in methods if each.kind in by}.values():
                kind, round = Kind(ringing.prompt.kind), self.states[of].round
                self.told.append(Told(now, tree, ringing.level, round, contact, method, kind, (of,)))

    def _is_wanted(self, task: Ringing) -> bool:
        return any(
            still_wanted(self.plans[tree], self.states[tree], send.index, send.contact, send.method)
            for tree, send in task.covers
        )

    def _new_id(self) -> str:
        return str(next(self._ids))
