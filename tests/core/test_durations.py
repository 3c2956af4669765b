"""Lengths of time as they are typed and shown."""

from datetime import timedelta

import pytest

from alertnet.core.directory.durations import duration_text, read_duration

LENGTHS = [
    ("90s", timedelta(seconds=90)),
    ("45m", timedelta(minutes=45)),
    ("2h", timedelta(hours=2)),
    ("30d", timedelta(days=30)),
    ("0s", timedelta()),
]


@pytest.mark.parametrize(("text", "length"), LENGTHS)
def test_a_length_is_shown_as_it_is_typed(text: str, length: timedelta) -> None:
    assert (read_duration(text), duration_text(length)) == (length, text)


def test_the_largest_unit_that_fits_is_shown() -> None:
    assert [duration_text(timedelta(minutes=minutes)) for minutes in (60, 90, 1440)] == ["1h", "90m", "1d"]


@pytest.mark.parametrize("text", ["", "m", "10", "1.5h", "-5m", "10 m", "10M", "12345678s", "\u0661m"])
def test_what_is_no_length_is_none(text: str) -> None:
    assert (read_duration("10m"), read_duration(text)) == (timedelta(minutes=10), None)
