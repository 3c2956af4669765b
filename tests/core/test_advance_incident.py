"""One decider for all escalations of an incident: who sends, who shares, what is asked and what is over (B1, B3)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from alertnet.core.directory.availability import Hours
from alertnet.core.directory.contact import Method, MethodKind
from alertnet.core.directory.contact_tree import ActionDue, ContactTree, Level, NeedsGo, Otherwise, Start
from alertnet.core.disclosure import Subject
from alertnet.core.escalation.advance import advance, begin_escalation, restore, stop
from alertnet.core.escalation.advance_incident import IncidentRecord, Place, advance_incident
from alertnet.core.escalation.effects import (
    ActionMissing,
    AlertOnRecord,
    Effect,
    IncidentStep,
    NewAlert,
    OpenPrompt,
    PromptOver,
    PromptRaised,
    SharedAlert,
    TaskAgain,
    TimelineNote,
)
from alertnet.core.escalation.state import Event, Failed, State, Status, Withdrawn
from alertnet.core.incident import Severity
from alertnet.core.notification import PromptKind
from alertnet.core.resolution.resolve import Plans, resolve
from tests.core.cast import NOW, acknowledged, contact, coordinator, email, facts, level, minutes, sms, tree

PHONE = (MethodKind.SMS, "+34")
TASK = Method(MethodKind.TASK, "Call the mayor")


@dataclass
class Incident(IncidentRecord):
    """An incident of several trees, and what is on its record. `effects` are those of the last move, as lines."""

    trees: Sequence[ContactTree]
    alerts: dict[Place, list[AlertOnRecord]] = field(default_factory=dict)
    unsent: Collection[Place] = ()
    prompts: list[OpenPrompt] = field(default_factory=list)
    states: dict[str, State] = field(init=False)
    due_at: dict[str, datetime | None] = field(default_factory=dict)
    looks: list[tuple[Place, ...]] = field(default_factory=list)
    """The places that were looked up on the record."""

    def __post_init__(self) -> None:
        """Nothing has happened yet."""
        plans = resolve(facts(severity=Severity.CRITICAL), self.trees)
        self.plans = Plans((plan.tree.id, plan) for plan in plans)
        self.states = {id: begin_escalation(plan, NOW, alone=len(self.trees) == 1) for id, plan in self.plans.items()}

    def alerts_to(self, places: Collection[Place]) -> Mapping[Place, Sequence[AlertOnRecord]]:
        """Those that the test has put there."""
        self.looks.append(tuple(places))
        return {place: self.alerts[place] for place in places if place in self.alerts}

    def unsent_to(self, places: Collection[Place]) -> Collection[Place]:
        """Those that the test says."""
        return [place for place in places if place in self.unsent]

    def open_prompts(self) -> Sequence[OpenPrompt]:
        """Those that the test has put there."""
        return self.prompts

    def move(
        self, minute: float, events: Mapping[str, Sequence[Event]] | None = None, *, whole: bool = True
    ) -> list[str]:
        """What is decided at that minute: of those something happened to, else of all of them."""
        step = self.step(minute, events, whole=whole)
        return [_line(effect) for effect in step.effects if not isinstance(effect, TimelineNote)]

    def step(
        self, minute: float, events: Mapping[str, Sequence[Event]] | None = None, *, whole: bool = True
    ) -> IncidentStep:
        """The same as it comes."""
        happened = dict.fromkeys(self.states, ()) if events is None else events
        step = advance_incident(self.plans, self.states, happened, NOW + minutes(minute), self, whole=whole)
        self.states |= step.states
        self.due_at |= step.due_at
        return step


def _line(effect: Effect) -> str:
    match effect:
        case NewAlert(tree, send, name):
            return f"{tree}: {send.kind} to {send.contact} by {send.method_index}, {name}"
        case SharedAlert(tree, send, AlertOnRecord(id)):
            return f"{tree}: {send.contact} shares {id}"
        case SharedAlert(tree, send, NewAlert(other, theirs)):
            return f"{tree}: {send.contact} shares what {other} sends to {theirs.contact}"
        case TaskAgain(tree, send, task):
            return f"{tree}: {task.id} rings again for {send.contact}"
        case PromptRaised(tree, kind, subject, about):
            return f"{tree}: {kind} {subject} {about}"
        case PromptOver(_, id, answer):
            return f"{id} {answer}"
        case ActionMissing(tree, name, contacts):
            return f"{tree}: action missing of {name}: {', '.join(contacts)}"
    raise AssertionError(effect)


def friends(id: str, *methods: Method, contact_id: str | None = None, **more: object) -> ContactTree:
    """A tree that tells a single contact."""
    name = contact_id or f"{id}-consul"
    return tree(
        [level("Friends", name, wait=30, repeat=(4, 2))],
        [contact(name, *(methods or (sms("+34"),)))],
        id=id,
        **more,
    )


def test_of_two_trees_the_first_sends_and_the_other_shares() -> None:
    """B1."""
    incident = Incident([friends("coast"), friends("valley")])

    told = incident.move(0)

    assert told == [
        "coast: alert to coast-consul by 0, Friends",
        "valley: valley-consul shares what coast sends to coast-consul",
    ]


def test_an_alert_on_record_is_shared_by_a_tree_that_joins_later() -> None:
    """B1: by whoever is told first; one look at the record for all that the tree sends."""
    incident = Incident([friends("coast", sms("+34"), sms("+35")), friends("valley")])
    incident.alerts[PHONE] = [
        AlertOnRecord("first", frozenset({"valley"})),
        AlertOnRecord("second", frozenset({"valley"})),
    ]

    assert incident.move(0, {"coast": ()}) == [
        "coast: coast-consul shares first",
        "coast: alert to coast-consul by 1, Friends",
    ]
    assert incident.looks == [((MethodKind.SMS, "+34"), (MethodKind.SMS, "+35"))]


def test_a_tree_that_has_used_an_alert_sends_the_next_itself() -> None:
    incident = Incident([friends("coast"), friends("valley")])
    incident.alerts[PHONE] = [AlertOnRecord("first", frozenset({"valley"})), AlertOnRecord("own", frozenset({"coast"}))]

    assert incident.move(0, {"coast": ()}) == ["coast: alert to coast-consul by 0, Friends"]


@pytest.mark.parametrize(
    ("answers", "told"),
    [((), "valley: desk shares first"), ((acknowledged("desk"),), "valley: alert to desk by 0, Last resort")],
)
def test_last_resort_that_has_answered_is_told_anew_of_a_tree_that_ends(answers: tuple[Event, ...], told: str) -> None:
    """A2: that it has charge of one tree says nothing of the other, of whose end it has not heard."""
    incident = Incident(
        [friends(id, sms(number), last_resort=("desk",)) for id, number in (("coast", "+1"), ("valley", "+2"))]
    )
    incident.move(0)
    incident.alerts[MethodKind.SMS, "+desk"] = [AlertOnRecord("first", frozenset({"coast"}))]
    incident.move(29, {"valley": answers})

    assert told in incident.move(30, {"valley": ()})


def test_an_alert_counts_once_for_a_tree() -> None:
    """Where two of its contacts have the address, the second gets its own."""
    both = tree([level("Friends", "ana", "bob")], [contact("ana", sms("+34")), contact("bob", sms("+34"))], id="valley")
    incident = Incident([friends("coast"), both])

    assert incident.move(0) == [
        "coast: alert to coast-consul by 0, Friends",
        "valley: ana shares what coast sends to coast-consul",
        "valley: alert to bob by 0, Friends",
    ]


def test_an_alert_on_record_counts_once_for_a_tree() -> None:
    both = tree([level("Friends", "ana", "bob")], [contact("ana", sms("+34")), contact("bob", sms("+34"))], id="valley")
    incident = Incident([friends("coast"), both])
    incident.alerts[PHONE] = [AlertOnRecord("first", frozenset({"coast"}))]

    assert incident.move(0, {"valley": ()}) == ["valley: ana shares first", "valley: alert to bob by 0, Friends"]


def test_a_reminder_is_shared_at_the_same_moment_alone() -> None:
    incident = Incident([friends("coast"), friends("valley")])
    incident.move(0)
    incident.alerts[PHONE] = [AlertOnRecord("first", frozenset({"coast", "valley"}))]

    assert incident.move(4) == [
        "coast: reminder to coast-consul by 0, Friends",
        "valley: valley-consul shares what coast sends to coast-consul",
    ]
    assert incident.move(8, {"valley": ()}) == ["valley: reminder to valley-consul by 0, Friends"]


def test_what_the_same_flow_has_put_on_record_is_shared_by_a_reminder_too() -> None:
    incident = Incident([friends("coast"), friends("valley")])
    incident.move(0)
    incident.alerts[PHONE] = [AlertOnRecord("reminder", frozenset({"coast"}), just_now=True)]

    assert incident.move(4, {"valley": ()}) == ["valley: valley-consul shares reminder"]


def test_a_reminder_adds_nothing_to_what_has_not_left() -> None:
    """A7."""
    incident = Incident([friends("coast")])
    incident.move(0)
    incident.unsent = [PHONE]

    assert incident.move(4) == []
    incident.unsent = []
    assert incident.move(8) == ["coast: reminder to coast-consul by 0, Friends"]


def test_a_shared_alert_that_had_failed_brings_the_next_method_forward() -> None:
    """B3: at once, in the same decision."""
    incident = Incident([friends("coast", sms("+34"), email("c@es.example", after=9)), friends("valley")])
    incident.alerts[PHONE] = [AlertOnRecord("first", frozenset({"valley"}), failed=True)]

    assert incident.move(0, {"coast": ()}) == [
        "coast: coast-consul shares first",
        "coast: alert to coast-consul by 1, Friends",
    ]


def test_one_tree_alone_looks_nothing_up() -> None:
    incident = Incident([friends("coast")])

    assert incident.move(0) == ["coast: alert to coast-consul by 0, Friends"]
    assert incident.looks == []


def test_a_task_whose_contact_has_closed_is_not_asked() -> None:
    """B1: what it has for then takes over, where somebody looks only once it has closed."""
    task = Method(MethodKind.TASK, "Call the mayor", minutes(1))
    hours = Hours("", (((0, 122),),) * 7)
    mayor = contact("mayor", task, hours=hours, when_closed=(sms("+57"),))
    punctual, late = (Incident([tree([level("Mayor", "mayor", wait=30)], [mayor], id="coast")]) for _ in range(2))
    for each in (punctual, late):
        each.move(0)

    assert punctual.move(1) == ["coast: task to mayor by 0, Mayor"]
    assert late.move(2.5) == ["coast: alert to mayor by 1, Mayor"]


def test_a_tree_that_starts_late_waits_as_long_as_all_others_are_acknowledged() -> None:
    late = friends("valley", sms("+99"), start=Start(minutes(5), unless_acknowledged=True))
    incident = Incident([friends("coast"), late])
    incident.move(0)

    step = incident.step(1, {"coast": [acknowledged("coast-consul")]})

    assert set(step.states) == {"coast", "valley"}
    assert incident.states["coast"].status is Status.ACKNOWLEDGED
    incident.move(5)
    assert incident.states["valley"].status is Status.SCHEDULED


def test_those_that_wait_for_the_others_dont_wait_for_each_other() -> None:
    """B1: others that this rule holds back don't count; each looks again when one of the rest leaves that state."""
    waits = Start(minutes(5), unless_acknowledged=True)
    incident = Incident([friends("coast"), *(friends(id, sms(f"+{id}"), start=waits) for id in ("hills", "valley"))])
    incident.move(0)
    incident.move(1, {"coast": [acknowledged("coast-consul")]})

    assert incident.move(5) == []
    assert {incident.states[id].status for id in ("hills", "valley")} == {Status.SCHEDULED}

    assert incident.move(6, {"coast": [Withdrawn("coast-consul")]})[-2:] == [
        "hills: alert to hills-consul by 0, Friends",
        "valley: alert to valley-consul by 0, Friends",
    ]


