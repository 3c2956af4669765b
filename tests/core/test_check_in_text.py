"""When somebody of the field is expected where: this table is the manual of how it is typed (B4)."""

from datetime import UTC, datetime, timedelta

import pytest

from alertnet.core.inbound.on_the_road.check_in_text import (
    gaps_in,
    has_words,
    legs_in,
    names_day,
    says_more_than_times,
    says_only_well,
)

BOGOTA, MADRID = "America/Bogota", "Europe/Madrid"
FOUR_PM = datetime(2026, 11, 26, 21, 0, tzinfo=UTC)
"""In Bogota."""

LEGS = [
    ("GO 47110 L12 18:00", [("L12", "18:00")]),
    ("SALIDA47110 L12 18:00 p7 c2 nos siguen", [("L12", "18:00")]),
    ("GO ٤٧١١٠ L١٢ ١٨:٠٠", [("L12", "18:00")]),
    ("l12 1800", [("L12", "18:00")]),
    ("l12 18h", [("L12", "18:00")]),
    ("l12 18h30", [("L12", "18:30")]),
    ("l12 9.45", [("L12", "09:45+1")]),
    ("18:00 l12", [("L12", "18:00")]),
    *(
        (f"L12 {shown}", [("L12", "18:00")])
        for shown in ("18:00h", "1800 hrs", "18 h", "18 heures", "18 Uhr", "１８：００")
    ),
    *((f"L12 {shown}", [("L12", "18:30")]) for shown in ("18 h 30", "18.30h", "6:30 pm", "6.30 p.m.", "6:30PM")),
    *(
        (f"L12 {shown}", [("L12", "18:00")])
        for shown in ("6pm", "las 6 de la tarde", "6 h du soir", "6 in the evening")
    ),
    *((f"L12 {shown}", [("L12", "00:30+1")]) for shown in ("12:30 am", "0:30", "12:30 a.m.")),
    ("L12 12:30 pm", [("L12", "12:30+1")]),
    ("L12 12 de la tarde", [("L12", "12:00+1")]),
    *((f"L12 {midnight}", [("L12", "00:00+1")]) for midnight in ("12 de la noche", "12 h du soir", "12 at night")),
    *((f"L12 {shown}", [("L12", "20:00")]) for shown in ("8 de la noche", "8 du soir", "20:00 de la noche")),
    # Said of no clock for sure: asked again.
    *((f"L12 {shown}", []) for shown in ("3 de la noche", "14 am")),
    # A number that counts something is no minutes.
    *((f"L12 18h {words}", [("L12", "18:00")]) for words in ("30 personas", "45 min de carro")),
    ("L12 18h 30 L14 21h", [("L12", "18:30"), ("L14", "21:00")]),
    ("L12 6 de la mañana", [("L12", "06:00+1")]),
    # How soon is no time of day, nor is what only looks like a part of one.
    *((f"L12 {words}", []) for words in ("in 2 hours", "dentro de 2 h", "2-3h", "25:00", "18h75", "6 personas")),
    # By its date, in any order and way of writing, within a week; of a day further ahead nothing is understood.
    *((f"L12 {today} 18:00", [("L12", "18:00")]) for today in ("26/11", "26.11.", "26.11.2026 um", "2026-11-26")),
    *(
        (f"L12 {tomorrow} 18:00", [("L12", "18:00+1")])
        for tomorrow in (
            "27/11",
            "11/27",
            "27/11/26",
            "27/11, a las",
            "27-11",
            "27.11",
            "mañana",
            "demain",
            "tomorrow",
            "morgen",
            "amanhã",
        )
    ),
    *(
        (f"L12 {after} 18:00", [("L12", "18:00+2")])
        for after in ("28/11", "pasado mañana", "après-demain", "übermorgen")
    ),
    *((f"L12 {later} 18:00", [("L12", "18:00+5")]) for later in ("1/12/2026", "2026-12-01", "1er décembre", "Dec 1")),
    *((f"L12 {later} 18:00", []) for later in ("3/12", "2026-12-24", "31/31", "24 de diciembre", "el 25 a las")),
    *((f"L12 {morning} 9:00", [("L12", "09:00+1")]) for morning in ("por la mañana", "am Morgen", "mañana temprano")),
    # By its weekday, in five languages, before the time and after it.
    *(
        (f"L12 {friday}", [("L12", "14:00+1")])
        for friday in (
            "viernes 14h",
            "el viernes a las 2 de la tarde",
            "este viernes 14:00",
            "14:00 viernes",
            "14:00 el viernes, gracias",
            "vendredi 14h",
            "14h vendredi",
            "vendredi après-midi 2h",
            "Freitag 14 Uhr",
            "am Freitag um 14 Uhr",
            "14:00 am Freitag",
            "Freitag Nachmittag 2:00",
            "sexta-feira às 14h",
            "sexta 14h",
            "sexta às 2h da tarde",
            "Friday 2pm",
            "on Friday at 14:00",
            "Fri 14:00",
            "vie. 14h",
            "viernes 27 14:00",
            "viernes 27 de noviembre, 14:00",
            "27 de noviembre de 2026 14:00",
            "mañana viernes 14:00",
            "14:00 27/11",
            "14:00 27 nov",
            "Freitagnachmittag 2 Uhr",
            "2 Uhr Freitagmittag",
            "6a feira 14h",
            "6ª-feira às 14h",
            "6a. feira, 14h",
            "vendredi aprem 2h",
            "viernes 2 del mediodía",
        )
    ),
    ("viernes L12 14h", [("L12", "14:00+1")]),
    *((f"L12 {evening}", [("L12", "20:00+1")]) for evening in ("Freitagabend 8:00", "8 Uhr am Freitagabend")),
    *((f"L12 {dusk}", [("L12", "18:00")]) for dusk in ("6:00 al anochecer", "6 del atardecer", "6:00 ao anoitecer")),
    *((f"L12 {noon}", [("L12", "12:00+1")]) for noon in ("12 del mediodía", "12 Uhr mittags", "12h do meio-dia")),
    ("L12 18:00 casa 6a", [("L12", "18:00")]),
    ("L12 18:00 buen fin de semana", [("L12", "18:00")]),
    ("L12 jueves 18:00", [("L12", "18:00")]),
    ("L12 Montag 8 Uhr", [("L12", "08:00+4")]),
    ("L12 Montag morgen 8 Uhr", [("L12", "08:00+4")]),
    ("L12 18:00 mañana P7 c2", [("L12", "18:00+1")]),
    ("L12 18:00, mañana seguimos", [("L12", "18:00")]),
    ("L12 18:00. Mañana seguimos", [("L12", "18:00")]),
    ("L12 viernes 14h L14 sábado 9:00", [("L12", "14:00+1"), ("L14", "09:00+2")]),
    # A part of the day counts before its hour and after it, and with a day.
    *(
        (f"L12 {tonight}", [("L12", "21:00")])
        for tonight in (
            "esta noche 9:00",
            "9:00 esta noche",
            "ce soir 9h",
            "9h ce soir",
            "tonight 9:00",
            "heute Abend 9 Uhr",
            "9 Uhr abends",
            "hoje à noite 9h",
            "9h da noite",
            "hoy 9:00 de la noche",
            "esta noche 21:00",
        )
    ),
    *(
        (f"L12 {tomorrow}", [("L12", "20:00+1")])
        for tomorrow in ("mañana 8 de la noche", "demain soir 8h", "morgen Abend 8 Uhr", "amanhã à noite 8h")
    ),
    *(
        (f"L12 {tomorrow}", [("L12", "06:00+1")])
        for tomorrow in ("amanhã cedo 6h", "morgen früh 6 Uhr", "demain matin 6h", "mañana en la mañana 6:00")
    ),
    *((f"L12 {midnight}", [("L12", "00:00+1")]) for midnight in ("12:00 de la madrugada", "12:00 medianoche")),
    ("Buenas noches, L12 9:00", [("L12", "09:00+1")]),
    # Where it may be another hour or day than it seems, a question is better than a wrong one.
    *(
        (f"L12 {unsure}", [])
        for unsure in (
            "próximo viernes 14h",
            "viernes que viene 14h",
            "next Friday 14:00",
            "nächsten Freitag 14 Uhr",
            "vendredi prochain 14h",
            "mar 14h",
            "so 18 Uhr",
            "mañna 18:00",
            "demian 18h",
            "mañana sábado 18:00",
            "viernes 28 14:00",
            "jueves 9:00",
            "hoy 9:00",
            "esta mañana 9:00",
            "18:00 mañana seguimos",
            "18:00 ma",
            "27/1",
            "18:00 mañana L14 20:00",
            "viernes 14h L14 viernes 9:00",
            "mañana 12 de la noche",
            "llegamos tarde 9:00",
            "9:00, regresamos de noche",
            "amanhã cedo",
            "3h",
            "2h30",
            "18h et demie",
            "6 y media pm",
            "halb 9 Uhr",
            "Viertel vor 9 Uhr",
            "quarter to 6 pm",
            "in 2 days 18:00",
            "18:00 dentro de dos días",
            "dans 2 jours 18h",
            "18:00 in zwei Tagen",
            "fin de semana 18:00",
            "18:00 next week",
            "weekend 18h",
            "Freitagnacht 1 Uhr",
            "mediodía 9:00",
            "6ª 14h",
            "14h 6a",
        )
    ),
    *((f"L12 {sure}", [("L12", "03:00+1")]) for sure in ("à 3h", "a las 3h", "demain 3h", "3:00", "3 Uhr")),
    ("L12 18:00 L14 mañana 17:00", [("L12", "18:00"), ("L14", "17:00+1")]),
    # A greeting, or a part of this day, puts nothing off by a day.
    *((f"{today}, L12 18:00", [("L12", "18:00")]) for today in ("Guten Morgen", "diesen Morgen", "a media mañana")),
    ("L12 18:00 2/3 personas", [("L12", "18:00")]),
    ("18:00", [(None, "18:00")]),
    ("l12 18:00 l14 21:00 l2 01:30", [("L12", "18:00"), ("L14", "21:00"), ("L2", "01:30+1")]),
    ("l12 18:00 l14 17:30", [("L12", "18:00"), ("L14", "17:30+1")]),
    ("l12 07:00", [("L12", "07:00+1")]),
    ("l12 15:10", [("L12", "15:10")]),
    ("l12", []),
    ("", []),
]


