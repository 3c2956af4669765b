"""What must always be true of an escalation, whatever the tree, the incident, and the order of events (A2-A4, A7)."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from alertnet.core.codec import from_plain, to_plain
from alertnet.core.directory.contact import MethodKind
from alertnet.core.directory.contact_tree import ContactTree
from alertnet.core.escalation.advance import advance, still_wanted
from alertnet.core.escalation.context import ENDED
from alertnet.core.escalation.effects import Send
from alertnet.core.escalation.state import LAST_RESORT, Go, State, Status
from alertnet.core.incident import Facts
from alertnet.core.resolution.exclusions import Reason
from alertnet.core.resolution.resolve import Plan, may_be_told, resolve
from tests.core.cast import NOW
from tests.core.playback import Playback, Taken, moments
from tests.core.strategies import INCIDENTS, TREES, Story, stories

HALTED = (Status.ACKNOWLEDGED, Status.STOPPED)
GAPS = st.lists(st.integers(5, 60).map(lambda seconds: timedelta(seconds=seconds)), min_size=1, max_size=12)
OUTAGES = st.lists(st.integers(1, 600).map(lambda minutes: timedelta(minutes=minutes)), min_size=1, max_size=6)


def taken(story: Story) -> Sequence[Taken]:
    """The steps of a story that is looked at when something is due."""
    return Playback(story).at_due_times().taken


def ticks(story: Story, gaps: Iterable[timedelta]) -> list[datetime]:
    """Moments up to the story's end, so far from one another, over and over."""
    result = [NOW]
    end, _ = moments(story)[-1]
    for gap in cycle(gaps):
        if result[-1] + gap >= end:
            break
        result.append(result[-1] + gap)
    return result


@given(stories())
def test_nobody_forgets(story: Story) -> None:
    """A2: neither stopped nor acknowledged it has a next due time; acknowledged it has one for an open action."""
    for each in taken(story):
        state, due_at = each.step.state, each.step.due_at
        if state.status not in HALTED:
            assert due_at is not None
        if state.status is Status.ACKNOWLEDGED:
            assert due_at == state.action_due_at
        assert due_at is None or due_at > each.now


@given(stories())
def test_nobody_is_told_against_consent(story: Story) -> None:
    """A3: no contact that is barred is contacted, by any address; checked when resolving and again when sending."""
    for each in taken(story):
        for send in each.step.sends:
            address = story.tree.contacts[send.contact].all_methods[send.method_index].address
            assert send.contact in each.plan.allowed
            assert may_be_told(each.known, [story.tree], address) is None


@given(stories())
def test_nothing_rings_where_nobody_is_or_wants_to_be_woken(story: Story) -> None:
    """B1: `hours` close all but mail, `quiet` holds back what rings, each at the moment it was planned for."""
    told = [(each.plan, send) for each in taken(story) for send in each.step.sends]

    assert told == [(plan, send) for plan, send in told if not disturbs(plan, send)]


@pytest.mark.parametrize("otherwise", [{"quiet": {}}, {"hours": None}], ids=["quiet", "hours"])
def test_among_those_nights_are_some_in_which_it_would_ring_all_the_same(otherwise: dict[str, Any]) -> None:
    """Else the claim above would hold of a program that knows of no quiet hours, or of no opening hours."""

    def would_disturb(story: Story) -> bool:
        contacts = {id: replace(each, **otherwise) for id, each in story.tree.contacts.items()}
        ringing = taken(replace(story, tree=replace(story.tree, contacts=contacts)))
        told = [(each.known, send) for each in ringing for send in each.step.sends]
        return any(disturbs(plan, send) for known, send in told for plan in resolve(known, [story.tree]))

    assert would_disturb(find(stories(), would_disturb, settings=settings(max_examples=60, phases=[Phase.generate])))


def disturbs(plan: Plan, send: Send) -> bool:
    """Whether it rings in quiet hours, or where nobody is."""
    times, contact = plan.times[send.contact], plan.tree.contacts[send.contact]
    if contact.all_methods[send.method_index].kind is MethodKind.EMAIL:
        return False
    is_closed = send.method_index < len(contact.methods) and times.closed_by(send.at) is not None
    return is_closed or times.quiet_until(send.at) is not None


@given(TREES, INCIDENTS)
def test_a_plan_names_only_whom_it_may(tree: ContactTree, known: Facts) -> None:
    """A3: what was pruned, and why, is shown: whoever a level names is told, or pruned with a reason."""
    (plan,) = resolve(known, [tree])
    for planned in plan.levels:
        pruned = {each.contact: each.reason for each in plan.pruned if each.level == planned.level.name}
        assert {*planned.contacts, *planned.deputies, *plan.last_resort} <= plan.allowed
        assert {*planned.level.notify} <= {*planned.contacts, *pruned}
    assert {each.contact for each in plan.pruned if each.reason is Reason.INVOLVED} <= plan.involved


