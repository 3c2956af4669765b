"""The hours of a week at which nobody is there."""

from datetime import date

from alertnet.core.directory.availability import Hours
from alertnet.core.directory.contact import Contact, Method, MethodKind, Role
from alertnet.core.directory.coverage import gaps, shown
from alertnet.core.incident import Scope

MONDAY = date(2026, 11, 23)
CALL = frozenset({MethodKind.CALL})
OFFICE = Hours("Mo-Fr 08:30-16:30", tuple(((510, 990),) if day < 5 else () for day in range(7)))


def contact(hours: Hours | None, zone: str = "America/Bogota") -> Contact:
    call = Method(MethodKind.CALL, "+573005550101")
    return Contact("c", Role.NGO, "C", (call,), Scope.NATIONAL, "es", zone, hours=hours)


def weekly(*contacts: Contact) -> list[str]:
    found = gaps(contacts, CALL, "America/Bogota", MONDAY)
    return [f"{shown(begins)} to {shown(ends)}" for begins, ends in found]


def test_who_has_no_hours_is_always_there() -> None:
    assert weekly(contact(OFFICE)) != []
    assert weekly(contact(OFFICE), contact(None)) == []


def test_the_gap_over_the_weekend_is_one() -> None:
    assert weekly(contact(OFFICE)) == [
        "Mo 16:30 to Tu 08:30",
        "Tu 16:30 to We 08:30",
        "We 16:30 to Th 08:30",
        "Th 16:30 to Fr 08:30",
        "Fr 16:30 to Mo 08:30",
    ]


def test_offices_in_two_zones_cover_more_of_the_day() -> None:
    """08:30 to 16:30 in Madrid is 02:30 to 10:30 in Bogota, and in Tokyo 18:30 of the day before to 02:30."""
    around = weekly(contact(OFFICE), contact(OFFICE, "Europe/Madrid"), contact(OFFICE, "Asia/Tokyo"))

    assert around[0] == "Mo 16:30 to Mo 18:30"
    assert around[-1] == "Fr 16:30 to Su 18:30"


def test_nobody_with_such_a_method_leaves_the_whole_week() -> None:
    assert gaps([contact(None)], frozenset({MethodKind.SMS}), "UTC", MONDAY) == [(0, 7 * 24 * 60)]