@pytest.mark.parametrize(("rest", "legs"), LEGS)
def test_each_time_ends_a_leg(rest: str, legs: list[tuple[str | None, str]]) -> None:
    """At 16:00: a time that has just gone was typed on the way, one long gone is tomorrow's."""
    found = legs_in(rest, FOUR_PM, BOGOTA)

    assert [leg.shown(FOUR_PM) for leg in found] == [" ".join(filter(None, leg)) for leg in legs]


@pytest.mark.parametrize(
    ("text", "legs", "gaps"),
    [
        ("GO 47110 L12 18:00 16:30-17:45", ["L12 18:00"], ["16:30-17:45"]),
        ("GO 47110 16h30 - 17h45 L12 1800", ["L12 18:00"], ["16:30-17:45"]),
        ("GO L12 18:00 L14 21:00 15:30–16:30 19:00-20:00", ["L12 18:00", "L14 21:00"], ["15:30-16:30", "19:00-20:00"]),
        ("GO L12 02:00 23:00-01:00", ["L12 02:00+1"], ["23:00-01:00"]),
        ("GO L12 18:00 17:00-17:00", ["L12 18:00"], []),
        ("GO L12 23:00 18:00-17:00", ["L12 23:00"], []),
        ("GO L12-18:00", ["L12 18:00"], []),
        ("GO L12 mañana 18:00 17:00-19:30", ["L12 18:00+1"], ["17:00-19:30"]),
    ],
)
def test_a_span_is_without_coverage_and_no_leg(text: str, legs: list[str], gaps: list[str]) -> None:
    """At 16:00; of what is none, or longer than a day's work, no hour is left out."""
    assert [leg.shown(FOUR_PM) for leg in legs_in(text, FOUR_PM, BOGOTA)] == legs
    assert [gap.shown(BOGOTA) for gap in gaps_in(text, FOUR_PM, BOGOTA)] == gaps


