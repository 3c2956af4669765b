"""Ages by the calendar: how long what happened is kept."""

from datetime import UTC, datetime

import pytest

from alertnet.core.monitoring.retention import read_age

NOW = datetime(2028, 3, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "before"),
    [("7d", "2028-03-24"), ("2w", "2028-03-17"), ("1m", "2028-02-29"), ("24m", "2026-03-31"), ("2y", "2026-03-31")],
)
def test_an_age_goes_back_by_the_calendar(age: str, before: str) -> None:
    read = read_age(age)

    assert read is not None
    assert (str(read), f"{read.before(NOW):%Y-%m-%d}") == (age, before)


@pytest.mark.parametrize("text", ["", "24", "6d", "90s", "0m", "-1y", "24h", "101y", "99999d", "m24"])
def test_what_is_no_age_or_none_to_keep_to_is_refused(text: str) -> None:
    assert read_age("7d") is not None
    assert read_age(text) is None
