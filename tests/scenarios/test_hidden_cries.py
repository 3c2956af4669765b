"""A text that says that all is well and cries for help is answered like the first, and heard as the second (B4, A12).

Ana writes with the cry, Luis without it, or Ana on another evening.
"""

import pytest

from alertnet.flows.credentials.pins import HIDDEN
from tests.scenarios.conftest import Worlds
from tests.scenarios.test_journeys import ARRIVAL, CONTACTS, GO, LEVELS, alarms, incidents
from tests.scenarios.valley import a_tree
from tests.scenarios.world import DURESS, TRUE, World
from tests.support.rows import in_long

FIELD = """
teams:
  north:
    country: CO
    language: es
    consent: international
    members:
      ana: {name: Ana Example, phone: "+573005550001", language: %s}
  south:
    country: CO
    language: es
    consent: international
    members:
      luis: {name: Luis Example, phone: "+573005550002", language: %s}
"""
CRIES = {
    "en": ("OK {} help us", "ARR {} SOS", "WAIT {} 2h we are in danger", "ok sos {}"),
    "es": ("BIEN {} auxilio", "LLEGUE {} necesitamos ayuda", "ESPERA {} 2h ayuda", "bien {} 🆘"),
    "fr": ("BIEN {} au secours", "ARRIVE {} on a besoin d'aide", "ATTENTE {} 2h aidez nous", "bien sos {}"),
    "de": ("GUT {} Hilfe", "ANGEKOMMEN {} wir brauchen Hilfe", "WARTEN {} 2h Notfall", "gut {} s.o.s"),
    "pt": ("BEM {} socorro", "CHEGUEI {} precisamos de ajuda", "ATRASO {} 2h me ajudem", "bem {} SOS"),
}


def an_evening(world_of: Worlds, language: str = "es") -> World:
    """Both are on the road, and awaited in six minutes."""
    valley = world_of(a_tree(LEVELS, CONTACTS), field=FIELD % (language, language))
    valley.gives_pins("north/ana", "south/luis")
    valley.headers = valley.key(None, "administer")
    for who in ("ana", "luis"):
        valley.texts(who, GO)
    valley.passes(minutes=ARRIVAL.total_seconds() / 60 - 6)
    return valley


def without_cry(text: str) -> str:
    """The text as one writes it who needs no help."""
    words = text.replace("sos {}", "{}").split("{}")
    return f"{words[0]}{{}}{' 2h' if '2h' in words[1] else ''}"


@pytest.mark.parametrize(
    ("language", "cry"),
    [
        (language, cry) if place == number and language in ("en", "es") else in_long(language, cry)
        for number, (language, cries) in enumerate(CRIES.items())
        for place, cry in enumerate(cries)
    ],
)
def test_who_is_well_and_cries_for_help_is_answered_as_well_and_rings(
    world_of: Worlds, language: str, cry: str
) -> None:
    """Whoever holds the phone reads what the true check-in leaves; the coordinators have it to judge."""
    valley = an_evening(world_of, language)

    well = valley.texts("luis", without_cry(cry).format(TRUE))
    cried = valley.texts("ana", cry.format(TRUE))
    valley.passes(seconds=1)

    assert cried == well is not None
    (critical,) = (each for each in incidents(valley) if each["severity"] == "critical")
    assert (critical["verified"], critical.status("valley")) == (False, "running")
    assert alarms(valley, "read the page")
    assert valley.phone("ombuds").inbox == []


def test_after_the_cry_nobody_writes_to_the_phone_and_people_are_asked_until_one_decides(world_of: Worlds) -> None:
    """A2: it takes the place of the watch, and ends by a person alone."""
    valley = an_evening(world_of)
    valley.texts("ana", f"OK {TRUE} sos")
    received = len(valley.phone("ana").inbox)
    asked = len(alarms(valley, "read the page"))
    valley.passes(minutes=40)

    (cried,) = (each for each in incidents(valley) if (each["type"], each["severity"]) == ("other", "critical"))
    assert cried["status"] == "open"
    assert len(alarms(valley, "read the page")) > asked
    assert len(valley.phone("ana").inbox) == received
    assert any("se esperaba su aviso" in text for text in valley.phone("luis").inbox)


@pytest.mark.parametrize("text", ["ok 11111 sos", "LOW sos", in_long("OK sos"), in_long("llegue ayuda")])
def test_a_cry_beside_another_verb_needs_no_pin(world_of: Worlds, text: str) -> None:
    """B4: no more than SOS alone does; the watch goes on."""
    valley = an_evening(world_of)
    valley.texts("ana", text)
    valley.passes(seconds=1)
    (critical,) = (each for each in incidents(valley) if each["severity"] == "critical")
    valley.passes(minutes=45)

    assert critical["verified"] is False
    assert [each for each in alarms(valley) if "north/ana" in each]


@pytest.mark.parametrize(
    "text", ["OK {} no sos", *map(in_long, ("OK {} thanks for your help", "LLEGUE {} no necesito ayuda"))]
)
def test_a_cry_that_is_denied_leaves_a_check_in_one(world_of: Worlds, text: str) -> None:
    """Its words ring, as all do beside a check-in that say more than that all is well; nothing is critical."""
    valley = an_evening(world_of)
    valley.texts("ana", text.format(TRUE))
    valley.passes(minutes=10)

    assert [each["severity"] for each in incidents(valley)] == ["moderate"]
    assert alarms(valley, "read the message from north")