def test_a_span_of_a_later_day_is_of_that_day() -> None:
    """A2: of today it would leave the silence of Monday without its gap, and today's night with one."""
    text = "GO L12 lunes 18:00 17:00-19:30"

    [gap] = gaps_in(text, FOUR_PM, BOGOTA, legs_in(text, FOUR_PM, BOGOTA))

    assert f"{gap.begins_at:%a %H:%M}" == "Mon 22:00"


def test_after_midnight_tomorrow_may_be_the_day_that_has_begun() -> None:
    """A2: nobody can tell, so it is asked; the weekday says it."""
    one_am = FOUR_PM + timedelta(hours=9)

    assert legs_in("GO L12 mañana 18:00", one_am, BOGOTA) == ()
    assert [leg.shown(one_am) for leg in legs_in("GO L12 sábado 18:00", one_am, BOGOTA)] == ["L12 18:00+1"]


@pytest.mark.parametrize(
    ("text", "more"),
    [
        *(
            ("18:00 mañana", False),
            ("viernes 27 a las 2 de la tarde, con P7", False),
            ("mañana 18:00 nos siguen", True),
        ),
        *(("más, gracias", False), ("more, thank you", False), ("de plus merci", False), ("mas nos siguen", True)),
        *(("22:00 no estamos bien", True), ("no hay mas", True)),
        *(("to L12 by 11.30pm", False), ("para L12, llego a las 6 de la tarde", False), ("vers L12 à 18h30", False)),
        *(("nach L12, Ankunft um 18:00", False), ("para L12, chego às 18:00", False), ("L12 then L14 20:00", False)),
        *(("to L12 by 11.30pm, soldiers here", True), ("not to L12 by 18:00", True), ("llego herida a las 6", True)),
    ],
)
def test_thanks_and_words_for_days_and_the_way_are_for_people_only_beside_others(text: str, more: bool) -> None:
    assert says_more_than_times(text) is more


