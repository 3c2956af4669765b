"""A state is carried over to a plan that has changed: nothing is lost, nobody hears the same twice (A2, A8)."""

from dataclasses import replace
from typing import Any

from hypothesis import given

from alertnet.core.directory.contact import Method, MethodKind
from alertnet.core.directory.contact_tree import ContactTree
from alertnet.core.escalation.advance import advance
from alertnet.core.escalation.quorum import AnswerKind
from alertnet.core.escalation.state import Failed, LevelStatus, Replanned, State, Status
from alertnet.core.incident import Scope
from alertnet.core.replan.state_migration import migrate_state
from alertnet.core.replan.tree_migration import as_edited, retire, succeed
from alertnet.core.resolution.resolve import Plan, resolve
from tests.core.cast import (
    NOW,
    Night,
    acknowledged,
    call,
    contact,
    coordinator,
    embassy,
    level,
    minutes,
    plan_of,
    sms,
    tree,
)
from tests.core.cast import (
    night_of as night,
)
from tests.core.playback import Playback
from tests.core.strategies import TREES, Story, named, stories


def backwards(the_tree: ContactTree) -> ContactTree:
    """The same tree, its levels and everybody's methods in the opposite order."""
    turned = {id: replace(each, methods=each.methods[::-1]) for id, each in the_tree.contacts.items()}
    return replace(the_tree, contacts=turned, levels=the_tree.levels[::-1])


def bare(state: State) -> State:
    """The state without what hangs on the order of levels and methods, and on when they were edited."""
    runs = (replace(run, turns=tuple(replace(turn, edited_at=None) for turn in run.turns)) for run in state.runs)
    return replace(state, passed=0, goes=(), runs=tuple(runs))


def carried(state: State, before: Plan, edited: ContactTree, now: Any, **known: Any) -> tuple[State, Plan]:
    """The state on the edited tree, and its plan."""
    succeeded, places = succeed(before, edited)
    after = replace(plan_of(succeeded, **known))
    return migrate_state(state, before, after, places, now), after


@given(stories())
def test_a_plan_that_has_not_changed_changes_nothing(story: Story) -> None:
    """A8: whatever has happened, on the same tree the state is the same, and so is the tree."""
    played = Playback(replace(story, tree=named(story.tree))).at_due_times()
    for each in played.taken:
        succeeded, places = succeed(each.plan, each.plan.tree)
        assert succeeded == each.plan.tree
        assert places.is_everything_where_it_was
        assert migrate_state(each.step.state, each.plan, each.plan, places, each.now) == each.step.state


@given(stories(only_events=True))
def test_what_moves_there_and_back_is_where_it_was(story: Story) -> None:
    """A8: levels and methods are the same by their names, wherever they stand."""
    there = named(story.tree)
    last = Playback(replace(story, tree=there)).at_due_times().taken[-1]
    back = backwards(there)
    (plan,) = resolve(last.known, [back])
    _, to = succeed(last.plan, back)
    _, home = succeed(plan, there)

    moved = migrate_state(last.step.state, last.plan, plan, to, last.now)
    again = migrate_state(moved, plan, last.plan, home, last.now)

    levels = {each.index for each in moved.runs}
    assert levels == {to.levels[each.index] if each.index >= 0 else each.index for each in last.step.state.runs}
    assert bare(again) == bare(last.step.state)


@given(stories(only_events=True), TREES)
def test_on_any_other_tree_it_goes_on_and_keeps_its_answers(story: Story, other: ContactTree) -> None:
    """A2: a next due time, unless it is acknowledged or stopped; A4: whoever has answered is told no more."""
    last = Playback(replace(story, tree=named(story.tree))).at_due_times().taken[-1]
    succeeded, places = succeed(last.plan, named(other))
    (after,) = resolve(last.known, [succeeded])
    assert as_edited(succeeded) == named(other)

    state = migrate_state(last.step.state, last.plan, after, places, last.now)
    step = advance(after, state, last.now, [Replanned()])

    assert {id: kind for id, kind in step.state.answers.items() if kind is AnswerKind.ACKNOWLEDGED} == {
        id: kind for id, kind in last.step.state.answers.items() if kind is AnswerKind.ACKNOWLEDGED
    }
    assert step.due_at is not None or step.state.status in (Status.ACKNOWLEDGED, Status.STOPPED)
    for send in step.sends:
        contact = after.tree.contacts[send.contact]
        assert send.contact in after.allowed
        assert send.method_index < len(contact.methods) + len(contact.when_closed)


@given(stories(only_events=True))
def test_a_retired_tree_tells_nobody_and_can_come_back(story: Story) -> None:
    """A3: whoever was in it may be told nothing; A8: back in force, all is where it was."""
    there = named(story.tree)
    last = Playback(replace(story, tree=there)).at_due_times().taken[-1]
    gone, places = retire(last.plan)
    (plan,) = resolve(last.known, [gone])
    retired = migrate_state(last.step.state, last.plan, plan, places, last.now)

    assert plan.reaches_nobody
    assert not plan.allowed | {*plan.last_resort}
    assert len(retired.runs) == len(last.step.state.runs)
    assert succeed(plan, there)[1].is_everything_where_it_was


