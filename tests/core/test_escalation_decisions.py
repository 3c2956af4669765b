"""Waiting for a coordinator: go, hold, refuse, the automatic time, unverified incidents (B3 Go, Unverified)."""

from functools import partial
from typing import Any

import pytest

from alertnet.core.directory.contact_tree import NeedsGo, Start, Then
from alertnet.core.escalation.advance import begin_escalation, stop
from alertnet.core.escalation.coming import ComingLevel, Until, coming_level
from alertnet.core.escalation.state import Asked, Failed, Go, Hold, PlanChanged, Refuse, Status, Unopened
from alertnet.core.incident import Severity
from tests.core.cast import (
    NOW,
    Night,
    acknowledged,
    call,
    contact,
    coordinator,
    level,
    minutes,
    night_of,
    plan_of,
    sms,
    tree,
)

GATED = NeedsGo(proceed_after=minutes(20))
CAST = (coordinator("ana"), contact("bob"))


night = partial(night_of, cast=CAST)


def waiting(needs_go: NeedsGo = GATED, **known: Any) -> Night:
    """Coordination for ten minutes, then a level that waits for a go, then one more."""
    levels = (level("Coord", "ana"), level("Two", "bob", needs_go=needs_go), level("Three", "eva"))
    return night(*levels, known=known)


def unanswerable(needs_go: NeedsGo = GATED) -> Night:
    """The same, with a last resort for what nobody can be asked."""
    levels = (level("Coord", "ana"), level("Two", "bob", needs_go=needs_go), level("Three", "eva"))
    return night(*levels, last_resort=("desk",))


def test_a_gated_level_asks_when_it_is_due_and_tells_nobody() -> None:
    """B3: a question is asked when its level is due; `proceed_after` counts from there."""
    played = waiting().until(29)

    assert played.asked == ["10 Two 30"]
    assert played.told == ["0 ana sms"]
    assert played.status is Status.WAITING_FOR_GO


def test_a_go_opens_the_level_at_once() -> None:
    """B3: waiting_for_go → running (go)."""
    played = waiting().at(12, Go(1)).until(22)

    assert played.opened() == ["0 Coord", "12 Two", "22 Three"]
    assert played.status is Status.RUNNING


def test_without_a_decision_it_proceeds_at_its_automatic_time() -> None:
    """B3: waiting_for_go → running (`proceed_after`)."""
    played = waiting().at(10.5, Asked(1)).until(40)

    assert played.opened() == ["0 Coord", "30 Two", "40 Three"]


def test_without_an_automatic_time_it_waits_and_is_never_forgotten() -> None:
    """A2: it has a next due time even while it waits for a person alone."""
    played = waiting(NeedsGo()).at(10.5, Asked(1)).until(2000)

    assert played.asked == ["10 Two never"]
    assert played.opened() == ["0 Coord"]
    assert played.due is not None


def test_a_question_that_reaches_nobody_counts_as_asked_and_last_resort_is_told() -> None:
    """A2: waiting for coordinators whom nothing reaches helps nobody."""
    played = unanswerable().at(10.5, Asked(1, reached=False)).until(40)

    assert played.opened() == ["0 Coord", "30 Two", "40 Three"]
    assert [line for line in played.told if "desk" in line] == ["10.5 desk sms"]


def test_last_resort_is_told_again_only_once_it_has_had_its_time() -> None:
    """A2: after fifteen minutes, then thirty, however often the question fails."""
    played = unanswerable(NeedsGo())
    for minute in (10.5, 11, 20, 25, 26, 60):
        played.at(minute, Asked(1, reached=False))

    assert [line for line in played.told if "desk" in line] == ["10.5 desk sms", "25.5 desk sms", "55.5 desk sms"]


def test_what_is_acknowledged_tells_no_last_resort() -> None:
    """A4: somebody has taken charge."""
    played = unanswerable().at(10.5, Asked(1, reached=False))
    before = [line for line in played.told if "desk" in line]
    played.at(11, acknowledged("desk")).at(50, Asked(1, reached=False))

    assert len(before) == 1
    assert played.status is Status.ACKNOWLEDGED
    assert [line for line in played.told if "desk" in line] == before


def test_a_hold_ends_the_automatic_time_for_good() -> None:
    """B3: HOLD ends the automatic time for good, in later rounds too."""
    levels = (level("Coord", "ana"), level("Two", "bob", needs_go=GATED))
    played = night(*levels).at(10.5, Asked(1)).at(15, Hold(1)).until(500)

    assert played.opened() == ["0 Coord"]
    played.at(500, Go(1)).until(530)
    assert played.opened()[-2:] == ["500 Two", "525 Coord"]


