"""Starting, outages, and the order of things at one instant (A7, B1 start)."""

from functools import partial
from typing import Any

import pytest

from alertnet.core.directory.contact_tree import NeedsGo, Start
from alertnet.core.escalation.state import Asked, Event, Failed, Go, Status
from alertnet.core.incident import Severity
from tests.core.cast import (
    NOW,
    acknowledged,
    call,
    contact,
    coordinator,
    declined,
    email,
    level,
    minutes,
    night_of,
    sms,
)

ANA = contact("ana", sms("+1"), call("+1", 3), email("ana@pbi.example", 6))
CRITICAL = {"severity": Severity.CRITICAL}


night = partial(night_of, cast=(ANA,))


# Start


def test_a_tree_starts_after_its_delay() -> None:
    """B1: `start: {after: 30m}`."""
    played = night(level("One", "bob"), start=Start(minutes(30))).until(40)

    assert played.opened() == ["30 One"]


def test_until_then_it_is_scheduled() -> None:
    """B3: `scheduled` (start.after)."""
    played = night(level("One", "bob"), start=Start(minutes(30))).until(29)

    assert (played.status, played.due) == (Status.SCHEDULED, 30)


UNLESS = Start(minutes(30), unless_acknowledged=True)


def test_alone_it_starts_at_once() -> None:
    """B1: `{after: 30m, unless: acknowledged}`: alone, it starts at once."""
    assert night(level("One", "bob"), start=UNLESS).told == ["0 bob sms"]


def test_beside_others_it_starts_after_its_delay_if_they_are_not_acknowledged() -> None:
    """B1: if by then every other escalation is acknowledged it stays scheduled; else it starts."""
    assert night(level("One", "bob"), start=UNLESS, alone=False).until(30).told == ["30 bob sms"]


def test_while_all_others_are_acknowledged_it_stays_scheduled_and_looks_again() -> None:
    """B1: and looks again when one of them leaves that state."""
    played = night(level("One", "bob"), start=UNLESS, alone=False)
    played.others_acknowledged = True
    played.until(300)
    assert (played.status, played.told) == (Status.SCHEDULED, [])
    assert played.due is not None

    played.others_acknowledged = False
    played.at(305).until(315)

    assert played.told == ["305 bob sms"]
    assert played.status is Status.UNANSWERED


def test_others_that_are_acknowledged_too_early_do_not_put_off_the_look_at_the_right_time() -> None:
    """B1: if *by then* every other escalation is acknowledged."""
    played = night(level("One", "bob"), start=UNLESS, alone=False)
    played.others_acknowledged = True

    assert played.at(1).due == 30


def test_an_answer_given_in_another_tree_counts_from_the_start() -> None:
    """B1: it and the answer count in each; scheduled → acknowledged."""
    played = night(level("One", "ana"), start=Start(minutes(5))).at(1, acknowledged("ana")).until(60)

    assert (played.status, played.told) == (Status.ACKNOWLEDGED, [])


# Order


def test_an_answer_at_the_instant_of_a_due_time_comes_first() -> None:
    """A7: a due row and an answer at the same instant: the answer first."""
    played = night(level("One", "ana"), level("Two", "bob")).at(10, acknowledged("ana"))

    assert "10 bob sms" not in played.told
    assert played.status is Status.ACKNOWLEDGED


def test_what_was_due_before_an_event_comes_before_it() -> None:
    """A7: a level starts at its planned moment, however late it is looked at."""
    played = night(level("One", "bob"), level("Two", "ana"))
    played.sleep_until(10.5, Failed("bob", 0))

    assert [run.opened_at for run in played.state.runs][1] == played.state.start_at + minutes(10)


def test_a_failure_brings_forward_what_was_still_to_come_at_that_instant() -> None:
    """A7: the call was due before the failure, so the mail is what comes next."""
    played = night(level("One", "ana"), cast=(ANA,)).until(2).sleep_until(3.5, Failed("ana", 0))

    assert played.told == ["0 ana sms", "3.5 ana call", "3.5 ana email"]


def test_a_number_that_turns_out_bad_is_not_used_at_the_same_instant() -> None:
    """B3: a stale number is used no more, not even by what was due half a minute ago."""
    twin = contact("twin", sms("+1"), email("twin@ngo.example", 1))
    played = night(level("One", "ana"), level("Two", "twin"), cast=(ANA, twin)).until(6)
    played.sleep_until(10.5, Failed("ana", 0, (ANA.methods[0].kind,)))

    assert "10.5 twin email" in played.told
    assert not any("twin sms" in line for line in played.told)


