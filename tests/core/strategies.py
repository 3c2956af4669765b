"""Stories at random: a tree, an incident, and what happens to them. The properties of the core are tried on these."""

from dataclasses import dataclass, replace
from datetime import timedelta

from hypothesis import strategies as st

from alertnet.core.directory.availability import Hours, Span
from alertnet.core.directory.contact import Contact, Method, MethodKind, Role
from alertnet.core.directory.contact_tree import (
    ActionDue,
    ContactTree,
    Level,
    NeedsGo,
    Otherwise,
    Repeat,
    Start,
    Then,
)
from alertnet.core.directory.when import When
from alertnet.core.escalation.quorum import AnswerKind
from alertnet.core.escalation.state import (
    Acted,
    Answered,
    Asked,
    Confirmed,
    Delayed,
    Event,
    Failed,
    Go,
    Hold,
    PlanChanged,
    Received,
    Refuse,
    Unopened,
    Unsent,
    Withdrawn,
)
from alertnet.core.incident import Affected, Facts, Perpetrator, Scope, Severity
from tests.core.cast import contact, facts, tree

IDS = ("ana", "bob", "eva", "luis", "zoe")
ADDRESSES = ("+1", "+2", "+3", "+4", "+5", "+6")


@dataclass(frozen=True)
class Happening:
    """What happens so long after the one before: events, new facts, or a closing and reopening."""

    after: timedelta
    events: tuple[Event, ...] = ()
    known: Facts | None = None
    halt: bool = False


@dataclass(frozen=True)
class Story:
    """A tree, an incident, and what happens to them."""

    tree: ContactTree
    known: Facts
    script: tuple[Happening, ...]
    alone: bool


def spans(smallest: int, largest: int) -> st.SearchStrategy[timedelta]:
    """Durations of whole half minutes, bounds in minutes."""
    return st.integers(smallest * 2, largest * 2).map(lambda halves: timedelta(seconds=30 * halves))


METHODS = st.builds(
    Method,
    st.sampled_from([MethodKind.SMS, MethodKind.CALL, MethodKind.EMAIL]),
    st.sampled_from(ADDRESSES),
    spans(0, 4),
)
NIGHT = st.tuples(st.integers(120, 200), st.integers(1, 90)).map(lambda span: (span[0], span[0] + span[1]))
"""A span of the day within the hours that a story lasts, which begin at 02:00."""
HOURS = st.none() | NIGHT.map(lambda span: Hours("", ((span,),) * 7))
QUIET: st.SearchStrategy[dict[Severity, Span]] = st.just({}) | NIGHT.map(lambda span: {Severity.SERIOUS: span})
ROLES = (Role.COORDINATOR, Role.COORDINATOR, Role.NGO, Role.AUTHORITY, Role.EMBASSY)


def contacts() -> st.SearchStrategy[list[Contact]]:
    """One contact for each id; deputies may form rings."""

    def one(id: str) -> st.SearchStrategy[Contact]:
        return st.builds(
            lambda methods, **more: contact(id, *methods, **more),
            st.lists(METHODS, min_size=1, max_size=3),
            role=st.sampled_from(ROLES),
            organisation=st.sampled_from(["A", "B"]),
            scope=st.sampled_from([Scope.INTERNAL, Scope.NATIONAL, Scope.INTERNATIONAL]),
            represents=st.sampled_from([None, None, "ES", "DE"]),
            belongs_to=st.sampled_from([None, None, None, "army"]),
            deputy=st.sampled_from([None, *(other for other in IDS if other != id)]),
            hours=HOURS,
            when_closed=st.lists(METHODS, max_size=2).map(tuple),
            quiet=QUIET,
        )

    return st.tuples(*map(one, IDS)).map(list)


FOR_SOME = (When(place=frozenset({"L1*"})), When(organisation=frozenset({"O3"})))
"""What is for one place, or for one organisation."""

# A level that is over when it is looked at first has its whole time from then (A7), so none waits less than a tick.
LEVELS = st.builds(
    Level,
    st.just("Level"),
    st.lists(st.sampled_from(IDS), min_size=1, max_size=3, unique=True).map(tuple),
    st.sampled_from(["any", "any", "all", "each_organisation", 2]),
    spans(1, 6),
    st.sampled_from([When(), When(), When(nationality=True), When(frozenset({Severity.CRITICAL})), *FOR_SOME]),
    st.sampled_from([None, None, None, NeedsGo(), NeedsGo(frozenset(), timedelta(minutes=2))]),
    st.none() | st.builds(Repeat, spans(1, 2), st.integers(1, 3)),
    st.sampled_from([None, None, Then.STOP, Then.NEXT]),
    st.none() | st.builds(ActionDue, spans(1, 3), st.sampled_from(Otherwise)),
    st.sampled_from([False, False, True]),
)