def test_a_withdrawal_that_cries_for_help_is_one_under_duress(world_of: Worlds) -> None:
    """B4: the reply is that to any other, and the alarm becomes critical."""
    valley = an_evening(world_of)
    for who in ("ana", "luis"):
        valley.texts(who, f"ALERTA {TRUE} 31")
    called_off = valley.reply_to("luis", f"FALSA {TRUE}")
    cried = valley.reply_to("ana", f"FALSA {TRUE} ayuda")

    assert cried.split(": ")[1:] == called_off.split(": ")[1:]
    assert sorted(each["severity"] for each in incidents(valley)) == ["critical", "moderate"]


def test_a_denied_sos_tells_nobody_outside_before_people_have_read_it(world_of: Worlds) -> None:
    """A12: with its PIN it went to everybody as proven."""
    valley = an_evening(world_of)
    reply = valley.reply_to("ana", f"no sos {TRUE}")
    valley.passes(minutes=20)

    assert "coordinacion" in reply
    assert alarms(valley, "read the message from north")
    assert valley.phone("ombuds").inbox == []


@pytest.mark.parametrize(
    "text",
    [
        "OK {} we are not ok",
        "ARR {} todavía no",
        in_long("BIEN {} no estamos bien"),
        in_long("LLEGAMOS {} en una hora"),
        in_long("GUT {} nicht gut"),
    ],
)
def test_who_says_ok_and_that_all_is_not_well_is_watched_on(world_of: Worlds, text: str) -> None:
    """A12: a doubtful text ends nothing, and its sender hears so; people read it at once."""
    valley = an_evening(world_of)
    reply = valley.reply_to("ana", text.format(TRUE))
    valley.passes(minutes=45)

    assert "no cuenta" in reply
    assert "SOS" in reply
    assert alarms(valley, "read the message from north")
    assert [each for each in alarms(valley) if "north/ana" in each]


def test_a_delay_that_says_that_all_is_not_well_puts_nothing_off(world_of: Worlds) -> None:
    valley = an_evening(world_of)
    assert "no cuenta" in valley.reply_to("ana", f"ESPERA {TRUE} 2h no estamos bien")
    assert "no cuenta" not in valley.reply_to("luis", f"ESPERA {TRUE} 2h aún no llegamos, no hay problema")


NEWS_THAT_CRIES = {
    "en": "NEWS {} they are at the door, help",
    "es": "NUEVA {} SOS están entrando",
    "fr": "NOUV {} au secours ils entrent",
    "de": "NEUES {} Hilfe",
    "pt": "NOVIDADE {} socorro",
}


@pytest.mark.parametrize("language", ["en", "pt", *map(in_long, ("es", "fr", "de"))])
def test_news_that_cries_for_help_makes_its_incident_critical_and_rings_as_a_cry(
    world_of: Worlds, language: str
) -> None:
    """A8: whoever holds the phone reads what any other news is answered."""
    valley = an_evening(world_of, language)
    for who in ("luis", "ana"):
        valley.texts(who, f"ALERTA {TRUE} 31")
    valley.passes(minutes=15)

    plain = valley.reply_to("luis", f"NEWS {TRUE} they are gone")
    cried = valley.reply_to("ana", NEWS_THAT_CRIES[language].format(TRUE))
    valley.passes(minutes=1)

    assert cried.split(": ")[1:] == plain.split(": ")[1:]
    assert sorted(each["severity"] for each in incidents(valley)) == ["critical", "moderate"]
    assert alarms(valley, "SOS")
    assert alarms(valley, "news from the team")


def test_news_that_cries_without_a_pin_rings_as_a_cry_and_changes_nothing(world_of: Worlds) -> None:
    """B4: only the PIN shows that it is the member's own."""
    valley = an_evening(world_of)
    valley.texts("ana", f"ALERTA {TRUE} 31")
    valley.passes(minutes=15)
    valley.texts("ana", "NUEVA ayuda")
    valley.passes(minutes=1)

    assert [each["severity"] for each in incidents(valley)] == ["moderate"]
    assert alarms(valley, "SOS")


def test_news_that_cries_for_help_when_nothing_is_open_is_heard_as_a_cry(world_of: Worlds) -> None:
    """A12: there is nothing that it may be news of."""
    valley = an_evening(world_of)
    valley.texts("ana", f"NUEVA {TRUE} ayuda")
    valley.passes(seconds=1)

    assert "critical" in [each["severity"] for each in incidents(valley)]
    assert valley.phone("ombuds").inbox == []


@pytest.mark.parametrize("dictated", ["{},{}", in_long("{} {}"), in_long("{}\u202f{}")])
def test_a_pin_for_duress_that_a_phone_has_written_like_thousands_is_heard_and_hidden(
    world_of: Worlds, dictated: str
) -> None:
    """B4, A9: who speaks its text has it written so in English, Spanish or French."""
    valley = an_evening(world_of)
    free, forced = (dictated.format(pin[:2], pin[2:]) for pin in (TRUE, DURESS))

    assert valley.texts("ana", f"OK {forced}") == valley.texts("luis", f"OK {free}") is not None
    valley.texts("ana", f"hola {forced}")
    valley.passes(seconds=1)

    opened = incidents(valley)
    assert "critical" in [each["severity"] for each in opened]
    paths = [f"/v1/incidents/{each.ref}/timeline" for each in opened]
    told = "".join(valley.client.get(path, headers=valley.headers).text for path in paths)
    assert f"hola {HIDDEN * len(forced)}" in told
    assert forced not in told