def of_the_mayor(*levels: Level, **more: object) -> Incident:
    mayor = contact("mayor", TASK)
    return Incident([tree(list(levels), [mayor], id="coast", **more)])


def test_an_open_task_rings_again_in_place_of_another() -> None:
    """B3: one open task for a contact in an escalation; a later round rings for it, with the same code."""
    incident = of_the_mayor(level("Mayor", "mayor", wait=10), rounds=3)
    place = (MethodKind.TASK, incident.plans["coast"].tree.contacts["mayor"].address_in("coast", TASK))
    assert incident.move(0) == ["coast: task to mayor by 0, Mayor"]
    incident.alerts[place] = [AlertOnRecord("a", frozenset({"coast"}), prompt="p")]
    incident.prompts = [OpenPrompt("p", PromptKind.TASK, Subject.TASK, "coast", 0, "mayor")]

    incident.move(10)
    assert "coast: a rings again for mayor" in incident.move(25)

    incident.move(35)
    incident.prompts = []
    assert "coast: task to mayor by 0, Mayor" in incident.move(65)


def test_it_begins_where_one_of_the_others_cant_be_read() -> None:
    """A11: nobody knows whether that one is acknowledged."""
    late = friends("valley", sms("+99"), start=Start(minutes(5), unless_acknowledged=True))
    incident = Incident([friends("coast"), late])
    incident.move(0, {"coast": [acknowledged("coast-consul")]}, whole=False)

    assert incident.move(5, whole=False) == ["valley: alert to valley-consul by 0, Friends"]


