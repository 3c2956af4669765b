"""Units on a schedule: as many as are allowed, no more, however irregularly somebody looks."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertnet.core.delivery.rate_limit import CATCH_UP, MOST_UNITS_AHEAD, believed, free_after, units_free

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def test_a_number_that_rests_sends_one_unit_and_no_burst() -> None:
    assert units_free(NOW - timedelta(hours=1), NOW, rate=10) == 1
    assert free_after(NOW - timedelta(hours=1), NOW, 1, rate=10) == NOW + timedelta(milliseconds=100)


def test_a_number_that_is_busy_sends_none() -> None:
    assert units_free(NOW, NOW, rate=10) == 1
    assert units_free(NOW + timedelta(milliseconds=1), NOW, rate=10) == 0


def test_a_look_that_is_a_little_late_catches_up() -> None:
    """At 100 a second one is due every 10 ms: a look after 35 ms finds four."""
    free_at = NOW - timedelta(milliseconds=35)

    assert units_free(free_at, NOW, rate=100) == 4
    assert free_after(free_at, NOW, 4, rate=100) == NOW + timedelta(milliseconds=5)


def test_a_longer_message_takes_longer() -> None:
    assert free_after(NOW, NOW, 3, rate=1) == NOW + timedelta(seconds=3)


@pytest.mark.parametrize("rate", [0.5, 1, 10, 100])
@given(lateness=st.lists(st.integers(0, 40), min_size=30, max_size=200), segments=st.integers(1, 4))
def test_the_limit_is_used_and_never_exceeded(rate: float, lateness: list[int], segments: int) -> None:
    """Never above it, and 95 % of it while anything waits, with looks up to 40 ms late, for any length."""
    began = free_at = now = NOW
    sent = 0
    for late in lateness:
        now = max(free_at, now) + timedelta(milliseconds=late)
        while units_free(free_at, now, rate):
            free_at = free_after(free_at, now, segments, rate)
            sent += segments
        seconds = (now - began).total_seconds()
        assert sent <= rate * (seconds + CATCH_UP.total_seconds()) + segments
    assert sent >= 0.95 * rate * (free_at - began - CATCH_UP).total_seconds()


@pytest.mark.parametrize("rate", [0.1, 1, 100])
def test_a_moment_that_the_pace_can_not_have_set_is_not_believed(rate: float) -> None:
    """A clock that was ahead, and was put back: no number waits for it to be that late once more."""
    furthest = NOW + timedelta(seconds=MOST_UNITS_AHEAD / rate)

    assert believed(furthest, NOW, rate) == furthest
    assert believed(furthest + timedelta(seconds=6), NOW, rate) == NOW
