"""Levels whose contacts are closed, or in their quiet hours: who is told instead, what waits, what gives way (B1)."""

from datetime import date
from typing import Any

from alertnet.core.directory.availability import Hours
from alertnet.core.directory.contact import Contact
from alertnet.core.escalation.state import Failed, Status, Unsent
from alertnet.core.incident import Severity
from tests.core.cast import Night, acknowledged, call, contact, email, level, plan_of, relayed, sms, tree


def open_between(begins: float, ends: float) -> Hours:
    """Open from so many to so many minutes after the night begins, which it does at 02:00; closed before and after."""
    return Hours("", (((int(120 + begins), int(120 + ends)),),) * 7)


CLOSED = Hours("", ((),) * 7)
DUTY = (sms("+duty"), call("+duty", 2))


def embassy(hours: Hours, **more: Any) -> Contact:
    """A mailbox at once, a call after ten minutes; while closed the duty phone."""
    values: dict[str, Any] = {"when_closed": DUTY, "hours": hours} | more
    return contact("embassy", email("hr@embassy.example"), call("+hr", 10), **values)


def night(*contacts: Contact, wait: float = 30, **more: Any) -> Night:
    """One level that tells them all, and a second one behind it."""
    levels = [level("One", *(each.id for each in contacts), wait=wait, **more), level("Two", "other")]
    return Night(plan_of(tree(levels, contacts)))


def test_an_open_contact_is_told_by_its_own_methods_alone() -> None:
    assert night(embassy(open_between(-60, 60))).until(20).told == ["0 embassy email", "10 embassy call"]


def test_a_closed_contact_is_told_by_mail_and_by_what_it_has_for_that() -> None:
    """B1: closes sms, call and task, never e-mail; `when_closed` counts from the level's start."""
    played = night(embassy(CLOSED)).until(20)
    assert played.told == ["0 embassy email", "0 embassy sms", "2 embassy call"]
    assert "10 contact_closed One embassy" in played.history


def test_each_method_is_judged_at_its_own_moment() -> None:
    """B3: open at the start, closed when the call is due: from then on the duty phone."""
    played = night(embassy(open_between(-60, 5))).until(29)
    assert played.told == ["0 embassy email", "10 embassy sms", "10 embassy call"]
    assert played.plan.tree.contacts["embassy"].all_methods[3].address == "+duty"


def test_a_contact_that_opens_meanwhile_is_called_at_its_own_number_as_well() -> None:
    played = night(embassy(open_between(5, 60))).until(29)
    assert played.told == ["0 embassy email", "0 embassy sms", "2 embassy call", "10 embassy call"]


def test_once_closed_the_duty_phone_rings_to_the_end_even_when_the_office_opens() -> None:
    """A2: its own call was left out before; were this one, too, nobody would be told."""
    early = contact("embassy", call("+hr"), hours=open_between(1, 60), when_closed=(call("+duty", 2),))
    assert night(early).until(29).told == ["2 embassy call"]


def test_a_level_in_which_everybody_is_closed_gives_way_at_once() -> None:
    """B3: when nobody can be reached, the level gives way at once."""
    played = night(contact("ana", hours=CLOSED), contact("luis", hours=CLOSED))
    assert played.told == ["0 other sms"]
    assert played.opened() == ["0 One", "0 Two"]


def test_the_deputy_of_a_closed_contact_is_told_at_once() -> None:
    played = night(contact("ana", hours=CLOSED, deputy="luis"), contact("luis"))
    assert played.told == ["0 luis sms"]


def test_a_closed_deputy_passes_on_to_its_own_deputy() -> None:
    """B3: deputies chain."""
    ana, luis = (contact(id, hours=CLOSED, deputy=deputy) for id, deputy in (("ana", "luis"), ("luis", "mary")))
    levels = [level("One", "ana", wait=30), level("Two", "other")]
    assert Night(plan_of(tree(levels, [ana, luis, contact("mary")]))).told == ["0 mary sms"]


def test_a_relay_of_the_duty_phone_leaves_the_officers_methods_running() -> None:
    """B3: a relay ends only the methods of the number that relayed."""
    played = night(embassy(open_between(5, 60))).at(1, relayed("embassy", "+duty")).until(29)
    assert played.told == ["0 embassy email", "0 embassy sms", "10 embassy call"]
    assert played.status is Status.RUNNING


def test_a_duty_phone_without_relay_answers_for_its_contact() -> None:
    assert night(embassy(CLOSED)).at(1, acknowledged("embassy")).status is Status.ACKNOWLEDGED


def test_a_failed_method_hands_over_to_what_is_used_while_closed() -> None:
    """B3 hand-over: the next unused method goes now; a closed one is no way on."""
    played = night(embassy(CLOSED, when_closed=(call("+duty", 20),))).at(1, Failed("embassy", 0))
    assert played.told == ["0 embassy email", "1 embassy call"]
    assert played.state.runs[0].turns[0].skipped == (1,)


def test_closing_between_the_planned_moment_and_the_send_brings_the_duty_phone() -> None:
    """B1: judged at each send."""
    ana = contact("ana", sms("+ana"), hours=open_between(-60, 5), when_closed=(sms("+duty"),))
    played = night(ana).forget().at(6, Unsent("ana", 0))
    assert played.told == ["6 ana sms"]
    assert "6 contact_closed One ana" in played.history


def test_what_did_not_leave_while_closed_reaches_nobody() -> None:
    ana = contact("ana", sms("+ana"), hours=open_between(-60, 5))
    played = night(ana).forget().at(6, Unsent("ana", 0))
    assert played.told == ["6 other sms"]