def test_an_answer_takes_back_what_became_due_with_it() -> None:
    """A4: no alert leaves once it is acknowledged, not even one that is half a minute late."""
    played = night(level("One", "ana"), level("Two", "bob")).until(6)
    played.sleep_until(10.5, acknowledged("ana"))

    assert "10.5 bob sms" not in played.told
    assert played.status is Status.ACKNOWLEDGED


def test_up_to_a_minute_late_a_level_keeps_its_planned_moment() -> None:
    """A7: never at processing time; due = start + wait."""
    played = night(level("One", "bob"), level("Two", "ana", wait=10), level("Three", "eva"))
    played.sleep_until(11).until(20)

    assert played.opened() == ["0 One", "11 Two", "20 Three"]


# Outages


def test_a_level_that_starts_later_than_that_has_its_clock_begin_then() -> None:
    """A7: for the others that holds for any level that starts more than 60 s late."""
    played = night(level("One", "bob"), level("Two", "ana"), level("Three", "eva")).sleep_until(25).until(35)

    assert played.opened() == ["0 One", "25 Two", "35 Three"]
    assert [line for line in played.told if "ana" in line] == ["25 ana sms", "28 ana call", "31 ana email"]


def test_critical_levels_that_are_overdue_open_together() -> None:
    """A7: they open together, the last one's clock beginning when its messages are queued."""
    levels = (level("One", "bob"), level("Two", "eva"), level("Three", "ana"), level("Four", "zoe"))
    played = night(*levels, known=CRITICAL).sleep_until(25).until(35)

    assert played.opened() == ["0 One", "25 Two", "25 Three", "35 Four"]
    assert [line for line in played.told if "ana" in line] == ["25 ana sms", "28 ana call", "31 ana email"]


def test_a_critical_level_whose_time_was_over_in_a_short_outage_has_it_all_the_same() -> None:
    """A7: the clock of the last one begins when its messages are queued, also less than a minute late."""
    levels = (level("One", "bob", wait=0.25), level("Two", "eva", wait=0.25), level("Three", "ana", wait=0.25))
    played = night(*levels, known=CRITICAL).sleep_until(1)

    assert played.opened() == ["0 One", "1 Two", "1 Three"]
    assert played.status is Status.RUNNING
    assert played.until(1.25).status is Status.UNANSWERED


def test_a_critical_level_whose_time_is_not_over_is_the_last() -> None:
    """A7: only what is overdue opens."""
    levels = (level("One", "bob"), level("Two", "ana", wait=30), level("Three", "eva"))
    played = night(*levels, known=CRITICAL).sleep_until(25)

    assert played.opened() == ["0 One", "25 Two"]


def test_overdue_methods_and_repeats_shrink_to_one_message_for_each_method() -> None:
    """A7: overdue methods and repeats of a contact shrink to one message per method."""
    played = night(level("One", "ana", wait=60, repeat=(2, 20))).sleep_until(30)

    assert played.told == ["0 ana sms", "30 ana sms again", "30 ana call", "30 ana email"]
    assert played.until(32).told[4:] == ["32 ana sms again", "32 ana call again"]


def test_somebody_in_two_levels_that_open_together_is_told_once() -> None:
    """A7: one message for each contact and method in one step."""
    levels = (level("One", "bob"), level("Two", "ana"), level("Three", "ana", "eva"))
    played = night(*levels, known=CRITICAL).sleep_until(25)

    assert sorted(played.told) == sorted(["0 bob sms", "25 ana sms", "25 ana call", "25 ana email", "25 eva sms"])


def test_a_message_that_is_late_has_time_left() -> None:
    """A7: what runs after an outage must still be worth sending."""
    played = night(level("One", "bob"), level("Two", "ana"), level("Three", "eva"), known=CRITICAL).sleep_until(25)
    now = played.state.start_at + minutes(25)

    assert all(send.expires_at > now for send in played.steps[-1].sends)


@pytest.mark.parametrize("known", [None, CRITICAL], ids=["serious", "critical"])
def test_no_round_starts_inside_an_outage(known: Any) -> None:
    """A7: no round starts inside an outage: one has been eaten, not ten."""
    played = night(level("One", "ana"), known=known, last_resort=("office",)).sleep_until(600)

    assert played.state.round == 1
    assert played.status is Status.UNANSWERED
    assert played.due == 615


def test_a_round_that_was_due_in_an_outage_begins_after_it() -> None:
    """A7: what is overdue runs once."""
    played = night(level("One", "bob")).until(10).sleep_until(300).until(310)

    assert played.opened() == ["0 One", "300 One"]
    assert (played.state.round, played.due) == (2, 340)


