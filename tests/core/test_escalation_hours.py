"""Levels whose contacts are closed, or in their quiet hours: who is told instead, what waits, what gives way (B1)."""

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
