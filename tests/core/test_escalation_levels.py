"""How a level runs: its methods, its repeats, its rule, and what comes after it (B3 Level, Rule)."""

from typing import Any

import pytest

from alertnet.core.directory.contact_tree import Quota, Then
from alertnet.core.escalation.state import Delayed, Failed, LetThrough, Status, Withdrawn
from alertnet.core.incident import Scope
from tests.core.cast import (
    Night,
    acknowledged,
    call,
    contact,
    coordinator,
    declined,
    email,
    embassy,
    level,
    plan_of,
    relayed,
    sms,
    tree,
)
from tests.core.cast import (
    night_of as night,
)

ANA = contact("ana", sms("+1"), call("+1", 3), email("ana@pbi.example", 3))


# Methods and repeats


def test_each_method_runs_at_the_start_of_the_level_and_its_own_after() -> None:
    """B3: each contact's methods run at level start + `after`; due = start + wait (A7)."""
    played = night(level("One", "ana", wait=10), level("Two", "bob"), cast=(ANA,)).until(10)

    assert played.told == ["0 ana sms", "3 ana call", "3 ana email", "10 bob sms"]
    assert played.opened() == ["0 One", "10 Two"]


def test_methods_count_from_the_level_not_from_the_incident() -> None:
    """B1: `after` counts from the level's start."""
    played = night(level("One", "bob", wait=7), level("Two", "ana"), cast=(ANA,)).until(12)

    assert played.told == ["0 bob sms", "7 ana sms", "10 ana call", "10 ana email"]


def test_repeats_use_the_telephones_that_were_used_strictly_before() -> None:
    """B3: at start + k x every, k = 1 … times, the sms and call methods first used strictly before that moment."""
    played = night(level("One", "ana", repeat=(3, 2)), cast=(ANA,)).until(60)

    assert played.told[:6] == [
        "0 ana sms",
        "3 ana call",
        "3 ana email",
        "3 ana sms again",
        "6 ana sms again",
        "6 ana call again",
    ]


def test_mail_is_never_repeated() -> None:
    """B3: `repeat` uses again the sms and call methods."""
    bob = contact("bob", email("bob@ngo.example"))

    assert night(level("One", "bob", repeat=(2, 3)), cast=(bob,)).until(14).told == ["0 bob email"]


def test_a_bad_number_is_not_repeated_but_a_busy_one_is() -> None:
    """B3: never a number that is invalid, opted out or stale."""
    kinds = (ANA.methods[0].kind,)
    busy = night(level("One", "ana", repeat=(4, 1)), cast=(ANA,)).at(1, Failed("ana", 0)).until(9)
    bad = night(level("One", "ana", repeat=(4, 1)), cast=(ANA,)).at(1, Failed("ana", 0, kinds)).until(9)

    assert busy.told == ["0 ana sms", "1 ana call", "3 ana email", "4 ana sms again", "4 ana call again"]
    assert bad.told == ["0 ana sms", "1 ana call", "3 ana email", "4 ana call again"]


def test_a_number_that_lets_us_through_again_is_told_at_once_and_repeated() -> None:
    """B3: whoever sent STOP, and then START, is reached by SMS as before."""
    kinds, number = (ANA.methods[0].kind,), ANA.methods[0].address
    refused = night(level("One", "ana", wait=30, repeat=(4, 2)), cast=(ANA,)).at(1, Failed("ana", 0, kinds))
    back = night(level("One", "ana", wait=30, repeat=(4, 2)), cast=(ANA,)).at(1, Failed("ana", 0, kinds))

    assert [each for each in refused.until(9).told if "sms" in each] == ["0 ana sms"]
    told = back.at(6, LetThrough(number)).until(9).told
    assert [each for each in told if "sms" in each] == ["0 ana sms", "6 ana sms", "8 ana sms again"]


def test_who_has_answered_is_not_rung_again() -> None:
    """B3: an acknowledgement ends that contact's methods and repeats, and nobody else's."""
    both = level("One", "ana", "bob", acknowledge="all", repeat=(4, 1))
    played = night(both, cast=(ANA, contact("bob"))).at(1, acknowledged("ana")).until(9)

    assert played.told == ["0 ana sms", "0 bob sms", "4 bob sms again"]