@pytest.mark.parametrize(("looked_at", "second"), [(35.5, 45), (300, 310)], ids=["half a minute late", "outage"])
def test_the_levels_of_a_round_count_from_its_moment_or_from_the_end_of_the_outage(
    looked_at: float, second: float
) -> None:
    """A7: a little late moves nothing, and of a round that begins late no level is overdue."""
    played = night(level("One", "bob"), level("Two", "eva"), known=CRITICAL).until(20).sleep_until(looked_at)

    assert played.until(second).opened()[2:] == [f"{looked_at:g} One", f"{second:g} Two"]


def test_after_an_outage_the_answer_comes_before_all_that_is_overdue() -> None:
    """A7, A4: what nobody could do in time is not done once it is needless."""
    levels = (level("One", "ana"), level("Two", "bob"), level("Three", "eva"))
    played = night(*levels, known=CRITICAL).sleep_until(25, acknowledged("ana"))

    assert played.opened() == ["0 One"]
    assert played.told == ["0 ana sms"]


@pytest.mark.parametrize(
    ("before", "event"),
    [((), declined("eva")), ((), Failed("eva", 0)), ((acknowledged("eva"),), declined("eva")), ((), Asked(0))],
    ids=["a no", "a failure", "a no that takes back", "nothing, and its time comes"],
)
def test_what_is_due_while_all_stands_still_waits_whatever_made_it_due(before: Any, event: Event) -> None:
    """A4: a later answer may not be read yet (after a restore)."""
    played = night(level("One", "eva"), level("Two", "bob")).at(7, *before)
    played.held_until = NOW + minutes(12)

    assert (played.at(8, event).until(11).told, played.due) == (["0 eva sms"], 12)

    played.held_until = None
    assert played.until(12).told[1:] == ["12 bob sms"]


def test_a_decline_after_an_outage_keeps_the_overdue_levels_together() -> None:
    """A7: their planned moments are those they had."""
    levels = (level("One", "ana"), level("Two", "bob"), level("Three", "eva"))
    played = night(*levels, known=CRITICAL).sleep_until(30, declined("ana"))

    assert played.opened() == ["0 One", "30 Two", "30 Three"]


def test_a_question_that_is_late_counts_from_when_it_is_asked() -> None:
    """A7, B3: a go that was due in an outage is asked for after it."""
    gated = level("Two", "bob", needs_go=NeedsGo(proceed_after=minutes(20)))
    played = night(level("One", "ana"), gated).sleep_until(60)

    assert played.asked == ["60 Two 80"]


def test_a_question_is_not_asked_about_a_level_that_opened_meanwhile() -> None:
    """B3: nobody is asked what has been decided."""
    gated = level("Two", "bob", needs_go=NeedsGo(proceed_after=minutes(5)))
    played = night(level("One", "ana"), gated, known=CRITICAL).sleep_until(60)

    assert played.asked == []
    assert played.opened() == ["0 One", "60 Two"]


def test_a_deputy_that_is_late_has_its_time_too() -> None:
    """A7: its clock begins when it is told."""
    cast = (contact("bob", deputy="luis"), contact("luis", sms("+2"), call("+2", 4), deputy="eva"), contact("eva"))
    played = night(level("One", "bob", wait=10), level("Two", "zoe", wait=90), cast=cast).sleep_until(60).until(63)

    assert [line for line in played.told if "zoe" not in line] == ["0 bob sms", "60 luis sms"]
    assert "64 luis call" in played.until(64).told


def test_looking_twice_at_the_same_instant_does_nothing() -> None:
    """A5: hardly ever twice."""
    played = night(level("One", "ana"), level("Two", "bob")).until(10)
    before = played.state
    played.forget().at(10)

    assert (played.told, played.history, played.state) == ([], [], before)


def test_an_unsent_question_of_an_acknowledged_level_is_forgotten() -> None:
    """A4: an answer ends the wait, whatever arrives after it."""
    gated = level("Two", "bob", needs_go=NeedsGo(proceed_after=minutes(5)))
    played = night(level("One", "ana"), gated).until(10).at(12, acknowledged("ana")).at(13, Asked(1)).until(60)

    assert played.status is Status.ACKNOWLEDGED


def test_a_go_during_an_outage_opens_its_level_once() -> None:
    """A7: what is overdue runs once."""
    played = night(level("One", "ana"), level("Two", "bob")).sleep_until(30, Go(1)).until(35)

    assert [line for line in played.told if "bob" in line] == ["30 bob sms"]


def test_an_unmet_coordination_does_not_hold_up_the_levels_after_it() -> None:
    """A2: a level is due at the end of the one before it, answered or not."""
    played = night(level("Coord", "boss"), level("Two", "bob"), cast=(coordinator("boss"),)).until(10)

    assert played.told == ["0 boss sms", "10 bob sms"]
