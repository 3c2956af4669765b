"""Figures over months: what few say is said as such, and advice comes of enough alone."""

from datetime import UTC, datetime, timedelta

import pytest

from alertnet.core.directory.contact_tree import Network
from alertnet.core.monitoring.figures import OpenedLevel, advise, band_of, by_level, times_of
from tests.core.cast import level, tree

NIGHT = datetime(2026, 11, 24, 7, tzinfo=UTC)
"""02:00 in Bogotá."""


def minutes(*numbers: float | None) -> list[timedelta | None]:
    return [None if each is None else timedelta(minutes=each) for each in numbers]


def network_with(wait: int) -> Network:
    valley = tree([level("Friends", "ombuds", wait=wait), level("Others", "desk")], timezone="America/Bogota")
    return Network({"valley": valley}, {}, {})


def opened(*took: float | None) -> list[OpenedLevel]:
    return [
        OpenedLevel(str(number), "valley", "Friends", NIGHT, None if each is None else NIGHT + timedelta(minutes=each))
        for number, each in enumerate(took)
    ]


def test_of_few_there_are_the_shortest_and_longest_alone() -> None:
    """No p50 of four, no p90 of nine: they would say nothing about the next one."""
    few, some, many = (times_of(minutes(*range(1, count + 1))) for count in (4, 9, 10))

    assert (few.p50, few.shortest, few.longest) == (None, *minutes(1, 4))
    assert (some.p50, some.p90) == (*minutes(5), None)
    assert (many.p50, many.p90) == tuple(minutes(5, 9))


def test_what_never_happened_is_counted_and_shortens_nothing() -> None:
    times = times_of(minutes(1, None, 3, None, 5, 6, 7))

    assert (times.count, times.never, times.p50) == (7, 2, *minutes(5))


@pytest.mark.parametrize(
    ("hour", "band"), [(21, "afternoon"), (22, "night"), (0, "night"), (5, "night"), (6, "morning"), (14, "afternoon")]
)
def test_each_hour_belongs_to_one_part_of_the_day(hour: int, band: str) -> None:
    assert band_of(datetime(2026, 11, 24, hour, tzinfo=UTC), "UTC") == band


def test_a_level_that_answers_late_is_advised_a_shorter_wait_as_a_difference_of_the_tree() -> None:
    network = network_with(wait=60)

    [late] = advise(by_level(opened(38, 40, 41, 45, 50), network), network)

    assert (late.level, late.band, late.wait, late.shorter) == ("Friends", "night", *minutes(60, 30))
    assert any("30" in str(line) for line in late.words)


@pytest.mark.parametrize("took", [(40, 41, 42), (3, 4, 5, 6, 7), (None, None, None, None, None)])
def test_no_advice_comes_of_few_or_of_those_who_answer_soon(took: tuple[float | None, ...]) -> None:
    network = network_with(wait=60)

    assert advise(by_level(opened(*took), network), network) == []
    assert advise(by_level(opened(40, 41, 42, 43, 44), network), network) != []
