"""After the acknowledgement: the action that is due, an answer taken back, and stopping (B3 Action due, A4, A6)."""

import sys
from functools import partial

import pytest

from alertnet.core.directory.contact import Role
from alertnet.core.directory.contact_tree import ActionDue, Otherwise, Then
from alertnet.core.escalation.advance import Wanted, call_off, restore, still_wanted, stop
from alertnet.core.escalation.coming import level_without_action
from alertnet.core.escalation.state import Acted, CalledOff, Failed, Go, PlanChanged, Status, Withdrawn
from alertnet.core.incident import Perpetrator
from tests.core.cast import NOW, acknowledged, call, contact, declined, level, minutes, night_of, relayed, sms

NEXT = ActionDue(minutes(60))
AGAIN = ActionDue(minutes(60), Otherwise.AGAIN)
ANA = contact("ana", sms("+1"), call("+1", 3), deputy="luis")


night = partial(night_of, cast=(ANA, contact("luis")))


# Action due


def test_an_action_is_due_from_the_answer_that_met_the_rule() -> None:
    """B3: action due counts from the answer that met the rule; A2: with an open action it has a due time."""
    both = level("One", "ana", "bob", acknowledge="all", action_due=NEXT)
    played = night(both).at(1, acknowledged("ana")).at(4, acknowledged("bob"))

    assert (played.status, played.due) == (Status.ACKNOWLEDGED, 64)


def test_without_an_action_due_nothing_is_due() -> None:
    """A2: the next due time is None only for what is acknowledged or stopped."""
    played = night(level("One", "ana")).at(1, acknowledged("ana"))

    assert (played.status, played.due) == (Status.ACKNOWLEDGED, None)


def test_one_action_of_anyone_who_counted_ends_it() -> None:
    """B3: one action reported by anyone who counted ends it."""
    both = level("One", "ana", "bob", acknowledge="all", action_due=NEXT)
    played = night(both).at(1, acknowledged("ana"), acknowledged("bob")).at(9, Acted("bob"))

    assert (played.status, played.due) == (Status.ACKNOWLEDGED, None)


@pytest.mark.parametrize("who", ["bob", "eva"], ids=["told, but silent", "of another level"])
def test_an_action_of_somebody_who_did_not_count_does_not_end_it(who: str) -> None:
    """B3: by anyone who counted."""
    played = night(level("One", "ana", "bob", action_due=NEXT), level("Two", "eva"))

    assert played.at(1, acknowledged("ana")).at(9, Acted(who)).due == 61


def test_an_action_reported_before_the_rule_was_met_counts() -> None:
    """B3: nobody is asked again for what was done already."""
    both = level("One", "ana", "bob", acknowledge="all", action_due=NEXT)
    played = night(both).at(1, acknowledged("ana"), Acted("ana")).at(4, acknowledged("bob"))

    assert (played.status, played.due) == (Status.ACKNOWLEDGED, None)


def test_a_missed_action_opens_the_level_after_the_highest_opened() -> None:
    """B3: `next` = the level after the highest opened; acknowledged → running."""
    levels = (level("One", "ana", action_due=NEXT), level("Two", "bob"), level("Three", "eva"))
    played = night(*levels).at(11, acknowledged("ana")).until(71)

    assert played.opened() == ["0 One", "10 Two", "71 Three"]
    assert played.status is Status.RUNNING


def test_a_missed_action_without_a_further_level_leaves_the_escalation_unanswered() -> None:
    """A2: nothing ends in silence: that level does not acknowledge it again by itself."""
    played = night(level("One", "ana", action_due=NEXT), last_resort=("office",)).at(1, acknowledged("ana")).until(61)

    assert played.status is Status.UNANSWERED
    assert played.told == ["0 ana sms", "61 office sms"]


def test_a_missed_action_can_open_the_same_level_again() -> None:
    """B1: `otherwise: again`; whoever acknowledged is told again and answers again."""
    levels = (level("One", "ana", "bob", action_due=AGAIN), level("Two", "eva"))
    played = night(*levels).at(1, acknowledged("ana")).until(62)

    assert played.told == ["0 ana sms", "0 bob sms", "61 ana sms", "61 bob sms"]
    assert played.at(62, acknowledged("ana")).due == 122


@pytest.mark.parametrize(("due", "told"), [(NEXT, "Two"), (AGAIN, "One")])
def test_whom_a_missed_action_would_tell_is_known_before(due: ActionDue, told: str) -> None:
    """B3: said to the coordinators while there is time; None once it was missed."""
    played = night(level("One", "ana", action_due=due), level("Two", "bob")).at(1, acknowledged("ana"))

    foretold = level_without_action(played.plan, played.state, NOW)
    assert foretold is not None
    assert (foretold.name, foretold.automatic_at) == (told, NOW + minutes(61))
    assert played.until(61).opened()[-1] == f"61 {told}"
    assert level_without_action(played.plan, played.state, NOW) is None


