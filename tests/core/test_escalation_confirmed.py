"""Levels whose answers a coordinator confirms before they count (B1 `confirm`)."""

from typing import Any

from alertnet.core.directory.contact import Contact
from alertnet.core.directory.contact_tree import Then
from alertnet.core.escalation.quorum import AnswerKind
from alertnet.core.escalation.state import Answered, Confirmed, Status, Withdrawn
from tests.core.cast import Night, acknowledged, contact, coordinator, declined, level, plan_of, tree


def night(*contacts: Contact, **more: Any) -> Night:
    """One level that tells them all and wants confirmation, and a second one behind it."""
    levels = [level("One", *(each.id for each in contacts), confirm=True, **more), level("Two", "other")]
    return Night(plan_of(tree(levels, contacts)))


def test_an_answer_counts_once_it_is_confirmed() -> None:
    played = night(contact("ana")).at(1, acknowledged("ana"))
    assert (played.status, played.asked) == (Status.RUNNING, ["1 One never"])
    assert played.at(2, Confirmed("ana")).status is Status.ACKNOWLEDGED


def test_who_said_so_is_not_told_again_while_the_coordinators_think_about_it() -> None:
    played = night(contact("ana"), repeat=(2, 3)).at(1, acknowledged("ana")).until(9)
    assert played.told == ["0 ana sms"]


def test_without_confirmation_the_next_level_opens_at_its_time() -> None:
    """A2: an answer that nobody can vouch for stops nothing."""
    played = night(contact("ana")).at(1, acknowledged("ana")).until(10)
    assert played.opened() == ["0 One", "10 Two"]
    assert played.at(12, Confirmed("ana")).status is Status.ACKNOWLEDGED


def test_each_answer_is_asked_about_once() -> None:
    played = night(contact("ana"), contact("luis"), acknowledge="all")
    played.at(1, acknowledged("ana")).at(2, acknowledged("luis")).at(3, Confirmed("luis"))
    assert played.asked == ["1 One never", "2 One never"]
    assert played.status is Status.RUNNING
    assert played.at(4, Confirmed("ana")).status is Status.ACKNOWLEDGED


def test_what_a_coordinator_vouches_for_or_says_itself_needs_no_question() -> None:
    vouched = night(contact("ana")).at(1, acknowledged("ana"), Confirmed("ana"))
    own = night(coordinator("ana"), then=Then.STOP).at(1, acknowledged("ana"))
    for played in (vouched, own):
        assert (played.status, played.asked) == (Status.ACKNOWLEDGED, [])


def test_an_answer_that_is_taken_back_has_to_be_confirmed_anew() -> None:
    played = night(contact("ana")).at(1, acknowledged("ana")).at(2, Confirmed("ana")).at(3, Withdrawn("ana"))
    assert played.status is Status.RUNNING
    played.at(4, acknowledged("ana"))
    assert played.status is Status.RUNNING
    assert len(played.asked) == 2


def test_a_decline_or_a_relay_needs_none() -> None:
    played = night(contact("ana")).at(1, declined("ana"))
    assert (played.asked, played.opened()) == ([], ["0 One", "1 Two"])
    relayed = night(contact("ana")).at(1, Answered("ana", AnswerKind.RELAYED, "+ana"))
    assert relayed.asked == []


def test_a_level_without_it_counts_answers_at_once() -> None:
    levels = [level("One", "ana")]
    assert Night(plan_of(tree(levels))).at(1, acknowledged("ana")).status is Status.ACKNOWLEDGED
