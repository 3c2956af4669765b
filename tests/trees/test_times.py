"""Hours, holidays, closed days and quiet hours as they are written, and what they come to."""

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alertnet.core.directory.availability import Times
from alertnet.core.directory.contact import Method, MethodKind
from alertnet.core.directory.contact_tree import ContactTree
from alertnet.core.incident import Severity
from alertnet.trees import read_network

OFFICE = "Mo-Fr 08:30-16:30"


def valley(folder: Path, *lines: str, zone: str | None = None) -> ContactTree:
    """The small tree, whose embassy has those lines besides."""
    path = folder / "valley.yaml"
    more = [*lines, *([f"timezone: {zone}"] if zone else [])]
    text = path.read_text().replace("role: embassy\n", "\n    ".join(["role: embassy", *more]) + "\n")
    path.write_text(text)
    return read_network(folder).trees["valley"]


def times(folder: Path, *lines: str, zone: str | None = None, severity: Severity = Severity.SERIOUS) -> Times:
    tree = valley(folder, *lines, zone=zone)
    return tree.times(tree.contacts["embassy-es"], severity)


def is_open(times: Times, moment: str) -> bool:
    """Whether it is open at that moment of its own clock."""
    local = datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(times.zone))
    return times.closed_by(local) is None


@pytest.mark.parametrize(
    ("hours", "open_at", "closed_at"),
    [
        (OFFICE, "2026-11-24 08:30", "2026-11-28 10:00"),
        ("Mo-Th 08:00-12:00,14:00-17:00; Fr 08:00-13:00", "2026-11-26 14:00", "2026-11-27 14:00"),
        ("Mo-Su 22:00-06:00", "2026-11-24 05:59", "2026-11-24 06:00"),
        ("Mo-Fr 18:00-26:00", "2026-11-28 01:59", "2026-11-29 01:59"),
        ("24/7", "2026-11-29 03:00", "2026-12-25 00:00"),
        ("Su-Th 08:00-15:00", "2026-11-29 08:00", "2026-11-27 08:00"),
        ("Mo-Fr 09:00-17:00; Jul-Aug Mo-Fr 08:00-14:00", "2027-07-01 08:00", "2027-07-01 14:00"),
        ("Mo-Fr 09:00-17:00; Dec 24 09:00-12:00", "2026-12-24 11:59", "2026-12-24 12:00"),
        ("Mo[1] 10:00-12:00", "2026-12-07 10:00", "2026-12-14 10:00"),
        ("Mo-Fr 09:00-17:00; Dec 24-31 off; Feb 29 off", "2026-12-23 10:00", "2026-12-24 10:00"),
        ("Mo-Fr 09:00-17:00; Dec 08:00-12:00", "2026-12-24 10:00", "2026-12-24 13:00"),
        ("Mo-Fr 09:00-17:00; easter -2 days off", "2027-03-25 10:00", "2027-03-26 10:00"),
    ],
)
def test_hours_have_the_syntax_of_openstreetmap(hours: str, open_at: str, closed_at: str, folder: Path) -> None:
    """B1: opening_hours syntax."""
    embassy = times(folder, f'hours: "{hours}"')
    assert is_open(embassy, open_at)
    assert is_open(embassy, closed_at) == (hours == "24/7")


def test_after_the_years_that_are_worked_out_the_week_holds(folder: Path) -> None:
    embassy = times(folder, f'hours: "{OFFICE}"', "holidays: [ES]")
    assert is_open(embassy, "2040-11-26 10:00")
    assert not is_open(embassy, "2040-11-25 10:00")


def test_holidays_of_several_countries_and_extra_days_close_it(folder: Path) -> None:
    """B1: missions keep two calendars, that of the state they come from and that of their host."""
    embassy = times(folder, f'hours: "{OFFICE}"', "holidays: [CO, ES]", "closed: [2026-12-24]")
    reasons = {day: embassy.closed_by(datetime(2026, 12, day, 15, tzinfo=ZoneInfo("UTC"))) for day in (7, 8, 24, 28)}
    assert reasons == {7: None, 8: "CO: Immaculate Conception", 24: "closed", 28: None}
    assert embassy.closed_by(datetime(2026, 10, 12, 15, tzinfo=ZoneInfo("UTC"))) in (
        "CO: Columbus Day",
        "ES: National Day",
    )


def test_the_zone_is_the_contacts_or_else_its_trees(folder: Path) -> None:
    assert times(folder, f'hours: "{OFFICE}"').zone == "America/Bogota"


def test_a_contact_may_have_a_zone_of_its_own(folder: Path) -> None:
    embassy = times(folder, f'hours: "{OFFICE}"', zone="Asia/Kathmandu")
    opens_at = datetime(2026, 11, 24, 2, 45, tzinfo=ZoneInfo("UTC"))
    assert [embassy.closed_by(at) for at in (opens_at - timedelta(minutes=1), opens_at)] == ["hours", None]


def test_what_is_used_while_closed_is_read_like_any_method(folder: Path) -> None:
    line = 'when_closed: [{sms: "+573005550199", acknowledges_as: relay}]'
    embassy = valley(folder, f'hours: "{OFFICE}"', line).contacts["embassy-es"]
    assert embassy.when_closed == (Method(MethodKind.SMS, "+573005550199", relays=True),)
    assert "+573005550199" in embassy.numbers


def test_quiet_hours_are_of_one_severity(folder: Path) -> None:
    tree = valley(folder, 'quiet: {moderate: "22:00-07:00"}')
    embassy = tree.contacts["embassy-es"]
    assert tree.times(embassy, Severity.MODERATE).quiet == (22 * 60, 7 * 60)
    assert tree.times(embassy, Severity.CRITICAL).quiet is None


def test_a_tree_keeps_the_calendars_of_its_own_contacts_alone(folder: Path) -> None:
    """A8: an incident keeps the holidays as they were when it opened."""
    tree = valley(folder, "holidays: [ES]")
    assert list(tree.calendars) == ["ES"]
    assert tree.calendars["ES"][date(2026, 12, 25)] == "Christmas Day"