def test_a_relay_ends_only_the_number_that_relayed() -> None:
    """B3: a relay ends only the methods and repeats of the number that relayed."""
    two = contact("two", sms("+1"), call("+2", 3), email("two@ngo.example", 5))
    played = night(level("One", "two", repeat=(4, 1)), cast=(two,)).at(1, relayed("two", "+1")).until(9)

    assert played.told == ["0 two sms", "3 two call", "4 two call again", "5 two email"]


def test_for_whom_a_phone_relayed_is_known() -> None:
    """B3: to another who answered, the same phone may still have to pass it on."""
    both = (contact("ana", sms("+1")), contact("bob", sms("+1")))
    played = night(level("One", "ana", "bob"), cast=both).at(1, relayed("ana", "+1"), declined("bob"))
    state = played.state

    assert (state.relayed_by("ana"), state.relayed_by("bob")) == (("+1",), ())


def test_a_relay_that_was_taken_back_is_over_whatever_its_contact_answers_then() -> None:
    """A2: "passed on" that was revoked silences no phone; what the same phone passed on for others stays so."""
    both = (contact("ana", sms("+1")), contact("bob", sms("+1")))
    played = night(level("One", "ana", "bob"), cast=both).at(1, relayed("ana", "+1"), relayed("bob", "+1"))
    played.at(2, Withdrawn("ana"), declined("ana"))

    state = played.state
    assert (state.relayed_by("ana"), state.relayed_by("bob")) == ((), ("+1",))
    played.at(3, Withdrawn("bob"), declined("bob"))
    assert played.state.relayed == ()


def test_a_relay_takes_the_place_of_no_answer() -> None:
    """B3: relays never count, and take nothing back."""
    played = night(level("One", "ana", repeat=(4, 1)), cast=(ANA,))
    played.at(1, acknowledged("ana"), relayed("ana", "+1")).until(9)

    assert played.status is Status.ACKNOWLEDGED


# The rule


@pytest.mark.parametrize(
    ("quota", "answers", "met"),
    [
        ("any", ["a1"], True),
        ("all", ["a1", "a2"], False),
        ("all", ["a1", "a2", "b"], True),
        ("each_organisation", ["a1", "a2"], False),
        ("each_organisation", ["a2", "b"], True),
        (2, ["a1"], False),
        (2, ["a1", "a2"], True),
        (9, ["a1", "a2"], False),
        (9, ["a1", "a2", "b"], True),
    ],
)
def test_the_rule_says_how_many_must_acknowledge(quota: Quota, answers: list[str], met: bool) -> None:
    """B1: any (default) | all | each_organisation | a number; N beyond those left means all of them."""
    cast = (contact("a1", organisation="A"), contact("a2", organisation="A"), contact("b", organisation="B"))
    played = night(level("One", "a1", "a2", "b", acknowledge=quota), cast=cast)
    played.at(1, *(acknowledged(id) for id in answers))

    assert (played.status is Status.ACKNOWLEDGED) == met


def test_the_rule_is_about_those_left_after_pruning() -> None:
    """B3: over the contacts notified in that level after pruning."""
    pair = tree([level("One", "ana", "abroad", acknowledge="all")], [ANA, embassy("abroad", "ES")])
    played = Night(plan_of(pair, consent=Scope.NATIONAL)).at(1, acknowledged("ana"))

    assert played.status is Status.ACKNOWLEDGED


@pytest.mark.parametrize("answer", [declined("ana"), relayed("ana")], ids=["declined", "relayed"])
def test_relays_and_declines_never_count(answer: Any) -> None:
    """B3: relays and declines never count."""
    played = night(level("One", "ana", "bob"), cast=(ANA,)).at(1, answer)

    assert played.status is Status.RUNNING


def test_a_met_level_that_stops_acknowledges_the_escalation() -> None:
    """B3: rule met → all methods and repeats of the level end; `then: stop`: the escalation is acknowledged (A4)."""
    played = night(level("One", "ana", "bob"), level("Two", "eva"), cast=(ANA,)).at(2, acknowledged("bob")).until(999)

    assert played.told == ["0 ana sms", "0 bob sms"]
    assert (played.status, played.due_at) == (Status.ACKNOWLEDGED, None)


def test_a_met_level_that_goes_on_opens_the_next_at_its_own_due_time() -> None:
    """B3: `then: next`: the next level opens at its own due time; its methods and repeats end."""
    first = level("One", "ana", "bob", then=Then.NEXT, repeat=(2, 4))
    played = night(first, level("Two", "eva"), cast=(ANA,)).at(1, acknowledged("ana")).until(10)

    assert played.told == ["0 ana sms", "0 bob sms", "10 eva sms"]
    assert played.status is Status.RUNNING