def test_what_is_stopped_takes_no_part() -> None:
    incident = Incident([friends("coast"), friends("valley")])
    incident.states["coast"] = stop(incident.states["coast"], NOW)

    step = incident.step(0)

    assert set(step.states) == {"valley"}
    assert [_line(each) for each in step.effects if isinstance(each, NewAlert | SharedAlert)] == [
        "valley: alert to valley-consul by 0, Friends"
    ]


def gated() -> ContactTree:
    return tree(
        [
            level("Coordination", "ana", wait=2),
            level("Friends", "bob", wait=5, needs_go=NeedsGo(frozenset(), minutes(3))),
        ],
        [coordinator("ana")],
        id="coast",
    )


def test_a_level_that_needs_a_go_is_asked_about_until_it_is_decided() -> None:
    incident = Incident([gated()])
    incident.move(0)
    asked = incident.step(2).effects[-1]
    assert asked == PromptRaised(
        "coast", PromptKind.DECISION, Subject.LEVEL, "Friends", 1, contacts=1, automatic_at=NOW + minutes(5)
    )
    incident.prompts = [
        OpenPrompt("question", PromptKind.DECISION, Subject.LEVEL, "coast", 1, "Friends"),
        OpenPrompt("verify", PromptKind.DECISION, Subject.VERIFY, "coast", None, None),
        OpenPrompt("other", PromptKind.DECISION, Subject.LEVEL, "valley", 1, "Friends"),
    ]

    assert incident.move(3) == []
    assert incident.move(5) == ["coast: alert to bob by 0, Friends", "question overtaken"]


