"""When a provider counts as away, when it is asked whether it is back, and what brings it back."""

from datetime import UTC, datetime, timedelta

import pytest

from alertnet.core.delivery.circuit_breaker import (
    LONGEST_HOLD,
    LONGEST_PAUSE,
    RUN,
    SOUND,
    Breaker,
    after_fault,
    after_probe,
    after_success,
    after_too_fast,
    as_believed,
    paused,
)
from alertnet.core.delivery.provider_codes import AccountFault

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def opened() -> Breaker:
    breaker = SOUND
    for _ in range(RUN):
        breaker = after_fault(breaker, NOW)
    return breaker


def back() -> Breaker:
    return after_probe(opened(), NOW + 5 * SECOND, is_back=True)


def test_a_run_of_faults_opens_it() -> None:
    breaker = opened()

    assert (breaker.is_open, breaker.opened_at, breaker.try_at) == (True, NOW, NOW + 5 * SECOND)


def test_fewer_faults_do_not() -> None:
    breaker = SOUND
    for _ in range(RUN - 1):
        breaker = after_fault(breaker, NOW)

    assert (breaker.is_open, breaker.rests_until(NOW)) == (False, None)
    assert after_fault(breaker, NOW).is_open


def test_a_success_ends_the_run() -> None:
    assert after_success(after_fault(SOUND, NOW), NOW) == SOUND


def test_faults_of_what_was_under_way_when_it_opened_say_nothing_new() -> None:
    """Sixteen threads that time out together must not put off the next question."""
    assert after_fault(opened(), NOW + 9 * SECOND) == opened()


def test_it_is_asked_less_and_less_often_but_at_least_once_a_minute() -> None:
    breaker, waits = opened(), []
    for _ in range(6):
        at = breaker.try_at
        assert at is not None
        breaker = after_probe(breaker, at, is_back=False)
        assert breaker.try_at is not None
        waits.append((breaker.try_at - at).total_seconds())

    assert waits == [10, 20, 40, 60, 60, LONGEST_PAUSE.total_seconds()]


def test_while_it_is_open_nothing_waits_for_it() -> None:
    assert opened().rests_until(NOW + SECOND) == NOW + 5 * SECOND
    assert opened().bars_until(NOW + SECOND) == NOW + 5 * SECOND


def test_one_that_has_answered_lets_an_attempt_try() -> None:
    assert (back().rests_until(NOW + 5 * SECOND), back().opened_at) == (None, NOW)


def test_what_can_wait_for_the_one_that_tries_does() -> None:
    """Seconds later it is known whether all may leave: no other way is taken for that."""
    trying = Breaker(RUN, NOW, is_back=True, try_at=NOW + 30 * SECOND)

    assert trying.rests_until(NOW) == NOW + 30 * SECOND
    assert trying.bars_until(NOW) is None


def test_the_attempt_that_succeeds_closes_it() -> None:
    assert after_success(back(), NOW + 6 * SECOND) == SOUND


def test_the_attempt_that_fails_opens_it_again() -> None:
    breaker = after_fault(back(), NOW + 6 * SECOND)

    assert (breaker.is_open, breaker.opened_at, breaker.try_at) == (True, NOW, NOW + 16 * SECOND)


@pytest.mark.parametrize(("seconds", "is_waited_for"), [(1, True), (15, True), (16, False), (60, False)])
def test_a_short_pause_is_waited_for_and_a_long_one_is_like_being_away(seconds: int, is_waited_for: bool) -> None:
    breaker = after_too_fast(SOUND, NOW, seconds * SECOND)

    assert breaker.rests_until(NOW) == NOW + seconds * SECOND
    assert (breaker.bars_until(NOW) is None) is is_waited_for
    assert breaker.rests_until(NOW + seconds * SECOND) is None


def test_an_hours_pause_is_kept_for_a_minute_and_then_one_tries() -> None:
    """A11: one answer with `Retry-After: 3600` must not silence a method for an hour."""
    breaker = after_too_fast(SOUND, NOW, 3600 * SECOND)

    assert breaker.bars_until(NOW + 59 * SECOND) == NOW + LONGEST_PAUSE
    assert (breaker.rests_until(NOW + LONGEST_PAUSE), breaker.is_open, breaker.is_back) == (None, False, True)
    assert after_success(breaker, NOW + LONGEST_PAUSE) == SOUND