def test_coordinators_alone_make_a_level_go_on() -> None:
    """B1: next is the default where all are coordinators."""
    played = night(level("Coordination", "ana"), level("Two", "eva"), cast=(coordinator("ana"),))
    played.at(1, acknowledged("ana")).until(10)

    assert played.opened() == ["0 Coordination", "10 Two"]


def test_a_late_answer_counts_for_the_level_that_notified_it() -> None:
    """B3: a late answer counts for the level that notified it."""
    played = night(level("One", "ana"), level("Two", "bob"), cast=(ANA,)).at(14, acknowledged("ana"))

    assert played.status is Status.ACKNOWLEDGED
    assert played.history[-1] == "14 escalation_acknowledged One"


def test_who_acknowledged_in_an_earlier_level_is_not_told_again_by_a_later_one_but_counts_there() -> None:
    """B3: who acknowledged in an earlier level isn't told again by a later one, but counts there."""
    first = level("One", "ana", then=Then.NEXT)
    second = level("Two", "ana", "bob", acknowledge=2)
    played = night(first, second, cast=(contact("ana"),)).at(1, acknowledged("ana")).until(12)

    assert played.told == ["0 ana sms", "10 bob sms"]
    assert played.at(12, acknowledged("bob")).status is Status.ACKNOWLEDGED


def test_a_level_that_earlier_answers_have_met_already_tells_nobody() -> None:
    """B3: an answer of another tree, or of an earlier level, counts where the level would open."""
    played = night(level("One", "ana", then=Then.NEXT), level("Two", "ana", "bob")).at(1, acknowledged("ana")).until(10)

    assert played.told == ["0 ana sms"]
    assert played.status is Status.ACKNOWLEDGED


def test_a_changed_answer_counts_as_it_is_now() -> None:
    """B4: what was recorded can be changed while the incident is open."""
    played = night(level("One", "ana", "bob", acknowledge="all")).at(1, declined("ana"), acknowledged("ana"))

    assert played.at(2, acknowledged("bob")).status is Status.ACKNOWLEDGED


# Giving way


@pytest.mark.parametrize(
    ("quota", "answers", "gives_way"),
    [
        ("any", [declined("ana")], False),
        ("any", [declined("ana"), declined("bob")], True),
        ("all", [declined("ana")], True),
        ("each_organisation", [declined("ana")], True),
        (2, [declined("ana")], True),
        ("all", [relayed("ana", "+1")], False),
    ],
)
def test_a_hopeless_level_gives_way_at_once(quota: Quota, answers: list[Any], gives_way: bool) -> None:
    """B3: when no contact left can meet the rule the level gives way at once: the next opens now."""
    played = night(level("One", "ana", "bob", acknowledge=quota), level("Two", "eva")).at(4, *answers)

    assert played.opened() == (["0 One", "4 Two"] if gives_way else ["0 One"])


def test_a_level_where_nobody_can_be_reached_gives_way() -> None:
    """B3: or nobody can be reached; a contact whose methods have all failed can't meet a rule."""
    played = night(level("One", "ana"), level("Two", "eva"), cast=(ANA,))
    played.at(1, Failed("ana", 0)).at(2, Failed("ana", 1)).at(4, Failed("ana", 2))

    assert played.told == ["0 ana sms", "1 ana call", "2 ana email", "4 eva sms"]


def test_silence_is_no_failure() -> None:
    """B3: silence is no failure: only what the provider reports is."""
    assert night(level("One", "ana"), level("Two", "eva")).until(9).opened() == ["0 One"]


def test_after_a_level_gave_way_its_other_methods_go_on_and_answers_count() -> None:
    """B3: the others' methods go on and their answers count."""
    both = level("One", "ana", "bob", acknowledge="all")
    played = night(both, level("Two", "eva", wait=30), cast=(ANA,)).at(1, declined("bob")).until(5)

    assert played.told == ["0 ana sms", "0 bob sms", "1 eva sms", "3 ana call", "3 ana email"]
    assert played.at(6, acknowledged("ana"), acknowledged("bob")).status is Status.ACKNOWLEDGED


