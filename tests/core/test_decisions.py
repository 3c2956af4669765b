"""Which decisions of coordinators hold: who holds what comes next, what was decided since, what is undone (A2, B3)."""

from dataclasses import replace

from alertnet.core.disclosure import Subject
from alertnet.core.escalation.decisions import Decision, decided_since, holders, kept_back_by, undone
from alertnet.core.escalation.state import ToldMore, Undecided
from alertnet.core.notification import PromptAnswer
from alertnet.core.resolution.resolve import Plans, resolve
from tests.core.cast import NOW, coordinator, facts, level, minutes, sms, tree

ANA = sms("+1")
VALLEY = tree([level("Coordination", "ana"), level("Friends", "ben")], [coordinator("ana", ANA), coordinator("ines")])
COAST = tree([level("Coordination", "anna")], [coordinator("anna", ANA)], id="coast")
PLANS = Plans({plan.tree.id: plan for plan in resolve(facts(), [VALLEY, COAST])})
"""Ana has one telephone, and stands in both trees."""

HOLD = Decision(PromptAnswer.HOLD, NOW, by="ana", tree="valley")
FRIENDS = replace(HOLD, level="Friends")
GO_ON = replace(HOLD, decision=PromptAnswer.GO, heard_at=NOW + minutes(5))


def test_who_holds_what_comes_next_holds_it_wherever_its_answer_counts() -> None:
    assert holders([HOLD], PLANS) == {"valley": {("valley", "ana")}, "coast": {("valley", "ana")}}


def test_whoever_lets_go_on_ends_the_hold_of_everybody() -> None:
    both = [HOLD, replace(HOLD, by="ines")]

    assert holders(both, PLANS)["valley"] == {("valley", "ana"), ("valley", "ines")}
    assert holders([*both, GO_ON], PLANS)["valley"] == set()


def test_a_go_to_a_level_ends_the_hold_in_its_tree_alone() -> None:
    held = holders([HOLD, replace(GO_ON, level="Friends")], PLANS)

    assert held == {"valley": set(), "coast": {("valley", "ana")}}


def test_of_one_thing_the_latest_decision_holds() -> None:
    assert kept_back_by({("valley", "ana")}, [HOLD, FRIENDS], PLANS) == [HOLD, FRIENDS]
    assert kept_back_by({("valley", "ana")}, [HOLD, FRIENDS, GO_ON], PLANS) == [FRIENDS]
    assert kept_back_by({("valley", "ines")}, [HOLD, FRIENDS], PLANS) == []


def test_what_was_decided_holds_no_longer_in_the_trees_that_it_was_about() -> None:
    verify = replace(HOLD, subject=Subject.VERIFY.value)

    assert list(undone([HOLD, FRIENDS, verify], PLANS, "valley")) == [Undecided(), Undecided(1), ToldMore()]
    assert list(undone([HOLD, FRIENDS], PLANS, "coast")) == [Undecided()]


def test_what_was_decided_since_is_known_by_tree() -> None:
    later = replace(GO_ON, level="Friends")

    assert decided_since([HOLD, later], PLANS, NOW) == {"valley"}
    assert decided_since([HOLD, GO_ON], PLANS, NOW) == {"valley", "coast"}
    assert decided_since([HOLD, GO_ON], PLANS, NOW + minutes(5)) == frozenset()


def test_what_the_involved_one_of_two_with_one_telephone_has_held_holds_no_longer() -> None:
    """A2: a tree may have the same recipient under two names."""
    two = tree([level("Coordination", "ana")], [coordinator("ana", ANA), coordinator("ana-at-night", ANA)])
    plans = Plans({plan.tree.id: plan for plan in resolve(facts(), [two])})

    assert kept_back_by({("valley", "ana")}, [HOLD], plans) == [HOLD]