def test_again_asks_the_deputy_again_too() -> None:
    """B1: its answer stood for its contact's."""
    played = night(level("One", "ana", action_due=AGAIN)).at(1, declined("ana")).at(2, acknowledged("luis")).until(62)

    assert played.told == ["0 ana sms", "1 luis sms", "62 luis sms"]
    assert played.status is Status.RUNNING


def test_an_action_is_due_from_the_answer_even_if_the_tree_ends_later() -> None:
    """B3: action due counts from the answer that met the rule, not from when the escalation was acknowledged."""
    levels = (level("One", "bob", wait=60), level("Two", "ana", then=Then.NEXT, action_due=NEXT))
    played = night(*levels).at(2, Go(1)).at(5, acknowledged("ana")).until(60)

    assert (played.status, played.due) == (Status.ACKNOWLEDGED, 65)


def test_a_missed_action_counts_from_its_moment_however_late_it_is_noticed() -> None:
    """A7: never at processing time."""
    played = night(level("One", "ana", action_due=NEXT), last_resort=("office",)).at(1, acknowledged("ana"))

    assert played.sleep_until(61.5).due == 76


def test_a_level_that_missed_its_action_acknowledges_again_when_it_is_answered_anew() -> None:
    """A2: not by itself, but by an answer."""
    only = level("One", "ana", then=Then.NEXT, action_due=NEXT)
    played = night(only, last_resort=("office",)).at(1, acknowledged("ana")).until(61)
    assert played.at(62, Withdrawn("ana")).at(63, acknowledged("ana")).status is Status.ACKNOWLEDGED


def test_after_a_missed_action_those_who_dropped_out_meanwhile_are_replaced() -> None:
    """A2, A4: while it was acknowledged their deputies were left in peace."""
    levels = (level("One", "ana", wait=90), level("Two", "bob", action_due=NEXT))
    played = night(*levels).at(1, Go(1)).at(2, acknowledged("bob")).at(3, declined("ana"))
    assert not any("luis" in line for line in played.told)

    assert "62 luis sms" in played.until(62).told


def test_an_action_missed_before_the_round_has_opened_anything_is_no_fault() -> None:
    """A11: a late answer may acknowledge while the next round still waits for its first go."""
    mayor = contact("mayor", role=Role.AUTHORITY)
    played = night(level("One", "mayor", action_due=NEXT), cast=(mayor,)).until(10)
    played.change(12, PlanChanged(), perpetrator=Perpetrator.UNKNOWN).until(25)
    assert played.at(26, acknowledged("mayor")).due == 86

    assert played.until(86).status is Status.UNANSWERED


def test_an_action_of_a_withdrawn_answer_is_none() -> None:
    """A6: whoever answered in its name did not act in its name either."""
    played = night(level("One", "ana", "bob", action_due=NEXT)).at(1, acknowledged("ana"), Acted("ana"))

    assert played.at(5, Withdrawn("ana")).at(6, acknowledged("ana")).due == 66


def test_an_action_reported_at_the_instant_it_is_due_is_in_time() -> None:
    """A7: a due row and an answer at the same instant: the answer first."""
    played = night(level("One", "ana", action_due=NEXT)).at(1, acknowledged("ana")).at(61, Acted("ana"))

    assert (played.status, played.due) == (Status.ACKNOWLEDGED, None)


def test_an_action_is_not_due_of_a_level_that_only_goes_on() -> None:
    """B1: acknowledged, but no action reported by then: only an acknowledged escalation waits for one."""
    missing = {}
    for then in (Then.STOP, Then.NEXT):
        levels = (level("One", "ana", then=then, action_due=NEXT), level("Two", "bob", wait=90))
        played = night(*levels).at(1, acknowledged("ana")).until(99)
        missing[then] = [line for line in played.history if "action_missing" in line]

    assert missing == {Then.STOP: ["61 action_missing One"], Then.NEXT: []}


# Answers taken back


def test_a_withdrawn_answer_lets_the_escalation_go_on() -> None:
    """A6: it can be revoked; acknowledged → running."""
    played = (
        night(level("One", "ana", wait=20), level("Two", "bob")).at(1, acknowledged("ana")).at(30, Withdrawn("ana"))
    )

    assert played.status is Status.RUNNING
    assert played.until(50).told == ["0 ana sms", "30 ana sms", "33 ana call", "41.5 luis sms", "50 bob sms"]


