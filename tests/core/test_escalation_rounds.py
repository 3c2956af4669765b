"""The end of the tree, the rounds after it, and the last resort (A2, B3 End of tree)."""

from functools import partial

from alertnet.core.directory.contact_tree import Then
from alertnet.core.escalation.state import Failed, Status, Withdrawn
from alertnet.core.incident import Scope
from alertnet.core.notification import Kind
from tests.core.cast import acknowledged, contact, coordinator, declined, embassy, level, night_of, relayed

night = partial(night_of, last_resort=("office",))


def test_an_unanswered_tree_tells_its_last_resort_at_once() -> None:
    """A2: at the end of its tree it becomes unanswered: at once the alert to `last_resort`."""
    played = night(level("One", "ana"), level("Two", "bob", wait=20)).until(30)

    assert played.told == ["0 ana sms", "10 bob sms", "30 office sms"]
    assert played.status is Status.UNANSWERED
    assert played.history[-1] == "30 escalation_unanswered"


def test_the_tree_ends_when_its_last_window_does_not_before() -> None:
    """B3: only what the provider reports is failure, so silence lasts until the wait is over."""
    assert night(level("One", "ana")).until(9.9).status is Status.RUNNING


def test_the_tree_ends_at_once_when_nobody_is_left_to_answer() -> None:
    """B3: when no further level can notify anybody, and no window is open, it ends."""
    played = night(level("One", "ana")).at(2, declined("ana"))

    assert played.told == ["0 ana sms", "2 office sms"]


def test_the_tree_is_answered_when_the_last_level_met_its_rule() -> None:
    """B3: the escalation is acknowledged if the last level that notified anyone met its rule."""
    played = night(level("One", "ana", then=Then.NEXT)).at(2, acknowledged("ana"))

    assert (played.status, played.told) == (Status.ACKNOWLEDGED, ["0 ana sms"])


def test_an_answer_to_an_earlier_level_does_not_answer_the_tree() -> None:
    """B3: else unanswered."""
    played = night(level("One", "ana", then=Then.NEXT), level("Two", "bob")).at(2, acknowledged("ana")).until(20)

    assert played.status is Status.UNANSWERED


def test_levels_that_tell_nobody_do_not_count_as_the_last() -> None:
    """B3: the last level that notified anyone."""
    cast = (embassy("abroad", "ES"),)
    levels = (level("One", "ana", then=Then.NEXT), level("Two", "abroad"))
    played = night(*levels, cast=cast, known={"consent": Scope.NATIONAL}).at(2, acknowledged("ana"))

    assert played.status is Status.ACKNOWLEDGED


def test_pauses_double_up_to_four_hours() -> None:
    """B1: pause 15m, 30m, … at most 4h, for ever."""
    played = night(level("One", "ana", wait=0), cast=(coordinator("ana"),)).until(15 + 30 + 60 + 120 + 240 + 240)

    rounds = [line for line in played.history if line.endswith("round_began")]
    assert rounds == [f"{minute} round_began" for minute in (15, 45, 105, 225, 465, 705)]
    assert played.due == 945


def test_after_its_rounds_only_coordination_levels_run() -> None:
    """B3: after `rounds`, coordination levels only."""
    played = night(level("Coord", "ana"), level("Two", "bob"), cast=(coordinator("ana"),), rounds=2).until(400)

    assert [line.partition(" ")[2] for line in played.opened()] == ["Coord", "Two"] * 2 + ["Coord"] * 3


def test_a_tree_without_coordination_repeats_its_last_resort() -> None:
    """B3: a tree without one repeats the alarm and last_resort, in each round."""
    played = night(level("One", "ana"), rounds=1).until(120)

    assert played.told == ["0 ana sms", "10 office sms", "25 office sms", "55 office sms", "115 office sms"]
    assert [line for line in played.history if "unanswered" in line][1:] == [
        f"{minute} escalation_unanswered" for minute in (25, 55, 115)
    ]


def test_the_last_resorts_acknowledgement_acknowledges_the_escalation() -> None:
    """B3: whose acknowledgement acknowledges the escalation."""
    played = night(level("One", "ana")).at(12, acknowledged("office")).until(999)

    assert (played.status, played.told) == (Status.ACKNOWLEDGED, ["0 ana sms", "10 office sms"])


def test_any_of_the_last_resort_is_enough() -> None:
    """B3: `any` is the default rule."""
    played = night(level("One", "ana"), last_resort=("office", "desk")).at(12, acknowledged("desk"))

    assert played.status is Status.ACKNOWLEDGED


def test_the_last_resort_is_told_again_whatever_it_said_before() -> None:
    """B3: in each round last resort is told again: an answer to an earlier level is none to the end of the tree."""
    cast = (coordinator("ana"),)
    played = night(level("Coord", "ana"), level("Two", "bob"), cast=cast, last_resort=("ana",))
    played.at(1, acknowledged("ana")).until(20)

    assert played.told == ["0 ana sms", "10 bob sms", "20 ana sms"]
    assert played.status is Status.UNANSWERED
    assert played.at(21, acknowledged("ana")).status is Status.ACKNOWLEDGED


def test_a_last_resort_that_declines_brings_its_deputy() -> None:
    """B3: a decline brings the deputy, at the end of the tree too; in the next round both are asked."""
    cast = (contact("office", deputy="desk"), contact("desk"))
    played = night(level("One", "ana"), cast=cast, rounds=1).at(11, declined("office")).until(26)

    assert played.told == ["0 ana sms", "10 office sms", "11 desk sms", "25 office sms"]
    assert played.at(27, acknowledged("desk")).status is Status.ACKNOWLEDGED