def edit(played: Night, minute: float, edited: ContactTree, **known: Any) -> Night:
    """The edited tree is applied at that minute."""
    played.until(minute)
    played.state, played.plan = carried(played.state, played.plan, edited, NOW + minutes(minute), **known)
    return played.at(minute, Replanned())


def test_a_new_contact_of_an_open_level_is_told_and_its_methods_count_from_then() -> None:
    ana = contact("ana", sms("+1"), call("+1", 3))
    played = night(level("One", "bob", wait=30))
    edit(played, 10, tree([level("One", "bob", "ana", wait=30)], [ana])).until(20)

    assert played.told == ["0 bob sms", "10 ana sms", "13 ana call"]


def test_another_number_is_used_at_once_and_what_was_sent_is_not_sent_again() -> None:
    """A7: what an edit brings in does not count from before."""
    old, new = contact("ana", sms("+1"), call("+2", 20)), contact("ana", call("+3"), sms("+1"), call("+2", 20))
    played = edit(night(level("One", "ana", wait=60), cast=[old]), 10, tree([level("One", "ana", wait=60)], [new]))

    assert played.until(25).told == ["0 ana sms", "10 ana call", "20 ana call"]
    assert all(send.at >= NOW + minutes(10) for step in played.steps[1:] for send in step.sends)


def test_a_new_level_before_the_open_one_opens_now_and_one_behind_it_at_its_time() -> None:
    """A7: never in the past."""
    edited = [level("Zero", "zoe"), level("One", "bob"), level("Two", "eva"), level("Three", "luis")]
    played = edit(night(level("One", "bob"), level("Two", "eva")), 12, tree(edited)).until(22)

    assert played.opened() == ["0 One", "10 Two", "12 Zero", "22 Three"]


def test_a_level_by_another_name_tells_nobody_again() -> None:
    played = edit(night(level("One", "bob", wait=30)), 10, tree([level("First", "bob", wait=30)]))

    assert played.until(29).told == ["0 bob sms"]
    assert played.at(29, acknowledged("bob")).status is Status.ACKNOWLEDGED


def test_who_goes_by_another_id_is_not_told_again() -> None:
    """A8: a contact is the same by a number or address."""
    played = night(level("One", "bob", wait=30), cast=[contact("bob", sms("+1"))])
    edit(played, 10, tree([level("One", "robert", wait=30)], [contact("robert", sms("+1"))]))

    assert played.until(29).told == ["0 bob sms"]
    assert played.at(29, acknowledged("robert")).status is Status.ACKNOWLEDGED


def test_a_task_that_was_about_somebody_else_stays_so_under_another_id() -> None:
    """A2: in the next round nobody is asked to make that call again, and the tree ends without it."""
    visit = Method(MethodKind.TASK, "Call her: at home")
    played = night(level("One", "ana"), cast=[contact("ana", visit, sms("+1", 2))])
    played.at(1, Failed("ana", 0, (MethodKind.TASK,)))
    edit(played, 5, tree([level("One", "anna")], [contact("anna", visit, sms("+1", 2))])).until(40)

    assert played.told[:2] == ["0 ana task", "1 ana sms"]
    assert [each for each in played.told if "anna" in each] == ["27 anna sms"]


def test_a_level_that_is_gone_makes_way_at_once() -> None:
    played = edit(night(level("One", "bob", wait=60), level("Two", "eva")), 10, tree([level("Two", "eva")]))

    assert played.told == ["0 bob sms", "10 eva sms"]
    assert played.state.runs[0].status is LevelStatus.GAVE_WAY


def test_what_its_level_acknowledged_stays_so_when_the_level_goes() -> None:
    played = night(level("One", "bob"), level("Two", "eva")).at(1, acknowledged("bob"))

    assert edit(played, 10, tree([level("Two", "eva")])).status is Status.ACKNOWLEDGED
    assert played.told == ["0 bob sms"]


def test_acknowledged_for_want_of_anybody_else_it_goes_on_when_there_is_somebody() -> None:
    """A8: consent is wider now; the level's moment has passed, so it opens at once."""
    desk = coordinator("desk")
    the_tree = tree([level("One", "desk"), level("Two", "es")], [desk, embassy("es", "ES")])
    played = Night(plan_of(the_tree, consent=Scope.NATIONAL)).at(1, acknowledged("desk"))
    assert played.until(30).status is Status.ACKNOWLEDGED

    edit(played, 31, the_tree, consent=Scope.INTERNATIONAL)

    assert (played.told, played.status) == (["0 desk sms", "31 es sms"], Status.RUNNING)


def test_in_a_later_round_a_level_that_comes_in_opens_at_once() -> None:
    """A7: its moment was in the first."""
    the_tree = tree([level("One", "bob", wait=20), level("Two", "es")], [embassy("es", "ES")])
    played = Night(plan_of(the_tree, consent=Scope.NATIONAL)).until(36)
    assert played.state.round == 2

    edit(played, 37, the_tree, consent=Scope.INTERNATIONAL)

    assert played.told[-1] == "37 es sms"