def test_an_answer_that_is_to_be_confirmed_is_asked_about_until_it_is_taken_back() -> None:
    the_tree = tree([level("Friends", "bob", wait=5, confirm=True)], [coordinator("ana")], id="coast")
    incident = Incident([the_tree])
    incident.move(0)

    assert incident.move(1, {"coast": [acknowledged("bob")]}) == ["coast: decision confirm bob"]
    incident.prompts = [OpenPrompt("question", PromptKind.DECISION, Subject.CONFIRM, "coast", 0, "bob")]
    assert incident.move(2) == []
    assert "question overtaken" in incident.move(3, {"coast": [Withdrawn("bob")]})


def test_nobody_answers_until_somebody_does() -> None:
    """B3: an alarm at the end of the tree takes the place of the one before, and is silent with the first answer."""
    incident = Incident([tree([level("Friends", "bob", wait=5)], [], id="coast", rounds=3)])
    incident.move(0)
    assert incident.move(5) == ["coast: alarm unanswered coast"]
    incident.prompts = [OpenPrompt("alarm", PromptKind.ALARM, Subject.UNANSWERED, "coast", None, "coast")]
    incident.move(20)

    assert incident.move(25) == ["alarm repeated", "coast: alarm unanswered coast"]
    assert incident.move(26, {"coast": [acknowledged("bob")]}) == ["alarm acknowledged"]