def test_a_late_answer_to_the_tree_acknowledges_it_in_the_pause() -> None:
    """B3: unanswered → acknowledged; a late answer counts for the level that notified it."""
    assert night(level("One", "ana")).at(20, acknowledged("ana")).status is Status.ACKNOWLEDGED


def test_a_late_answer_that_meets_the_last_level_acknowledges_at_once() -> None:
    """B3: acknowledged if the last level that notified anyone met its rule, whatever its `then`."""
    played = night(level("Coord", "ana"), cast=(coordinator("ana"),)).at(20, acknowledged("ana"))

    assert played.status is Status.ACKNOWLEDGED


def test_later_rounds_skip_levels_that_are_met_and_contacts_who_have_answered() -> None:
    """B3: later rounds skip levels whose rule is met and contacts who have answered."""
    cast = (coordinator("ana"),)
    all_three = level("Two", "b", "c", "d", acknowledge="all")
    played = night(level("Coord", "ana"), all_three, cast=cast)
    played.at(1, acknowledged("ana")).until(10).forget().at(11, acknowledged("b"), declined("c")).until(40)

    # Who declined without a deputy makes the rule hopeless, so the round ends where it began.
    assert played.told == ["11 office sms", "26 d sms", "26 office sms"]


def test_a_relay_is_no_answer_for_rounds() -> None:
    """B3: a relay is no answer for rounds."""
    played = night(level("One", "ana")).at(1, relayed("ana")).until(25)

    assert played.told == ["0 ana sms", "10 office sms", "25 ana sms"]


def test_a_number_that_relayed_or_is_bad_is_not_used_in_later_rounds() -> None:
    """B3: those of the number that relayed are over; a stale number is used no more."""
    kind = contact("ana").methods[0].kind
    usable, unusable = (night(level("One", "ana", "bob")) for _ in range(2))
    unusable.at(1, relayed("ana", "+ana"), Failed("bob", 0, (kind,)))
    later = [{line.split()[1] for line in played.forget().until(60).told} for played in (usable, unusable)]

    assert later == [{"ana", "bob", "office"}, {"office"}]


def test_a_level_of_only_who_has_passed_it_on_is_passed_over_for_the_deputy_or_the_next() -> None:
    """B3: what can notify nobody takes no time, and comes back with the number whose relay is revoked."""
    levels = [level("One", "ana", "bob"), level("Two", "ana"), level("Three", "bob")]
    alone, deputised = (night(*levels, cast=(contact("ana", deputy=each), contact("luis"))) for each in (None, "luis"))
    for played in (alone, deputised):
        played.at(1, relayed("ana", "+ana")).until(10)

    assert alone.opened() == ["0 One", "10 Three"]
    assert (deputised.opened()[-1], deputised.told[-1]) == ("10 Two", "10 luis sms")
    assert deputised.at(11, Withdrawn("ana")).told[-1] == "11 ana sms"


def test_a_new_round_ends_what_the_last_one_still_had_to_ring() -> None:
    """B1: after its rounds the tree rests but for coordination."""
    played = night(level("One", "ana", repeat=(20, 3)), rounds=1).until(70)

    assert [line for line in played.told if "ana" in line] == ["0 ana sms", "20 ana sms again"]


def test_a_stand_in_of_an_earlier_round_rings_only_when_it_is_needed_again() -> None:
    """B3: the deputy is told after the silence of each round."""
    cast = (contact("ana", deputy="luis"), contact("luis"))
    played = night(level("One", "ana", repeat=(8, 2)), cast=cast).until(42)

    assert [line for line in played.told if "luis" in line] == ["16 luis sms", "24 luis sms again", "41 luis sms"]


def test_one_who_stood_in_before_answers_for_both_in_the_next_round() -> None:
    """B3: a deputy answers for its contact, whichever round told it."""
    cast = (contact("ana", deputy="luis"), contact("luis"))
    played = night(level("One", "ana", "luis", acknowledge="all"), cast=cast).until(25)

    assert played.at(26, acknowledged("luis")).status is Status.ACKNOWLEDGED


def test_a_last_resort_has_no_level_to_give_way_to() -> None:
    """A2: it is told again in the next round, for ever."""
    played = night(level("One", "ana")).at(1, declined("ana")).at(2, declined("office")).until(16)

    assert played.told == ["0 ana sms", "1 office sms", "16 office sms"]
    assert [line for line in played.history if "level_gave_way" in line] == ["1 level_gave_way One"]


def test_the_first_use_in_each_round_is_an_alert() -> None:
    """B4: a repeat is a reminder; a new round begins with the alert again."""
    played = night(level("One", "ana", repeat=(3, 1))).until(28)

    kinds = [send.kind for step in played.steps for send in step.sends if send.contact == "ana"]
    assert kinds == [Kind.ALERT, Kind.REMINDER] * 2


def test_an_escalation_of_nobody_begins_at_its_last_resort() -> None:
    """A2: an incident never resolves to nobody: scheduled → unanswered, and rounds."""
    cast = (embassy("abroad", "ES"),)
    played = night(level("One", "abroad"), cast=cast, known={"consent": Scope.NATIONAL}).until(45)

    assert played.told == ["0 office sms", "15 office sms", "45 office sms"]
    assert played.status is Status.UNANSWERED


def test_where_nobody_at_all_may_be_told_it_still_comes_back() -> None:
    """A2: nobody forgets."""
    played = night(
        level("One", "abroad"), cast=(embassy("abroad", "ES"),), known={"consent": Scope.INTERNAL}, last_resort=()
    )

    assert (played.told, played.due) == ([], 15)