def test_levels_that_give_way_one_after_the_other_open_at_the_same_moment() -> None:
    """B3: the next opens now, however many of them can't reach anybody."""
    played = night(
        level("One", "ana"),
        level("Two", "twin"),
        level("Three", "eva"),
        cast=(
            contact("ana", sms("+1")),
            contact("twin", sms("+1")),
        ),
    )
    played.at(2, Failed("ana", 0, (ANA.methods[0].kind,)))

    assert played.opened() == ["0 One", "2 Two", "2 Three"]


# Failures and hand-over


def test_a_failed_method_brings_the_next_forward_and_later_ones_keep_their_times() -> None:
    """B3: a method that fails brings the contact's next unused method forward to now, later ones keep their times."""
    three = contact("three", sms("+1"), call("+2", 4), email("three@ngo.example", 8))
    played = night(level("One", "three"), cast=(three,)).at(1, Failed("three", 0)).until(9)

    assert played.told == ["0 three sms", "1 three call", "8 three email"]


@pytest.mark.parametrize("again", [Failed("three", 0), Failed("three", 0, (ANA.methods[0].kind,))], ids=["same", "bad"])
def test_the_same_method_brings_the_next_forward_once(again: Any) -> None:
    """B3: a repeat that fails too brings nothing forward twice."""
    three = contact("three", sms("+1"), call("+2", 4), email("three@ngo.example", 8))
    played = night(level("One", "three", repeat=(2, 1)), cast=(three,))
    played.at(1, Failed("three", 0)).at(3, again).until(9)

    assert played.told == ["0 three sms", "1 three call", "2 three sms again", "2 three call again", "8 three email"]


def test_a_method_that_was_not_used_brings_nothing_forward() -> None:
    """B3: hand-over is about methods that were used."""
    played = night(level("One", "ana"), cast=(ANA,)).at(1, Failed("ana", 1)).until(2)

    assert played.told == ["0 ana sms"]


def test_a_bad_number_is_bad_for_whoever_has_it() -> None:
    """B3: a stale number is used no more, in this level and later ones."""
    sharing = contact("sharing", sms("+1"), email("s@ngo.example", 5))
    played = night(level("One", "ana"), level("Two", "sharing"), cast=(ANA, sharing))
    played.at(1, Failed("ana", 0, (ANA.methods[0].kind,))).until(16)

    assert "10 sharing sms" not in played.told
    assert played.told[-1] == "15 sharing email"


def test_a_wrong_person_is_not_the_contacts_decline() -> None:
    """B3: `wrong_person` fails the method and marks the number stale; it is never the contact's decline."""
    every_kind = tuple(method.kind for method in ANA.methods)
    played = night(level("One", "ana"), cast=(ANA,)).at(1, Failed("ana", 0, every_kind)).until(2)

    assert played.told == ["0 ana sms", "1 ana email"]
    assert played.state.answers == {}


def test_while_the_provider_is_away_the_next_method_goes_once() -> None:
    """A11: provider away: attempts wait, the next method goes."""
    three = contact("three", sms("+1"), call("+2", 4), email("three@ngo.example", 8))
    played = night(level("One", "three"), cast=(three,))
    played.at(1, Delayed("three", 0)).at(2, Delayed("three", 0)).at(3, Failed("three", 0)).until(5)

    assert played.told == ["0 three sms", "1 three call"]


def test_a_failure_after_the_answer_brings_nothing_forward() -> None:
    """A4: a late report of a failure makes no alert leave."""
    played = night(level("One", "ana", "bob", acknowledge="all"), cast=(ANA,))
    played.at(1, acknowledged("ana"), Failed("ana", 0)).until(5)

    assert played.told == ["0 ana sms", "0 bob sms"]


def test_an_answer_and_a_failure_at_the_same_instant_make_no_alert_whatever_their_order() -> None:
    """A4: who has answered is not told by the next method."""
    played = night(level("One", "ana", "bob", acknowledge="all"), cast=(ANA,))
    played.at(1, Failed("ana", 0), acknowledged("ana"))

    assert played.told == ["0 ana sms", "0 bob sms"]


def test_the_alert_is_worthless_after_the_level() -> None:
    """Issue: ValidityPeriod = time to the level's end, but never less than a message needs."""
    late = contact("late", sms("+1"), call("+1", 9))
    played = night(level("One", "late", wait=10), cast=(late,)).until(9)
    validity = [(send.expires_at - send.at).total_seconds() / 60 for step in played.steps for send in step.sends]

    assert validity == [10, 5]