def test_a_hold_after_its_go_holds_the_level_in_later_rounds() -> None:
    """B3: of a go and a hold of one level the later counts, once the level is over."""
    levels = (level("Coord", "ana"), level("Two", "bob", needs_go=GATED))
    played = night(*levels).at(12, Go(1)).at(24, Hold(1)).until(500)

    assert [each for each in played.opened() if each.endswith("Two")] == ["12 Two"]
    assert played.status is Status.WAITING_FOR_GO


def test_a_hold_before_the_question_holds_too() -> None:
    """B3: for good."""
    played = waiting().at(5, Hold(1)).until(60)

    assert played.asked == ["10 Two never"]


def test_a_hold_after_a_go_of_another_level_changes_nothing_there() -> None:
    """B3: a hold is about its own level."""
    played = waiting().at(10.5, Asked(1)).at(15, Hold(2)).until(30)

    assert played.opened() == ["0 Coord", "30 Two"]


def test_a_refused_level_is_skipped_for_good_and_the_next_opens_at_the_refusal() -> None:
    """B3: REFUSE skips the level for good."""
    played = waiting().at(14, Refuse(1)).until(60)

    assert played.opened() == ["0 Coord", "14 Three", "39 Coord", "49 Three"]
    assert not any("bob" in line for line in played.told)


def test_a_level_refused_beforehand_is_not_asked_about() -> None:
    """B3: REFUSE skips the level for good."""
    played = waiting().at(5, Refuse(1)).until(10)

    assert (played.asked, played.opened()) == ([], ["0 Coord", "10 Three"])


def test_a_go_takes_a_refusal_back() -> None:
    """B3: `/go` opens any level of an escalation that isn't stopped."""
    assert waiting().at(5, Refuse(1)).at(7, Go(1)).opened() == ["0 Coord", "7 Two"]


def test_a_given_go_stands_in_later_rounds() -> None:
    """B3: a given go stands."""
    played = night(level("Coord", "ana"), level("Two", "bob", needs_go=NeedsGo())).at(12, Go(1)).until(47)

    assert played.asked == ["10 Two never"]
    assert played.opened() == ["0 Coord", "12 Two", "37 Coord", "47 Two"]


def test_a_level_that_proceeded_by_itself_does_so_in_later_rounds() -> None:
    """B3: a given go stands, an automatic one too."""
    played = night(level("Two", "bob", needs_go=GATED)).at(0.5, Asked(0)).until(60)

    assert played.opened() == ["20 Two", "45 Two"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Status.RUNNING, Status.RUNNING),
        (Status.WAITING_FOR_GO, Status.WAITING_FOR_GO),
        (Status.UNANSWERED, Status.RUNNING),
        (Status.ACKNOWLEDGED, Status.RUNNING),
    ],
    ids=str,
)
def test_a_go_opens_any_level_whatever_the_escalation_is_at(before: Status, after: Status) -> None:
    """B3: `/go` opens any level of an escalation that isn't stopped; another question still waits."""
    levels = (level("Coord", "ana", then=Then.STOP), level("Two", "bob", needs_go=NeedsGo()), level("Three", "eva"))
    played = night(*levels)
    match before:
        case Status.WAITING_FOR_GO:
            played.until(10)
        case Status.UNANSWERED:
            played.at(3, Refuse(1), Refuse(2)).until(10)
        case Status.ACKNOWLEDGED:
            played.at(1, acknowledged("ana"))
    minute = 5 if before is Status.RUNNING else 12
    assert played.status is before

    played.forget().at(minute, Go(2))

    assert played.told == [f"{minute} eva sms"]
    assert played.status is after


def test_a_go_opens_a_level_of_one_that_is_still_scheduled() -> None:
    """B3: scheduled → running."""
    played = Night(
        plan_of(tree([level("One", "bob"), level("Two", "eva")], CAST, start=Start(minutes(30)))), alone=False
    )

    assert played.at(2, Go(1)).told == ["2 eva sms"]
    assert played.status is Status.RUNNING


def test_a_stopped_escalation_takes_no_go() -> None:
    """A4: while it is stopped no alert of it leaves."""
    played = night(level("One", "ana"), level("Two", "bob"))
    played.state = stop(played.state, NOW)

    assert played.forget().at(2, Go(1), Hold(1), Refuse(0), PlanChanged()).told == []
    assert played.status is Status.STOPPED