ZONES = [
    ("L12 18:00 UTC-5", ["L12 18:00"]),
    ("GO 47110 L12 18:00 L40 21:30 UTC-4", ["L12 18:00", "L40 21:30 UTC-4"]),
    ("l40 2130utc−4 l41 23:00 gmt -3", ["L40 21:30 UTC-4", "L41 23:00 UTC-3"]),
    ("L12 18:00 L40 18:30 UTC-4", ["L12 18:00", "L40 18:30+1 UTC-4"]),
    ("L40 04:00 GMT+5:30", ["L40 04:00 UTC+5:30"]),
    ("L40 04:00 utc+0545", ["L40 04:00 UTC+5:45"]),
    ("L40 22:00 UTC", ["L40 22:00 UTC+0"]),
    ("L40 22:00 UTC+7:13", []),
    ("L40 22:00 UTC-13", []),
]


@pytest.mark.parametrize(("text", "legs"), ZONES)
def test_a_time_may_name_an_offset_of_its_own(text: str, legs: list[str]) -> None:
    """B4: at 16:00 in Bogota, where clocks are at UTC-5; what no clocks show is no time at all."""
    assert [leg.shown(FOUR_PM, home=BOGOTA) for leg in legs_in(text, FOUR_PM, BOGOTA)] == legs


