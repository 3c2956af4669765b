"""What a single value may be: the form of each, with what is taken and what is not."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from alertnet.core.directory.countries import COUNTRIES
from alertnet.trees.reading import values
from alertnet.trees.reading.fault import NotAllowed


@pytest.mark.parametrize(
    ("read", "text", "meaning"),
    [
        (values.duration, "0m", timedelta()),
        (values.duration, "90s", timedelta(seconds=90)),
        (values.duration, "10m", timedelta(minutes=10)),
        (values.duration, "2h", timedelta(hours=2)),
        (values.duration, "30d", timedelta(days=30)),
        (values.number, "+573005550101", "+573005550101"),
        (values.number, "+17185550101", "+17185550101"),
        (values.number, "+881631234567", "+881631234567"),  # a satellite phone
        (values.number, "+5215512345671", "+525512345671"),  # a mobile in Mexico as it was dialled until 2019
        (values.mail_address, "o'neill+duty@sub.es.example", "o'neill+duty@sub.es.example"),
        (values.mail_address, "Human.Rights@ES.example", "human.rights@es.example"),
        (values.zone, "America/Bogota", "America/Bogota"),
        (values.country, "NO", "NO"),
        (values.served, "*", "*"),
        (values.language, "es-CO", "es-CO"),
        (values.sender, "PBI España", "PBI España"),
        (values.extension, "ww1234", "ww1234"),
        (values.person_code, "P7", "P7"),
        (values.quota, "each_organisation", "each_organisation"),
        (values.quota, "2", 2),
        (values.day, "2026-10-01", date(2026, 10, 1)),
        (values.yes_or_no, "true", True),
        (values.line, " Duty desk ", "Duty desk"),
    ],
)
def test_a_value_is_read_as_what_it_means(read: Callable[[str], object], text: str, meaning: object) -> None:
    assert read(text) == meaning


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (values.duration, "10"),
        (values.duration, "1h30m"),
        (values.duration, "-5m"),
        (values.duration, "31d"),
        (values.duration, "٣m"),  # digits of another script
        (values.duration, "10m\n"),
        (values.wait, "0s"),
        (values.number, "+112"),
        (values.number, "+57123"),
        (values.number, "+441112"),
        (values.number, "0034600550102"),
        (values.number, "+999123456789"),
        (values.number, "+573005550101\n"),
        (values.mail_address, "duty"),
        (values.mail_address, "duty@es"),
        (values.mail_address, "a..b@es.example"),
        (values.mail_address, "Duty <duty@es.example>"),
        (values.mail_address, "duty@es.example\nBcc: x@y.example"),
        (values.mail_address, "duty@es.example, x@y.example"),
        (values.zone, "../../etc/passwd"),
        (values.country, "*"),
        (values.country, "UK"),
        (values.language, "ES"),
        (values.sender, "PBI {ES}"),  # two septets each in GSM-7
        (values.sender, " PBI"),
        (values.sender, ""),
        (values.extension, "12a"),
        (values.person_code, "p7"),
        (values.person_code, "C2"),  # a consent in a field message
        (values.slug, "-x"),
        (values.quota, "0"),
        (values.day, "2026-13-01"),
        (values.line, "two\nlines"),
        (values.line, "  "),
    ],
)
def test_anything_else_is_not_allowed_and_says_what_is(read: Callable[[str], object], text: str) -> None:
    with pytest.raises(NotAllowed) as caught:
        read(text)
    assert caught.value.allowed


def test_the_countries_are_the_249_of_iso_3166() -> None:
    assert len(COUNTRIES) == 249
    assert all(len(code) == 2 and code.isupper() for code in COUNTRIES)
