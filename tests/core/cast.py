"""The cast of the core's tests: a night that begins at NOW, builders for contacts, levels and trees, and a playback."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from alertnet.core.directory.contact import Contact, Method, MethodKind, Role
from alertnet.core.directory.contact_tree import ContactTree, Level, Repeat
from alertnet.core.escalation.advance import advance, begin_escalation
from alertnet.core.escalation.context import level_name
from alertnet.core.escalation.due import Others
from alertnet.core.escalation.effects import Step
from alertnet.core.escalation.quorum import AnswerKind
from alertnet.core.escalation.state import Answered, Event, State, Status
from alertnet.core.incident import Facts, Perpetrator, Scope, Severity
from alertnet.core.notification import Kind
from alertnet.core.resolution.resolve import Plan, resolve

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


def minutes(count: float) -> timedelta:
    """So many minutes."""
    return timedelta(minutes=count)


def sms(address: str, after: float = 0, **more: Any) -> Method:
    """An SMS, so many minutes after the level's start."""
    return Method(MethodKind.SMS, address, minutes(after), **more)


def call(address: str, after: float = 0, **more: Any) -> Method:
    """A call."""
    return Method(MethodKind.CALL, address, minutes(after), **more)


def email(address: str, after: float = 0) -> Method:
    """A mail."""
    return Method(MethodKind.EMAIL, address, minutes(after))


def contact(id: str, *methods: Method, role: Role = Role.NGO, **more: Any) -> Contact:
    """A contact of internal scope; without methods it has one SMS number of its own."""
    values = {"organisation": f"{id} office", "scope": Scope.INTERNAL, "language": "es", "timezone": "UTC"} | more
    return Contact(id=id, role=role, methods=methods or (sms(f"+{id}"),), **values)


def coordinator(id: str, *methods: Method, **more: Any) -> Contact:
    """A contact that decides."""
    return contact(id, *methods, role=Role.COORDINATOR, **more)


def embassy(id: str, represents: str, *methods: Method, **more: Any) -> Contact:
    """A contact abroad."""
    scope = {"scope": Scope.INTERNATIONAL} | more
    return contact(id, *methods, role=Role.EMBASSY, represents=represents, **scope)


def level(name: str, *notify: str, wait: float = 10, repeat: tuple[float, int] | None = None, **more: Any) -> Level:
    """A level that waits ten minutes and repeats nothing; `repeat`: every so many minutes, so many times."""
    again = Repeat(minutes(repeat[0]), repeat[1]) if repeat else None
    return Level(name, notify, wait=minutes(wait), repeat=again, **more)


def tree(levels: Iterable[Level], contacts: Iterable[Contact] = (), **more: Any) -> ContactTree:
    """A tree that serves Colombia; whoever is named without being given is a plain contact."""
    listed = {each.id: each for each in contacts}
    named = [name for each in levels for name in each.notify] + [*more.get("last_resort", ())]
    values: dict[str, Any] = {
        "id": "valley",
        "title": "Valley",
        "scope": Scope.NATIONAL,
        "countries": frozenset({"CO"}),
        "timezone": "UTC",
        "language": "es",
        "sender": "PBI",
        "callback": "+1000",
        "contacts": listed | {id: contact(id) for id in named if id not in listed},
        "levels": tuple(levels),
        "last_resort": (),
    }
    return ContactTree(**values | more)


def facts(**more: Any) -> Facts:
    """A serious arrest in Colombia, by nobody of the state, with the widest consent short of public."""
    values: dict[str, Any] = {
        "type": "arrest",
        "severity": Severity.SERIOUS,
        "country": "CO",
        "consent": Scope.INTERNATIONAL,
        "perpetrator": Perpetrator.NONE,
    }
    return Facts(**values | more)


def plan_of(the_tree: ContactTree, **known: Any) -> Plan:
    """The plan of one tree for an incident with those facts."""
    return resolve(facts(**known), [the_tree])[0]


def acknowledged(contact: str) -> Answered:
    """The contact takes it on."""
    return Answered(contact, AnswerKind.ACKNOWLEDGED)


