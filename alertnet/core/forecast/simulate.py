"""Playing an incident through before it happens: who would be told what, when, and where it ends.

The same resolution and the same `advance` as in earnest, on a virtual clock, with people who do what the script says.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from alertnet.core.directory.contact import RINGING, WRITTEN, Contact, MethodKind
from alertnet.core.directory.contact_tree import ContactTree
from alertnet.core.directory.on_call import Officer
from alertnet.core.directory.usable_methods import Reach
from alertnet.core.escalation.advance import advance, begin, closed_by
from alertnet.core.escalation.decision import Send, Step
from alertnet.core.escalation.quorum import AnswerKind
from alertnet.core.escalation.state import LAST_RESORT, Answered, Asked, Confirmed, Event, Go, Status, Unsent
from alertnet.core.forecast.simulated_escalation import Task, Walk
from alertnet.core.forecast.simulation import AGAIN, Closed, Key, Noted, Rehearsal, Script, Told
from alertnet.core.incident import Facts
from alertnet.core.notification import Kind
from alertnet.core.resolution.resolve import Plan, opening, resolve


def rehearse(facts: Facts, trees: Iterable[ContactTree], at: datetime, until: datetime, script: Script) -> Rehearsal:
    """Play an incident that opens at that moment (aware UTC) on those trees, until nothing is left to do or `until`."""
    everywhere = tuple(trees)
    plans_at = _Plans(facts, [tree for tree in everywhere if tree.serves(facts.country)])
    if all(plan.reaches_nobody for plan in plans_at(at)):
        plans_at = _Plans(facts, everywhere)
    plans = plans_at(at)
    night = _Night(plans, at, script, plans_at)
    ends_at = night.play(until)
    pruned = tuple(each for plan in plans for each in plan.pruned)
    closed = tuple(each for plan in plans for each in _closed(plan, night.noted))
    return Rehearsal(tuple(night.told), tuple(night.noted), pruned, closed, until, ends_at)


class _Plans:
    """The plans with whoever is on duty at a moment; resolved anew when a turn changes."""

    def __init__(self, facts: Facts, trees: Iterable[ContactTree]) -> None:
        self._facts = facts
        self._trees = tuple(trees)
        self._on_duty: list[dict[str, Officer]] | None = None

    def __call__(self, at: datetime) -> tuple[Plan, ...]:
        on_duty = [tree.on_duty(at, self._facts.raised_from) for tree in self._trees]
        if on_duty != self._on_duty:
            staffed = [tree.staffed(officers) for tree, officers in zip(self._trees, on_duty, strict=True)]
            self._on_duty, self._plans = on_duty, resolve(self._facts, staffed)
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


class _Night:
    def __init__(
        self, plans: Sequence[Plan], at: datetime, script: Script, plans_at: Callable[[datetime], Sequence[Plan]]
    ) -> None:
        self._plans_at = plans_at
        self.told: list[Told] = []
        self.noted: list[Noted] = []
        self._opened_at = at
        self._script = script
        opened = opening(plans)
        self._contexts = [Walk(plan, begin(plan, at, alone=len(opened) == 1), at) for plan in opened]
        self._answers = sorted((at + after, key) for key, after in script.answers.items())
        self._reached: dict[tuple[str, str], list[str]] = {}
        """Which escalations an alert counts for so far, by method and address."""

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
        moments = [
            at
            for context in self._contexts
            for at in (context.due_at, context.alarm_at, context.confirm_at, *(task.again_at for task in context.tasks))
            if at is not None
        ]
        moments += [context.question[1] for context in self._contexts if context.question is not None]
        moments += [at for at, _ in self._answers[:1]]
        return min(moments, default=None)

    def _live(self, now: datetime) -> None:
        """Play all that happens at one moment: an answer comes before what is due (A7)."""
        if any(context.tree.with_duty for context in self._contexts):
            on_duty = {plan.tree.id: plan for plan in self._plans_at(now)}
            for context in self._contexts:
                context.plan = on_duty[context.tree.id]
        while self._answers and self._answers[0][0] <= now:
            _, key = self._answers.pop(0)
            self._move(now, self._answer(key))
        due = [context for context in self._contexts if context.due_at is not None and context.due_at <= now]
        self._move(now, {context.tree.id: () for context in due})
        for context in self._contexts:
            if context.question is not None and context.question[1] <= now:
                context.question = (context.question[0], now + AGAIN)
                self._ring(now, context, Kind.DECISION, context.tree.levels[context.question[0]].name)
            if context.confirm_at is not None and context.confirm_at <= now:
                context.confirm_at = now + AGAIN
                self._ring(now, context, Kind.DECISION, context.state.to_confirm[0])
            if context.alarm_at is not None and context.alarm_at <= now:
                context.alarm_at = now + AGAIN
                self._ring(now, context, Kind.ALARM, "")
            for task in context.tasks:
                if task.again_at <= now and task in context.tasks:
                    self._remind(now, context, task)

    def _remind(self, now: datetime, context: Walk, task: Task) -> None:
        """Let a task ring again, unless its contact has closed: then its methods for that take over."""
        others = tuple(each for each in context.tasks if each is not task)
        if closed_by(context.plan, task.contact, task.method, now):
            context.tasks = others
            self._advance(now, context, [Unsent(task.contact, task.method)])
        else:
            context.tasks = (*others, replace(task, again_at=now + AGAIN))
            self._ring(now, context, Kind.TASK, task.level)

    def _answer(self, key: Key) -> dict[str, list[Event]]:
        """Let a contact acknowledge, wherever it stands by a shared file, number or address."""
        tree, id = key
        everybody = [(context, contact) for context in self._contexts for contact in context.tree.contacts.values()]
        own = next((contact for context, contact in everybody if (context.tree.id, contact.id) == (tree, id)), None)
        events: dict[str, list[Event]] = {}
        for context, contact in everybody if own is not None else ():
            is_own = contact is own or (own is not None and contact.is_same_recipient(own))
            if is_own and contact.id in context.plan.allowed:
                events.setdefault(context.tree.id, []).append(Answered(contact.id, AnswerKind.ACKNOWLEDGED))
        return events

    def _move(self, now: datetime, events: Mapping[str, Sequence[Event]]) -> None:
        for context in self._contexts:
            if context.tree.id in events:
                self._advance(now, context, events[context.tree.id])
        for context in self._contexts:
            waits = context.tree.start.unless_acknowledged and context.state.status is Status.SCHEDULED
            if waits and context.tree.id not in events:
                self._advance(now, context, ())

    def _advance(self, now: datetime, context: Walk, events: Sequence[Event]) -> None:
        others = [each.state.status for each in self._contexts if each is not context]
        acknowledged = bool(others) and all(status is Status.ACKNOWLEDGED for status in others)
        step = advance(context.plan, context.state, now, events, others_acknowledged=acknowledged)
        context.state, context.due_at = step.state, step.due_at
        self.noted += (Noted(now, context.tree.id, note.kind, note.payload) for note in step.notes)
        for send in step.sends:
            self._send(now, context, send)
        context.tasks = tuple(task for task in context.tasks if context.is_wanted(task))
        self._sound(now, context, step)
        asked = self._ask(now, context, step)
        if asked:
            self._advance(now, context, asked)

    def _send(self, now: datetime, context: Walk, send: Send) -> None:
        """Send an alert; one that another tree has sent to the same address counts here too."""
        tree, contact = context.tree, context.tree.contacts[send.contact]
        method = contact.all_methods[send.method]
        address = contact.address_in(tree.id, method)
        counts_for = self._reached.setdefault((method.kind.value, address), [])
        is_first = send.kind is not Kind.REMINDER and tree.id not in counts_for
        if is_first:
            counts_for.append(tree.id)
        if is_first and len(counts_for) > 1:
            self._share(method.kind.value, address, tree.id)
            return
        level = "Last resort" if send.index == LAST_RESORT else tree.levels[send.index].name
        self.told.append(Told(now, tree.id, level, send.round, contact, method, send.kind, (tree.id,)))
        if send.kind is Kind.TASK:
            self._ring(now, context, Kind.TASK, level, RINGING | WRITTEN)
            context.tasks = (*context.tasks, Task(send.index, send.contact, send.method, level, again_at=now + AGAIN))

    def _share(self, kind: str, address: str, tree: str) -> None:
        for place, each in enumerate(self.told):
            its = (each.method.kind.value, each.contact.address_in(each.tree, each.method))
            if each.kind in (Kind.ALERT, Kind.TASK) and its == (kind, address):
                self.told[place] = replace(each, trees=tuple(sorted({*each.trees, tree})))
                return

    def _ask(self, now: datetime, context: Walk, step: Step) -> list[Event]:
        """Put new questions, take back those that were decided; what follows from asking at once."""
        pending = context.state.question
        if context.question is not None and (pending is None or pending.index != context.question[0]):
            context.question = None
        asked: list[Event] = []
        if not context.state.to_confirm:
            context.confirm_at = None
        for ask in step.asks:
            if ask.contact is not None:
                context.confirm_at = now + AGAIN
                self._ring(now, context, Kind.DECISION, context.tree.levels[ask.index].name)
                asked += [Confirmed(ask.contact)] if self._script.gives_go else []
            elif pending is not None and pending.index == ask.index:
                context.question = (ask.index, now + AGAIN)
                self._ring(now, context, Kind.DECISION, context.tree.levels[ask.index].name)
                asked += [Go(ask.index)] if self._script.gives_go else [Asked(ask.index)]
        return asked

    def _sound(self, now: datetime, context: Walk, step: Step) -> None:
        """Alarm the coordinators that nobody has answered, until somebody has."""
        if context.state.status is Status.ACKNOWLEDGED:
            context.alarm_at = None
        elif step.noted("escalation_unanswered"):
            context.alarm_at = now + AGAIN
            self._ring(now, context, Kind.ALARM, "")

    def _ring(self, now: datetime, context: Walk, kind: Kind, level: str, by: frozenset[MethodKind] = RINGING) -> None:
        plans = {each.tree.id: each.plan for each in self._contexts}
        for tree, contact in self._coordinators:
            methods = Reach(contact, plans[tree].times[contact.id]).at_any_hour(now)
            addresses = {(method.kind, method.address): method for method in methods if method.kind in by}
            for method in addresses.values():
                self.told.append(Told(now, tree, level, context.state.round, contact, method, kind, (context.tree.id,)))

    @property
    def _coordinators(self) -> list[tuple[str, Contact]]:
        """The coordinators, each recipient once, in the order of the trees."""
        found: list[tuple[str, Contact]] = []
        for context in self._contexts:
            for contact in context.tree.coordinators:
                known = any(contact.is_same_recipient(each) for _, each in found)
                if contact.id in context.plan.allowed and not known:
                    found.append((context.tree.id, contact))
        return found