def test_a_go_for_a_level_that_is_open_rings_nobody_twice() -> None:
    """A5: hardly ever twice."""
    assert night(level("One", "ana"), level("Two", "bob")).at(2, Go(0)).told == ["0 ana sms"]


def test_a_go_for_an_open_level_of_an_acknowledged_escalation_rings_it_again() -> None:
    """B3: acknowledged → running (a go)."""
    played = night(level("One", "bob", wait=60), level("Two", "eva")).at(2, Go(1)).at(3, acknowledged("eva"))

    assert played.forget().at(5, Go(0)).told == ["5 bob sms"]
    assert played.status is Status.RUNNING


def test_a_go_after_the_window_of_a_level_opens_it_again() -> None:
    """B3: `/go` opens any level."""
    played = night(level("One", "ana"), level("Two", "bob", wait=60)).at(12, Go(0))

    assert played.told == ["0 ana sms", "10 bob sms", "12 ana sms"]


def test_an_answer_while_a_question_waits_acknowledges_and_takes_the_question_back() -> None:
    """B3: waiting_for_go → acknowledged."""
    levels = (level("One", "bob"), level("Two", "eva", needs_go=GATED))
    played = night(*levels).at(10.5, Asked(1)).at(15, acknowledged("bob")).until(60)

    assert played.status is Status.ACKNOWLEDGED
    assert played.state.question is None
    assert not any("eva" in line for line in played.told)


# Time in which the question could not be sent


def test_time_in_which_the_question_could_not_be_sent_does_not_count() -> None:
    """B3: time in which the question could not be sent does not count against `proceed_after`."""
    played = waiting().at(18, Asked(1)).until(60)

    assert played.opened()[1] == "38 Two"


def test_a_question_that_never_left_never_proceeds() -> None:
    """B3: nobody could have said hold."""
    assert waiting().until(300).opened() == ["0 Coord"]


def test_a_critical_level_does_not_wait_for_its_question() -> None:
    """B3: except for critical."""
    sent_late = waiting(severity=Severity.CRITICAL).at(18, Asked(1)).until(30)
    never_sent = waiting(severity=Severity.CRITICAL).until(30)

    assert sent_late.opened() == never_sent.opened() == ["0 Coord", "30 Two"]


def test_the_automatic_time_of_a_critical_level_counts_through_an_outage() -> None:
    """B3: except for critical, whose time counts from when the level was due."""
    serious = waiting().sleep_until(25)
    critical = waiting(severity=Severity.CRITICAL).sleep_until(25)

    assert (serious.asked, critical.asked) == (["25 Two 45"], ["25 Two 30"])


# Incidents that nobody has verified


def unverified(*levels: Any) -> Night:
    """A bare SOS on those levels."""
    return night(*levels, known={"verified": False})


def verified(played: Night, minute: float) -> Night:
    """A coordinator verifies the incident."""
    return played.change(minute, PlanChanged(), verified=True)


COORD = level("Coord", "ana")


def test_only_coordination_levels_run_while_it_is_not_verified() -> None:
    """B3: only coordination levels run."""
    played = unverified(COORD, level("Two", "bob")).until(600)

    assert played.told == ["0 ana sms"]
    assert played.status is Status.WAITING_FOR_GO


def test_an_escalation_without_coordination_waits_from_the_start() -> None:
    """B3: every other escalation is `waiting_for_go`."""
    played = unverified(level("One", "bob")).until(60)

    assert (played.status, played.told) == (Status.WAITING_FOR_GO, [])
    assert played.due is not None


def test_it_waits_also_after_the_coordinators_have_acknowledged() -> None:
    """B3: asked again also after they acknowledged: their answer verifies nothing."""
    played = unverified(COORD, level("Two", "bob")).at(1, acknowledged("ana")).until(60)

    assert played.status is Status.WAITING_FOR_GO


def test_verified_in_time_the_levels_open_at_theirs() -> None:
    """B3: the others at theirs."""
    played = verified(unverified(COORD, level("Two", "bob"), level("Three", "eva")), 4).until(20)

    assert played.opened() == ["0 Coord", "10 Two", "20 Three"]