def test_a_time_with_an_offset_is_the_moment_when_its_clocks_show_it() -> None:
    """A7: 21:30 an hour further east is 20:30 at home."""
    home, east = legs_in("L12 18:00 L40 21:30 UTC-4", FOUR_PM, BOGOTA)

    assert [leg.expected_at.hour for leg in (home, east)] == [23, 1]


CHANGES = [
    # The night of 25 October 2026 has 02:30 twice in Madrid: it is the first. That of 29 March 2026 has none.
    (datetime(2026, 10, 24, 22, 0, tzinfo=UTC), "02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    (datetime(2026, 3, 28, 23, 0, tzinfo=UTC), "02:30", datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
]


@pytest.mark.parametrize(("now", "shown", "moment"), CHANGES)
def test_a_time_that_clocks_show_twice_or_never_is_one_moment(now: datetime, shown: str, moment: datetime) -> None:
    """A7."""
    (leg,) = legs_in(shown, now, MADRID)

    assert leg.expected_at == moment


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("18:00 L14 21:30", False),
        ("L40 21:30 UTC-4", False),
        ("18h30", False),
        ("6 pm", False),
        ("18 hrs", False),
        ("nos siguen", True),
        ("18:00 nos siguen", True),
        (None, False),
    ],
)
def test_words_beside_codes_are_for_people(text: str | None, more: bool) -> None:
    assert has_words(text) is more


@pytest.mark.parametrize(
    ("written_at", "text", "moments"),
    [
        # Clocks in Madrid go from 03:00 back to 02:00 at 01:00 UTC of 25 October.
        ("00:40", "L12 02:50", ["00:50"]),
        ("01:40", "L12 02:50", ["01:50"]),
        ("01:40", "L12 02:30", ["01:30"]),
        ("01:40", "L12 02:50 L14 02:55", ["01:50", "01:55"]),
        ("00:40", "L12 02:50 L14 02:10", ["00:50", "01:10"]),
        ("23:50", "L12 02:50 L14 03:10", ["00:50", "02:10"]),
    ],
)
def test_while_clocks_show_an_hour_again_its_times_are_those_of_now(
    written_at: str, text: str, moments: list[str]
) -> None:
    """A7: else somebody who has just set out is missed at once, or awaited a day late."""
    day = 24 if written_at == "23:50" else 25
    now = datetime.fromisoformat(f"2026-10-{day}T{written_at}Z")

    assert [f"{leg.expected_at:%H:%M}" for leg in legs_in(text, now, MADRID)] == moments


def test_a_number_of_thousands_of_digits_before_a_day_is_no_hour() -> None:
    """A mail may hold one (A12)."""
    assert legs_in(f"GO 47110 L12 {'9' * 5000} mañana", datetime(2026, 11, 24, 15, tzinfo=UTC), "America/Bogota") == ()
    assert names_day("GO 47110 L12 18:00 mañana")


@pytest.mark.parametrize(
    ("words", "only_well"),
    [
        *((said, True) for said in ("todo bien", "gracias", "muchas gracias, todos bien L12", "all good thx 👍")),
        *(
            (said, True)
            for said in (
                "sin novedad",
                "tout va bien merci",
                "alles gut, danke",
                "tudo certo",
                "safe and sound",
                "buenas noches",
            )
        ),
        *((said, False) for said in ("nos siguen", "todo bien pero nos siguen", "no todo bien", "todo bien?")),
        *((said, False) for said in ("was fine", "only me", "danger", "false alarm", "gracias por la ayuda")),
        *((said, False) for said in ("2 de 3 bien", "5 de 8", "todos bien, 1", "los 2 bien", "ya 10, gracias")),
    ],
)
def test_thanks_and_words_that_all_is_well_say_no_more_than_the_check_in(words: str, only_well: bool) -> None:
    assert says_only_well(words, of_arrival=False) is only_well


def test_to_be_there_says_no_more_than_an_arrival_and_more_than_an_ok() -> None:
    assert says_only_well("ya llegamos, todos bien", of_arrival=True)
    assert not says_only_well("ya llegamos, todos bien", of_arrival=False)