@given(stories())
def test_stop_means_stop(story: Story) -> None:
    """A4: no alert leaves while it is acknowledged or stopped, nor to anybody who has answered."""
    for each in taken(story):
        state, sends = each.step.state, each.step.sends
        assert not (state.status in HALTED and sends)
        assert all(still_wanted(each.plan, state, send.index, send.contact, send.method_index) for send in sends)
        assert not any(send.index != LAST_RESORT and state.answers.get(send.contact) in ENDED for send in sends)


@given(stories())
def test_statuses_change_only_as_they_may(story: Story) -> None:
    """B3: never back to scheduled; out of acknowledged for a missed action, a go or a lost answer alone."""
    for each in taken(story):
        before, after = each.before.status, each.step.state.status
        kinds = {note.kind for note in each.step.notes}
        causes = {note.payload["cause"] for note in each.step.noted("level_opened")}
        assert after is not Status.SCHEDULED or before is Status.SCHEDULED
        assert (after is Status.STOPPED) == (before is Status.STOPPED)
        if before is Status.ACKNOWLEDGED and after is not Status.ACKNOWLEDGED:
            gone = any(isinstance(event, Go) for event in each.events)
            assert gone or kinds & {"action_missing", "acknowledgement_withdrawn"}
        if before is Status.UNANSWERED and after is Status.RUNNING:
            assert causes & {"go", "automatic"} or "escalation_acknowledged" in kinds


@given(stories())
def test_a_state_survives_the_database(story: Story) -> None:
    """C: what is kept between two moments is all there is."""
    for each in taken(story):
        assert from_plain(State, json.loads(json.dumps(to_plain(each.step.state)))) == each.step.state


@given(stories())
def test_looking_again_does_nothing(story: Story) -> None:
    """A5: hardly ever twice: the same instant again changes nothing."""
    for each in taken(story):
        again = advance(each.plan, each.step.state, each.now)
        assert again.state == each.step.state
        assert (again.sends, again.asks, again.notes) == ((), (), ())


@given(stories(), st.floats(0.01, 0.99))
def test_between_due_times_nothing_happens(story: Story, share: float) -> None:
    """A7: so a night that is looked at each second is the same as one looked at when something is due."""
    for each in taken(story):
        if each.step.due_at is not None:
            idle = advance(each.plan, each.step.state, each.now + (each.step.due_at - each.now) * share)
            assert idle.state == each.step.state
            assert (idle.sends, idle.asks, idle.notes) == ((), (), ())


@given(stories(only_events=True), GAPS)
def test_a_night_at_random_ticks_is_the_same_night(story: Story, gaps: list[timedelta]) -> None:
    """A7: ticks up to 60 s apart plan the same moments and send the same as looking at every due time."""
    exact = Playback(story).at_due_times().taken
    since = NOW - timedelta(seconds=1)
    for each in Playback(story).at_ticks(ticks(story, gaps)).taken:
        meanwhile = [step for step in exact if since < step.now <= each.now]
        planned = [send for step in meanwhile for send in step.step.sends]
        expected = meanwhile[-1].step.state if meanwhile else each.before
        assert each.step.state == expected
        assert messages(each.step.sends) == messages(first_of_each(planned, each.plan, each.step.state))
        since = each.now


@given(stories(only_events=True), OUTAGES)
def test_after_an_outage_everybody_hears_once_and_no_round_is_made_up(story: Story, outages: list[timedelta]) -> None:
    """A7: overdue methods and repeats shrink to one message per method; no round starts inside an outage."""
    for each in Playback(story).at_ticks(ticks(story, outages)).taken:
        told = [(send.contact, send.method_index) for send in each.step.sends]
        assert len(told) == len(set(told))
        assert each.step.state.round <= each.before.round + 1
        assert all(send.expires_at > each.now for send in each.step.sends)


def first_of_each(sends: Iterable[Send], plan: Plan, state: State) -> tuple[Send, ...]:
    """Those that are still wanted, one for each contact and method (A7)."""
    first: dict[tuple[str, int], Send] = {}
    for send in sends:
        if still_wanted(plan, state, send.index, send.contact, send.method_index):
            first.setdefault((send.contact, send.method_index), send)
    return tuple(first.values())


def messages(sends: Iterable[Send]) -> list[Send]:
    """The messages and their planned moments, whatever time is left to them."""
    return [replace(send, expires_at=send.at) for send in sends]