def test_verified_late_what_was_due_opens_at_once_and_ends_as_planned() -> None:
    """B3: levels whose planned moment has passed open at once, the others at theirs."""
    levels = (COORD, level("Two", "bob"), level("Three", "eva"), level("Four", "zoe"))
    played = verified(unverified(*levels), 24).until(30)

    assert played.opened() == ["0 Coord", "24 Two", "24 Three", "30 Four"]
    assert played.told == ["0 ana sms", "24 bob sms", "24 eva sms", "30 zoe sms"]


def test_verified_very_late_the_last_level_still_has_its_whole_time() -> None:
    """A7: the last one's clock beginning when its messages are queued."""
    played = verified(unverified(COORD, level("Two", "bob"), level("Three", "eva", wait=20)), 300)

    assert played.opened() == ["0 Coord", "300 Two", "300 Three"]
    assert played.status is Status.RUNNING
    assert played.until(320).status is Status.UNANSWERED


def test_each_level_keeps_its_own_gate_after_the_verification() -> None:
    """B3: each still under its own `needs_go`."""
    played = verified(unverified(COORD, level("Two", "bob"), level("Three", "eva", needs_go=GATED)), 24)

    assert played.opened() == ["0 Coord", "24 Two"]
    assert played.asked == ["24 Three 44"]


def test_a_go_for_one_level_opens_it_unverified_and_no_other() -> None:
    """B3: `/go` opens any level; the incident stays unverified."""
    played = unverified(COORD, level("Two", "bob"), level("Three", "eva")).at(12, Go(1)).until(60)

    assert played.opened() == ["0 Coord", "12 Two"]
    assert played.status is Status.WAITING_FOR_GO


def test_after_a_go_nothing_else_waits_for_the_verification() -> None:
    """A2: the tree comes to its end, and round again."""
    played = unverified(COORD, level("Two", "bob")).at(12, Go(1)).until(22)

    assert played.status is Status.UNANSWERED


def test_a_verified_escalation_that_was_acknowledged_stays_so() -> None:
    """A4: only the causes that B3 lists lead out of acknowledged."""
    played = night(level("Coord", "ana", then=Then.STOP), level("Two", "bob"), known={"verified": False})
    played.at(1, acknowledged("ana"))

    assert verified(played, 5).until(60).told == ["0 ana sms"]


def test_a_hold_on_what_comes_next_asks_after_an_hour_and_a_go_ends_it() -> None:
    """B3: no later level proceeds by itself, needing a go or not; after a GO the others come by themselves."""
    played = night(level("Coord", "ana"), level("Two", "bob"), level("Three", "eva")).at(5, Hold()).until(65)

    assert (played.asked, played.opened()) == (["65 Two never"], ["0 Coord"])
    assert played.at(70, Go(1)).until(80).opened() == ["0 Coord", "70 Two", "80 Three"]


def test_a_level_due_long_after_a_hold_is_asked_about_when_it_is_due() -> None:
    """B3: a question is asked when its level is due, and not before."""
    played = night(level("Coord", "ana", wait=90), level("Two", "bob")).at(5, Hold()).until(90)

    assert played.asked == ["90 Two never"]


def test_a_hold_on_what_comes_next_ends_the_automatic_time_of_what_is_asked() -> None:
    """B3: as a decision's HOLD does."""
    played = waiting().at(10.5, Asked(1)).at(15, Hold()).until(60)

    assert (played.asked, played.opened()) == (["10 Two 30"], ["0 Coord"])


def test_a_go_without_a_level_lets_the_rest_come_as_planned() -> None:
    """B3: until a go; what is asked about opens at once, what is not due yet at its time, what was due now."""
    levels = (level("Coord", "ana"), level("Two", "bob"), level("Three", "eva"))

    assert night(*levels).at(5, Hold()).at(7, Go()).until(20).opened() == ["0 Coord", "10 Two", "20 Three"]
    assert night(*levels).at(5, Hold()).at(30, Go()).until(40).opened() == ["0 Coord", "30 Two", "40 Three"]
    assert night(*levels).at(5, Hold()).until(66).at(66, Go()).until(76).opened() == ["0 Coord", "66 Two", "76 Three"]


def test_what_is_held_stays_so_after_a_refusal_and_after_a_given_go() -> None:
    """B3: until a go, which a refusal is not, and one from before the hold neither."""
    levels = (level("Coord", "ana"), level("Two", "bob", needs_go=GATED), level("Three", "eva"))
    refused = night(*levels).at(5, Hold()).until(65).at(66, Refuse(1)).until(100)
    given_before = night(*levels).at(3, Go(1)).at(4, Hold()).until(100)

    assert (refused.opened(), refused.asked) == (["0 Coord"], ["65 Two never", "66 Three never"])
    assert given_before.opened() == ["0 Coord", "3 Two"]
    assert given_before.asked == ["64 Three never"]


