"""How the field says that it goes, is well, arrives or comes later: this table is the manual of the grammar (B4)."""

from datetime import UTC, datetime, timedelta

import pytest

from alertnet.core.inbound.check_in_text import delay_in, is_more, parse_check_in, plan_in
from alertnet.core.inbound.journey import CheckIn
from alertnet.core.incident import Scope

BOGOTA, MADRID = "America/Bogota", "Europe/Madrid"
FOUR_PM = datetime(2026, 11, 26, 21, 0, tzinfo=UTC)
"""In Bogota."""

VERBS = [
    ("GO 47110 L12 18:00", (CheckIn.DEPART, "47110", "l12 18:00")),
    ("go47110 l12 18:00", (CheckIn.DEPART, "47110", "l12 18:00")),
    ("SALIDA 47110 L12 18:00", (CheckIn.DEPART, "47110", "l12 18:00")),
    ("Départ L12 18h30 47110", (CheckIn.DEPART, "47110", "l12 18h30")),
    ("OK 47110", (CheckIn.OK, "47110", "")),
    ("ok, 47110.", (CheckIn.OK, "47110", "")),
    ("OK", (CheckIn.OK, None, "")),
    ("Bien 471103", (CheckIn.OK, "471103", "")),
    ("ＯＫ ４７１１０", (CheckIn.OK, "47110", "")),
    ("OK ٤٧١١٠", (CheckIn.OK, "47110", "")),
    ("“OK” 47110", (CheckIn.OK, "47110", "")),
    ("OK\u00a047110", (CheckIn.OK, "47110", "")),
    ("ARR 47110", (CheckIn.ARRIVED, "47110", "")),
    ("Arrivée 47110", (CheckIn.ARRIVED, "47110", "")),
    ("Llegada; 47110", (CheckIn.ARRIVED, "47110", "")),
    ("WAIT 47110 2H", (CheckIn.EXTEND, "47110", "2h")),
    ("Attente 2h 47110", (CheckIn.EXTEND, "47110", "2h")),
    ("ESPERA/47110/20:30", (CheckIn.EXTEND, "47110", "20:30")),
    ("OK 47110 nos siguen", (CheckIn.OK, "47110", "nos siguen")),
]
OTHERS = ["okay 47110", "going 47110", "hola", "", "4711", "SOS 47110", "arrest 47110", "waiting"]


@pytest.mark.parametrize(("text", "meant"), VERBS)
def test_a_check_in_is_a_verb_and_a_pin(text: str, meant: tuple[CheckIn, str | None, str]) -> None:
    found = parse_check_in(text)

    assert found is not None
    assert (found.verb, found.pin, found.rest) == meant


@pytest.mark.parametrize("text", OTHERS)
def test_another_text_is_none(text: str) -> None:
    assert parse_check_in("OK 47110") is not None
    assert parse_check_in(text) is None


LEGS = [
    ("l12 18:00", [("L12", "18:00")]),
    ("l12 1800", [("L12", "18:00")]),
    ("l12 18h", [("L12", "18:00")]),
    ("l12 18h30", [("L12", "18:30")]),
    ("l12 9.45", [("L12", "09:45+1")]),
    ("18:00 l12", [("L12", "18:00")]),
    ("18:00", [(None, "18:00")]),
    ("l12 18:00 l14 21:00 l2 01:30", [("L12", "18:00"), ("L14", "21:00"), ("L2", "01:30+1")]),
    ("l12 07:00", [("L12", "07:00+1")]),
    ("l12 15:10", [("L12", "15:10")]),
    ("l12", []),
    ("", []),
]


@pytest.mark.parametrize(("rest", "legs"), LEGS)
def test_each_time_ends_a_leg(rest: str, legs: list[tuple[str | None, str]]) -> None:
    """At 16:00: a time that has just gone was typed on the way, one long gone is tomorrow's."""
    found = plan_in(rest, FOUR_PM, BOGOTA).legs

    assert [leg.shown(FOUR_PM) for leg in found] == [" ".join(filter(None, leg)) for leg in legs]


def test_people_and_consent_are_taken_wherever_they_stand() -> None:
    plan = plan_in("p7 l12 c1 18:00 c2 p9", FOUR_PM, BOGOTA)

    assert (plan.people, plan.consent, plan.legs[0].to) == (("P7", "P9"), Scope.NATIONAL, "L12")


DELAYS = [
    ("2h", timedelta(hours=2)),
    ("2 h", timedelta(hours=2)),
    ("2h30", timedelta(hours=2, minutes=30)),
    ("12h", timedelta(hours=12)),
    ("90m", timedelta(minutes=90)),
    ("45 min", timedelta(minutes=45)),
    ("20:30", datetime(2026, 11, 27, 1, 30, tzinfo=UTC)),
    ("20h30", datetime(2026, 11, 27, 1, 30, tzinfo=UTC)),
    ("18h", datetime(2026, 11, 26, 23, 0, tzinfo=UTC)),
    ("0h", None),
    ("mucho", None),
    ("", None),
]


@pytest.mark.parametrize(("rest", "delay"), DELAYS)
def test_a_delay_is_a_span_or_a_time(rest: str, delay: timedelta | datetime | None) -> None:
    assert delay_in(rest, FOUR_PM, BOGOTA) == delay


CHANGES = [
    # The night of 25 October 2026 has 02:30 twice in Madrid: it is the first. That of 29 March 2026 has none.
    (datetime(2026, 10, 24, 22, 0, tzinfo=UTC), "02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    (datetime(2026, 3, 28, 23, 0, tzinfo=UTC), "02:30", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
]


@pytest.mark.parametrize(("now", "shown", "moment"), CHANGES)
def test_a_time_that_clocks_show_twice_or_never_is_one_moment(now: datetime, shown: str, moment: datetime) -> None:
    """A7."""
    (leg,) = plan_in(shown, now, MADRID).legs

    assert leg.expected_at == moment


@pytest.mark.parametrize(
    ("rest", "more"), [("l12 18:00", False), ("2h", False), ("nos siguen", True), ("p7 c1", False)]
)
def test_words_beside_codes_are_for_people(rest: str, more: bool) -> None:
    assert is_more(rest) is more
