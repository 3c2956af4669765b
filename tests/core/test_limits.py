"""Uses that count against a limit: windows, stocks that grow back, and doors that close for a time (B9)."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alertnet.core import limits
from alertnet.core.limits import HOUR, MINUTE, UNUSED, Limit, Usage

START = datetime(2026, 11, 24, 3, 12, tzinfo=UTC)
WINDOW = Limit("window", 3, HOUR)
STOCK = Limit("stock", 3, 10 * MINUTE, refill=10 * MINUTE)
CLOSING = Limit("closing", 3, HOUR, closes_for=15 * MINUTE, longest=HOUR)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def used(limit: Limit, *minutes: float) -> Usage:
    usage = UNUSED
    for minute in minutes:
        usage = limit.use(usage, at(minute))
    return usage


def test_what_goes_beyond_a_window_is_dropped_and_counted() -> None:
    usage = WINDOW.use(UNUSED, at(0), times=5)

    assert (WINDOW.room(usage, at(59.9)), usage.dropped) == (0, 2)


def test_a_use_takes_room_for_exactly_a_window() -> None:
    usage = used(WINDOW, 0, 20, 40)

    assert [WINDOW.room(usage, at(minute)) for minute in (59.9, 60, 80, 100)] == [0, 1, 2, 3]
    assert WINDOW.retry_at(usage, at(41)) == at(60)


def test_what_was_dropped_takes_no_room_later() -> None:
    """Whoever goes on trying is not locked out for ever by that."""
    usage = used(WINDOW, 0, 0, 0, 30, 59)

    assert (WINDOW.room(usage, at(60)), usage.dropped) == (3, 2)


def test_a_stock_grows_back_one_at_a_time() -> None:
    usage = used(STOCK, 0, 0, 0)

    assert [STOCK.room(usage, at(minute)) for minute in (0, 9.9, 10, 20, 30)] == [0, 0, 1, 2, 3]


def test_a_used_up_stock_lets_one_pass_in_each_refill() -> None:
    """Five at once, then one in ten minutes, however often it is tried."""
    usage, passed = UNUSED, []
    for minute in range(60):
        passed += [minute] if STOCK.room(usage, at(minute)) else []
        usage = STOCK.use(usage, at(minute))

    assert passed == [0, 1, 2, 10, 20, 30, 40, 50]


def test_a_door_closes_at_the_last_use_and_opens_by_itself() -> None:
    usage = used(CLOSING, 0, 1, 2)

    assert [CLOSING.room(usage, at(minute)) for minute in (2, 16.9, 17)] == [0, 0, 3]


def test_a_door_stays_closed_longer_each_time_up_to_the_longest() -> None:
    usage, closed_for = UNUSED, []
    moment = START
    for _ in range(50):
        usage = CLOSING.use(usage, moment, times=3)
        closed_for.append((usage.closed_until or moment) - moment)
        moment += closed_for[-1]

    assert closed_for == [15 * MINUTE, 30 * MINUTE, *[HOUR] * 48]


def test_after_a_quiet_time_a_door_closes_for_a_short_time_again() -> None:
    usage = CLOSING.use(CLOSING.use(UNUSED, at(0), times=3), at(15), times=3)

    usage = CLOSING.use(usage, at(45 + 60), times=3)

    assert usage.closed_until == at(45 + 60 + 15)


def test_uses_at_a_closed_door_are_dropped_and_do_not_lengthen_it() -> None:
    usage = CLOSING.use(CLOSING.use(UNUSED, at(0), times=3), at(14), times=100)

    assert (usage.closed_until, usage.dropped) == (at(15), 100)


def test_a_clock_that_was_ahead_takes_no_room() -> None:
    for limit in (WINDOW, CLOSING):
        usage = used(limit, 60, 60, 60)

        assert (limit.room(usage, at(60)), limit.room(usage, at(0))) == (0, 3)


def test_whoever_began_earlier_and_counts_later_loses_no_use() -> None:
    """Of two that count at once the second may have begun first: both uses take room, the older one's end first."""
    began_first, began_second = at(0), at(0) + timedelta(milliseconds=2)
    second = WINDOW.use(UNUSED, began_second)

    for both in (WINDOW.use(second, began_first), WINDOW.force(second, began_first)):
        assert both.until == (began_first + HOUR, began_second + HOUR)
        assert (WINDOW.room(both, began_first), WINDOW.room(both, began_first + HOUR)) == (1, 2)


def test_a_usage_is_kept_as_long_as_it_can_count() -> None:
    closed = CLOSING.use(UNUSED, at(0), times=3)

    assert (WINDOW.lasts_until(used(WINDOW, 5)), CLOSING.lasts_until(closed)) == (at(65), at(75))
    assert WINDOW.lasts_until(UNUSED) is None


def test_every_limit_stands_in_the_documentation() -> None:
    """B9: one table in the docs, with the figures that hold."""
    table = (Path(__file__).parents[2] / "docs" / "limits.md").read_text()

    promised = {name: int(most) for name, most in re.findall(r"^\| `(\w+)` \| .* \| (\d+)\b", table, re.MULTILINE)}

    limited = sorted((each for each in vars(limits).values() if isinstance(each, Limit)), key=lambda each: each.most)
    assert {each.name: each.most for each in limited} == promised