def test_repeats_leave_out_who_is_closed_by_then() -> None:
    ana = contact("ana", sms("+ana"), hours=open_between(-60, 5), when_closed=(sms("+duty", 1),))
    played = night(ana, repeat=(3, 3)).until(12)
    assert played.told == ["0 ana sms", "3 ana sms again", "6 ana sms", "9 ana sms again"]


def test_quiet_hours_hold_a_message_back_until_they_end() -> None:
    """B1 quiet: for its severity alone; the level that can tell nobody before lasts that much longer."""
    ana = contact("ana", sms("+ana"), call("+ana", 3), quiet={Severity.SERIOUS: (60, 140)})
    played = night(ana).until(60)
    assert played.told == ["20 ana sms", "20 ana call", "50 other sms"]
    assert night(contact("luis", quiet={Severity.MODERATE: (60, 140)})).told == ["0 luis sms"]


def test_mail_is_not_held_back_and_the_level_waits_no_longer_for_the_rest() -> None:
    ana = contact("ana", email("ana@pbi.example"), sms("+ana"), quiet={Severity.SERIOUS: (60, 140)})
    assert night(ana, wait=10).until(20).told == ["0 ana email", "10 other sms", "20 ana sms"]


def test_a_failure_brings_nothing_forward_into_quiet_hours() -> None:
    ana = contact("ana", email("ana@pbi.example"), sms("+ana"), quiet={Severity.SERIOUS: (60, 140)})
    assert night(ana).at(5, Failed("ana", 0)).until(25).told == ["0 ana email", "20 ana sms"]


def test_repeats_are_left_out_in_quiet_hours() -> None:
    ana = contact("ana", quiet={Severity.SERIOUS: (125, 128)})
    assert night(ana, repeat=(3, 3)).until(12).told == ["0 ana sms", "3 ana sms again", "9 ana sms again"]


def office(hours: Hours, *methods: Any, **more: Any) -> Contact:
    """An office without anybody on duty while it is closed."""
    return contact("office", *(methods or (sms("+office"), call("+office", 10))), hours=hours, **more)


def test_an_office_that_was_closed_is_told_at_its_next_opening_by_its_methods_in_order() -> None:
    """B3: it holds up nobody, and its answer counts for the level that found it closed."""
    played = night(office(open_between(100, 400)), repeat=(15, 1)).until(120)

    assert [line for line in played.told if "office" in line] == [
        "100 office sms",
        "110 office call",
        "115 office sms again",
        "115 office call again",
    ]
    assert {"0 contact_closed One office", "100 contact_opened One office"} <= {*played.history}
    assert played.opened()[:2] == ["0 One", "10 Two"]
    assert played.at(121, acknowledged("office")).status is Status.ACKNOWLEDGED


def test_an_office_is_told_at_its_opening_in_whatever_round_it_is_then() -> None:
    """B3: rounds end what was left undone, but not this; after the last one it is due still."""
    weekdays = Hours("", (((600, 960),),) * 5 + ((), ()))
    night_after = 5 * 24 * 60  # from Tuesday to Sunday, 02:00

    played = night(office(weekdays)).until(24 * 60)
    assert [line for line in played.told if "office" in line][:2] == ["480 office sms", "490 office call"]

    weekend = Night(plan_of(tree([level("One", "office")], [office(Hours("", (((600, 960),), *((),) * 6)))])))
    told = [line for line in weekend.until(night_after + 2000).told if "office" in line]
    assert told == ["9120 office sms", "9130 office call"]


def test_whoever_has_answered_or_whose_level_is_satisfied_is_not_told_at_its_opening() -> None:
    """B3: if its level's rule is unmet then, and it has not answered."""
    two = (office(open_between(100, 400)), contact("embassy"))

    satisfied = night(*two).at(5, acknowledged("embassy")).until(200)
    answered = night(*two, acknowledge="all").at(50, acknowledged("office")).until(200)

    assert not any("office" in line for line in (*satisfied.told, *answered.told))
    assert any("100 office sms" in line for line in night(*two, acknowledge="all").until(200).told)


def test_whoever_asks_for_it_is_not_told_at_its_opening() -> None:
    """B1: `hold: false`."""
    played = night(office(open_between(100, 400), hold=False), contact("embassy", email("e@e.example"))).until(124)

    assert any("embassy" in line for line in played.told)
    assert not any("office" in line for line in played.told)


def test_an_office_whose_duty_phone_was_rung_is_not_told_again_at_its_opening() -> None:
    """B3: only where all that rings there was left out."""
    played = night(embassy(open_between(100, 400))).until(99)

    before = list(played.told)

    assert "57 embassy call" in before
    assert played.until(124).told == before


def test_what_was_called_off_since_the_office_had_closed_goes_at_its_opening() -> None:
    """B3: it was planned while open, and had not left when it closed."""
    early = office(Hours("", (((0, 121), (220, 400)),) * 7), sms("+office"))
    played = night(early).at(2, Unsent("office", 0)).until(110)

    assert [line for line in played.told if "office" in line] == ["0 office sms", "100 office sms"]


def test_an_office_that_opens_on_none_of_seven_days_is_waited_for_by_nobody() -> None:
    """B3: within 7 days."""
    first_of_month = Hours("", ((),) * 7, {date(2026, 12, 1): ((600, 960),)})
    later = Hours("", ((),) * 7, {date(2026, 12, 2): ((600, 960),)})

    def told(hours: Hours) -> list[str]:
        played = Night(plan_of(tree([level("One", "office"), level("Two", "other")], [office(hours)])))
        return [line for line in played.until(9 * 24 * 60).told if "office" in line]

    assert told(first_of_month) == []
    assert told(Hours("", ((),) * 7, {date(2026, 11, 30): ((600, 960),)}))[0].endswith("office sms")
    assert told(later) == []