def test_a_held_level_waits_although_it_needs_no_go() -> None:
    """B3: HOLD by the API on any level ends its automatic time; its go stands for that level alone."""
    played = night(level("Coord", "ana"), level("Two", "bob"), level("Three", "eva")).at(5, Hold(1)).until(60)

    assert (played.asked, played.opened()) == (["10 Two never"], ["0 Coord"])
    assert played.at(61, Go(1)).until(71).opened() == ["0 Coord", "61 Two", "71 Three"]


def test_the_level_that_comes_is_known_with_the_moment_at_which_it_opens_by_itself() -> None:
    """B3: told to a coordinator who answers; else what it waits for, and None where nothing comes."""
    assert coming(waiting().until(3)) == ("Two", 30)
    assert coming(waiting().until(12)) == ("Two", 30)
    assert coming(waiting(NeedsGo()).until(3)) == ("Two", Until.GO)
    assert coming(waiting().at(12, Go(1))) == ("Three", 22)
    assert coming(waiting().at(5, Hold())) == ("Two", Until.HELD)
    assert coming(night(level("Coord", "ana", then=Then.STOP)).at(3, acknowledged("ana"))) is None


def test_no_clock_time_is_promised_for_what_waits_until_it_is_genuine() -> None:
    """B3: coordination comes by the clock, and what comes after it only once somebody has said so."""
    played = waiting(verified=False)

    assert coming(played) == ("Two", Until.GENUINE)
    assert coming(played.until(60)) == ("Two", Until.GENUINE)
    assert coming(played.change(61, PlanChanged(), verified=True)) == ("Two", 81)


def test_no_clock_time_is_promised_for_a_question_that_has_not_been_asked() -> None:
    """B3: it proceeds by itself so long after it was sent; who waits for that is told that a go is needed."""
    late = waiting().until(31)

    assert coming(late, 31) == ("Two", Until.GO)
    assert coming(waiting().until(25), 25) == ("Two", Until.GO)
    assert coming(waiting().at(10.5, Asked(1)).until(29), 29) == ("Two", 30)


def test_what_the_others_hold_back_waits_for_them() -> None:
    """B3: `start.unless`."""
    held = night(level("Two", "bob"), start=Start(minutes(30), unless_acknowledged=True))
    other = night(level("Coord", "ana", then=Then.STOP))
    held.alone = False
    held.state = begin_escalation(held.plan, NOW, alone=False)

    def both() -> tuple[str, object] | None:
        plans, states = {"held": held.plan, "other": other.plan}, {"held": held.state, "other": other.state}
        return in_words(coming_level(plans, states, "held", NOW))

    assert both() == ("Two", 30)
    other.at(3, acknowledged("ana"))
    assert both() == ("Two", Until.OTHERS)


def test_after_the_last_level_come_last_resort_and_the_next_round() -> None:
    """A2: nothing ends in silence."""
    played = night(level("Coord", "ana"), level("Two", "bob"), last_resort=("head",))

    assert coming(played.until(15)) == ("Last resort", 20)
    assert coming(played.until(21)) == ("Coord", 35)


def coming(played: Night, minute: float = 0) -> tuple[str, object] | None:
    """The level that comes next, with its minute or else what it waits for."""
    plans, states = {"valley": played.plan}, {"valley": played.state}
    return in_words(coming_level(plans, states, "valley", NOW + minutes(minute)))


def in_words(found: ComingLevel | None) -> tuple[str, object] | None:
    """As `coming` has it."""
    if found is None:
        return None
    return found.name, (found.automatic_at - NOW) / minutes(1) if found.automatic_at else found.waits_for


def test_a_level_that_is_taken_back_as_a_method_fails_tells_nobody_by_the_next() -> None:
    """A11: of two things that are learnt at one moment the second may undo what the first began."""
    bob = contact("bob", sms("+1"), call("+2", 30))
    before = night(level("Coord", "ana"), level("Two", "bob"), cast=(CAST[0], bob)).at(12, Failed("bob", 0))

    played = night(level("Coord", "ana"), level("Two", "bob"), cast=(CAST[0], bob)).at(
        12, Failed("bob", 0), Unopened(1), Hold()
    )

    assert before.told == ["0 ana sms", "10 bob sms", "12 bob call"]
    assert played.told == ["0 ana sms", "10 bob sms"]
