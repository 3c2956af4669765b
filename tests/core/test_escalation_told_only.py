"""Those of whom no answer is expected: told once, counted in no rule, and waited for by nobody (B1 `answers`)."""

from functools import partial

import pytest

from alertnet.core.directory.contact_tree import Quota, Then
from alertnet.core.escalation.state import Failed, Status
from tests.core.cast import acknowledged, call, contact, declined, email, level, night_of, sms

UN = contact("un", sms("+9"), call("+9", 3), answers=False)


night = partial(night_of, cast=(UN,))


@pytest.mark.parametrize("quota", ["all", "each_organisation", "2"])
def test_a_rule_is_met_without_it(quota: Quota) -> None:
    played = night(level("One", "ana", "un", acknowledge=quota)).at(1, acknowledged("ana"))

    assert played.status is Status.ACKNOWLEDGED


def test_what_it_says_satisfies_nothing() -> None:
    """It may write back all the same, or somebody vouch for it."""
    played = night(level("One", "ana", "un"), level("Two", "bob")).at(1, acknowledged("un")).until(10)

    assert played.status is Status.RUNNING
    assert played.opened() == ["0 One", "10 Two"]


def test_a_level_whose_others_decline_does_not_wait_for_it() -> None:
    played = night(level("One", "ana", "un"), level("Two", "bob")).at(1, declined("ana"))

    assert played.opened() == ["0 One", "1 Two"]


def test_nothing_is_repeated_to_it_and_its_methods_all_run() -> None:
    played = night(level("One", "ana", "un", repeat=(2, 4))).until(9)

    assert [line for line in played.told if " un " in line] == ["0 un sms", "3 un call"]
    assert "2 ana sms again" in played.told


def test_a_level_of_such_contacts_alone_is_not_waited_for() -> None:
    """The next one opens at once, and it is still told by all its methods."""
    played = night(level("Told", "un", wait=30), level("Two", "bob")).until(5)

    assert played.opened() == ["0 Told", "0 Two"]
    assert played.told == ["0 un sms", "0 bob sms", "3 un call"]


def test_such_a_level_at_the_end_does_not_undo_what_the_one_before_has_met() -> None:
    played = night(level("One", "ana", then=Then.NEXT), level("Told", "un")).at(1, acknowledged("ana")).until(10)

    assert played.opened() == ["0 One", "10 Told"]
    assert played.status is Status.ACKNOWLEDGED


def test_later_rounds_do_not_tell_it_again() -> None:
    """Each of its levels has told it once; everybody else is asked anew, for as long as nobody answers."""
    played = night(level("One", "ana", "un"), level("Told", "un"), rounds=3, last_resort=("desk",)).until(200)

    assert [line for line in played.told if " un " in line] == ["0 un sms", "3 un call", "10 un sms", "13 un call"]
    assert len([line for line in played.told if " ana " in line]) > 2


def test_its_silence_brings_no_deputy() -> None:
    un = contact("un", sms("+9"), deputy="bob", answers=False)
    played = night(level("One", "ana", "un", wait=20), cast=(un, contact("bob"))).until(19)

    assert played.told == ["0 ana sms", "0 un sms"]


def test_where_nothing_reaches_it_its_deputy_is_told() -> None:
    un = contact("un", sms("+9"), deputy="bob", answers=False)
    played = night(level("One", "ana", "un", wait=20), cast=(un, contact("bob"))).at(1, Failed("un", 0))

    assert "1 bob sms" in played.told


def test_a_deputy_of_whom_no_answer_is_expected_answers_for_nobody() -> None:
    ana = contact("ana", email("ana@pbi.example"), deputy="un")
    played = night(level("One", "ana"), level("Two", "bob"), cast=(UN, ana)).at(1, declined("ana"))

    assert "1 un sms" in played.told
    assert played.opened() == ["0 One", "1 Two"]