def declined(contact: str) -> Answered:
    """The contact can't."""
    return Answered(contact, AnswerKind.DECLINED)


def relayed(contact: str, address: str | None = None) -> Answered:
    """The contact, or whoever picked up, passes it on."""
    return Answered(contact, AnswerKind.RELAYED, address)


@dataclass
class Night:
    """An escalation played from due time to due time. Offsets are minutes after NOW.

    `told` has a line for each message, such as `3 ana call` or, for a repeat, `6 ana sms again`; `history` one for each
    note, such as `10 level_opened Embassies`.
    """

    plan: Plan
    alone: bool = True
    others_acknowledged: bool = False
    held_until: datetime | None = None
    told: list[str] = field(default_factory=list)
    history: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    state: State = field(init=False)
    due_at: datetime | None = NOW

    def __post_init__(self) -> None:
        """Open the incident, and do what is due at once."""
        self.state = begin_escalation(self.plan, NOW, self.alone)
        self.until(0)

    @property
    def status(self) -> Status:
        """Where it stands."""
        return self.state.status

    @property
    def due(self) -> float | None:
        """The minute of the next due time."""
        return None if self.due_at is None else offset(self.due_at)

    def until(self, minute: float) -> "Night":
        """Play up to and including that minute."""
        while self.due_at is not None and self.due_at <= NOW + minutes(minute):
            self._step(self.due_at)
        return self

    def at(self, minute: float, *events: Event) -> "Night":
        """Play up to that minute, where these events happen."""
        self._until_just_before(minute)
        self._step(NOW + minutes(minute), events)
        return self

    def sleep_until(self, minute: float, *events: Event) -> "Night":
        """The system is away; it wakes at that minute, where these events wait for it."""
        self._step(NOW + minutes(minute), events)
        return self

    def change(self, minute: float, event: Event, **known: Any) -> "Night":
        """The facts change at that minute, and the event tells of it."""
        self._until_just_before(minute)
        self.plan = plan_of(self.plan.tree, **known)
        self._step(NOW + minutes(minute), [event])
        return self

    def forget(self) -> "Night":
        """Leave out of the record what was so far."""
        for record in (self.told, self.history, self.asked, self.steps):
            record.clear()
        return self

    def opened(self) -> list[str]:
        """The levels opened, as `10 Embassies`."""
        return [line.replace(" level_opened", "") for line in self.history if " level_opened " in line]

    def _until_just_before(self, minute: float) -> None:
        while self.due_at is not None and self.due_at < NOW + minutes(minute):
            self._step(self.due_at)

    def _step(self, now: datetime, events: Sequence[Event] = ()) -> None:
        others = Others(self.others_acknowledged, in_hand=False)
        step = advance(self.plan, self.state, now, events, others=others, held_until=lambda: self.held_until)
        self.state, self.due_at = step.state, step.due_at
        self.steps.append(step)
        minute = f"{offset(now):g}"
        for send in step.sends:
            method = self.plan.tree.contacts[send.contact].all_methods[send.method_index].kind
            again = " again" if send.kind is Kind.REMINDER else ""
            self.told.append(f"{minute} {send.contact} {method}{again}")
        for note in step.notes:
            named = [str(note.payload[key]) for key in ("level", "contact") if key in note.payload]
            self.history.append(" ".join([minute, note.kind, *named]))
        for question in step.asks:
            automatic = f"{offset(question.automatic_at):g}" if question.automatic_at else "never"
            assert question.index is not None
            self.asked.append(f"{minute} {level_name(self.plan, question.index)} {automatic}")


def offset(moment: datetime) -> float:
    """Minutes after NOW."""
    return (moment - NOW) / timedelta(minutes=1)


def night_of(*levels: Level, cast: Sequence[Contact] = (), known: Any = None, alone: bool = True, **more: Any) -> Night:
    """A night on a tree with those levels and contacts; `known`: of the incident, `more`: of the tree."""
    return Night(plan_of(tree(levels, cast, **more), **(known or {})), alone=alone)