def test_what_fell_due_unseen_before_an_answer_leaves_once_that_is_withdrawn() -> None:
    """A2: ana's call was due twelve seconds before, and nobody had looked since; it has not left."""
    levels = (level("One", "ana", wait=20), level("Two", "bob"))
    played = night(*levels).at(1, Go(1)).sleep_until(3.2, acknowledged("bob"))
    assert played.told == ["0 ana sms", "1 bob sms"]

    assert played.at(10, Withdrawn("bob")).told[2:] == ["10 ana call", "10 bob sms"]


def test_a_changed_mind_is_a_withdrawal() -> None:
    """B4: the answer can be changed while the incident is open; a decline brings the deputy."""
    played = night(level("One", "ana")).at(1, acknowledged("ana")).at(5, declined("ana"))

    assert played.told == ["0 ana sms", "5 luis sms"]
    assert played.status is Status.RUNNING


def test_a_withdrawal_that_leaves_the_rule_met_changes_nothing() -> None:
    """A6: only what has lost its ground goes on."""
    played = night(level("One", "ana", "bob")).at(1, acknowledged("ana"), acknowledged("bob"))

    assert played.at(5, Withdrawn("bob")).status is Status.ACKNOWLEDGED


def test_another_level_that_is_met_keeps_the_acknowledgement() -> None:
    """B3: a met level that stops acknowledges, whichever it is."""
    played = night(level("One", "ana"), level("Two", "bob")).at(12, acknowledged("bob"), acknowledged("ana"))

    assert played.at(20, Withdrawn("bob")).status is Status.ACKNOWLEDGED
    assert played.at(21, Withdrawn("ana")).status is Status.RUNNING


def test_who_withdrew_is_told_again_where_it_was_not_told_for_its_answer() -> None:
    """B3: in a later level it was spared; now it has not answered."""
    levels = (level("One", "ana", then=Then.NEXT), level("Two", "ana", "bob", acknowledge="all", wait=60))
    played = night(*levels).at(1, acknowledged("ana")).until(10)
    assert played.told == ["0 ana sms", "10 bob sms"]

    again = played.forget().at(12, Withdrawn("ana")).until(15).told

    assert [line for line in again if "ana" in line] == ["12 ana sms", "15 ana call"]


def test_a_withdrawn_decline_makes_the_contact_reachable_again() -> None:
    """B4: an answer can be changed."""
    played = night(level("One", "ana", wait=60)).at(1, declined("ana")).at(5, Withdrawn("ana"))

    assert played.told == ["0 ana sms", "1 luis sms", "5 ana sms"]


def test_a_withdrawal_of_the_last_resort_goes_round_again() -> None:
    """A2: nothing ends in silence."""
    played = (
        night(level("One", "bob"), last_resort=("office",)).at(11, acknowledged("office")).at(40, Withdrawn("office"))
    )

    assert played.status is Status.UNANSWERED
    assert played.told == ["0 bob sms", "10 office sms", "40 office sms"]
    assert played.due == 55


def test_the_last_resort_is_asked_anew_by_the_phone_whose_relay_was_taken_back() -> None:
    """A2: it relayed by mistake, said yes, then no: it is told at once, and in each round."""
    played = night(level("One", "bob"), last_resort=("office",)).at(11, relayed("office", "+office"))
    played.at(12, Withdrawn("office"), acknowledged("office")).at(13, declined("office")).until(40)

    assert [each for each in played.told if "office" in each] == ["10 office sms", "13 office sms", "38 office sms"]


def test_after_a_withdrawal_the_tree_ends_no_earlier_than_that() -> None:
    """A7: at the event that opened it."""
    played = night(level("One", "bob"), last_resort=("office",)).at(10.2, acknowledged("office"))

    assert played.at(10.6, Withdrawn("office")).due == 25.6


def test_a_withdrawal_of_who_never_answered_changes_nothing() -> None:
    """A5: hardly ever twice."""
    played = night(level("One", "ana"))
    before = played.state

    assert played.at(1, Withdrawn("ana")).state == before


def test_what_a_relay_has_called_off_leaves_once_the_relay_counts_no_more() -> None:
    """A2: be it revoked, or one of another report that is split off again."""
    played = night(level("One", "ana", wait=60)).at(4, relayed("ana", "+1"))
    played.state = call_off(played.plan, played.state, [CalledOff("ana", 1, 0)])

    assert played.until(8).told == ["0 ana sms", "3 ana call"]
    assert played.at(9, Withdrawn("ana")).told == ["0 ana sms", "3 ana call", "9 ana call"]


# A4, stop and restore