TREES = st.builds(
    lambda levels, cast, **more: tree(levels, cast, **more),
    st.lists(LEVELS, min_size=1, max_size=4),
    contacts(),
    last_resort=st.lists(st.sampled_from(IDS), max_size=2, unique=True).map(tuple),
    start=st.sampled_from([Start(), Start(), Start(timedelta(minutes=2)), Start(timedelta(minutes=1), True)]),
    rounds=st.integers(1, 2),
)


INCIDENTS = st.builds(
    lambda **known: facts(**known),
    severity=st.sampled_from([Severity.CRITICAL, Severity.SERIOUS]),
    consent=st.sampled_from([Scope.INTERNATIONAL, Scope.INTERNATIONAL, Scope.NATIONAL, Scope.INTERNAL]),
    perpetrator=st.sampled_from([Perpetrator.NONE, Perpetrator.NONE, Perpetrator.UNKNOWN, Perpetrator.ARMY]),
    verified=st.sampled_from([True, True, True, False]),
    people=st.lists(
        st.builds(
            Affected,
            st.just("P1"),
            nationality=st.sampled_from([None, "ES"]),
            contact=st.sampled_from([None, None, "bob"]),
        ),
        max_size=1,
    ).map(tuple),
    exclude=st.sampled_from([(), (), ("eva",)]),
)
"""Facts that decide differently."""

WHO = st.sampled_from(IDS)
ANY_LEVEL, ANY_METHOD = st.integers(0, 11), st.integers(0, 59)
"""A tree takes such a number for one of its levels, or of a contact's methods: each as often, however many it has."""
ANSWERS = st.builds(Answered, WHO, st.sampled_from(AnswerKind), st.sampled_from([None, *ADDRESSES]))
FAILURES = st.builds(Failed, WHO, ANY_METHOD, st.sampled_from([(), (), (MethodKind.SMS, MethodKind.CALL)]))
EVENTS: st.SearchStrategy[Event] = st.one_of(
    ANSWERS,
    ANSWERS,
    FAILURES,
    FAILURES,
    st.builds(Delayed, WHO, ANY_METHOD),
    st.builds(Unsent, WHO, ANY_METHOD),
    st.builds(Received, WHO, st.sampled_from(ADDRESSES)),
    st.builds(Withdrawn, WHO),
    st.builds(Confirmed, WHO),
    st.builds(Go, ANY_LEVEL),
    st.builds(Hold, ANY_LEVEL),
    st.just(Hold()),
    st.just(Go()),
    st.builds(Refuse, ANY_LEVEL),
    st.builds(Unopened, ANY_LEVEL),
    st.builds(Asked, st.none() | ANY_LEVEL, reached=st.booleans()),
    st.builds(Acted, WHO),
)
"""Anything that may happen to the escalation of some tree; answers are the most frequent."""


def of_tree(the_tree: ContactTree, event: Event) -> Event:
    """The event as it happens to that tree's escalation."""
    match event:
        case Failed() | Delayed() | Unsent():
            return replace(event, method_index=event.method_index % len(the_tree.contacts[event.contact].all_methods))
        case Go(index=int(index)) | Hold(index=int(index)) | Asked(index=int(index)):
            return replace(event, index=index % len(the_tree.levels))
        case Refuse() | Unopened():
            return replace(event, index=event.index % len(the_tree.levels))
    return event


HAPPENINGS = st.sampled_from(["event", "event", "event", "events", "facts", "halt"])
ONLY_EVENTS = st.sampled_from(["event", "event", "event", "events"])
PAUSES = st.integers(1, 15 * 60).map(lambda seconds: timedelta(seconds=seconds))
UP_TO_EIGHT = st.integers(0, 8)


@st.composite
def stories(draw: st.DrawFn, *, only_events: bool = False) -> Story:
    """A tree, an incident, and up to eight things that happen within some hours.

    `only_events`: the facts stay as they are, and nobody closes or reopens it.
    """
    the_tree = draw(TREES)
    script = []
    for _ in range(draw(UP_TO_EIGHT)):
        after = draw(PAUSES)
        match draw(ONLY_EVENTS if only_events else HAPPENINGS):
            case "facts":
                script.append(Happening(after, (PlanChanged(),), known=draw(INCIDENTS)))
            case "halt":
                script.append(Happening(after, halt=True))
            case how:
                number = 1 if how == "event" else 3
                script.append(Happening(after, tuple(of_tree(the_tree, draw(EVENTS)) for _ in range(number))))
    return Story(the_tree, draw(INCIDENTS), tuple(script), draw(st.booleans()))


def named(the_tree: ContactTree) -> ContactTree:
    """The tree with a name of its own for each level."""
    return replace(the_tree, levels=tuple(replace(each, name=f"Level {at}") for at, each in enumerate(the_tree.levels)))