def test_whoever_tries_and_is_told_to_wait_again_lets_one_try_a_minute_later() -> None:
    first = after_too_fast(SOUND, NOW, 3600 * SECOND)

    second = after_too_fast(first, NOW + LONGEST_PAUSE, 3600 * SECOND)

    assert (second.opened_at, second.try_at, second.is_back) == (NOW, NOW + 2 * LONGEST_PAUSE, True)


def test_what_was_under_way_when_a_long_pause_began_does_not_end_it() -> None:
    breaker = after_too_fast(SOUND, NOW, 3600 * SECOND)

    assert after_success(breaker, NOW + SECOND) == breaker


def test_a_refusal_of_our_account_opens_it_at_once_and_says_why() -> None:
    """B3: what the provider says itself need not be found out five times."""
    breaker = after_fault(SOUND, NOW, AccountFault.TOKEN, is_certain=True)

    assert (breaker.is_open, breaker.fault, breaker.try_at) == (True, AccountFault.TOKEN, NOW + 5 * SECOND)
    assert after_probe(breaker, NOW + 5 * SECOND, is_back=False).fault is AccountFault.TOKEN
    assert after_success(after_probe(breaker, NOW + 5 * SECOND, is_back=True), NOW) == SOUND


def test_what_may_be_one_messages_own_opens_it_after_a_run() -> None:
    """A11: a proxy that dislikes one text must not hold up all others."""
    breaker = SOUND
    for _ in range(RUN - 1):
        breaker = after_fault(breaker, NOW, AccountFault.PERMISSION)

    assert (breaker.is_open, breaker.fault) == (False, AccountFault.PERMISSION)
    assert after_fault(breaker, NOW, AccountFault.PERMISSION).is_open


def test_a_pause_is_never_shortened() -> None:
    breaker = after_too_fast(after_too_fast(SOUND, NOW, 9 * SECOND), NOW, None)

    assert breaker.rests_until(NOW) == NOW + 9 * SECOND
    assert after_success(breaker, NOW) == breaker
    assert after_success(breaker, NOW + 9 * SECOND) == SOUND


def test_a_provider_that_asks_for_a_pause_is_not_away() -> None:
    assert after_too_fast(back(), NOW, SECOND) == Breaker(paused_until=NOW + SECOND)


def test_an_answer_that_comes_when_it_is_closed_changes_nothing() -> None:
    assert after_probe(SOUND, NOW, is_back=False) == SOUND


def test_moments_that_it_can_not_have_set_are_not_believed() -> None:
    """A clock that was ahead, and was put back: it is asked now, and not when that moment comes again."""
    ahead = after_too_fast(opened(), NOW, 3600 * SECOND)

    assert as_believed(opened(), NOW) == opened()
    assert as_believed(ahead, NOW) == ahead
    before = NOW - timedelta(hours=1)
    assert as_believed(opened(), before) == Breaker(RUN, before, try_at=before)
    assert as_believed(ahead, before).rests_until(before) is None


def test_a_pause_by_hand_lasts_whatever_the_provider_does_and_ends_by_itself() -> None:
    until = NOW + 600 * SECOND
    breaker = paused(NOW, until)

    for changed in (
        after_success(breaker, NOW),
        after_fault(breaker, NOW),
        after_too_fast(breaker, NOW, SECOND),
        after_probe(breaker, NOW, is_back=True),
    ):
        assert changed == breaker
    assert (breaker.rests_until(NOW), breaker.bars_until(NOW), breaker.try_at) == (until, until, None)
    assert as_believed(breaker, until - SECOND) == breaker
    assert as_believed(breaker, until) == SOUND


def test_a_pause_that_nobody_can_have_set_by_now_is_none() -> None:
    """A2: set while the clock was ahead, it would else last until that day comes, and longer than anybody may say."""
    longest = paused(NOW, NOW + LONGEST_HOLD)

    assert as_believed(longest, NOW) == longest
    assert as_believed(longest, NOW - SECOND) == longest
    assert as_believed(longest, NOW - timedelta(hours=1)) == SOUND
    assert as_believed(paused(NOW, NOW + 2 * LONGEST_HOLD), NOW) == SOUND
