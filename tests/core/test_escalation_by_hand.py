"""A coordinator opens a level out of its turn: nothing that is planned comes later for it (B3 Go, A7)."""

from functools import partial

from alertnet.core.directory.contact_tree import Start, Then
from alertnet.core.escalation.state import Go, PlanChanged, Status
from tests.core.cast import Night, acknowledged, contact, coordinator, level, minutes, night_of, plan_of, tree

CAST = (coordinator("ana"), contact("bob"))
LEVELS = (level("One", "ana"), level("Two", "bob"), level("Three", "eva", wait=60), level("Four", "luis"))

night = partial(night_of, cast=CAST)


def test_the_levels_before_one_opened_by_hand_come_at_their_time() -> None:
    """B3: `/go` opens any level; the others come as planned."""
    played = night(*LEVELS).at(2, Go(2)).until(70)

    assert played.opened() == ["0 One", "2 Three", "10 Two", "62 Four"]


def test_a_level_opened_by_hand_has_its_time_before_those_after_it_and_the_end() -> None:
    """B3: due = start + wait, from when it was opened."""
    played = night(*LEVELS[:3]).at(2, Go(2)).until(61)
    assert played.status is Status.RUNNING

    assert played.until(62).status is Status.UNANSWERED


def test_a_level_opened_again_puts_off_neither_the_next_nor_the_end() -> None:
    """A2: the last resort is told when it would have been."""
    levels = (level("One", "ana", wait=60), level("Two", "bob"), level("Three", "eva"))
    played = night(*levels, last_resort=("desk",)).until(65).at(65, Go(0)).until(80)

    assert played.told == ["0 ana sms", "60 bob sms", "65 ana sms", "70 eva sms", "80 desk sms"]


def test_a_level_opened_in_a_scheduled_escalation_leaves_the_others_at_their_times() -> None:
    """B3: scheduled → running; level one was to start after half an hour."""
    plan = plan_of(tree([level("One", "bob"), level("Two", "eva", wait=90)], CAST, start=Start(minutes(30))))

    assert Night(plan, alone=False).at(2, Go(1)).until(40).opened() == ["2 Two", "30 One"]


def test_the_next_round_comes_at_its_time_whatever_is_opened_meanwhile() -> None:
    """A2: after the tree's end it runs again; what was opened by hand goes on in it, and rings nobody twice."""
    levels = (level("One", "ana"), level("Two", "bob", wait=60), level("Three", "eva"))
    plain = night(*levels).until(80).status
    played = night(*levels).until(85).at(85, Go(1)).until(150)

    assert plain is Status.UNANSWERED
    assert played.opened() == ["0 One", "10 Two", "70 Three", "85 Two", "95 One", "145 Three"]


def test_a_level_that_ends_before_the_next_round_makes_the_tree_unanswered_again() -> None:
    """A2: at once an alarm and the last resort; the round stays where it was."""
    played = night(level("One", "ana"), level("Two", "bob", wait=5), last_resort=("desk",)).until(16)
    assert played.due == 30

    played.at(16, Go(1))
    assert (played.status, played.due) == (Status.RUNNING, 21)
    played.until(21)

    assert (played.status, played.due) == (Status.UNANSWERED, 30)
    assert played.told == ["0 ana sms", "10 bob sms", "15 desk sms", "16 bob sms", "21 desk sms"]
    assert played.until(30).opened()[-1] == "30 One"


def test_a_level_opened_in_an_acknowledged_escalation_still_comes_alone() -> None:
    """A4: somebody has taken charge; whoever opens one more level does not ask for those that it made needless."""
    levels = (level("One", "ana", then=Then.STOP), level("Two", "bob"), level("Three", "eva", wait=20))
    played = night(*levels).at(1, acknowledged("ana")).at(15, Go(2)).until(36)

    assert played.opened() == ["0 One", "15 Three", "35 Two"]


def test_a_level_opened_after_the_tree_was_answered_has_its_time_before_the_last_resort() -> None:
    """A2: the tree had ended by an answer that stops nothing; whoever is told now may answer too."""
    levels = (level("One", "bob", wait=5), level("Two", "ana", then=Then.NEXT))
    played = night(*levels, last_resort=("desk",)).at(6, acknowledged("ana")).until(20)
    assert played.status is Status.ACKNOWLEDGED

    played.forget().at(30, Go(0)).until(34)
    assert (played.status, played.told) == (Status.RUNNING, ["30 bob sms"])

    assert played.until(35).told == ["30 bob sms", "35 desk sms"]


def test_a_level_opened_before_the_incident_is_known_to_be_genuine_puts_off_nothing_that_waits_for_it() -> None:
    """B3: once it is verified, what was due meanwhile opens at once."""
    played = night(*LEVELS, known={"verified": False}).at(12, Go(2)).change(15, PlanChanged(), verified=True).until(72)

    assert played.opened() == ["0 One", "12 Three", "15 Two", "72 Four"]