def test_those_who_took_charge_are_asked_what_they_did() -> None:
    due = ActionDue(minutes(3), Otherwise.NEXT)
    levels = [level("Friends", "bob", "eva", wait=5, action_due=due), level("Others", "zoe", wait=5)]
    incident = Incident([tree(levels, [], id="coast")])
    incident.move(0)
    incident.move(1, {"coast": [acknowledged("bob")]})

    assert "coast: action missing of Friends: bob" in incident.move(4)


@pytest.mark.parametrize("event", [acknowledged("coast-consul"), Failed("coast-consul", 0)], ids=["answer", "failure"])
def test_one_escalation_by_itself_goes_as_advance_decides(event: Event) -> None:
    incident = Incident([friends("coast")])
    incident.move(0)
    before, at = incident.states["coast"], NOW + minutes(1)

    step = incident.step(1, {"coast": [event]})

    alone = advance(incident.plans["coast"], before, at, [event])
    assert (step.states["coast"], step.due_at["coast"]) == (alone.state, alone.due_at)
    assert [(each.kind, each.payload) for each in step.effects if isinstance(each, TimelineNote)] == [
        (note.kind, note.payload) for note in alone.notes
    ]


def test_coordinators_of_all_trees_are_prompted_each_once_if_they_may_be_told() -> None:
    """Also those of a tree that tells nobody else; one phone in two trees is one coordinator."""
    opened = tree(
        [level("Coordination", "ana")], [coordinator("ana", sms("+1")), coordinator("eva", sms("+2"))], id="coast"
    )
    silent = tree([], [coordinator("luis", sms("+1")), coordinator("zoe", sms("+3"))], id="valley")
    plans = Plans((plan.tree.id, plan) for plan in resolve(facts(exclude=("eva",)), [opened, silent]))

    assert [(id, each.id) for id, each in plans.coordinators] == [("coast", "ana"), ("valley", "zoe")]
    assert plans["valley"].reaches_nobody


def test_where_no_coordinator_may_be_told_the_last_resort_is_asked() -> None:
    """A2: what is asked of nobody would wait for ever."""
    both = [coordinator("ana", sms("+1")), contact("desk", sms("+9"))]
    valley = tree([level("Coordination", "ana")], both, last_resort=("desk",))

    asked = [
        [
            each.id
            for _, each in Plans((plan.tree.id, plan) for plan in resolve(facts(exclude=out), [valley])).coordinators
        ]
        for out in ((), ("ana",), ("ana", "desk"))
    ]

    assert asked == [["ana"], ["desk"], []]


def test_what_is_stopped_keeps_what_is_said_of_its_answers() -> None:
    """A6: so that it goes on, once it is restored, if nobody has taken charge after all."""
    incident = Incident([friends("coast")])
    incident.move(0, {"coast": [acknowledged("coast-consul")]})
    incident.states["coast"] = stop(incident.states["coast"], NOW)

    step = incident.step(1, {"coast": [Withdrawn("coast-consul")]})

    assert (step.states["coast"].status, dict(step.states["coast"].answers), step.effects) == (Status.STOPPED, {}, ())


def test_whose_answer_was_revoked_while_all_was_stopped_is_told_as_soon_as_it_goes_on() -> None:
    """A2: and not only hours later, as if it had gone on when the answer was revoked."""
    both = tree([level("Friends", "consul", "mayor", acknowledge="all", wait=30)])
    incident = Incident([both])
    incident.move(0)
    incident.move(5, {"valley": [acknowledged("consul")]})
    incident.states["valley"] = stop(incident.states["valley"], NOW + minutes(5))

    incident.move(185, {"valley": [Withdrawn("consul")]})
    incident.states["valley"] = restore(incident.states["valley"], NOW + minutes(200))

    assert incident.move(200) == ["valley: alert to consul by 0, Friends"]
