"""Which reports of two teams are suggested to be one event, and which are not (A12)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alertnet.core.inbound.same_event import may_be_same
from alertnet.core.incident import Facts, Severity

NORTH = Facts("arrest", Severity.CRITICAL, "CO", place="L12", raised_from="+573005550001")
SOUTH = replace(NORTH, type="crowd_repression", place="L13", raised_from="+573005550002")
APART = timedelta(minutes=12)


@pytest.mark.parametrize(
    "other",
    [
        SOUTH,
        replace(SOUTH, place=None),
        replace(SOUTH, type="other"),
        replace(SOUTH, place="L19"),
        replace(SOUTH, type="arrest", place="L12"),
    ],
)
def test_two_sides_of_one_event_are_suggested(other: Facts) -> None:
    assert may_be_same(NORTH, other, APART)
    assert may_be_same(other, NORTH, -APART)


@pytest.mark.parametrize(
    "other",
    [
        replace(SOUTH, country="GT"),
        replace(SOUTH, place="L40"),
        replace(SOUTH, type="defamation"),
        replace(SOUTH, drill=True),
        replace(SOUTH, raised_from=NORTH.raised_from),
    ],
)
def test_what_differs_is_another_event(other: Facts) -> None:
    assert may_be_same(NORTH, SOUTH, APART)
    assert not may_be_same(NORTH, other, APART)


def test_half_an_hour_later_it_is_another_event() -> None:
    assert may_be_same(NORTH, SOUTH, timedelta(minutes=30))
    assert not may_be_same(NORTH, SOUTH, timedelta(minutes=31))