@pytest.mark.parametrize("halt", ["acknowledged", "stopped"])
def test_nothing_leaves_while_it_is_acknowledged_or_stopped(halt: str) -> None:
    """A4: no further alert of it leaves, whatever the provider reports or others answer."""
    running, halted = (night(level("One", "ana", "bob", acknowledge="any", repeat=(2, 9))) for _ in range(2))
    if halt == "acknowledged":
        halted.at(1, acknowledged("bob"))
    else:
        halted.state = stop(halted.state, NOW + minutes(1))
    for played in (running, halted):
        played.forget().at(2, Failed("ana", 0)).at(3, declined("ana")).at(999)

    assert {"2 ana call", "3 luis sms"} <= {*running.told}
    assert halted.told == []
    assert halted.due is None


def test_stopping_twice_remembers_where_it_stood() -> None:
    """B3: reopening restores."""
    played = night(level("One", "ana")).at(1, acknowledged("ana"))

    assert restore(stop(stop(played.state, NOW), NOW), NOW).status is Status.ACKNOWLEDGED


def test_restoring_what_was_not_stopped_changes_nothing() -> None:
    """B3: reopening restores."""
    state = night(level("One", "ana")).state

    assert restore(state, NOW + minutes(5)) == state


def test_reopening_moves_what_lay_ahead_by_the_time_it_was_closed() -> None:
    """B3: levels, methods and repeats have as much time left as at the close; nothing is due at once."""
    levels = (level("One", "ana", wait=30, repeat=(5, 2)), level("Two", "bob"))
    undisturbed = night(*levels).until(1).forget().until(45)
    played = night(*levels).until(1)

    played.state = restore(stop(played.state, NOW + minutes(1)), NOW + minutes(41))
    played.forget().sleep_until(41).until(85)

    later = [f"{int(minute) + 40} {what}" for minute, what in (line.split(" ", 1) for line in undisturbed.told)]
    assert played.told == later
    assert played.told[0] == "43 ana call"


def test_reopening_moves_when_an_action_is_due() -> None:
    """B3: what was acknowledged has its time left too."""
    played = night(level("One", "ana", action_due=NEXT)).at(1, acknowledged("ana"))
    played.state = restore(stop(played.state, NOW + minutes(11)), NOW + minutes(111))

    assert played.at(111).due == 161


def test_each_time_it_was_closed_counts() -> None:
    """B3: closed and reopened twice, it has lost neither span."""
    played = night(level("One", "ana", wait=30), level("Two", "bob")).until(1)
    for closed, reopened in ((1, 11), (12, 32)):
        played.state = restore(stop(played.state, NOW + minutes(closed)), NOW + minutes(reopened))
        played.at(reopened)

    assert played.until(70).opened() == ["0 One", "60 Two"]


def test_an_answer_while_it_was_stopped_counts_once_it_is_restored() -> None:
    """A12: nothing a known person sends is dropped."""
    played = night(level("One", "ana"))
    played.state = stop(played.state, NOW + minutes(1))
    played.at(2, acknowledged("ana"))
    assert played.status is Status.STOPPED
    played.state = restore(played.state, NOW + minutes(9))

    assert played.at(9).status is Status.ACKNOWLEDGED


def test_an_alert_is_wanted_until_its_contact_has_answered() -> None:
    """A4: a sender reads the status again right before the call."""
    both = level("One", "ana", "bob", acknowledge="all")
    played = night(both)
    wanted = [still_wanted(played.plan, played.state, 0, id, 0) for id in ("ana", "bob", "luis")]
    played.at(1, acknowledged("ana"))
    later = [still_wanted(played.plan, played.state, 0, id, 0) for id in ("ana", "bob", "luis")]
    played.at(2, acknowledged("bob"))

    assert (wanted, later) == ([True, True, False], [False, True, False])
    assert not still_wanted(played.plan, played.state, 0, "bob", 0)
    assert not still_wanted(played.plan, played.state, 1, "bob", 0)


def test_whom_a_level_still_tells_is_worked_out_once_for_all_alerts_that_wait() -> None:
    """Eight hundred wait for a number that sends one a second, and each failure asks of all whether they may leave."""
    assert _calls_to_ask_for_each_of(80) < 5 * _calls_to_ask_for_each_of(20)


def _calls_to_ask_for_each_of(contacts: int) -> int:
    ids = [f"c{number}" for number in range(contacts)]
    played = night(level("One", *ids)).at(1, declined("c0"))
    calls: list[object] = []
    wanted = Wanted(played.plan, played.state)

    sys.setprofile(lambda _frame, what, _about: calls.append(what) if what == "call" else None)
    found = [wanted.wants(0, id, 0) for id in ids]
    sys.setprofile(None)

    assert found == [still_wanted(played.plan, played.state, 0, id, 0) for id in ids] == [id != "c0" for id in ids]
    return len(calls)
